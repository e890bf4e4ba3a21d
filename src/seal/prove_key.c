/* Is the hidden key of a block the one that we hold? */
#include <espseal/prove.h>

#include <espseal/buf.h>
#include <espseal/digest.h>
#include <espseal/ds.h>
#include <espseal/secret.h>

#include <string.h>

enum { /* offsets from the HMAC base */
       SET_START = 0x40,
       PARA_PURPOSE = 0x44,
       PARA_KEY = 0x48,
       PARA_FINISH = 0x4c,
       MESSAGE_ONE = 0x50,
       RESULT_FINISH = 0x5c,
       QUERY_ERROR = 0x68,
       QUERY_BUSY = 0x6c,
       WR_MESSAGE = 0x80,
       RD_RESULT = 0xc0,
       ONE_BLOCK = 0xf4,
};

#define HMAC_MS 100 /* the peripheral needs 1 ms at most */
#define NONCE_LEN 32

int seal_prove_ds_key(struct seal_loader *loader, unsigned efuse_key, const uint8_t hmac_key[static 32],
                      bool *same, struct seal_cause *cause)
{
    struct seal_key *key = NULL;
    struct seal_cert *cert = NULL;
    struct seal_ds_params params;
    struct seal_proof proof;
    *same = false;
    int err = seal_key_generate("rsa:2048", &key, cause);
    if (err == SEAL_OK) {
        err = seal_ca_new(key, "/CN=challenge", 1, &cert, cause);
    }
    if (err == SEAL_OK) {
        err = seal_ds_encrypt(key, seal_loader_chip(loader)->ds_max_bits, hmac_key, NULL, &params, cause);
    }
    if (err == SEAL_OK) {
        err = seal_prove_ds(loader, efuse_key, 2048, params.iv, params.c, params.c_len, cert, &proof, cause);
        *same = err == SEAL_OK;
        err = err == SEAL_ERR_PROOF ? SEAL_OK : err;
    }
    seal_cert_free(&cert);
    seal_key_free(&key);
    return err;
}

int seal_prove_ecdsa_key(struct seal_loader *loader, unsigned efuse_key, const uint8_t *bytes, size_t len,
                         bool *same, struct seal_cause *cause)
{
    struct seal_key *key = NULL;
    struct seal_cert *cert = NULL;
    struct seal_proof proof;
    uint8_t scalar[32];
    *same = false;
    for (size_t i = 0; i < len; i++) {
        scalar[i] = bytes[len - 1 - i];
    }
    int err = seal_key_of_ec_scalar(scalar, len, &key, cause);
    if (err == SEAL_OK) {
        err = seal_ca_new(key, "/CN=challenge", 1, &cert, cause);
    }
    if (err == SEAL_OK) {
        err = seal_prove_ecdsa(loader, efuse_key, cert, &proof, cause);
        *same = err == SEAL_OK;
    }
    seal_cleanse(scalar, sizeof scalar);
    seal_cert_free(&cert);
    seal_key_free(&key);
    return err == SEAL_ERR_PROOF || err == SEAL_ERR_KEY ? SEAL_OK : err;
}

static int write_and_wait(struct seal_loader *loader, uint32_t base, const struct seal_reg_write *writes,
                          size_t count, struct seal_cause *cause)
{
    int err = seal_loader_write_regs(loader, writes, count, 0, cause);
    return err == SEAL_OK ? seal_loader_poll(loader, base + QUERY_BUSY, 1, 0, HMAC_MS, cause) : err;
}

static int start_upstream(struct seal_loader *loader, unsigned key, struct seal_cause *cause)
{
    const struct seal_chip *chip = seal_loader_chip(loader);
    uint32_t base = chip->peripherals.hmac_base, error = 0;
    struct seal_reg_write writes[24];
    size_t count = 0;
    for (const struct seal_register_set *set = chip->peripherals.ds_clocks; set->address != 0 && count < 23;
         set++) {
        writes[count++] =
            (struct seal_reg_write){.address = set->address, .value = set->value, .mask = set->mask};
    }
    writes[count++] = seal_reg_set(base + SET_START, 1);
    int err = write_and_wait(loader, base, writes, count, cause);
    if (err == SEAL_OK) {
        writes[0] = seal_reg_set(base + PARA_PURPOSE, SEAL_PURPOSE_HMAC_UP);
        writes[1] = seal_reg_set(base + PARA_KEY, key);
        writes[2] = seal_reg_set(base + PARA_FINISH, 1);
        err = write_and_wait(loader, base, writes, 3, cause);
    }
    if (err == SEAL_OK) {
        err = seal_loader_read_reg(loader, base + QUERY_ERROR, &error, cause);
    }
    if (err == SEAL_OK && (error & 1) != 0) {
        err =
            seal_fail(cause, SEAL_ERR_PROOF, "HMAC refuses BLOCK_KEY%u: the block's purpose is another", key);
    }
    return err;
}

/* One padded block: the length counts the block of the inner key too. */
static int hash_nonce(struct seal_loader *loader, const uint8_t nonce[NONCE_LEN], uint8_t result[static 32],
                      struct seal_cause *cause)
{
    uint32_t base = seal_loader_chip(loader)->peripherals.hmac_base, words[8] = {0};
    struct seal_reg_write writes[17], one_block = seal_reg_set(base + ONE_BLOCK, 1);
    uint8_t block[64] = {0};
    memcpy(block, nonce, NONCE_LEN);
    block[NONCE_LEN] = 0x80;
    block[62] = (8 * NONCE_LEN + 512) >> 8;
    block[63] = (8 * NONCE_LEN + 512) & 0xff;
    for (size_t i = 0; i < 16; i++) {
        writes[i] = seal_reg_set(base + WR_MESSAGE + 4 * (uint32_t)i, seal_le32(block + 4 * i));
    }
    writes[16] = seal_reg_set(base + MESSAGE_ONE, 1);
    int err = write_and_wait(loader, base, writes, 17, cause);
    if (err == SEAL_OK) {
        err = write_and_wait(loader, base, &one_block, 1, cause);
    }
    if (err == SEAL_OK) {
        err = seal_loader_read_words(loader, base + RD_RESULT, words, 8, cause);
    }
    for (size_t i = 0; i < 8; i++) {
        seal_put_le32(result + 4 * i, words[i]);
    }
    return err == SEAL_OK ? seal_loader_write_reg(loader, base + RESULT_FINISH, 2, cause) : err;
}

int seal_prove_hmac_key(struct seal_loader *loader, unsigned efuse_key, const uint8_t hmac_key[static 32],
                        bool *same, struct seal_cause *cause)
{
    uint8_t nonce[NONCE_LEN], theirs[32], ours[32];
    *same = false;
    if (seal_random(nonce, sizeof nonce) != SEAL_OK ||
        seal_hmac_sha256(hmac_key, 32, nonce, sizeof nonce, ours) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_CRYPTO, "no random bytes to be had for a challenge");
    }
    int err = start_upstream(loader, efuse_key, cause);
    if (err == SEAL_OK) {
        err = hash_nonce(loader, nonce, theirs, cause);
    }
    *same = err == SEAL_OK && seal_equal(ours, theirs, sizeof ours);
    return err;
}
