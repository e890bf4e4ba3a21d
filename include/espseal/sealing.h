/*
 * What a device shall become beyond its identity: secure boot, flash encryption, secure storage,
 * anti-rollback and locked doors. Part of struct seal_profile; zero everywhere means "leave it as it is".
 * Words are semantic ("jtag: off"); lockdown.h maps them to the fuses of each chip.
 */
#ifndef ESPSEAL_SEALING_H
#define ESPSEAL_SEALING_H

#include <espseal/err.h>

#define SEAL_BOOT_DIGESTS 3 /* slots, at most */

struct seal_wish_secure_boot {
    uint8_t version;     /* 0: not asked; 2; 1 on the ESP32 */
    size_t digest_count; /* 1..SEAL_BOOT_DIGESTS; version 2 */
    struct {
        uint8_t bytes[32]; /* as burned: SHA-256 of the signature block's key (espressif "Secure Boot v2") */
        const char *name;  /* the file it came from, for messages */
    } digests[SEAL_BOOT_DIGESTS];
    const uint8_t *v1_key; /* 32 bytes, version 1: the key of the bootloader digest; NULL: random */
    bool revoke_unused;    /* burn the revocation bit of each slot without a digest */
    bool aggressive_revoke;
    bool sha384; /* images are signed with ECDSA P-384: SECURE_BOOT_SHA384_EN (ESP32-C5, -P4 from v3.0) */
    bool allow_unsigned_firmware; /* development: do not ask that the images in flash verify */
};

enum seal_encryption_mode {
    SEAL_ENCRYPTION_NONE,
    SEAL_ENCRYPTION_DEVELOPMENT, /* the ROM's download mode may still write encrypted; two toggles left */
    SEAL_ENCRYPTION_RELEASE,     /* ESP-IDF's esp_flash_encryption_cfg_verify_release_mode holds */
};

struct seal_cert;
struct seal_wish_flash_encryption {
    enum seal_encryption_mode mode;
    uint16_t key_bits;  /* 0: the chip's usual; 128 (derived, ESP32-C2), 256 (XTS-AES-128), 512 */
    const uint8_t *key; /* as in a key file, key_len bytes; NULL: random, unique to this device */
    size_t key_len;
    const struct seal_cert *escrow_to; /* wrap the key for this recipient; NULL: it is wiped */
};

enum seal_nvs_scheme {
    SEAL_NVS_PLAIN,
    SEAL_NVS_KEYS_PARTITION, /* nvs_keys under flash encryption */
    SEAL_NVS_HMAC,           /* keys derived from an eFuse HMAC_UP key */
};

struct seal_wish_nvs {
    enum seal_nvs_scheme scheme;
    int efuse_key;       /* HMAC: 0..5 or -1: the first free one */
    const uint8_t *key;  /* 32 bytes of the HMAC key, or 64 of the keys partition; NULL: random */
    const uint8_t *data; /* a plain NVS partition to be encrypted and written; NULL: none */
    size_t data_len;
};

struct seal_wish_anti_rollback {
    bool asked;
    uint8_t secure_version; /* count of SECURE_VERSION bits to be set; the image's must be no less */
};

enum seal_word_value { /* of a lockdown word */
                       SEAL_WORD_UNSAID,
                       SEAL_WORD_KEEP, /* said to stay as it is */
                       SEAL_WORD_OFF,
                       SEAL_WORD_SOFT,   /* jtag: re-opened by an HMAC token; */
                       SEAL_WORD_SECURE, /* download: the reduced command set */
                       SEAL_WORD_LEVEL_LOW,
                       SEAL_WORD_LEVEL_MEDIUM,
                       SEAL_WORD_LEVEL_HIGH,
};

struct seal_wish_lockdown {    /* lockdown.h: the table of these words, and what each burns on each chip */
    enum seal_word_value jtag; /* off (the USB path too, unless usb_jtag is to be kept), soft */
    enum seal_word_value usb_jtag;        /* off */
    enum seal_word_value usb_serial;      /* off: the ROM's download over USB-Serial/JTAG and its console */
    enum seal_word_value usb_otg;         /* off: the ROM's download over USB OTG */
    enum seal_word_value download;        /* off, secure */
    enum seal_word_value forced_download; /* off: firmware cannot send the ROM into its download mode */
    enum seal_word_value rom_log;         /* off */
    enum seal_word_value rom_basic;       /* off: the BASIC interpreter of the ESP32's ROM */
    enum seal_word_value direct_boot;     /* off */
    enum seal_word_value boot_remap;      /* off: boot from RAM (ESP32-S2) */
    enum seal_word_value legacy_spi_boot; /* off */
    enum seal_word_value dpa;             /* pseudo-round level: low, medium, high */
    const uint8_t *jtag_key;              /* 32 bytes of HMAC_DOWN_JTAG with jtag: soft; NULL: random */
};

struct seal_mfg_recipe; /* manufacturing.h */
struct seal_sealing {
    struct seal_wish_secure_boot secure_boot;
    struct seal_wish_flash_encryption flash_encryption;
    struct seal_wish_nvs nvs;
    struct seal_wish_anti_rollback anti_rollback;
    struct seal_wish_lockdown lockdown;
    const struct seal_mfg_recipe *manufacturing; /* NVS data of this very device, encrypted by the same
                                                    scheme; NULL: none */
};

/* True when anything at all is wished for. */
bool seal_sealing_asked(const struct seal_sealing *sealing);
const char *seal_encryption_mode_name(enum seal_encryption_mode mode); /* "development", "release"; "none" */
const char *seal_nvs_scheme_name(enum seal_nvs_scheme scheme);         /* "plain", "flash", "hmac" */

#endif
