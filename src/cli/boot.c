#include "boot.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>
#include <espseal/secure_boot_v1.h>

#include <stdio.h>
#include <string.h>

const char *const cli_boot_versions[] = {"1", "2", NULL};
const char *const cli_boot_rules[] = {SEAL_RULE_BOOT_SCHEME, NULL};

bool cli_boot_is_v1(const struct cli_run *run)
{
    const char *version = cli_text(run, "version");
    return version && strcmp(version, "1") == 0;
}

size_t cli_boot_sector(size_t len)
{
    return (len + SEAL_BOOT_SECTOR - 1) / SEAL_BOOT_SECTOR * SEAL_BOOT_SECTOR;
}

/* --- v1 --- */

int cli_boot_v1_key(const struct cli_run *run, uint8_t key[static 32], struct seal_cause *cause)
{
    struct seal_buf *file = NULL;
    int err = cli_read_secret(run, cli_text(run, "bootloader-key"), 64 << 10, &file, cause);
    if (err == SEAL_OK) {
        err = seal_boot_v1_key(seal_buf_ptr(file), seal_buf_len(file), key, cause);
    }
    seal_buf_free(&file);
    return err;
}

int cli_boot_v1_iv(const struct cli_run *run, uint8_t iv[static 128], struct seal_cause *cause)
{
    struct seal_buf *file = NULL;
    const char *path = cli_text(run, "iv");
    if (!path) {
        return seal_random(iv, SEAL_BOOT_V1_IV_LEN);
    }
    int err = seal_file_read(path, SEAL_BOOT_V1_IV_LEN, 0, &file, cause);
    if (err == SEAL_OK && seal_buf_len(file) != SEAL_BOOT_V1_IV_LEN) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s has %zu bytes, not %u", path, seal_buf_len(file),
                        SEAL_BOOT_V1_IV_LEN);
    }
    if (err == SEAL_OK) {
        memcpy(iv, seal_buf_ptr(file), SEAL_BOOT_V1_IV_LEN);
        cli_warn(run, "--iv is for tests: it must be random in use");
    }
    seal_buf_free(&file);
    return err;
}

/* --- digests --- */

static int read_digest(struct cli_run *run, const char *text, uint8_t digest[static 32],
                       struct seal_cause *cause)
{
    struct seal_buf *file = NULL;
    (void)run;
    if (seal_hex_decode(text, digest, 32) == SEAL_OK) {
        return SEAL_OK;
    }
    int err = seal_file_read(text, 64 << 10, 0, &file, cause);
    if (err == SEAL_OK && seal_buf_len(file) != 32) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is no digest: it has %zu bytes, not 32", text,
                        seal_buf_len(file));
    }
    if (err == SEAL_OK) {
        memcpy(digest, seal_buf_ptr(file), 32);
    }
    seal_buf_free(&file);
    return err;
}

static int read_key(struct cli_run *run, const char *path, uint8_t digest[static 32],
                    struct seal_cause *cause)
{
    struct seal_public key;
    int err = cli_read_public(run, path, NULL, &key, cause);
    return err == SEAL_OK ? seal_public_digest(&key, digest) : err;
}

int cli_boot_digests(struct cli_run *run, uint8_t digests[static SEAL_BOOT_SLOTS * 32], size_t *count,
                     struct seal_cause *cause)
{
    static const struct {
        const char *option;
        int (*read)(struct cli_run *, const char *, uint8_t *, struct seal_cause *);
    } kinds[] = {{"digest", read_digest}, {"public-key", read_key}};
    int err = SEAL_OK;
    *count = 0;
    for (size_t kind = 0; kind < 2; kind++) {
        const char *text;
        for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(run, kinds[kind].option, i)); i++) {
            err = *count == SEAL_BOOT_SLOTS
                      ? seal_fail(cause, SEAL_ERR_USAGE, "a chip trusts at most %d keys", SEAL_BOOT_SLOTS)
                      : kinds[kind].read(run, text, digests + 32 * *count, cause);
            *count += err == SEAL_OK;
        }
    }
    return err;
}

/* --- signatures --- */

seal_json *cli_boot_put_block(seal_json *list, size_t index, const struct seal_boot_block *block,
                              const struct seal_boot_trust *trust)
{
    seal_json *one = seal_json_put_object(list, NULL);
    seal_json_put_number(one, "index", (double)index);
    seal_json_put_number(one, "offset", (double)block->offset);
    seal_json_put_bool(one, "good", block->fault == SEAL_BOOT_GOOD);
    seal_json_put_text(one, "problem",
                       block->fault == SEAL_BOOT_GOOD ? NULL : seal_boot_fault_text(block->fault));
    if (block->read) {
        seal_json_put_text(one, "scheme", seal_sign_scheme_name(block->signature.key.scheme));
        seal_json_put_hex(one, "key_digest", block->key_digest, sizeof block->key_digest);
    }
    if (trust && block->read) {
        seal_json_put_bool(one, "accepted", block->accepted);
        if (block->slot >= 0) {
            seal_json_put_number(one, "slot", block->slot);
            seal_json_put_bool(one, "revoked", trust->slots[block->slot].revoked);
        }
    }
    return one;
}

void cli_boot_print_block(const struct cli_run *run, size_t index, const struct seal_boot_block *block,
                          const struct seal_boot_trust *trust)
{
    char hex[65], where[64] = "";
    seal_hex_encode(block->key_digest, sizeof block->key_digest, hex);
    if (trust && block->read && block->slot < 0) {
        (void)snprintf(where, sizeof where, ", of a key that is not trusted");
    } else if (trust && block->read) {
        (void)snprintf(where, sizeof where, ", key %d%s", block->slot,
                       trust->slots[block->slot].revoked ? ", revoked" : "");
    }
    cli_print(run, "signature %zu  %s%s%s%s\n", index,
              block->read ? seal_sign_scheme_name(block->signature.key.scheme) : "unreadable",
              block->fault == SEAL_BOOT_GOOD ? ", good" : ", BAD: ",
              block->fault == SEAL_BOOT_GOOD ? "" : seal_boot_fault_text(block->fault), where);
    if (block->read) {
        cli_print(run, "  key digest %s\n", hex);
    }
}
