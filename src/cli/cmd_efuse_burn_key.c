/* efuse burn-key: a key, its purpose and its protections. */
#include "fuse.h"

#include <espseal/file.h>

#include <string.h>

enum { LARGEST_KEY = 64 << 10 };

static int file_flags(const struct cli_fuse *fuse, const struct cli_run *segment)
{
    bool any = cli_flag(segment, "insecure-permissions") || cli_flag(fuse->run, "insecure-permissions");
    return SEAL_FILE_SECRET | (any ? SEAL_FILE_ANY_MODE : 0);
}

static int burn_bytes(struct cli_fuse *fuse, struct cli_run *segment, int block, const uint8_t *data,
                      size_t len, struct seal_cause *cause)
{
    const struct seal_fuse_key key = {.block = block,
                                      .purpose = cli_text(segment, "purpose"),
                                      .data = data,
                                      .len = len,
                                      .keep_readable = cli_flag(segment, "keep-readable"),
                                      .keep_writable = cli_flag(segment, "keep-writable")};
    uint32_t blocks = 0;
    return seal_fuse_plan_key(&fuse->plan, &key, &blocks, cause);
}

/* An ECDSA key is a file of the scalar, or a PEM or DER of the key. */
static int burn_ecdsa(struct cli_fuse *fuse, struct cli_run *segment, int block, const struct seal_buf *file,
                      struct seal_cause *cause)
{
    const struct seal_passphrase passphrase = cli_passphrase(segment, "passphrase-file");
    struct seal_buf *scalar = seal_buf_new_secret();
    struct seal_key *key = NULL;
    uint8_t *bytes = scalar != NULL ? seal_buf_reserve(scalar, 48) : NULL;
    size_t len = 0;
    int err = bytes != NULL ? seal_key_read(seal_buf_ptr(file), seal_buf_len(file), cli_text(segment, "file"),
                                            &passphrase, &key, cause)
                            : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err == SEAL_OK) {
        err = seal_key_ec_scalar(key, bytes, &len, cause);
    }
    if (err == SEAL_OK) {
        err = burn_bytes(fuse, segment, block, bytes, len, cause);
    }
    seal_key_free(&key);
    seal_buf_free(&scalar);
    return err;
}

int cli_fuse_add_key(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    const char *path = cli_text(segment, "file"), *name = cli_operand(segment, 0);
    struct seal_buf *file = NULL;
    unsigned number = 0;
    int block = SEAL_PLAN_KEY_AUTO, err = SEAL_OK;
    if (strcmp(name, "auto") != 0) {
        err = cli_fuse_block(fuse, name, &number, cause);
        block = (int)number;
    }
    if (err == SEAL_OK) {
        err = seal_file_read(path, LARGEST_KEY, file_flags(fuse, segment), &file, cause);
    }
    if (err == SEAL_OK) {
        size_t len = seal_buf_len(file);
        bool scalar = len == 24 || len == 32 || len == 48 || len == 64;
        bool ecdsa = strncmp(cli_text(segment, "purpose"), "ECDSA_", 6) == 0;
        err = ecdsa && !scalar ? burn_ecdsa(fuse, segment, block, file, cause)
                               : burn_bytes(fuse, segment, block, seal_buf_ptr(file), len, cause);
    }
    seal_buf_free(&file);
    return err;
}

static const struct cli_option options[] = {
    {.name = "purpose",
     .value = "PURPOSE",
     .summary = "what the key is for, as the chip names it",
     .required = true},
    {.name = "file",
     .value = "FILE",
     .summary = "the key: raw bytes; for ECDSA purposes also PEM or DER",
     .required = true},
    {.name = "keep-readable", .summary = "leave out the read-protection that a secret gets"},
    {.name = "keep-writable", .summary = "leave out the write-protection of the block"},
    {.name = "passphrase-file", .value = "FILE", .summary = "passphrase of an encrypted PEM, first line"},
    {.name = "insecure-permissions", .summary = "read key files that others can read too"},
    CLI_FUSE_OPTIONS,
};

const struct cli_command cli_command_efuse_burn_key = {
    .name = "efuse burn-key",
    .summary = "burn a key with its purpose and its protections",
    .operands = "BLOCK|auto",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Burns a key, reads it back and compares it, then burns its purpose, then the protections: secrets "
        "are "
        "read-protected, the block and its purpose write-protected. auto takes the block that holds this key "
        "already, or else the first free one; so the same command twice never burns a second key. A hidden "
        "key "
        "for DS or HMAC is compared by a challenge to the chip; of other hidden keys espseal says that it "
        "cannot "
        "know.\n\n"
        "Keys for flash encryption and ECDSA are stored byte-reversed, which is done here. Keys of 512 bits "
        "(XTS_AES_256_KEY) and ECDSA_KEY_P384 take two blocks, the one named and the next free one.",
    .examples =
        "espseal efuse burn-key --port /dev/ttyUSB0 auto --purpose HMAC_UP --file hmac.bin\n"
        "espseal efuse burn-key --port /dev/ttyUSB0 BLOCK_KEY3 --purpose XTS_AES_128_KEY --file flash.bin "
        "--dry-run",
    .options = options,
    .device = true,
    .offline = true,
    .chains = true,
    .danger = CLI_BURNS,
    .run = cli_fuse_run,
};
