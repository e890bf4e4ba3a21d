/*
 * What of a flash is encrypted when flash encryption is on, by the partition table, and nothing of it by
 * guess.
 *
 *   encrypted   everything from flash offset 0, or from the bootloader's place where the chip keeps something
 *               else in front of it, up to the partition table; the table's own sector
 *   encrypted   partitions of type app, bootloader and partition_table; data partitions ota, tee_ota and
 *               nvs_keys; any partition with the flag "encrypted"
 *   plain       nvs, also with that flag: it encrypts itself, and ESP-IDF refuses to open it otherwise
 *               (ESP_ERR_NVS_WRONG_ENCRYPTION), or ignores the flag (NVS_COMPATIBLE_PRE_V4_3_ENCRYPTION_FLAG)
 *   plain       all else, and what no partition covers
 *
 * Sources: ESP-IDF components/esp_partition/partition.c (what running firmware takes for encrypted),
 * components/bootloader_support/src/flash_encryption/flash_encrypt.c (what the first boot encrypts; it leaves
 * tee_ota out, which firmware then reads as encrypted).
 */
#ifndef ESPSEAL_FLASH_LAYOUT_H
#define ESPSEAL_FLASH_LAYOUT_H

#include <espseal/chip.h>
#include <espseal/flash_crypt.h>
#include <espseal/partition_table.h>

struct seal_flash_layout { /* all borrowed */
    const struct seal_chip *chip;
    const struct seal_partition_table *table;
    uint32_t table_offset; /* 0: SEAL_PARTITION_TABLE_OFFSET */
};

enum seal_flash_part {
    SEAL_FLASH_PART_BOOTLOADER, /* with the digest of Secure Boot v1 in front of it (ESP32) */
    SEAL_FLASH_PART_TABLE,
    SEAL_FLASH_PART_PARTITION,
    SEAL_FLASH_PART_NONE, /* covered by nothing */
};

struct seal_flash_span { /* a stretch of flash that is treated alike */
    uint64_t begin, end; /* end is behind it; 4 GiB at most */
    enum seal_flash_part part;
    const struct seal_partition *partition; /* SEAL_FLASH_PART_PARTITION; borrowed from the table */
    bool encrypted;
    const char *why; /* "app partitions always are"; for people, never NULL */
};

/* The span that holds the byte at `at`. Total: every address is in one. */
void seal_flash_layout_at(const struct seal_flash_layout *layout, uint32_t at, struct seal_flash_span *span);

/* How many of len bytes at offset are encrypted. */
size_t seal_flash_layout_count(const struct seal_flash_layout *layout, uint32_t offset, size_t len);

/* Whether firmware takes a partition for encrypted, by type, subtype and flags alone. */
bool seal_partition_is_encrypted(const struct seal_partition *partition);

/*
 * SEAL_ERR_FORMAT when an encrypted part overlaps another part: two partitions, or a partition (other than of
 * type bootloader and partition_table) and the bootloader or the table.
 */
int seal_flash_layout_check(const struct seal_flash_layout *layout, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * SEAL_ERR_TOO_LONG when len bytes at offset begin in a partition and reach beyond it: an image of the whole
 * flash begins elsewhere. SEAL_ERR_FORMAT when a piece of them that is to be encrypted is no multiple of 16
 * bytes. name is for messages.
 */
int seal_flash_layout_check_file(const struct seal_flash_layout *layout, const char *name, uint32_t offset,
                                 size_t len, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Encrypts in place what of len bytes at offset is encrypted in flash, each piece by its address; all else
 * stays. *encrypted (NULL allowed) counts the bytes. The same bytes may come in parts whose bounds are
 * multiples of 16. Errors as above, and as of seal_flash_encrypt.
 */
int seal_flash_layout_encrypt(const struct seal_flash_layout *layout, const struct seal_flash_crypt *crypt,
                              const char *name, uint32_t offset, uint8_t *data, size_t len, size_t *encrypted,
                              struct seal_cause *cause) SEAL_MUST_CHECK;
/* The way back. */
int seal_flash_layout_decrypt(const struct seal_flash_layout *layout, const struct seal_flash_crypt *crypt,
                              const char *name, uint32_t offset, uint8_t *data, size_t len, size_t *decrypted,
                              struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
