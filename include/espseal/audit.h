/*
 * The audit: is a device as Espressif's security guide wants it? A list of named checks, each with a verdict,
 * what it was seen by, what follows if it fails, what to do, and the guide's section. Looks only; what could
 * not be read is SEAL_AUDIT_UNKNOWN, never a pass.
 *
 * Sources: ESP-IDF Programming Guide "Security" (security/security.html), "Secure Boot v2", "Flash
 * Encryption", "Security Features Enablement Workflows"; release.h, last_exits.h and boot_check.h for what
 * they know.
 */
#ifndef ESPSEAL_AUDIT_H
#define ESPSEAL_AUDIT_H

#include <espseal/boot_check.h>
#include <espseal/json.h>
#include <espseal/last_exits.h>
#include <espseal/partition_table.h>

enum seal_audit_verdict {
    SEAL_AUDIT_PASS,
    SEAL_AUDIT_FAIL,
    SEAL_AUDIT_UNKNOWN,        /* it could not be read, or only firmware knows */
    SEAL_AUDIT_NOT_APPLICABLE, /* the chip or this device has no such thing */
};
const char *seal_audit_verdict_name(enum seal_audit_verdict verdict); /* "pass", ..., "not-applicable" */

enum seal_audit_level { /* the least that a device must be for a check to be asked of it; also its weight */
                        SEAL_AUDIT_ADVICE,      /* never part of --require development or production */
                        SEAL_AUDIT_DEVELOPMENT, /* a development device must pass, too: a mistake in any state
                                                 */
                        SEAL_AUDIT_PRODUCTION,
};
const char *seal_audit_level_name(enum seal_audit_level level); /* "advice", "development", "production" */

/* --- what was found out --- */

struct seal_audit; /* one audit: what was read, then the results */

struct seal_audit_source { /* all borrowed for the life of the audit; NULL and 0: not to be had */
    const struct seal_chip *chip;
    const struct seal_efuse *efuse; /* all blocks; NULL in secure download mode */
    const struct seal_security_info *info;
    enum seal_path path;
    const uint8_t *flash;        /* all of it, as it lies there: it is searched whole; NULL: read */
    struct seal_release release; /* of flash, where it is mapped */
    seal_boot_read_fn read;      /* raw flash, each sector once; NULL: flash, or not to be read */
    void *read_ctx;
    uint32_t flash_size;
    uint32_t table_offset;    /* of the partition table; 0: SEAL_PARTITION_TABLE_OFFSET */
    const uint8_t *flash_key; /* to look behind flash encryption; NULL: the one in efuse, where it is to be
                                 seen */
    size_t flash_key_len;
    const seal_json *sdkconfig; /* CONFIG_ names and values of the firmware; NULL: not given */
    const seal_json *records;   /* array of receipts of other devices; NULL: none */
    struct seal_loader *loader; /* for a live proof of the device's key; NULL: none */
};

/* Reads all there is to read, once. What cannot be read is noted and goes on. SEAL_ERR_MISMATCH: flash_key is
 * not the one in efuse. SEAL_ERR_NO_MEMORY, SEAL_ERR_LINK and its like when the chip stops answering. */
int seal_audit_new(const struct seal_audit_source *source, struct seal_audit **audit,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_audit_free(struct seal_audit **audit);

/* --- the checks --- */

struct seal_audit_note; /* where a check writes what it saw */

struct seal_audit_check {
    const char *id;          /* "FE-RELEASE" */
    const char *goal;        /* "Flash encryption": the guide's goal */
    const char *title;       /* what must hold: "flash encryption is in release mode" */
    const char *explains;    /* for somebody who has never read a datasheet: what that is */
    const char *consequence; /* what follows when it fails */
    const char *remedy;      /* the espseal command or the firmware option */
    const char *guide;       /* section of Espressif's documentation */
    enum seal_audit_level level;
    enum seal_audit_verdict (*look)(const struct seal_audit *audit, struct seal_audit_note *note);
};
extern const struct seal_audit_check seal_audit_checks[];       /* ended by id == NULL, goals together */
const struct seal_audit_check *seal_audit_find(const char *id); /* NULL: there is none */

struct seal_audit_result {
    const struct seal_audit_check *check;
    enum seal_audit_verdict verdict;
    char evidence[320];   /* what was seen: fields with values, offsets; never a secret */
    const char *accepted; /* the reason in a baseline; NULL: none */
};

/* Runs every check; once. */
int seal_audit_run(struct seal_audit *audit) SEAL_MUST_CHECK;
size_t seal_audit_count(const struct seal_audit *audit);
const struct seal_audit_result *seal_audit_result(const struct seal_audit *audit, size_t index);

/* Accepts a failed or unknown check for a reason, which is copied. SEAL_ERR_NOT_FOUND: no such check. */
int seal_audit_accept(struct seal_audit *audit, const char *id, const char *reason) SEAL_MUST_CHECK;

/*
 * Whether the results are those of a development or production device: no check of that level or below fails
 * or is unknown, unless accepted. *missed counts those that do.
 */
bool seal_audit_meets(const struct seal_audit *audit, enum seal_audit_level level, size_t *missed);

#endif
