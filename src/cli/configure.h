/* What the files behind configure_esp_secure_cert.py share. */
#ifndef ESPSEAL_CLI_CONFIGURE_H
#define ESPSEAL_CLI_CONFIGURE_H

#include "cli.h"

#define CONFIGURE_DATA_DIRECTORY "esp_secure_cert_data"
#define CONFIGURE_PARTITION CONFIGURE_DATA_DIRECTORY "/esp_secure_cert.bin"
#define CONFIGURE_SIGNED CONFIGURE_DATA_DIRECTORY "/esp_secure_cert_signed.bin"
#define CONFIGURE_HMAC_KEY CONFIGURE_DATA_DIRECTORY "/hmac_key.bin"
#define CONFIGURE_PARSED_DIRECTORY "esp_secure_cert_parsed_data"

enum configure_argument {
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
    ARG_CSV,
    ARG_PARSE_BIN,
    ARG_SECURE_SIGN,
    ARG_SIGNING_SCHEME,
    ARG_SIGNING_KEY,
    ARG_PARTITION_FILE,
    ARG_APPEND_INTEGRITY,
    ARG_COUNT,
};

enum { CONFIGURE_KEYS_MAX = 3 };

struct configure {
    const char *value[ARG_COUNT]; /* a flag that is given points to its own spelling */
    const char *key_size;         /* second value of --priv_key_algo */
    const char *signing_keys[CONFIGURE_KEYS_MAX];
    size_t signing_key_count;
    int password_fd;
    char password[32]; /* its path; "": none */
};

struct configure_line { /* the command line that is made */
    char *words[64];
    int count;
    bool failed;
};
void configure_put(struct configure_line *line, const char *word);
void configure_put_option(struct configure_line *line, const char *option,
                          const char *value); /* unless NULL */
/* Runs the line as espseal, and clears it. */
int configure_run_line(struct configure_line *line);

/* Prints error and hint; returns the exit status of a usage error. */
int configure_complain(const char *hint, const char *format, ...) SEAL_PRINTF(2, 3);

const char *configure_chip(const struct configure *configure);
/* --chip, certificates, key, passphrase and HMAC key. */
void configure_put_identity(struct configure_line *line, const struct configure *configure);

/*
 * The jobs on files: --parse_bin, --append-integrity, signing, CSV and legacy formats. *done tells whether
 * one of them was asked for.
 */
int configure_file_job(const struct configure *configure, bool *done);
/*
 * Makes the partition file without burning, and writes it to flash unless --skip_flash is given. storage is
 * where the key of --private-key shall live ("ds", "ecdsa", "plaintext"); NULL: there is none.
 */
int configure_build(const struct configure *configure, const char *storage);

#endif
