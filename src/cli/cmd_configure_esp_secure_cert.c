/*
 * The arguments of Espressif's configure_esp_secure_cert.py (esp-secure-cert-tool 2.6.1, and the --production
 * that its guide still prints), turned into a command line of ours and run as that. So there is one way to
 * burn, not two.
 */
#include "cli.h"

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

#define DATA_DIRECTORY "esp_secure_cert_data"

enum argument {
    ARG_HELP,
    ARG_PRIVATE_KEY,
    ARG_PASSWORD,
    ARG_DEVICE_CERT,
    ARG_CA_CERT,
    ARG_TARGET_CHIP,
    ARG_SUMMARY,
    ARG_TYPE,
    ARG_CONFIGURE_DS,
    ARG_SKIP_FLASH,
    ARG_EFUSE_KEY_ID,
    ARG_EFUSE_KEY_FILE,
    ARG_PORT,
    ARG_KEEP,
    ARG_OFFSET,
    ARG_ALGORITHM,
    ARG_PRODUCTION,
    ARG_DO_NOT_CONFIRM,
    ARG_COUNT,
    ARG_OTHER_JOB = ARG_COUNT,
};

static const struct spelling {
    const char *text;
    enum argument argument;
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
    {"--esp_secure_cert_csv", ARG_OTHER_JOB, 1},
    {"--parse_bin", ARG_OTHER_JOB, 1},
    {"--secure-sign", ARG_OTHER_JOB, 0},
    {"--signing-scheme", ARG_OTHER_JOB, 1},
    {"--signing-key-file", ARG_OTHER_JOB, 1},
    {"--esp-secure-cert-file", ARG_OTHER_JOB, 1},
    {"--append-integrity", ARG_OTHER_JOB, 1},
};

struct arguments {
    const char *value[ARG_COUNT]; /* a flag that is given points to its own spelling */
    const char *key_size;         /* second value of --priv_key_algo */
    int password_fd;
};

struct line { /* the command line that is made */
    char *words[48];
    int count;
    bool failed;
};

static void put(struct line *line, const char *word)
{
    const int room = sizeof line->words / sizeof line->words[0];
    char **next = &line->words[line->count];
    if (line->count + 1 >= room || !(*next = strdup(word))) {
        line->failed = true;
        return;
    }
    line->words[++line->count] = NULL;
}

static void put_option(struct line *line, const char *option, const char *value)
{
    if (value) {
        put(line, option);
        put(line, value);
    }
}

static void clear(struct line *line)
{
    while (line->count) {
        free(line->words[--line->count]);
    }
}

static int complain(const char *hint, const char *format, ...) SEAL_PRINTF(2, 3);

static int complain(const char *hint, const char *format, ...)
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
                : complain("try again without --pwd: espseal asks for the passphrase",
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

static int parse(int argc, char **argv, struct arguments *arguments)
{
    for (int i = 1; i < argc; i++) {
        char *equals = strncmp(argv[i], "--", 2) == 0 ? strchr(argv[i], '=') : NULL;
        const struct spelling *spelling =
            find(argv[i], equals ? (size_t)(equals - argv[i]) : strlen(argv[i]));
        if (!spelling) {
            return complain("configure_esp_secure_cert.py --help", "unknown argument %s", argv[i]);
        }
        if (spelling->argument == ARG_OTHER_JOB) {
            return complain("espseal secure-cert --help shows what there is for such files",
                            "this espseal does not take %s under this name", spelling->text);
        }
        const char *shown = argv[i];
        char *value = equals ? equals + 1 : NULL;
        int missing = spelling->values - (equals ? 1 : 0);
        if (missing < 0 || i + missing >= argc) {
            return complain("configure_esp_secure_cert.py --help", "%s takes %d value%s", shown,
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
    }
    return 0;
}

static void help(void)
{
    (void)puts(
        "usage: configure_esp_secure_cert.py -p PORT --private-key FILE --device-cert FILE [--ca-cert FILE]\n"
        "         [--target_chip CHIP] [--configure_ds] [--efuse_key_id N] [--efuse_key_file FILE]\n"
        "         [--priv_key_algo RSA|ECDSA BITS] [--production] [--sec_cert_part_offset OFFSET]\n"
        "         [--secure_cert_type cust_flash_tlv] [--keep_ds_data_on_host] [--skip_flash] [--summary]\n"
        "         [--pwd PASSPHRASE] [--do-not-confirm]\n\n"
        "This is espseal under the name of Espressif's tool. With --configure_ds the key goes into the "
        "chip's DS\n"
        "peripheral: BURN is read from standard input before eFuses are burned. --production read-protects "
        "the key\n"
        "after the chip proved it. Everything else: espseal provision --help, espseal secure-cert --help.");
}

/* The kind of the key decides the peripheral; --priv_key_algo may only agree. NULL: cannot be told without
 * passphrase. */
static int find_storage(const struct arguments *arguments, const char **storage)
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
            status = complain("leave --priv_key_algo out: it is taken from the key", "%s is %s, not %s %s",
                              path, seal_key_describe(key), wanted, arguments->key_size);
        }
    }
    seal_key_free(&key);
    seal_buf_free(&data);
    return status;
}

static int check(const struct arguments *arguments)
{
    const char *type = arguments->value[ARG_TYPE];
    if (type && strcmp(type, "cust_flash_tlv") != 0) {
        return complain(
            "use --secure_cert_type cust_flash_tlv, which firmware has read since esp_secure_cert_mgr 2.0",
            "this espseal does not write the legacy format %s", type);
    }
    if (!arguments->value[ARG_PRIVATE_KEY] || !arguments->value[ARG_DEVICE_CERT]) {
        return complain("the guide's openssl commands make them: client.key and client.crt",
                        "--private-key and --device-cert are needed");
    }
    if (!arguments->value[ARG_PORT] && !arguments->value[ARG_SKIP_FLASH]) {
        return complain("-p /dev/ttyUSB0, or --skip_flash to make the partition file only",
                        "the port is missing");
    }
    if (arguments->value[ARG_SKIP_FLASH] && arguments->value[ARG_CONFIGURE_DS] &&
        !arguments->value[ARG_EFUSE_KEY_FILE]) {
        return complain("give --efuse_key_file with the key that is in the chip",
                        "without flashing, DS parameters can only be made for an HMAC key that is given");
    }
    return 0;
}

static const char *target(const struct arguments *arguments)
{
    return arguments->value[ARG_TARGET_CHIP] ? arguments->value[ARG_TARGET_CHIP] : "esp32c3";
}

static const char *key_id(const struct arguments *arguments)
{
    return arguments->value[ARG_EFUSE_KEY_ID] ? arguments->value[ARG_EFUSE_KEY_ID] : "1";
}

static void put_identity(struct line *line, const struct arguments *arguments, const char *password)
{
    put_option(line, "--chip", target(arguments));
    put_option(line, "--ca-cert", arguments->value[ARG_CA_CERT]);
    put_option(line, "--device-cert", arguments->value[ARG_DEVICE_CERT]);
    put_option(line, "--private-key", arguments->value[ARG_PRIVATE_KEY]);
    put_option(line, "--passphrase-file", arguments->password_fd >= 0 ? password : NULL);
    put_option(line, "--hmac-key", arguments->value[ARG_EFUSE_KEY_FILE]);
}

static void make_provision(struct line *line, const struct arguments *arguments, const char *storage,
                           const char *password)
{
    bool production = arguments->value[ARG_PRODUCTION];
    put(line, "provision");
    put_option(line, "--port", arguments->value[ARG_PORT]);
    put_option(line, "--mode", production ? "production" : "development");
    put_option(line, "--storage", storage);
    put_identity(line, arguments, password);
    put_option(line, "--offset", arguments->value[ARG_OFFSET]);
    if (strcmp(storage, "plaintext") != 0) {
        put_option(line, "--efuse-key", key_id(arguments));
    }
    put_option(line, "--out", DATA_DIRECTORY);
    put(line, "--force");
    if (arguments->value[ARG_KEEP] && !production) {
        put(line, "--keep-secrets");
    }
    put_option(line, "--confirm", arguments->value[ARG_DO_NOT_CONFIRM] ? "burn" : "stdin");
}

static void make_build(struct line *line, const struct arguments *arguments, const char *storage,
                       const char *password)
{
    (void)mkdir(DATA_DIRECTORY, 0777);
    put(line, "secure-cert");
    put(line, "build");
    put_option(line, "--key-storage", storage);
    put_identity(line, arguments, password);
    if (strcmp(storage, "plaintext") != 0) {
        put_option(line, "--efuse-key", key_id(arguments));
    }
    put_option(line, "--out", DATA_DIRECTORY "/esp_secure_cert.bin");
    put(line, "--force");
}

static int show_summary(const struct arguments *arguments)
{
    struct line line = {.count = 0};
    put(&line, "espseal");
    put(&line, "efuse");
    put(&line, "summary");
    put_option(&line, "--port", arguments->value[ARG_PORT]);
    int status = line.failed ? cli_exit_status(SEAL_ERR_NO_MEMORY) : cli_main(line.count, line.words);
    clear(&line);
    return status;
}

static int run(const struct arguments *arguments)
{
    char password[32];
    const char *storage = "plaintext";
    struct line line = {.count = 0};
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
    (void)snprintf(password, sizeof password, "/proc/self/fd/%d", arguments->password_fd);
    put(&line, "espseal");
    if (arguments->value[ARG_SKIP_FLASH]) {
        make_build(&line, arguments, storage, password);
    } else {
        make_provision(&line, arguments, storage, password);
    }
    status = line.failed ? cli_exit_status(SEAL_ERR_NO_MEMORY) : cli_main(line.count, line.words);
    clear(&line);
    return !status && arguments->value[ARG_SUMMARY] && arguments->value[ARG_PORT] ? show_summary(arguments)
                                                                                  : status;
}

int cli_configure_main(int argc, char **argv)
{
    struct arguments arguments = {.password_fd = -1};
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
