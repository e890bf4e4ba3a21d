/* jtag token: what reopens JTAG where it was closed by SOFT_DIS_JTAG. */
#include "identity.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/jtag_token.h>
#include <espseal/secret.h>

#include <string.h>

static int write_token(const struct cli_run *run, const uint8_t token[static SEAL_JTAG_TOKEN_LEN],
                       struct seal_cause *cause)
{
    char text[2 * SEAL_JTAG_TOKEN_LEN + 2];
    const char *path = cli_text(run, "out");
    int flags = cli_out_flags(run, true), err;
    if (cli_flag(run, "hex")) {
        seal_hex_encode(token, SEAL_JTAG_TOKEN_LEN, text);
        text[sizeof text - 2] = '\n';
        err = seal_file_write(path, text, sizeof text - 1, flags, cause);
        seal_cleanse(text, sizeof text);
    } else {
        err = seal_file_write(path, token, SEAL_JTAG_TOKEN_LEN, flags, cause);
    }
    return err;
}

static int report(const struct cli_run *run)
{
    const char *form = cli_flag(run, "hex") ? "hex" : "binary";
    if (!cli_json(run)) {
        cli_say(run, "%s: the token that reopens JTAG until the next reset, %s", cli_text(run, "out"), form);
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    seal_json_put_text(root, "form", form);
    return cli_emit_json(run, &root);
}

static int run_jtag_token(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_buf *key = NULL;
    uint8_t token[SEAL_JTAG_TOKEN_LEN];
    int err = cli_check_out(run, "out", true, cause);
    if (err == SEAL_OK) {
        err = cli_read_hmac_key(run, &key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_jtag_token(seal_buf_ptr(key), token, cause);
    }
    if (err == SEAL_OK) {
        err = write_token(run, token, cause);
    }
    seal_cleanse(token, sizeof token);
    seal_buf_free(&key);
    return err == SEAL_OK ? report(run) : err;
}

static const struct cli_option options[] = {
    {.name = "hmac-key",
     .value = "FILE",
     .summary =
         "the 32 bytes that the chip holds with the purpose HMAC_DOWN_JTAG or HMAC_DOWN_ALL; - is stdin",
     .required = true},
    {.name = "out", .value = "FILE", .summary = "the token, 32 bytes, mode 0600", .required = true},
    {.name = "hex", .summary = "write it as 64 hex digits and a line end, for a firmware's console"},
    {.name = "force", .summary = "replace a file that exists"},
    {.name = "insecure-permissions", .summary = "read a key file that others can read too"},
    {0},
};

const struct cli_command cli_command_jtag_token = {
    .name = "jtag token",
    .summary = "make the token that reopens soft-disabled JTAG",
    .description =
        "Where JTAG was closed by SOFT_DIS_JTAG, firmware reopens it with esp_hmac_jtag_enable(key block, "
        "token), until the next reset. The token is HMAC-SHA256 of 32 zero bytes under the key in that "
        "block. "
        "It opens every chip that holds this key: keep it as you keep the key. A key that was wrapped for a "
        "certificate comes out of espseal unlock, and need not touch a disk.\n\n"
        "JTAG that was closed for good (JTAG_DISABLE, HARD_DIS_JTAG, DIS_PAD_JTAG) has no token; `espseal "
        "device exits` says which it is.",
    .examples = "espseal jtag token --hmac-key jtag.bin --out token.bin\n"
                "espseal jtag token --hmac-key jtag.bin --out - --hex\n"
                "espseal unlock device.cms --kind jtag_hmac --key service.key --out - | espseal jtag token "
                "--hmac-key - --out token.bin",
    .options = options,
    .run = run_jtag_token,
};
