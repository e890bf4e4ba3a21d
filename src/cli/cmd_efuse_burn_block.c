/* efuse burn-block: bytes as they are stored. */
#include "fuse.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <string.h>
#include <unistd.h>

enum { LARGEST_BLOCK = 32 };

/* A file of that name, else hex digits. */
static int read_data(const char *text, struct seal_buf **data, struct seal_cause *cause)
{
    size_t digits = strlen(text);
    if (access(text, F_OK) == 0 || digits == 0 || strspn(text, "0123456789abcdefABCDEF") != digits) {
        return seal_file_read(text, LARGEST_BLOCK, 0, data, cause);
    }
    if (digits % 2 == 1) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "--data has an odd number of hex digits (%zu)", digits);
        seal_hint(cause, "a byte has two digits");
        return err;
    }
    if (digits > 2 * LARGEST_BLOCK) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "--data has %zu bytes; a block has %d", digits / 2,
                         LARGEST_BLOCK);
    }
    *data = seal_buf_new_secret();
    uint8_t *bytes = *data != NULL ? seal_buf_reserve(*data, digits / 2) : NULL;
    if (bytes == NULL || seal_hex_decode(text, bytes, digits / 2) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    return SEAL_OK;
}

static int check_whole(const struct cli_fuse *fuse, unsigned block, size_t len, bool offset_given,
                       struct seal_cause *cause)
{
    size_t room = 4u * seal_efuse_block_words(&fuse->state, block);
    if (len == room || offset_given) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_KEY, "%s has %zu bytes, --data has %zu",
                        fuse->state.chip->efuse->blocks[block].name, room, len);
    seal_hint(cause, "--offset N says where a part of a block goes");
    return err;
}

int cli_fuse_add_block(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    struct seal_buf *data = NULL;
    unsigned block = 0;
    uint32_t offset = 0;
    int err = cli_fuse_block(fuse, cli_operand(segment, 0), &block, cause);
    if (err == SEAL_OK) {
        err = cli_number(segment, "offset", 31, 0, &offset, cause);
    }
    if (err == SEAL_OK) {
        err = read_data(cli_text(segment, "data"), &data, cause);
    }
    if (err == SEAL_OK) {
        err = check_whole(fuse, block, seal_buf_len(data), cli_flag(segment, "offset"), cause);
    }
    if (err == SEAL_OK) {
        err = seal_fuse_plan_data(&fuse->plan, block, offset, seal_buf_ptr(data), seal_buf_len(data), cause);
    }
    seal_buf_free(&data);
    return err;
}

static const struct cli_option options[] = {
    {.name = "data",
     .value = "FILE|HEX",
     .summary = "the bytes, in the order in which they are stored",
     .required = true},
    {.name = "offset", .value = "N", .summary = "first byte within the block, when it is a part of it"},
    CLI_FUSE_OPTIONS,
};

const struct cli_command cli_command_efuse_burn_block = {
    .name = "efuse burn-block",
    .summary = "burn bytes into an eFuse block as they are",
    .operands = "BLOCK",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Burns bytes into a block as they are, for data of the application (BLOCK_USR_DATA). Nothing is "
        "reversed, no purpose is burned and nothing is protected; for keys there is efuse burn-key. A "
        "coded block can be written once: what is not part of this burn stays zero.",
    .examples = "espseal efuse burn-block --port /dev/ttyUSB0 BLOCK_USR_DATA --data 00112233 --offset 8",
    .options = options,
    .device = true,
    .offline = true,
    .chains = true,
    .danger = CLI_BURNS,
    .run = cli_fuse_run,
};
