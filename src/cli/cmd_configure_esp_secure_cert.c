/*
 * The arguments of Espressif's configure_esp_secure_cert.py (esp-secure-cert-tool 2.6.1, and the --production
 * that its guide still prints), turned into a command line of ours and run as that. So there is one way to
 * burn, not two.
 */
#include "configure.h"

#include <espseal/chip.h>
#include <espseal/file.h>
#include <espseal/secret.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct spelling {
    const char *text;
    enum configure_argument argument;
    int values;
} spellings[] = {
    {"-h", ARG_HELP, 0},
    {"--help", ARG_HELP, 0},
    {"--private-key", ARG_PRIVATE_KEY, 1},
    {"--pwd", ARG_PASSWORD, 1},
    {"--password", ARG_PASSWORD, 1},
    {"--device-cert", ARG_DEVICE_CERT, 1},
    {"--ca-cert", ARG_CA_CERT, 1},
    {"--target_chip", ARG_TARGET_CHIP, 1},
    {"--summary", ARG_SUMMARY, 0},
    {"--secure_cert_type", ARG_TYPE, 1},
    {"--configure_ds", ARG_CONFIGURE_DS, 0},
    {"--skip_flash", ARG_SKIP_FLASH, 0},
    {"--efuse_key_id", ARG_EFUSE_KEY_ID, 1},
    {"--efuse_key_file", ARG_EFUSE_KEY_FILE, 1},
    {"-p", ARG_PORT, 1},
    {"--port", ARG_PORT, 1},
    {"--keep_ds_data_on_host", ARG_KEEP, 0},
    {"-keep_ds_data", ARG_KEEP, 0},
    {"--sec_cert_part_offset", ARG_OFFSET, 1},
    {"--priv_key_algo", ARG_ALGORITHM, 2},
    {"--production", ARG_PRODUCTION, 0},
    {"--do-not-confirm", ARG_DO_NOT_CONFIRM, 0},
    {"--esp_secure_cert_csv", ARG_CSV, 1},
    {"--parse_bin", ARG_PARSE_BIN, 1},
    {"--secure-sign", ARG_SECURE_SIGN, 0},
    {"--signing-scheme", ARG_SIGNING_SCHEME, 1},
    {"--signing-key-file", ARG_SIGNING_KEY, 1},
    {"--esp-secure-cert-file", ARG_PARTITION_FILE, 1},
    {"--append-integrity", ARG_APPEND_INTEGRITY, 1},
};

void configure_put(struct configure_line *line, const char *word)
{
    char *copy = line->count + 1 < (int)(sizeof line->words / sizeof line->words[0]) ? strdup(word) : NULL;
    if (!copy) {
        line->failed = true;
        return;
    }
    line->words[line->count++] = copy;
    line->words[line->count] = NULL;
}

void configure_put_option(struct configure_line *line, const char *option, const char *value)
{
    if (value) {
        configure_put(line, option);
        configure_put(line, value);
    }
}

int configure_run_line(struct configure_line *line)
{
    int status = line->failed ? cli_exit_status(SEAL_ERR_NO_MEMORY) : cli_main(line->count, line->words);
    while (line->count) {
        free(line->words[--line->count]);
    }
    return status;
}

int configure_complain(const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("espseal: error: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "\nespseal: hint: %s\n", hint);
    va_end(args);
    return cli_exit_status(SEAL_ERR_USAGE);
}

/* Through a file that has no name: argv is cleared, and the passphrase takes the way every other takes. */
static int hide_password(char *password, int *fd)
{
    size_t len = strlen(password);
    (void)fputs(
        "espseal: warning: a passphrase on the command line can be read by every user of this machine\n",
        stderr);
    *fd = memfd_create("passphrase", MFD_CLOEXEC);
    bool kept = *fd >= 0 && fchmod(*fd, 0600) == 0 && write(*fd, password, len) == (ssize_t)len &&
                write(*fd, "\n", 1) == 1;
    seal_cleanse(password, len);
    return kept ? 0
                : configure_complain("try again without --pwd: espseal asks for the passphrase",
                                     "cannot keep the passphrase");
}

static const struct spelling *find(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        if (strlen(spellings[i].text) == len && memcmp(spellings[i].text, word, len) == 0) {
            return &spellings[i];
        }
    }
    return NULL;
}

/* Up to three files stand behind --signing-key-file, until the next argument; the first was taken. */
static int take_signing_keys(int argc, char **argv, int *at, struct configure *arguments)
{
    const char *next = arguments->value[ARG_SIGNING_KEY];
    for (;;) {
        if (arguments->signing_key_count == CONFIGURE_KEYS_MAX) {
            return configure_complain("the chips have room for three digests", "more than %d signing keys",
                                      CONFIGURE_KEYS_MAX);
        }
        arguments->signing_keys[arguments->signing_key_count++] = next;
        if (*at + 1 >= argc || argv[*at + 1][0] == '-') {
            return 0;
        }
        next = argv[++*at];
    }
}

static int parse(int argc, char **argv, struct configure *arguments)
{
    for (int i = 1; i < argc; i++) {
        char *equals = strncmp(argv[i], "--", 2) == 0 ? strchr(argv[i], '=') : NULL;
        const struct spelling *spelling =
            find(argv[i], equals ? (size_t)(equals - argv[i]) : strlen(argv[i]));
        if (!spelling) {
            return configure_complain("configure_esp_secure_cert.py --help", "unknown argument %s", argv[i]);
        }
        const char *shown = argv[i];
        char *value = equals ? equals + 1 : NULL;
        int missing = spelling->values - (equals ? 1 : 0);
        if (missing < 0 || i + missing >= argc) {
            return configure_complain("configure_esp_secure_cert.py --help", "%s takes %d value%s", shown,
                                      spelling->values, spelling->values == 1 ? "" : "s");
        }
        value = spelling->values && !equals ? argv[++i] : value;
        if (spelling->values == 2) {
            arguments->key_size = argv[++i];
        }
        if (spelling->argument == ARG_PASSWORD && value) {
            int status = hide_password(value, &arguments->password_fd);
            if (status) {
                return status;
            }
        }
        arguments->value[spelling->argument] = value ? value : spelling->text;
        if (spelling->argument == ARG_SIGNING_KEY) {
            int status = take_signing_keys(argc, argv, &i, arguments);
            if (status) {
                return status;
            }
        }
    }
    return 0;
}

static void help(void)
{
    (void)puts(
        "usage: configure_esp_secure_cert.py -p PORT --private-key FILE --device-cert FILE [--ca-cert FILE]\n"
        "         [--target_chip CHIP] [--configure_ds] [--efuse_key_id N] [--efuse_key_file FILE]\n"
        "         [--priv_key_algo RSA|ECDSA BITS] [--production] [--sec_cert_part_offset OFFSET]\n"
        "         [--secure_cert_type TYPE] [--keep_ds_data_on_host] [--skip_flash] [--summary]\n"
        "         [--pwd PASSPHRASE] [--do-not-confirm]\n"
        "         [--esp_secure_cert_csv FILE] [--secure-sign --signing-scheme SCHEME --signing-key-file "
        "FILE...]\n"
        "       configure_esp_secure_cert.py --esp-secure-cert-file FILE --secure-sign --signing-key-file "
        "FILE...\n"
        "       configure_esp_secure_cert.py --parse_bin FILE\n"
        "       configure_esp_secure_cert.py --append-integrity FILE\n\n"
        "This is espseal under the name of Espressif's tool. With --configure_ds the key goes into the "
        "chip's DS\n"
        "peripheral: BURN is read from standard input before eFuses are burned. --production read-protects "
        "the key\n"
        "after the chip proved it. Everything else: espseal provision --help, espseal secure-cert --help.");
}

/* The kind of the key decides the peripheral; --priv_key_algo may only agree. NULL: cannot be told without
 * passphrase. */
static int find_storage(const struct configure *arguments, const char **storage)
{
    struct seal_buf *data = NULL;
    struct seal_key *key = NULL;
    struct seal_cause cause = {0};
    const char *path = arguments->value[ARG_PRIVATE_KEY];
    const char *wanted = arguments->value[ARG_ALGORITHM];
    int status = 0;
    *storage = wanted && strcmp(wanted, "ECDSA") == 0 ? "ecdsa" : "ds";
    if (seal_file_read(path, 65536, SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &data, NULL) == SEAL_OK &&
        seal_key_read(seal_buf_ptr(data), seal_buf_len(data), path, NULL, &key, &cause) == SEAL_OK) {
        const char *kind = seal_key_kind(key) == SEAL_KEY_RSA ? "RSA" : "ECDSA";
        unsigned bits = arguments->key_size ? (unsigned)strtoul(arguments->key_size, NULL, 10) : 0;
        *storage = seal_key_kind(key) == SEAL_KEY_RSA ? "ds" : "ecdsa";
        if (wanted && (strcmp(wanted, kind) != 0 || bits != seal_key_bits(key))) {
            status = configure_complain("leave --priv_key_algo out: it is taken from the key",
                                        "%s is %s, not %s %s", path, seal_key_describe(key), wanted,
                                        arguments->key_size);
        }
    }
    seal_key_free(&key);
    seal_buf_free(&data);
    return status;
}

static int check(const struct configure *arguments)
{
    if (!arguments->value[ARG_PORT] && !arguments->value[ARG_SKIP_FLASH]) {
        return configure_complain("-p /dev/ttyUSB0, or --skip_flash to make the partition file only",
                                  "the port is missing");
    }
    if (arguments->value[ARG_CONFIGURE_DS] && !arguments->value[ARG_PRIVATE_KEY]) {
        return configure_complain("the guide's openssl commands make it: client.key",
                                  "--private-key is needed with --configure_ds");
    }
    return 0;
}

const char *configure_chip(const struct configure *arguments)
{
    return arguments->value[ARG_TARGET_CHIP] ? arguments->value[ARG_TARGET_CHIP] : "esp32c3";
}

void configure_put_identity(struct configure_line *line, const struct configure *arguments)
{
    configure_put_option(line, "--chip", configure_chip(arguments));
    configure_put_option(line, "--ca-cert", arguments->value[ARG_CA_CERT]);
    configure_put_option(line, "--device-cert", arguments->value[ARG_DEVICE_CERT]);
    configure_put_option(line, "--private-key", arguments->value[ARG_PRIVATE_KEY]);
    configure_put_option(line, "--passphrase-file", arguments->password[0] ? arguments->password : NULL);
    configure_put_option(line, "--hmac-key", arguments->value[ARG_EFUSE_KEY_FILE]);
}

static int provision(const struct configure *arguments, const char *storage)
{
    struct configure_line line = {.count = 0};
    bool production = arguments->value[ARG_PRODUCTION];
    const char *key_id = arguments->value[ARG_EFUSE_KEY_ID] ? arguments->value[ARG_EFUSE_KEY_ID] : "1";
    configure_put(&line, "espseal");
    configure_put(&line, "provision");
    configure_put_option(&line, "--port", arguments->value[ARG_PORT]);
    configure_put_option(&line, "--mode", production ? "production" : "development");
    configure_put_option(&line, "--storage", storage);
    configure_put_identity(&line, arguments);
    if (arguments->value[ARG_CA_CERT]) {
        configure_put(&line, "--foreign-ca"); /* many give the server's CA, which is not the device's */
    }
    configure_put_option(&line, "--offset", arguments->value[ARG_OFFSET]);
    if (strcmp(storage, "plaintext") != 0) {
        configure_put_option(&line, "--efuse-key", key_id);
    }
    configure_put_option(&line, "--out", CONFIGURE_DATA_DIRECTORY);
    configure_put(&line, "--force");
    if (arguments->value[ARG_KEEP] && !production) {
        configure_put(&line, "--keep-secrets");
    }
    configure_put_option(&line, "--confirm", arguments->value[ARG_DO_NOT_CONFIRM] ? "burn" : "stdin");
    return configure_run_line(&line);
}

static int show_summary(const struct configure *arguments)
{
    struct configure_line line = {.count = 0};
    configure_put(&line, "espseal");
    configure_put(&line, "efuse");
    configure_put(&line, "summary");
    configure_put_option(&line, "--port", arguments->value[ARG_PORT]);
    return configure_run_line(&line);
}

/* What provision does: an identity that is complete, in a partition of the present format, onto a chip. */
static bool is_provision(const struct configure *arguments)
{
    const char *type = arguments->value[ARG_TYPE];
    return !arguments->value[ARG_SKIP_FLASH] && !arguments->value[ARG_CSV] &&
           !arguments->value[ARG_SECURE_SIGN] && (!type || strcmp(type, "cust_flash_tlv") == 0) &&
           arguments->value[ARG_PRIVATE_KEY] && arguments->value[ARG_DEVICE_CERT];
}

static int make_partition(const struct configure *arguments)
{
    const char *storage = arguments->value[ARG_PRIVATE_KEY] ? "plaintext" : NULL;
    int status = check(arguments);
    if (!status && arguments->value[ARG_CONFIGURE_DS]) {
        status = find_storage(arguments, &storage);
    }
    if (status) {
        return status;
    }
    if (arguments->value[ARG_PRODUCTION] && arguments->value[ARG_KEEP]) {
        (void)fputs("espseal: warning: in production the HMAC key is not kept on the host, whatever "
                    "--keep_ds_data_on_host says\n",
                    stderr);
    }
    return is_provision(arguments) ? provision(arguments, storage) : configure_build(arguments, storage);
}

static int run(struct configure *arguments)
{
    static const enum configure_argument work[] = {ARG_PRIVATE_KEY, ARG_DEVICE_CERT, ARG_CA_CERT, ARG_CSV};
    bool done = false;
    bool summary_only = arguments->value[ARG_SUMMARY] && arguments->value[ARG_PORT];
    if (arguments->password_fd >= 0) {
        (void)snprintf(arguments->password, sizeof arguments->password, "/proc/self/fd/%d",
                       arguments->password_fd);
    }
    int status = configure_file_job(arguments, &done);
    for (size_t i = 0; i < sizeof work / sizeof work[0]; i++) {
        summary_only = summary_only && !arguments->value[work[i]];
    }
    if (done || status) {
        return status;
    }
    status = summary_only ? 0 : make_partition(arguments);
    return !status && arguments->value[ARG_SUMMARY] && arguments->value[ARG_PORT] ? show_summary(arguments)
                                                                                  : status;
}

int cli_configure_main(int argc, char **argv)
{
    struct configure arguments = {.password_fd = -1};
    int status = parse(argc, argv, &arguments);
    if (!status && arguments.value[ARG_HELP]) {
        help();
    } else if (!status) {
        status = run(&arguments);
    }
    if (arguments.password_fd >= 0) {
        (void)close(arguments.password_fd);
    }
    return status;
}
