/* The ECDSA proof: the peripheral signs with the key in its eFuse block, and the host verifies. Register use:
 * ESP-IDF's ecdsa_hal.c and ecdsa_ll.h; facts/peripherals.json (not executed on silicon). */
#include <espseal/prove.h>

#include <espseal/buf.h>
#include <espseal/secret.h>
#include <espseal/sign.h>

#include <stdio.h>
#include <string.h>

enum { /* offsets from the ECDSA base */
       CONF = 0x04,
       START = 0x1c,
       STATE = 0x20,
};
enum { START_CALC = 1, START_LOAD_DONE = 2, START_GET_DONE = 4 };
enum { STATE_IDLE, STATE_LOAD, STATE_GET, STATE_MASK = 3 };
enum { SIGN = 1, TAKE_OVER = 1u << 12, OP_CODE = 0xFFFF, BLOCK_SHIFT = 16 };
#define BLOCK_MASK 0xFu

#define READ_MS 100
#define SIGN_MS 2000 /* ESP-IDF counts with 24 ms at most */
#define MAX_WRITES 32

struct prover {
    struct seal_loader *loader;
    const struct seal_chip *chip;
    const struct seal_ecdsa_registers *ecdsa;
    enum seal_sign_scheme scheme;
    unsigned block, high; /* ids of the eFuse blocks; high: of P-384 only */
};

static struct seal_reg_write masked(uint32_t address, uint32_t value, uint32_t mask)
{
    return (struct seal_reg_write){.address = address, .value = value, .mask = mask};
}

static int await(const struct prover *prover, uint32_t state, struct seal_cause *cause)
{
    return seal_loader_poll(prover->loader, prover->ecdsa->base + STATE, STATE_MASK, state, SIGN_MS, cause);
}

static int go_on(const struct prover *prover, uint32_t stage, uint32_t state, struct seal_cause *cause)
{
    int err = seal_loader_write_reg(prover->loader, prover->ecdsa->base + START, stage, cause);
    return err == SEAL_OK ? await(prover, state, cause) : err;
}

/* The curves have the order of the schemes: P-192, P-256, P-384. */
static unsigned curve_of(const struct prover *prover)
{
    return (unsigned)(prover->scheme - SEAL_SIGN_ECDSA192);
}

/* Clocks, and the block's way to the peripheral: it takes the key when the controller reads its fuses. */
static int hand_over_key(const struct prover *prover, struct seal_cause *cause)
{
    const struct seal_efuse_controller *efuse = prover->chip->efuse;
    const struct seal_ecdsa_registers *ecdsa = prover->ecdsa;
    const unsigned shift = ecdsa->layout->block_by_curve ? 4 * curve_of(prover) : BLOCK_SHIFT;
    const uint32_t command = efuse->base + efuse->command;
    struct seal_reg_write writes[MAX_WRITES];
    size_t count = 0;
    for (const struct seal_register_set *set = ecdsa->clocks; set->address != 0 && count < MAX_WRITES - 5;
         set++) {
        writes[count++] = masked(set->address, set->value, set->mask);
    }
    writes[count++] =
        masked(efuse->base + ecdsa->key_select, prover->block << shift, (uint32_t)BLOCK_MASK << shift);
    if (prover->scheme == SEAL_SIGN_ECDSA384) {
        writes[count++] =
            masked(efuse->base + ecdsa->key_select, prover->high << (shift + 4), BLOCK_MASK << (shift + 4));
    }
    writes[count++] = masked(efuse->base + ecdsa->update, TAKE_OVER, TAKE_OVER);
    writes[count++] = masked(efuse->base + efuse->conf, efuse->read_op_code, OP_CODE);
    writes[count++] = masked(command, efuse->command_read, 0xFFFFFFFF);
    int err = seal_loader_write_regs(prover->loader, writes, count, 0, cause);
    for (int i = 0; i < 2 && err == SEAL_OK;
         i++) { /* the second one is ESP-IDF's, for a fault of the clock */
        err = seal_loader_poll(prover->loader, command, efuse->command_read, 0, READ_MS, cause);
    }
    return err == SEAL_OK ? await(prover, STATE_IDLE, cause) : err;
}

static int configure(const struct prover *prover, struct seal_cause *cause)
{
    const struct seal_ecdsa_layout *layout = prover->ecdsa->layout;
    uint32_t value = SIGN | curve_of(prover) << layout->curve_shift | 1u << layout->own_z;
    uint32_t mask = (2u << layout->own_z) - 1;
    if (layout->fixed_k) {
        value |= 1u << layout->fixed_k;
        mask = (2u << layout->fixed_k) - 1;
    }
    const struct seal_reg_write write = masked(prover->ecdsa->base + CONF, value, mask);
    return seal_loader_write_regs(prover->loader, &write, 1, 0, cause);
}

/* The number that is signed is as long as the curve: the digest's first bytes, little-endian. */
static int load_digest(const struct prover *prover, const uint8_t *digest, struct seal_cause *cause)
{
    const size_t size = seal_sign_scheme_size(prover->scheme);
    const struct seal_ecdsa_layout *layout = prover->ecdsa->layout;
    const uint32_t z = prover->ecdsa->base + layout->memory + 2u * layout->step;
    struct seal_reg_write writes[48 / 4];
    for (size_t i = 0; i < size; i += 4) {
        const uint8_t *end = digest + size - i;
        const uint8_t word[4] = {end[-1], end[-2], end[-3], end[-4]};
        writes[i / 4] = masked(z + (uint32_t)i, seal_le32(word), 0xFFFFFFFF);
    }
    return seal_loader_write_regs(prover->loader, writes, size / 4, 0, cause);
}

static int read_number(const struct prover *prover, unsigned n, uint8_t *number, struct seal_cause *cause)
{
    const size_t count = seal_sign_scheme_size(prover->scheme) / 4;
    const struct seal_ecdsa_layout *layout = prover->ecdsa->layout;
    uint32_t words[48 / 4] = {0};
    int err = seal_loader_read_words(prover->loader, prover->ecdsa->base + layout->memory + n * layout->step,
                                     words, count, cause);
    for (size_t i = 0; i < count; i++) {
        seal_put_le32(number + 4 * i, words[i]);
    }
    return err;
}

/* value gets r and s, little-endian. */
static int sign(const struct prover *prover, const uint8_t *digest, uint8_t *value, struct seal_cause *cause)
{
    int err = hand_over_key(prover, cause);
    if (err == SEAL_OK) {
        err = configure(prover, cause);
    }
    if (err == SEAL_OK) {
        err = go_on(prover, START_CALC, STATE_LOAD, cause);
    }
    if (err == SEAL_OK) {
        err = load_digest(prover, digest, cause);
    }
    if (err == SEAL_OK) {
        err = go_on(prover, START_LOAD_DONE, STATE_GET, cause);
    }
    for (unsigned n = 0; n < 2 && err == SEAL_OK; n++) {
        err = read_number(prover, n, value + n * seal_sign_scheme_size(prover->scheme), cause);
    }
    return err == SEAL_OK ? go_on(prover, START_GET_DONE, STATE_IDLE, cause) : err;
}

static int check_arguments(const struct prover *prover, unsigned efuse_key, struct seal_cause *cause)
{
    const struct seal_chip *chip = prover->chip;
    if (chip->ecdsa_curves[0] == 0 || prover->ecdsa == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s%s%s has no ECDSA peripheral", chip->title,
                         chip->revisions ? " of revision " : "", chip->revisions ? chip->revisions : "");
    }
    const unsigned bits = 8 * (unsigned)seal_sign_scheme_size(prover->scheme);
    if (prover->scheme == SEAL_SIGN_RSA3072 || !seal_chip_has_ecdsa(chip, bits)) {
        return seal_fail(cause, SEAL_ERR_KEY, "the ECDSA peripheral of the %s signs for no such certificate",
                         chip->title);
    }
    if (efuse_key >= chip->key_blocks) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the %s has no BLOCK_KEY%u", chip->title, efuse_key);
    }
    return seal_loader_require_registers(prover->loader, "prove a key through ECDSA", cause);
}

/* The partition names the block of the low half only: the other one is known by its purpose. */
static int find_high(struct prover *prover, struct seal_cause *cause)
{
    struct seal_efuse efuse = {.chip = prover->chip};
    const struct seal_key_purpose *purpose = seal_chip_purpose(prover->chip, "ECDSA_KEY_P384_H");
    unsigned count = 0;
    int err = seal_efuse_read(prover->loader, 1, &efuse, cause);
    for (unsigned key = 0; key < prover->chip->key_blocks && purpose && err == SEAL_OK; key++) {
        if (seal_efuse_key_purpose(&efuse, key) == purpose->value) {
            prover->high = (unsigned)seal_chip_key_block(prover->chip, key);
            count++;
        }
    }
    if (err == SEAL_OK && count != 1) {
        err = seal_fail(cause, SEAL_ERR_PROOF, "%u key blocks hold the high half of a P-384 key, not one",
                        count);
        seal_hint(cause, "espseal efuse summary shows what each block holds");
    }
    return err;
}

static int public_of(const struct seal_cert *cert, struct seal_public *key, struct seal_cause *cause)
{
    struct seal_buf *der = seal_buf_new();
    int err = der ? seal_cert_write(cert, true, der, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_public_read(seal_buf_ptr(der), seal_buf_len(der), "the certificate", key, cause);
    }
    seal_buf_free(&der);
    return err;
}

static void to_big_endian(const struct prover *prover, const uint8_t *value, uint8_t *signature)
{
    const size_t size = seal_sign_scheme_size(prover->scheme);
    for (size_t i = 0; i < size; i++) {
        signature[i] = value[size - 1 - i];
        signature[size + i] = value[2 * size - 1 - i];
    }
}

static int sign_checked(struct prover *prover, unsigned efuse_key, const uint8_t *digest, uint8_t *value,
                        struct seal_cause *cause)
{
    prover->block = (unsigned)seal_chip_key_block(prover->chip, efuse_key);
    int err = prover->scheme == SEAL_SIGN_ECDSA384 ? find_high(prover, cause) : SEAL_OK;
    if (err == SEAL_OK) {
        err = sign(prover, digest, value, cause);
    }
    if (err == SEAL_ERR_TIMEOUT) {
        err = seal_fail(cause, SEAL_ERR_PROOF, "the ECDSA peripheral does not sign with BLOCK_KEY%u",
                        efuse_key);
        seal_hint(cause, "look at KEY_PURPOSE_%u with: espseal efuse summary", efuse_key);
    }
    return err;
}

static struct prover prover_of(struct seal_loader *loader, enum seal_sign_scheme scheme)
{
    const struct seal_chip *chip = seal_loader_chip(loader);
    return (struct prover){
        .loader = loader, .chip = chip, .ecdsa = chip->peripherals.ecdsa, .scheme = scheme};
}

int seal_ecdsa_sign(struct seal_loader *loader, unsigned efuse_key, unsigned bits, const uint8_t *digest,
                    uint8_t *signature, struct seal_cause *cause)
{
    struct prover prover = prover_of(loader, bits == 192   ? SEAL_SIGN_ECDSA192
                                             : bits == 256 ? SEAL_SIGN_ECDSA256
                                             : bits == 384 ? SEAL_SIGN_ECDSA384
                                                           : SEAL_SIGN_RSA3072);
    uint8_t value[2 * 48];
    int err = check_arguments(&prover, efuse_key, cause);
    if (err == SEAL_OK && !prover.ecdsa->layout->fixed_k) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                        "the random numbers of the %s %s are not good enough in the bootloader for a "
                        "signature that others see",
                        prover.chip->title, prover.chip->revisions ? prover.chip->revisions : "");
    }
    if (err == SEAL_OK) {
        err = sign_checked(&prover, efuse_key, digest, value, cause);
    }
    if (err == SEAL_OK) {
        to_big_endian(&prover, value, signature);
    }
    return err;
}

int seal_prove_ecdsa(struct seal_loader *loader, unsigned efuse_key, const struct seal_cert *cert,
                     struct seal_proof *proof, struct seal_cause *cause)
{
    struct seal_signature signature = {.key = {.scheme = SEAL_SIGN_RSA3072}};
    struct seal_cert_info info;
    uint8_t digest[48];
    memset(proof, 0, sizeof *proof);
    int err = public_of(cert, &signature.key, cause);
    struct prover prover = prover_of(loader, signature.key.scheme);
    if (err == SEAL_OK) {
        err = check_arguments(&prover, efuse_key, cause);
    }
    if (err == SEAL_OK && (seal_random(proof->nonce, sizeof proof->nonce) != 0 ||
                           seal_sign_digest(prover.scheme, proof->nonce, sizeof proof->nonce, digest) != 0 ||
                           seal_cert_info(cert, &info) != 0)) {
        err = seal_fail(cause, SEAL_ERR_CRYPTO, "cannot prepare the challenge");
    }
    if (err != SEAL_OK) {
        return err;
    }
    err = sign_checked(&prover, efuse_key, digest, signature.value, cause);
    if (err == SEAL_OK && seal_sign_verify(&signature, proof->nonce, sizeof proof->nonce) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_PROOF,
                        "the chip signed with BLOCK_KEY%u, but not for the key of certificate %s", efuse_key,
                        info.subject);
    }
    if (err == SEAL_OK) {
        const size_t size = seal_sign_scheme_size(prover.scheme);
        proof->efuse_key = efuse_key;
        (void)snprintf(proof->key, sizeof proof->key, "P-%u", 8 * (unsigned)size);
        memcpy(proof->cert_sha256, info.sha256, sizeof proof->cert_sha256);
        if (prover.ecdsa->layout->fixed_k) { /* else it must not be where others can read it */
            proof->signature_len = 2 * size;
            to_big_endian(&prover, signature.value, proof->signature);
        }
    }
    seal_cleanse(signature.value, sizeof signature.value);
    return err;
}
