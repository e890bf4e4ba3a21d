/* The DS proof: HMAC derives the DS key, DS signs, and the host verifies. Register use: TRM chapters "HMAC
 * Accelerator" (downstream mode) and "Digital Signature". */
#include <espseal/prove.h>

#include <espseal/buf.h>
#include <espseal/deadline.h>
#include <espseal/digest.h>
#include <espseal/secret.h>
#include <espseal/secure_cert.h>

#include <stdio.h>
#include <string.h>

enum { /* offsets from the HMAC base */
       HMAC_SET_START = 0x40,
       HMAC_PARA_PURPOSE = 0x44,
       HMAC_PARA_KEY = 0x48,
       HMAC_PARA_FINISH = 0x4c,
       HMAC_RESULT_FINISH = 0x5c,
       HMAC_INVALIDATE_JTAG = 0x60,
       HMAC_INVALIDATE_DS = 0x64,
       HMAC_QUERY_ERROR = 0x68,
       HMAC_QUERY_BUSY = 0x6c,
};
enum { /* offsets from the DS base */
       DS_Y = 0x000,
       DS_M = 0x200,
       DS_RB = 0x400,
       DS_BOX = 0x600,
       DS_IV = 0x630,
       DS_X = 0x800,
       DS_Z = 0xa00,
       DS_SET_START = 0xe00,
       DS_SET_CONTINUE = 0xe04,
       DS_SET_FINISH = 0xe08,
       DS_QUERY_BUSY = 0xe0c,
       DS_QUERY_KEY_WRONG = 0xe10,
       DS_QUERY_CHECK = 0xe14,
};
enum { DS_CHECK_MD = 1, DS_CHECK_PADDING = 2 };

#define BOX_LEN 48
#define HMAC_MS 100  /* the peripheral needs 1 ms at most */
#define DS_KEY_MS 50 /* 1.1 ms */
#define DS_SIGN_MS 4000
#define MAX_WRITES ((SEAL_DS_C_MAX + SEAL_DS_IV_LEN + 512) / 4 + 1)

struct prover {
    struct seal_loader *loader;
    const struct seal_chip *chip;
    unsigned key, rsa_bits;
    uint32_t hmac, ds;
};

/* Consecutive little-endian words. */
static size_t add_words(struct seal_reg_write *writes, size_t count, uint32_t address, const uint8_t *bytes,
                        size_t len)
{
    for (size_t i = 0; i < len; i += 4) {
        writes[count++] = seal_reg_set(address + (uint32_t)i, seal_le32(bytes + i));
    }
    return count;
}

static int start_clocks(const struct prover *prover, struct seal_cause *cause)
{
    struct seal_reg_write writes[24];
    size_t count = 0;

    for (const struct seal_register_set *set = prover->chip->peripherals.ds_clocks;
         set->address != 0 && count < sizeof writes / sizeof writes[0] - 1; set++) {
        writes[count++] =
            (struct seal_reg_write){.address = set->address, .value = set->value, .mask = set->mask};
    }
    writes[count++] = seal_reg_set(prover->hmac + HMAC_SET_START, 1);
    return seal_loader_write_regs(prover->loader, writes, count, 0, cause);
}

static int derive_ds_key(const struct prover *prover, struct seal_cause *cause)
{
    const struct seal_reg_write writes[] = {
        seal_reg_set(prover->hmac + HMAC_PARA_PURPOSE, SEAL_PURPOSE_HMAC_DOWN_DS),
        seal_reg_set(prover->hmac + HMAC_PARA_KEY, prover->key),
        seal_reg_set(prover->hmac + HMAC_PARA_FINISH, 1),
    };
    uint32_t error;
    int err;

    err = start_clocks(prover, cause);
    if (err == 0) {
        err = seal_loader_poll(prover->loader, prover->hmac + HMAC_QUERY_BUSY, 1, 0, HMAC_MS, cause);
    }
    if (err == 0) {
        err = seal_loader_write_regs(prover->loader, writes, sizeof writes / sizeof writes[0], 0, cause);
    }
    if (err == 0) {
        err = seal_loader_poll(prover->loader, prover->hmac + HMAC_QUERY_BUSY, 1, 0, HMAC_MS, cause);
    }
    if (err == 0) {
        err = seal_loader_read_reg(prover->loader, prover->hmac + HMAC_QUERY_ERROR, &error, cause);
    }
    if (err != 0 || (error & 1) == 0) {
        return err;
    }
    seal_fail(cause, SEAL_ERR_PROOF,
              "HMAC refuses BLOCK_KEY%u for Digital Signature: the block's purpose is another", prover->key);
    seal_hint(cause, "look at KEY_PURPOSE_%u with: espseal efuse summary", prover->key);
    return SEAL_ERR_PROOF;
}

static int start_ds(const struct prover *prover, struct seal_cause *cause)
{
    struct seal_cause ignored;
    uint32_t wrong;
    int err;

    err = seal_loader_write_reg(prover->loader, prover->ds + DS_SET_START, 1, cause);
    if (err != 0) {
        return err;
    }
    err = seal_loader_poll(prover->loader, prover->ds + DS_QUERY_BUSY, 1, 0, DS_KEY_MS, cause);
    if (err != SEAL_ERR_TIMEOUT) {
        return err;
    }
    if (seal_loader_read_reg(prover->loader, prover->ds + DS_QUERY_KEY_WRONG, &wrong, &ignored) != 0) {
        return err;
    }
    if (wrong == 0) {
        return seal_fail(cause, SEAL_ERR_PROOF, "DS got no key from HMAC (BLOCK_KEY%u)", prover->key);
    }
    return seal_fail(cause, SEAL_ERR_PROOF, "DS rejected the key from HMAC %u times (BLOCK_KEY%u)",
                     (unsigned)wrong, prover->key);
}

/* C is Y, M and Rb of the chip's maximum length, then the box. */
static int load_and_sign(const struct prover *prover, const uint8_t *iv, const uint8_t *c,
                         const uint8_t *message, struct seal_cause *cause)
{
    struct seal_reg_write writes[MAX_WRITES];
    size_t field = prover->chip->ds_max_bits / 8, count = 0;
    int err;

    count = add_words(writes, count, prover->ds + DS_Y, c, field);
    count = add_words(writes, count, prover->ds + DS_M, c + field, field);
    count = add_words(writes, count, prover->ds + DS_RB, c + 2 * field, field);
    count = add_words(writes, count, prover->ds + DS_BOX, c + 3 * field, BOX_LEN);
    count = add_words(writes, count, prover->ds + DS_IV, iv, SEAL_DS_IV_LEN);
    count = add_words(writes, count, prover->ds + DS_X, message, prover->rsa_bits / 8);
    writes[count++] = seal_reg_set(prover->ds + DS_SET_CONTINUE, 1);
    err = seal_loader_write_regs(prover->loader, writes, count, 0, cause);
    if (err != 0) {
        return err;
    }
    return seal_loader_poll(prover->loader, prover->ds + DS_QUERY_BUSY, 1, 0, DS_SIGN_MS, cause);
}

static int read_signature(const struct prover *prover, uint8_t *signature, struct seal_cause *cause)
{
    uint32_t check, words[512 / 4];
    size_t count = prover->rsa_bits / 32;
    int err;

    err = seal_loader_read_reg(prover->loader, prover->ds + DS_QUERY_CHECK, &check, cause);
    if (err != 0) {
        return err;
    }
    if (check & DS_CHECK_MD) {
        return seal_fail(cause, SEAL_ERR_PROOF,
                         "DS says that the parameters do not belong to the key in BLOCK_KEY%u (MD is wrong)",
                         prover->key);
    }
    if (check & DS_CHECK_PADDING) {
        return seal_fail(cause, SEAL_ERR_PROOF, "DS says that the padding of its parameters is wrong");
    }
    err = seal_loader_read_words(prover->loader, prover->ds + DS_Z, words, count, cause);
    if (err != 0) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        seal_put_le32(bytes, words[i]);
        for (size_t j = 0; j < 4; j++) {
            signature[prover->rsa_bits / 8 - 1 - (4 * i + j)] = bytes[j];
        }
    }
    return 0;
}

/* Takes the derived key out of the peripherals. What went wrong before stays the cause. */
static int clean_up(const struct prover *prover, struct seal_cause *cause)
{
    const struct seal_reg_write writes[] = {
        seal_reg_set(prover->hmac + HMAC_RESULT_FINISH, 2),
        seal_reg_set(prover->hmac + HMAC_INVALIDATE_DS, 1),
        seal_reg_set(prover->hmac + HMAC_INVALIDATE_JTAG, 1),
        seal_reg_set(prover->ds + DS_SET_FINISH, 1),
    };
    int err;

    seal_interrupt_hold();
    err = seal_loader_write_regs(prover->loader, writes, sizeof writes / sizeof writes[0], 0, cause);
    seal_interrupt_release();
    return err;
}

static int sign(const struct prover *prover, const uint8_t *iv, const uint8_t *c, const uint8_t *message,
                uint8_t *signature, struct seal_cause *cause)
{
    int err, cleaned;

    err = derive_ds_key(prover, cause);
    if (err == 0) {
        err = start_ds(prover, cause);
    }
    if (err == 0) {
        err = load_and_sign(prover, iv, c, message, cause);
    }
    if (err == 0) {
        err = read_signature(prover, signature, cause);
    }
    cleaned = clean_up(prover, err == 0 ? cause : NULL);
    return err != 0 ? err : cleaned;
}

static int check_arguments(const struct prover *prover, size_t c_len, struct seal_cause *cause)
{
    const struct seal_chip *chip = prover->chip;

    if (chip->ds_max_bits == 0) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no Digital Signature peripheral",
                         chip->title);
    }
    if (chip->peripherals.ds_base == 0) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                         "the Digital Signature peripheral of the %s is not "
                         "described yet",
                         chip->title);
    }
    if (prover->rsa_bits < 1024 || prover->rsa_bits > chip->ds_max_bits || prover->rsa_bits % 32 != 0) {
        return seal_fail(cause, SEAL_ERR_KEY,
                         "Digital Signature of the %s takes RSA keys up to %u bits, not "
                         "%u",
                         chip->title, (unsigned)chip->ds_max_bits, prover->rsa_bits);
    }
    if (c_len != 3u * chip->ds_max_bits / 8 + BOX_LEN) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "DS parameters of %zu bytes are not for the %s", c_len,
                         chip->title);
    }
    if (prover->key >= chip->key_blocks) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the %s has no BLOCK_KEY%u", chip->title, prover->key);
    }
    return seal_loader_require_registers(prover->loader, "prove a key through Digital Signature", cause);
}

/* The message that DS takes: EMSA-PKCS1-v1_5 of the digest, little-endian. */
static int make_message(const uint8_t digest[static 32], unsigned rsa_bits, uint8_t *message)
{
    uint8_t padded[512];
    size_t len = rsa_bits / 8;
    int err = seal_pkcs1_pad_sha256(digest, padded, len);
    for (size_t i = 0; err == 0 && i < len; i++) {
        message[i] = padded[len - 1 - i];
    }
    return err;
}

int seal_ds_sign(struct seal_loader *loader, unsigned efuse_key, unsigned rsa_bits,
                 const uint8_t iv[static 16], const uint8_t *c, size_t c_len, const uint8_t digest[static 32],
                 uint8_t *signature, struct seal_cause *cause)
{
    const struct seal_chip *chip = seal_loader_chip(loader);
    const struct prover prover = {
        .loader = loader,
        .chip = chip,
        .key = efuse_key,
        .rsa_bits = rsa_bits,
        .hmac = chip->peripherals.hmac_base,
        .ds = chip->peripherals.ds_base,
    };
    uint8_t message[512];
    int err = check_arguments(&prover, c_len, cause);
    if (err != 0) {
        return err;
    }
    if (make_message(digest, rsa_bits, message) != 0) {
        return seal_fail(cause, SEAL_ERR_CRYPTO, "cannot prepare the challenge");
    }
    return sign(&prover, iv, c, message, signature, cause);
}

int seal_prove_ds(struct seal_loader *loader, unsigned efuse_key, unsigned rsa_bits,
                  const uint8_t iv[static 16], const uint8_t *c, size_t c_len, const struct seal_cert *cert,
                  struct seal_proof *proof, struct seal_cause *cause)
{
    struct seal_cert_info info;
    uint8_t digest[32];
    memset(proof, 0, sizeof *proof);
    if (seal_random(proof->nonce, sizeof proof->nonce) != 0 ||
        seal_sha256(proof->nonce, sizeof proof->nonce, digest) != 0 || seal_cert_info(cert, &info) != 0) {
        return seal_fail(cause, SEAL_ERR_CRYPTO, "cannot prepare the challenge");
    }
    int err = seal_ds_sign(loader, efuse_key, rsa_bits, iv, c, c_len, digest, proof->signature, cause);
    if (err != 0) {
        return err;
    }
    proof->rsa_bits = rsa_bits;
    (void)snprintf(proof->key, sizeof proof->key, "RSA-%u", rsa_bits);
    proof->efuse_key = efuse_key;
    proof->signature_len = rsa_bits / 8;
    memcpy(proof->cert_sha256, info.sha256, sizeof proof->cert_sha256);
    err = seal_cert_verify_rsa_sha256(cert, proof->nonce, sizeof proof->nonce, proof->signature,
                                      proof->signature_len);
    if (err != 0) {
        return seal_fail(cause, err,
                         "the chip signed with BLOCK_KEY%u, but not for the key of certificate %s", efuse_key,
                         info.subject);
    }
    return 0;
}

int seal_prove_partition(struct seal_loader *loader, const uint8_t *partition, size_t len,
                         struct seal_proof *proof, struct seal_cause *cause)
{
    struct seal_cert *cert = NULL;
    struct seal_tlv_entry entry;
    struct seal_tlv_ds ds;
    unsigned block;
    int err = 0;

    const bool ecdsa = seal_tlv_get_ecdsa(partition, len, 0, &block);
    if (!ecdsa) {
        err = seal_tlv_get_ds(partition, len, 0, &ds, cause);
    }
    if (err != 0) {
        goto out;
    }
    if (!seal_tlv_find(partition, len, SEAL_TLV_DEV_CERT, 0, &entry)) {
        err = seal_fail(cause, SEAL_ERR_NOT_FOUND, "the partition holds no device certificate");
        goto out;
    }
    err = seal_cert_read(entry.data, entry.length, "the partition's device certificate", &cert, cause);
    if (err != 0) {
        goto out;
    }
    err = ecdsa ? seal_prove_ecdsa(loader, block, cert, proof, cause)
                : seal_prove_ds(loader, ds.efuse_key, ds.rsa_bits, ds.iv, ds.c, ds.c_len, cert, proof, cause);
out:
    seal_cert_free(&cert);
    return err;
}
