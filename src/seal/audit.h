/* The inside of an audit, shared by the files that find out, and those that judge. */
#ifndef SEAL_AUDIT_PARTS_H
#define SEAL_AUDIT_PARTS_H

#include "boot_check_parts.h"

#include <espseal/audit.h>
#include <espseal/flash_crypt.h>
#include <espseal/image.h>
#include <espseal/partition_look.h>
#include <espseal/prove.h>
#include <espseal/release.h>
#include <espseal/secure_boot.h>

#define AUDIT_ITEMS 24  /* entries of esp_secure_cert that are looked at */
#define AUDIT_IMAGES 18 /* the bootloader and apps */
#define AUDIT_STRETCHES 34
#define AUDIT_SECRETS 16

enum audit_read { AUDIT_UNREAD, AUDIT_READ, AUDIT_ABSENT, AUDIT_DAMAGED };

enum audit_content { /* of a stretch of flash, by its bytes */
                     AUDIT_CONTENT_UNREAD,
                     AUDIT_CONTENT_ERASED,
                     AUDIT_CONTENT_PLAIN,     /* structure that ciphertext does not have */
                     AUDIT_CONTENT_ENCRYPTED, /* looks random throughout */
};

struct audit_stretch { /* of flash that is to be encrypted */
    const char *name;
    uint32_t offset, size;
    bool keys; /* of NVS: few bytes, that look random themselves */
    enum audit_content content;
    uint32_t plain_at; /* AUDIT_CONTENT_PLAIN: where */
};

struct audit_secret { /* a private key lying in flash */
    uint32_t offset;
    char what[48];
};

struct audit_image {
    const char *name; /* "bootloader", or the partition's */
    uint32_t offset;
    enum audit_read state;
    bool has_verdict; /* the signatures were judged */
    struct seal_boot_verdict verdict;
    bool has_app;
    struct seal_image_app app;
    bool bundle; /* a certificate bundle stands in it */
    char problem[160];
};

struct seal_audit {
    struct seal_audit_source source;
    struct seal_efuse efuse; /* a copy; valid when source.efuse is given */
    uint8_t *cache;          /* flash that was read, in its place */
    bool *cached;            /* which sectors of it */
    size_t touched;          /* bytes of a mapped flash since its pages were last let go */
    enum boot_key_state key_state;
    uint8_t key[SEAL_FLASH_KEY_MAX]; /* from the eFuses, or given */
    size_t key_len;                  /* 0: not known */
    enum audit_read table_state;
    bool table_plain; /* it stands in the clear */
    char table_problem[160];
    struct seal_partition_table table;
    size_t stretch_count;
    struct audit_stretch stretches[AUDIT_STRETCHES];
    size_t image_count;
    struct audit_image images[AUDIT_IMAGES];
    int broken; /* error of the link, while boot_check read */
    bool boot_known;
    struct seal_boot_report boot;
    enum audit_read cert_state; /* of esp_secure_cert */
    uint32_t cert_offset;
    char cert_problem[160]; /* why it is damaged, or could not be read */
    size_t item_count;
    struct seal_partition_item items[AUDIT_ITEMS];
    bool proven, proof_failed; /* live proof of the DS key */
    char proof_problem[160];
    size_t nvs_plain, nvs_encrypted; /* NVS partitions with data */
    char nvs_problem[160];           /* one is damaged, or could not be read; "": none */
    char nvs_credentials[160];       /* keys in plain NVS that look like credentials; "": none */
    bool scanned;                    /* the whole flash was looked through */
    size_t secret_count;
    struct audit_secret secrets[AUDIT_SECRETS];
    size_t result_count;
    struct seal_audit_result *results;
    char **reasons; /* of accepted results, by their index */
};

struct seal_audit_note {
    char *text;
    size_t size, len;
};

/* Appends a clause to the evidence, after "; ". Too much is cut at the end. */
void audit_note(struct seal_audit_note *note, const char *format, ...) SEAL_PRINTF(2, 3);

/* "not applicable", with why. */
enum seal_audit_verdict audit_not_applicable(struct seal_audit_note *note, const char *why);
/* UNKNOWN with a note that says what could not be read. */
enum seal_audit_verdict audit_unknown(struct seal_audit_note *note, const char *why);

/* The value of a fuse where the eFuses were read and the chip has it; false otherwise. */
bool audit_fuse(const struct seal_audit *audit, const char *field, uint32_t *value);
bool audit_has_field(const struct seal_audit *audit, const char *field);
/* Notes FIELD=value. */
void audit_note_fuse(const struct seal_audit *audit, struct seal_audit_note *note, const char *field);

/* An ESP32's v2 and v3 look alike in a file. */
bool audit_revision_unsure(const struct seal_audit *audit);

/* Tri-states that eFuses or, without them, security information tell: -1 unknown, 0, 1. */
int audit_secure_boot_on(const struct seal_audit *audit);
int audit_flash_encryption_on(const struct seal_audit *audit);

/* Flash as it lies there. A failure of the link ends the audit; *done is false where it cannot be read. */
int audit_fetch(struct seal_audit *audit, uint32_t offset, uint8_t *data, size_t len, bool *done,
                struct seal_cause *cause) SEAL_MUST_CHECK;
/* In place, with the key, which is known. */
int audit_decrypt(struct seal_audit *audit, uint32_t offset, uint8_t *data, size_t len) SEAL_MUST_CHECK;
bool audit_has_flash(const struct seal_audit *audit);
/* Every value is as frequent as in ciphertext; trailing FF do not count. */
bool audit_looks_random(const uint8_t *data, size_t len);

/* audit_read.c and its like: each finds out a part. */
uint32_t audit_table_offset(const struct seal_audit *audit);
int audit_read_table(struct seal_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;
int audit_read_images(struct seal_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;
int audit_read_stretches(struct seal_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;
int audit_read_identity(struct seal_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;
int audit_read_storage(struct seal_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;
int audit_scan_flash(struct seal_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;
int audit_judge_boot(struct seal_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;

/* One function for each check; the table in audit_checks.c names them. */
typedef enum seal_audit_verdict audit_look(const struct seal_audit *audit, struct seal_audit_note *note);
audit_look audit_sb_enabled, audit_sb_digest, audit_sb_digest_protected, audit_sb_unused, audit_sb_release,
    audit_sb_images, audit_sb_scheme, audit_sb_rd_dis;
audit_look audit_fe_enabled, audit_fe_release, audit_fe_key, audit_fe_plaintext, audit_fe_unique;
audit_look audit_id_peripheral, audit_id_key_protected, audit_id_cert, audit_id_proof, audit_id_leak;
audit_look audit_fw_memprot, audit_fw_tls, audit_fw_stack;
audit_look audit_dbg_jtag, audit_dbg_usb_jtag, audit_dbg_soft, audit_dbg_rom_log;
audit_look audit_dl_mode, audit_dl_usb, audit_dl_forced, audit_dl_direct, audit_dl_legacy;
audit_look audit_dpa_level;
audit_look audit_nvs_encrypted, audit_nvs_key, audit_nvs_credentials;
audit_look audit_ar_enabled, audit_ar_version;
audit_look audit_ota_slots, audit_net_bundle;
audit_look audit_sec_leftover, audit_boot;
audit_look audit_chip_revision, audit_efuse_errors, audit_efuse_stray, audit_efuse_purposes;

#endif
