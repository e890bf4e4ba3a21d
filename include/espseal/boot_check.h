/*
 * What a chip will do at its next reset: judged from its fuses and what lies in its flash, before or after
 * the bits of a plan. First the ROM (measured on the ROMs of ESP32, ESP32-C3 and ESP32-S3 in Espressif's
 * emulator, tests/qemu/test_boot.sh; the others after ESP-IDF's security guides), then ESP-IDF's second stage
 * bootloader for the app that it would choose (ESP-IDF bootloader_utility.c, esp_image_format.c). What cannot
 * be known is SEAL_WILL_UNKNOWN, never SEAL_WILL_BOOT. Nothing here talks to a chip but through the given
 * function.
 */
#ifndef ESPSEAL_BOOT_CHECK_H
#define ESPSEAL_BOOT_CHECK_H

#include <espseal/efuse.h>

enum seal_boot_will {
    SEAL_WILL_UNKNOWN,  /* it depends on what cannot be seen: a hidden key, a ROM that nobody measured */
    SEAL_WILL_BOOT,     /* it starts the image */
    SEAL_WILL_REFUSE,   /* there is an image, and it will not start it */
    SEAL_WILL_LOOP,     /* it finds no image and tries for ever */
    SEAL_WILL_DOWNLOAD, /* it waits for a host */
};
const char *seal_boot_will_name(enum seal_boot_will will); /* "boots", "refuses", "loops", ... */

enum seal_boot_mark {
    SEAL_MARK_OK,
    SEAL_MARK_NOTE, /* worth knowing, and no obstacle */
    SEAL_MARK_BAD,
    SEAL_MARK_UNKNOWN,
};
const char *seal_boot_mark_name(enum seal_boot_mark mark); /* "ok", "note", "bad", "unknown" */

#define SEAL_BOOT_STEPS 48

struct seal_boot_step {
    bool bootloader; /* of the second stage; else of the ROM */
    enum seal_boot_mark mark;
    const char *name; /* "header", "chip", "encryption", "signature", ...: the same word for the same check */
    char text[200];
};

/* Reads raw flash, as it lies there. offset + len never exceeds flash_size. */
typedef int (*seal_boot_read_fn)(void *ctx, uint32_t offset, uint8_t *data, size_t len,
                                 struct seal_cause *cause);

struct seal_boot_question {
    const struct seal_efuse *efuse; /* a snapshot of all blocks, as they will be */
    seal_boot_read_fn read;         /* NULL: flash holds the bytes */
    void *read_ctx;
    const uint8_t *flash;
    uint32_t flash_size; /* bytes */
    /* The flash-encryption key as in a key file (flash_crypt.h); NULL: the one in the snapshot, which is
     * there as long as it is not read-protected, in the emulator's files always. */
    const uint8_t *key;
    size_t key_len;
    int revision;          /* major * 100 + minor where the snapshot cannot tell (ESP32); -1: as it tells */
    uint32_t table_offset; /* of the partition table; 0: SEAL_PARTITION_TABLE_OFFSET */
    bool download_strap;   /* the strapping pins ask for the download mode */
    bool rom_only;         /* look at the ROM's part only */
};

struct seal_boot_report {
    enum seal_boot_will verdict; /* of both together */
    enum seal_boot_will rom;
    bool app_asked;          /* there is a partition table, or an ESP-IDF bootloader that will want one */
    enum seal_boot_will app; /* of the second stage; when app_asked */
    const char *decided_by;  /* name of the step that decided; "" when it boots */
    char why[200];           /* its text, a sentence */
    uint32_t decided_at;     /* flash offset of the image or table that it is about */
    bool encrypted;          /* flash encryption is on */
    bool secure_boot;        /* of either version */
    bool secure_download;    /* SEAL_WILL_DOWNLOAD: with the reduced command set */
    char app_name[17];       /* of the partition that starts; "" none */
    uint32_t app_offset;
    size_t count;
    struct seal_boot_step steps[SEAL_BOOT_STEPS];
};

/*
 * Judges. A chip that will not boot is no failure of this function. SEAL_ERR_KEY: the key has a length that
 * the chip does not take. SEAL_ERR_MISMATCH: it is not the one in the snapshot. SEAL_ERR_UNSUPPORTED: this
 * chip's fuses are not described. SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO, and what read returns.
 */
int seal_boot_check(const struct seal_boot_question *question, struct seal_boot_report *report,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The snapshot as it will be when bits have been burned; what is read-protected then keeps its value here, so
 * that a key of the plan is known. Holds keys: cleanse it.
 */
void seal_boot_efuse_after(const struct seal_efuse *now, const struct seal_burn *burn,
                           struct seal_efuse *after);

#endif
