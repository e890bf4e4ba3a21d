/* The audit as a whole: everything is read once, every check looks, the results are kept. */
#include "audit.h"

#include <espseal/survey.h>

#include <espseal/secret.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *seal_audit_verdict_name(enum seal_audit_verdict verdict)
{
    static const char *const names[] = {"pass", "fail", "unknown", "not-applicable"};
    return names[verdict];
}

const char *seal_audit_level_name(enum seal_audit_level level)
{
    static const char *const names[] = {"advice", "development", "production"};
    return names[level];
}

const struct seal_audit_check *seal_audit_find(const char *id)
{
    for (const struct seal_audit_check *check = seal_audit_checks; check->id; check++) {
        if (strcmp(check->id, id) == 0) {
            return check;
        }
    }
    return NULL;
}

void audit_note(struct seal_audit_note *note, const char *format, ...)
{
    va_list args;
    if (note->len > 0 && note->len + 2 < note->size) {
        memcpy(note->text + note->len, "; ", 3);
        note->len += 2;
    }
    va_start(args, format);
    int len = vsnprintf(note->text + note->len, note->size - note->len, format, args);
    va_end(args);
    note->len += len > 0 ? (size_t)len : 0;
    note->len = note->len < note->size ? note->len : note->size - 1;
}

enum seal_audit_verdict audit_not_applicable(struct seal_audit_note *note, const char *why)
{
    audit_note(note, "%s", why);
    return SEAL_AUDIT_NOT_APPLICABLE;
}

enum seal_audit_verdict audit_unknown(struct seal_audit_note *note, const char *why)
{
    audit_note(note, "%s", why);
    return SEAL_AUDIT_UNKNOWN;
}

bool audit_has_field(const struct seal_audit *audit, const char *field)
{
    return seal_chip_field(audit->source.efuse ? audit->efuse.chip : audit->source.chip, field) != NULL;
}

bool audit_fuse(const struct seal_audit *audit, const char *field, uint32_t *value)
{
    if (!audit->source.efuse || !audit_has_field(audit, field)) {
        return false;
    }
    *value = seal_efuse_get_named(&audit->efuse, field);
    return true;
}

void audit_note_fuse(const struct seal_audit *audit, struct seal_audit_note *note, const char *field)
{
    uint32_t value;
    if (audit_fuse(audit, field, &value)) {
        audit_note(note, "%s = %u", field, value);
    }
}

int audit_secure_boot_on(const struct seal_audit *audit)
{
    if (audit->source.efuse) {
        return seal_secure_boot_on(&audit->efuse);
    }
    return audit->source.info && audit->source.info->valid
               ? (audit->source.info->flags & SEAL_SECURITY_SECURE_BOOT) != 0
               : -1;
}

int audit_flash_encryption_on(const struct seal_audit *audit)
{
    if (audit->source.efuse) {
        return seal_flash_encryption_on(&audit->efuse);
    }
    const struct seal_security_info *info = audit->source.info;
    return info && info->valid ? __builtin_popcount(info->flash_crypt_count) % 2 : -1;
}

/* The key given, or the one that the eFuses show; both must be one. */
static int take_key(struct seal_audit *audit, struct seal_cause *cause)
{
    const struct seal_audit_source *source = &audit->source;
    if (source->efuse) {
        audit->key_state = boot_key_of(&audit->efuse, audit->key, &audit->key_len);
    }
    bool known = audit->key_state == BOOT_KEY_KNOWN;
    if (!known) {
        audit->key_len = 0;
    }
    if (source->flash_key && (source->flash_key_len > sizeof audit->key ||
                              (known && (source->flash_key_len != audit->key_len ||
                                         memcmp(source->flash_key, audit->key, audit->key_len) != 0)))) {
        return seal_fail(cause, SEAL_ERR_MISMATCH,
                         "the key of flash encryption that was given is not the one in the eFuses");
    }
    if (source->flash_key) {
        memcpy(audit->key, source->flash_key, source->flash_key_len);
        audit->key_len = source->flash_key_len;
    }
    return SEAL_OK;
}

int seal_audit_new(const struct seal_audit_source *source, struct seal_audit **audit,
                   struct seal_cause *cause)
{
    static int (*const readers[])(struct seal_audit *, struct seal_cause *) = {
        audit_read_table,    audit_read_images,  audit_read_stretches, audit_judge_boot,
        audit_read_identity, audit_read_storage, audit_scan_flash,
    };
    *audit = calloc(1, sizeof **audit);
    if (!*audit) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an audit");
    }
    (*audit)->source = *source;
    (*audit)->key_state = BOOT_KEY_HIDDEN;
    if (source->efuse) {
        (*audit)->efuse = *source->efuse;
    }
    uint32_t at;
    int err = seal_survey_table_offset(source->chip, source->table_offset, &at, cause);
    err = err == SEAL_OK ? take_key(*audit, cause) : err;
    for (size_t i = 0; err == SEAL_OK && i < sizeof readers / sizeof readers[0]; i++) {
        err = readers[i](*audit, cause);
    }
    if (err != SEAL_OK) {
        seal_audit_free(audit);
    }
    return err;
}

void seal_audit_free(struct seal_audit **audit)
{
    if (*audit) {
        for (size_t i = 0; (*audit)->reasons && i < (*audit)->result_count; i++) {
            free((*audit)->reasons[i]);
        }
        free((*audit)->reasons);
        free((*audit)->results);
        free((*audit)->cache);
        free((*audit)->cached);
        seal_cleanse(*audit, sizeof **audit);
    }
    free(*audit);
    *audit = NULL;
}

int seal_audit_run(struct seal_audit *audit)
{
    size_t count = 0;
    while (seal_audit_checks[count].id) {
        count++;
    }
    audit->results = calloc(count + 1, sizeof *audit->results);
    audit->reasons = calloc(count + 1, sizeof *audit->reasons);
    if (!audit->results || !audit->reasons) {
        return SEAL_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        struct seal_audit_result *result = &audit->results[i];
        struct seal_audit_note note = {.text = result->evidence, .size = sizeof result->evidence};
        result->check = &seal_audit_checks[i];
        result->verdict = result->check->look(audit, &note);
    }
    audit->result_count = count;
    return SEAL_OK;
}

size_t seal_audit_count(const struct seal_audit *audit)
{
    return audit->result_count;
}

const struct seal_audit_result *seal_audit_result(const struct seal_audit *audit, size_t index)
{
    return index < audit->result_count ? &audit->results[index] : NULL;
}

int seal_audit_accept(struct seal_audit *audit, const char *id, const char *reason)
{
    for (size_t i = 0; i < audit->result_count; i++) {
        if (strcmp(audit->results[i].check->id, id) == 0) {
            free(audit->reasons[i]);
            audit->reasons[i] = strdup(reason);
            audit->results[i].accepted = audit->reasons[i];
            return audit->reasons[i] ? SEAL_OK : SEAL_ERR_NO_MEMORY;
        }
    }
    return SEAL_ERR_NOT_FOUND;
}

bool seal_audit_meets(const struct seal_audit *audit, enum seal_audit_level level, size_t *missed)
{
    *missed = 0;
    for (size_t i = 0; i < audit->result_count; i++) {
        const struct seal_audit_result *result = &audit->results[i];
        bool asked = result->check->level != SEAL_AUDIT_ADVICE && result->check->level <= level;
        bool good = result->verdict == SEAL_AUDIT_PASS || result->verdict == SEAL_AUDIT_NOT_APPLICABLE;
        *missed += asked && !good && !result->accepted;
    }
    return *missed == 0;
}
