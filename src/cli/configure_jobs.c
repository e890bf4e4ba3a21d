/* The jobs of configure_esp_secure_cert.py that burn nothing, as command lines of ours. */
#include "configure.h"

#include <espseal/file.h>
#include <espseal/secret.h>
#include <espseal/secure_cert_rows.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void start(struct configure_line *line, const char *verb)
{
    configure_put(line, "espseal");
    configure_put(line, "secure-cert");
    configure_put(line, verb);
}

static int report(const struct seal_cause *cause)
{
    (void)fprintf(stderr, "espseal: error: %s\n", cause->text);
    if (cause->hint[0]) {
        (void)fprintf(stderr, "espseal: hint: %s\n", cause->hint);
    }
    return cli_exit_status(cause->err);
}

/* --- jobs on files --- */

static int parse_bin(const struct configure *configure)
{
    struct configure_line line = {.count = 0};
    start(&line, "extract");
    configure_put(&line, configure->value[ARG_PARSE_BIN]);
    configure_put_option(&line, "--out", CONFIGURE_PARSED_DIRECTORY);
    configure_put_option(&line, "--layout", "parse_bin");
    configure_put(&line, "--force");
    return configure_run_line(&line);
}

static int append_integrity(const struct configure *configure)
{
    struct configure_line line = {.count = 0};
    start(&line, "append-integrity");
    configure_put(&line, configure->value[ARG_APPEND_INTEGRITY]);
    return configure_run_line(&line);
}

static int write_flash(const struct configure *configure, const char *path)
{
    struct configure_line line = {.count = 0};
    char operand[128];
    const char *offset = configure->value[ARG_OFFSET] ? configure->value[ARG_OFFSET] : "0xD000";
    if (configure->value[ARG_SKIP_FLASH]) {
        (void)fprintf(stderr, "to write it: espseal flash write --chip %s --port %s %s=%s\n",
                      configure_chip(configure),
                      configure->value[ARG_PORT] ? configure->value[ARG_PORT] : "PORT", offset, path);
        return 0;
    }
    (void)snprintf(operand, sizeof operand, "%.32s=%s", offset, path);
    configure_put(&line, "espseal");
    configure_put(&line, "flash");
    configure_put(&line, "write");
    configure_put_option(&line, "--port", configure->value[ARG_PORT]);
    configure_put_option(&line, "--chip", configure_chip(configure));
    configure_put(&line, operand);
    return configure_run_line(&line);
}

static int sign_file(const struct configure *configure)
{
    struct configure_line line = {.count = 0};
    (void)mkdir(CONFIGURE_DATA_DIRECTORY, 0777);
    start(&line, "sign");
    configure_put(&line, configure->value[ARG_PARTITION_FILE]);
    for (size_t i = 0; i < configure->signing_key_count; i++) {
        configure_put_option(&line, "--key", configure->signing_keys[i]);
    }
    configure_put_option(&line, "--passphrase-file", configure->password[0] ? configure->password : NULL);
    configure_put_option(&line, "--out", CONFIGURE_SIGNED);
    configure_put(&line, "--force");
    int status = configure_run_line(&line);
    return status ? status : write_flash(configure, CONFIGURE_SIGNED);
}

int configure_file_job(const struct configure *configure, bool *done)
{
    *done = true;
    if (configure->value[ARG_PARSE_BIN]) {
        return parse_bin(configure);
    }
    if (configure->value[ARG_APPEND_INTEGRITY]) {
        return append_integrity(configure);
    }
    if (configure->value[ARG_SECURE_SIGN] && !configure->signing_key_count) {
        return configure_complain("--signing-key-file secure_boot_signing_key.pem",
                                  "--secure-sign needs a key");
    }
    if (configure->value[ARG_PARTITION_FILE] && configure->value[ARG_SECURE_SIGN]) {
        return configure->value[ARG_PORT] || configure->value[ARG_SKIP_FLASH]
                   ? sign_file(configure)
                   : configure_complain("-p /dev/ttyUSB0, or --skip_flash", "the port is missing");
    }
    *done = false;
    return 0;
}

/* --- a partition that needs no burning --- */

/* The reference makes an HMAC key when none is given; here only when it is kept, since it is no use else. */
static int make_hmac_key(const struct configure *configure, const char **path)
{
    uint8_t key[32];
    struct seal_cause cause = {0};
    *path = configure->value[ARG_EFUSE_KEY_FILE];
    if (*path) {
        return 0;
    }
    if (!configure->value[ARG_KEEP]) {
        return configure_complain(
            "give --efuse_key_file with the key that is in the chip, or --keep_ds_data_on_host to make one",
            "without flashing, DS parameters can only be made for an HMAC key that is given or kept");
    }
    int err = seal_random(key, sizeof key);
    if (err == SEAL_OK) {
        err =
            seal_file_write(CONFIGURE_HMAC_KEY, key, sizeof key, SEAL_FILE_SECRET | SEAL_FILE_FORCE, &cause);
    }
    seal_cleanse(key, sizeof key);
    *path = CONFIGURE_HMAC_KEY;
    return err == SEAL_OK ? 0 : report(&cause);
}

/* Whether a row puts a key into a peripheral, which this way does not burn. */
static int rows_burn(const struct configure *configure, bool *burn)
{
    const char *path = configure->value[ARG_CSV];
    struct seal_cause cause = {0};
    struct seal_buf *text = NULL;
    struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
    int err = rows ? seal_file_read(path, 4 << 20, 0, &text, &cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_secure_cert_rows_csv(seal_buf_ptr(text), seal_buf_len(text), path, rows, &cause);
    }
    for (size_t i = 0; err == SEAL_OK && i < seal_secure_cert_rows_count(rows); i++) {
        enum seal_row_key key = seal_secure_cert_rows_at(rows, i)->key;
        *burn |= key == SEAL_ROW_KEY_RSA_DS || key == SEAL_ROW_KEY_ECDSA_PERIPHERAL;
    }
    seal_secure_cert_rows_free(&rows);
    seal_buf_free(&text);
    return err == SEAL_OK ? 0 : report(&cause);
}

static int check(const struct configure *configure)
{
    const char *type = configure->value[ARG_TYPE];
    bool burn = configure->value[ARG_CONFIGURE_DS] != NULL;
    int status = configure->value[ARG_CSV] ? rows_burn(configure, &burn) : 0;
    if (status) {
        return status;
    }
    if (burn && !configure->value[ARG_SKIP_FLASH]) {
        return configure_complain(
            "burn the key with espseal provision --hmac-key FILE; then run this with --skip_flash",
            "a CSV, a signature and the legacy formats go onto a chip without burning: the key is not in it "
            "yet");
    }
    if (type && strcmp(type, "cust_flash_tlv") != 0 && strcmp(type, "cust_flash") != 0 &&
        strcmp(type, "nvs") != 0) {
        return configure_complain("cust_flash_tlv is the present format", "there is no --secure_cert_type %s",
                                  type);
    }
    return 0;
}

/* --signing-scheme may only agree with the keys; the original does not look at it. */
static int build(const struct configure *configure, const char *storage, const char *hmac_key,
                 const char *out)
{
    struct configure_line line = {.count = 0};
    struct configure given = *configure;
    const char *type = configure->value[ARG_TYPE];
    bool peripheral = storage && strcmp(storage, "plaintext") != 0;
    given.value[ARG_EFUSE_KEY_FILE] = hmac_key;
    start(&line, "build");
    configure_put_option(&line, "--csv", configure->value[ARG_CSV]);
    configure_put_option(&line, "--base-dir", configure->value[ARG_CSV] ? "." : NULL);
    configure_put_option(&line, "--key-storage", storage);
    configure_put_identity(&line, &given);
    if (peripheral) {
        configure_put_option(&line, "--efuse-key",
                             configure->value[ARG_EFUSE_KEY_ID] ? configure->value[ARG_EFUSE_KEY_ID] : "1");
    }
    for (size_t i = 0; configure->value[ARG_SECURE_SIGN] && i < configure->signing_key_count; i++) {
        configure_put_option(&line, "--sign-key", configure->signing_keys[i]);
    }
    configure_put_option(&line, "--format", type && strcmp(type, "cust_flash_tlv") != 0 ? type : NULL);
    configure_put(&line, configure->value[ARG_PRODUCTION] ? "--production" : "--force");
    configure_put_option(&line, "--out", out);
    if (configure->value[ARG_PRODUCTION]) {
        configure_put(&line, "--force");
    }
    return configure_run_line(&line);
}

/*
 * The original goes on to name, and to flash, a second file with the signature in front of what it signs,
 * which a device refuses: here both names hold the signed partition.
 */
static int copy_signed(void)
{
    struct seal_buf *data = NULL;
    struct seal_cause cause = {0};
    int err = seal_file_read(CONFIGURE_SIGNED, 1 << 20, SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &data, &cause);
    if (err == SEAL_OK) {
        err = seal_file_write(CONFIGURE_PARTITION, seal_buf_ptr(data), seal_buf_len(data),
                              SEAL_FILE_SECRET | SEAL_FILE_FORCE, &cause);
    }
    seal_buf_free(&data);
    return err == SEAL_OK ? 0 : report(&cause);
}

int configure_build(const struct configure *configure, const char *storage)
{
    bool sign = configure->value[ARG_SECURE_SIGN];
    const char *hmac_key = configure->value[ARG_EFUSE_KEY_FILE];
    const char *out = sign ? CONFIGURE_SIGNED : CONFIGURE_PARTITION;
    int status = check(configure);
    (void)mkdir(CONFIGURE_DATA_DIRECTORY, 0777);
    if (!status && storage && strcmp(storage, "ds") == 0) {
        status = make_hmac_key(configure, &hmac_key);
    }
    /* An ECDSA key is its own: the original passes the file over as well. */
    if (!status && storage && strcmp(storage, "ds") != 0 && !configure->value[ARG_CSV]) {
        hmac_key = NULL;
    }
    if (!status) {
        status = build(configure, storage, hmac_key, out);
    }
    if (!status && sign) {
        status = copy_signed();
    }
    return status ? status : write_flash(configure, out);
}
