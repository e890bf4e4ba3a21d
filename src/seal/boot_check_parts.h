/* What the files of boot_check share. */
#ifndef ESPSEAL_BOOT_CHECK_PARTS_H
#define ESPSEAL_BOOT_CHECK_PARTS_H

#include <espseal/boot_check.h>
#include <espseal/flash_crypt.h>
#include <espseal/image.h>
#include <espseal/secure_boot.h>

enum boot_key_state {
    BOOT_KEY_KNOWN,
    BOOT_KEY_NONE,   /* no block has the purpose, or it is blank and readable */
    BOOT_KEY_HIDDEN, /* read-protected */
    BOOT_KEY_UNSURE, /* several of them, in a block that does not do, or the key manager's */
};

struct boot_view {
    const struct seal_boot_question *question;
    const struct seal_efuse *efuse;
    const struct seal_chip *chip;
    struct seal_boot_report *report;
    struct seal_cause *cause;
    bool bootloader; /* the second stage is speaking */
    bool decided;    /* of the stage */
    enum boot_key_state key_state;
    struct seal_flash_crypt *crypt; /* when encrypted and the key is known */
    struct seal_boot_trust trust;
};

/* --- boot_check.c --- */
void boot_step(struct boot_view *view, enum seal_boot_mark mark, const char *name, const char *format, ...)
    SEAL_PRINTF(4, 5);
/* Ends the stage: BAD, or UNKNOWN with SEAL_WILL_UNKNOWN. */
void boot_decide(struct boot_view *view, enum seal_boot_will will, const char *name, const char *format, ...)
    SEAL_PRINTF(4, 5);
bool boot_is_esp32(const struct boot_view *view);
/* major * 100 + minor; -1: the snapshot does not tell. */
int boot_revision(const struct boot_view *view);

/* --- boot_check_key.c --- */
/* The key of flash encryption that a snapshot holds, as a key file has it, and its length. */
enum boot_key_state boot_key_of(const struct seal_efuse *efuse, uint8_t key[static SEAL_FLASH_KEY_MAX],
                                size_t *len);
/* The first len bytes of a block, reversed, as key files have them; false: all are zero, blank or hidden. */
bool boot_key_take(const struct seal_efuse *efuse, unsigned block, size_t len, uint8_t *key);
/* Opens the flash-encryption key into view->crypt and sets key_state. */
int boot_key_open(struct boot_view *view) SEAL_MUST_CHECK;

/* --- boot_check_load.c --- */
/* Reads flash as it lies there, FF beyond its end; as the chip sees it, decrypted with encrypted. */
int boot_read_raw(struct boot_view *view, uint32_t offset, uint8_t *data, size_t len) SEAL_MUST_CHECK;
int boot_read(struct boot_view *view, bool encrypted, uint32_t offset, uint8_t *data,
              size_t len) SEAL_MUST_CHECK;
struct boot_image {
    uint32_t offset;
    struct seal_buf *bytes; /* image and the sectors with its signatures */
    struct seal_image parsed;
    bool whole; /* parsed says something */
};
/* Reads the image at offset, which may take room bytes; *header has its first 24. A header that is none
 * leaves bytes empty, and one that reaches beyond room whole false. */
int boot_load(struct boot_view *view, bool encrypted, uint32_t offset, uint32_t room,
              struct boot_image *image, uint8_t header[static SEAL_IMAGE_HEADER_LEN]) SEAL_MUST_CHECK;
/* Chip id, and what else both stages ask of a header. Decides when it is wrong. */
void boot_check_header(struct boot_view *view, const uint8_t header[static SEAL_IMAGE_HEADER_LEN]);
/* Secure boot v2 over a whole image. */
int boot_check_signature(struct boot_view *view, const struct boot_image *image) SEAL_MUST_CHECK;

/* --- boot_check_v1.c --- */
/* Secure boot v1 of the ESP32: the digest before a whole image. */
int boot_check_v1(struct boot_view *view, const struct boot_image *image) SEAL_MUST_CHECK;

/* --- boot_check_app.c --- */
/* What ESP-IDF's bootloader does next; image is itself. */
int boot_check_app(struct boot_view *view, const struct boot_image *image) SEAL_MUST_CHECK;

#endif
