/* What the commands of secure boot share. */
#ifndef ESPSEAL_CLI_BOOT_H
#define ESPSEAL_CLI_BOOT_H

#include "cli.h"

#include <espseal/secure_boot.h>

#define CLI_BOOT_LARGEST (32u << 20)

/* --version 1 */
bool cli_boot_is_v1(const struct cli_run *run);
/* Up to the next multiple of 4096. */
size_t cli_boot_sector(size_t len);
/* --bootloader-key as the hardware takes it; the caller cleanses it. --iv, or random. */
int cli_boot_v1_key(const struct cli_run *run, uint8_t key[static 32],
                    struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_boot_v1_iv(const struct cli_run *run, uint8_t iv[static 128],
                   struct seal_cause *cause) SEAL_MUST_CHECK;

/* --digest (64 hex digits, or a file of 32 bytes) and --public-key, each up to three times together. */
int cli_boot_digests(struct cli_run *run, uint8_t digests[static SEAL_BOOT_SLOTS * 32], size_t *count,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/* Appends an object that tells a signature; it may be added to. trust NULL: nothing is said of it. */
seal_json *cli_boot_put_block(seal_json *list, size_t index, const struct seal_boot_block *block,
                              const struct seal_boot_trust *trust);
/* "signature 0: good, rsa3072, slot 1" and the digest, on stdout. */
void cli_boot_print_block(const struct cli_run *run, size_t index, const struct seal_boot_block *block,
                          const struct seal_boot_trust *trust);

extern const char *const cli_boot_versions[];
extern const char *const cli_boot_rules[];

#define CLI_BOOT_VERSION_OPTION                                                                              \
    {                                                                                                        \
        .name = "version", .value = "N", .summary = "of secure boot: 1 is for the first ESP32 only",         \
        .choices = cli_boot_versions, .fallback = "2"                                                        \
    }
#define CLI_BOOT_ALLOW_OPTION                                                                                \
    {                                                                                                        \
        .name = "allow", .value = "RULE",                                                                    \
        .summary = "take a scheme that ESP-IDF marks as not working on the chip", .choices = cli_boot_rules  \
    }

#endif
