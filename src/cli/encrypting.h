/* What the commands that encrypt flash on the host share: the device's key, and the layout. */
#ifndef ESPSEAL_CLI_ENCRYPTING_H
#define ESPSEAL_CLI_ENCRYPTING_H

#include "flash.h"
#include "partition.h"

#include <espseal/flash_key.h>
#include <espseal/flash_layout.h>

#define FLASH_CRYPT_CONFIG_OPTION                                                                            \
    {                                                                                                        \
        .name = "crypt-config", .value = "VALUE",                                                            \
        .summary = "FLASH_CRYPT_CONFIG of the ESP32's eFuses, 0 to 0xf", .fallback = "0xf"                   \
    }
#define FLASH_TABLE_OPTIONS                                                                                  \
    {.name = "partition-table",                                                                              \
     .value = "FILE",                                                                                        \
     .summary = "the partition table, binary or CSV, where it is not among the files"},                      \
        CLI_TABLE_OFFSET

/* The key in the file that option names, ready to encrypt for the chip. crypt_config: of the ESP32. */
int cli_flash_key(struct cli_run *run, const char *option, const struct seal_chip *chip,
                  unsigned crypt_config, struct seal_flash_crypt **crypt,
                  struct seal_cause *cause) SEAL_MUST_CHECK;
/* --crypt-config, which only the ESP32 has. */
int cli_crypt_config(struct cli_run *run, const struct seal_chip *chip, uint32_t *config,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Puts the table of --partition-table into files->table, if that is given, and sets *offset (--table-offset).
 * The table among the files is decrypted with crypt first; NULL: it is in the clear.
 */
int cli_flash_table(struct cli_run *run, struct flash_files *files, const struct seal_flash_crypt *crypt,
                    uint32_t *offset, struct seal_cause *cause) SEAL_MUST_CHECK;
/* The layout by files->table, checked. SEAL_ERR_USAGE when no table is known. */
int cli_flash_layout(const struct seal_chip *chip, const struct flash_files *files, uint32_t table_offset,
                     struct seal_flash_layout *layout, struct seal_cause *cause) SEAL_MUST_CHECK;

/* The device's key while flash is written: the host encrypts (--encrypt-with), or checks what the ROM did
 * (--encrypt --key). */
struct flash_host {
    struct seal_flash_crypt *crypt;  /* NULL: none was given */
    bool check;                      /* the ROM encrypts */
    struct seal_flash_layout layout; /* of --encrypt-with */
    struct seal_flash_key_look look;
};
/*
 * Reads the key and, for --encrypt-with, finds the table: among the files, by --partition-table, or the
 * chip's own, which the key decrypts. files->table is set.
 */
int flash_host_open(struct cli_run *run, struct seal_loader *loader, struct flash_files *files,
                    struct flash_host *host, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Once the files have their places: whether all that the host is to encrypt can be. */
int flash_host_check(const struct flash_host *host, const struct flash_files *files,
                     struct seal_cause *cause) SEAL_MUST_CHECK;
void flash_host_close(struct flash_host *host);
/* Bytes of a file that the host encrypts. */
size_t flash_host_count(const struct flash_host *host, const struct flash_file *file);
/* What is to be written of len bytes at `at` of a file (at: a multiple of 4096): a buffer of its own, filled
 * up with FF to a whole block of 16. */
int flash_host_encrypt(const struct flash_host *host, const struct flash_file *file, size_t at, size_t len,
                       struct seal_buf **out, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Compares what the ROM encrypted with what the host makes of it. SEAL_ERR_VERIFY. */
int flash_host_compare(const struct flash_host *host, struct seal_loader *loader,
                       const struct flash_file *file, struct seal_cause *cause) SEAL_MUST_CHECK;

/* flash-encryption encrypt and decrypt. */
int cli_flash_turn(struct cli_run *run, bool encrypt, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
