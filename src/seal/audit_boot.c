/* Checks of secure boot and anti-rollback. */
#include "audit.h"

#define NO_FUSES "the eFuses cannot be read"

static enum seal_audit_verdict tell(int on, struct seal_audit_note *note, const char *what)
{
    if (on < 0) {
        return audit_unknown(note, NO_FUSES " and the ROM tells nothing");
    }
    audit_note(note, "%s is %s", what, on ? "on" : "off");
    return on ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_sb_enabled(const struct seal_audit *audit, struct seal_audit_note *note)
{
    static const char *const switches[] = {"SECURE_BOOT_EN", "ABS_DONE_0", "ABS_DONE_1"};
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        audit_note_fuse(audit, note, switches[i]);
    }
    unsigned first = audit->source.chip->secure_boot.first_revision;
    if (audit->source.efuse && audit_secure_boot_on(audit) == 1 &&
        seal_efuse_revision(&audit->efuse) < first && !seal_efuse_get_named(&audit->efuse, "ABS_DONE_0")) {
        audit_note(note, "but the ROM checks signatures from v%u.%u on", first / 100, first % 100);
        return audit_revision_unsure(audit) ? SEAL_AUDIT_UNKNOWN : SEAL_AUDIT_FAIL;
    }
    return tell(audit_secure_boot_on(audit), note, "secure boot");
}

/* The slots; false with the verdict where there is nothing to look at. */
static bool slots(const struct seal_audit *audit, struct seal_audit_note *note, struct seal_boot_trust *trust,
                  enum seal_audit_verdict *verdict)
{
    if (audit_secure_boot_on(audit) == 0) {
        *verdict = audit_not_applicable(note, "secure boot is off");
        return false;
    }
    if (!audit->source.efuse) {
        *verdict = audit_unknown(note, NO_FUSES);
        return false;
    }
    seal_boot_trust_from_efuse(&audit->efuse, trust);
    if (trust->slot_count == 0 || !trust->enabled) {
        *verdict = audit_not_applicable(note, "this chip uses Secure Boot v1");
        return false;
    }
    return true;
}

enum seal_audit_verdict audit_sb_digest(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct seal_boot_trust trust;
    enum seal_audit_verdict verdict;
    size_t good = 0;
    if (!slots(audit, note, &trust, &verdict)) {
        return verdict;
    }
    for (size_t i = 0; i < trust.slot_count; i++) {
        const struct seal_boot_slot *slot = &trust.slots[i];
        bool usable = slot->present && !slot->hidden && !slot->revoked &&
                      !seal_is_filled(slot->digest, trust.digest_len, 0);
        audit_note(note, "slot %zu %s", i,
                   !slot->present  ? "has no digest"
                   : slot->revoked ? "is revoked"
                   : slot->hidden  ? "is read-protected: the ROM cannot read it"
                   : usable        ? "holds a digest"
                                   : "is empty");
        good += usable;
    }
    return good > 0 ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_sb_digest_protected(const struct seal_audit *audit,
                                                  struct seal_audit_note *note)
{
    struct seal_boot_trust trust;
    enum seal_audit_verdict verdict;
    bool all = true;
    if (!slots(audit, note, &trust, &verdict)) {
        return verdict;
    }
    for (size_t i = 0; i < trust.slot_count; i++) {
        if (trust.slots[i].present) {
            const struct seal_efuse_block *block = &audit->efuse.chip->efuse->blocks[trust.slots[i].block];
            bool writable = seal_efuse_block_writable(&audit->efuse, trust.slots[i].block);
            audit_note(note, "%s of slot %zu is %swritable", block->name, i, writable ? "" : "not ");
            all = all && !writable;
        }
    }
    return all ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_sb_unused(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct seal_boot_trust trust;
    enum seal_audit_verdict verdict;
    bool all = true;
    if (!slots(audit, note, &trust, &verdict)) {
        return verdict;
    }
    if (!audit_has_field(audit, "SECURE_BOOT_KEY_REVOKE0")) {
        return audit_not_applicable(note, "this chip has one slot and no revocation");
    }
    for (size_t i = 0; i < trust.slot_count; i++) {
        if (!trust.slots[i].present) {
            audit_note(note, "unused slot %zu is %srevoked", i, trust.slots[i].revoked ? "" : "not ");
            all = all && trust.slots[i].revoked;
        }
    }
    if (note->len == 0) {
        audit_note(note, "every slot has a digest");
    }
    return all ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

/* Which of a list of release bits are missing; those of ESP-IDF's predicate only. */
static enum seal_audit_verdict bits(const struct seal_release_bit *list, size_t count,
                                    struct seal_audit_note *note)
{
    size_t missing = 0, asked = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].checked) {
            asked++;
            if (list[i].state != SEAL_RELEASE_SET) {
                missing++;
                audit_note(note, "%s is %s", list[i].name,
                           list[i].state == SEAL_RELEASE_LOST ? "missing and cannot be set any more"
                                                              : "missing");
            }
        }
    }
    if (missing == 0) {
        audit_note(note, "all %zu bits of ESP-IDF's release predicate are set", asked);
    }
    return missing == 0 ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_sb_release(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct seal_release_bit list[SEAL_RELEASE_BITS];
    if (audit_secure_boot_on(audit) == 0) {
        return audit_not_applicable(note, "secure boot is off");
    }
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    return bits(list, seal_secure_boot_bits(&audit->efuse, list), note);
}

enum seal_audit_verdict audit_fe_release(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct seal_release_bit list[SEAL_RELEASE_BITS];
    if (audit_flash_encryption_on(audit) == 0) {
        return audit_not_applicable(note, "flash encryption is off");
    }
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    return bits(list, seal_flash_encryption_bits(&audit->efuse, list), note);
}

enum seal_audit_verdict audit_boot(const struct seal_audit *audit, struct seal_audit_note *note)
{
    const struct seal_boot_report *boot = &audit->boot;
    if (!audit->boot_known) {
        return audit_unknown(note, audit->source.efuse ? "the flash was not read" : NO_FUSES);
    }
    audit_note(note, "%s%s%s", seal_boot_will_name(boot->verdict), boot->why[0] ? ": " : "", boot->why);
    return boot->verdict == SEAL_WILL_BOOT      ? SEAL_AUDIT_PASS
           : boot->verdict == SEAL_WILL_UNKNOWN ? SEAL_AUDIT_UNKNOWN
                                                : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_sb_images(const struct seal_audit *audit, struct seal_audit_note *note)
{
    uint32_t v2;
    size_t good = 0, bad = 0, unseen = 0;
    if (audit_secure_boot_on(audit) == 0) {
        return audit_not_applicable(note, "secure boot is off");
    }
    if (audit_fuse(audit, "ABS_DONE_1", &v2) && !v2) { /* v1: a digest before the bootloader */
        return audit_boot(audit, note);
    }
    for (size_t i = 0; i < audit->image_count; i++) {
        const struct audit_image *image = &audit->images[i];
        if (image->state == AUDIT_ABSENT) {
            continue;
        }
        if (image->state == AUDIT_UNREAD || (image->state == AUDIT_READ && !image->has_verdict)) {
            unseen++;
            audit_note(note, "%s at 0x%x could not be judged: %s", image->name, image->offset,
                       image->problem);
        } else if (image->state == AUDIT_READ && image->verdict.accepted) {
            good++;
        } else {
            bad++;
            audit_note(note, "%s at 0x%x: %s", image->name, image->offset,
                       image->state == AUDIT_READ ? image->verdict.problem : image->problem);
        }
    }
    if (bad > 0) {
        return SEAL_AUDIT_FAIL;
    }
    if (unseen > 0 || good == 0) {
        return audit_unknown(note,
                             audit_has_flash(audit) ? "not every image was seen" : "the flash was not read");
    }
    audit_note(note, "%zu image%s verified against the burned digests", good, good == 1 ? "" : "s");
    return SEAL_AUDIT_PASS;
}

enum seal_audit_verdict audit_sb_scheme(const struct seal_audit *audit, struct seal_audit_note *note)
{
    uint32_t v1, v2 = 0;
    size_t seen = 0;
    int on = audit_secure_boot_on(audit);
    if (on <= 0) {
        return on < 0 ? audit_unknown(note, NO_FUSES) : audit_not_applicable(note, "secure boot is off");
    }
    if (audit_has_field(audit, "ABS_DONE_0")) {
        if (!audit_fuse(audit, "ABS_DONE_0", &v1)) {
            return audit_unknown(note, NO_FUSES);
        }
        (void)audit_fuse(audit, "ABS_DONE_1", &v2);
        audit_note(note, "ABS_DONE_0 = %u, ABS_DONE_1 = %u", v1, v2);
        return v2 ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
    }
    for (size_t i = 0; i < audit->image_count; i++) {
        const struct audit_image *image = &audit->images[i];
        for (size_t k = 0; image->has_verdict && k < image->verdict.block_count; k++) {
            const struct seal_boot_block *block = &image->verdict.blocks[k];
            seen += block->read;
            if (block->read && seal_boot_scheme_check(audit->source.chip, block->signature.key.scheme, false,
                                                      NULL) != SEAL_OK) {
                audit_note(note, "%s is signed with %s, which ESP-IDF does not call functional on %s",
                           image->name, seal_sign_scheme_name(block->signature.key.scheme),
                           audit->source.chip->title);
                return SEAL_AUDIT_FAIL;
            }
        }
    }
    audit_note(note, "Secure Boot v2");
    if (seen == 0 && audit->source.chip->secure_boot.ecdsa_flagged) {
        return audit_unknown(note, "no signature was seen that tells the scheme");
    }
    return SEAL_AUDIT_PASS;
}

enum seal_audit_verdict audit_sb_rd_dis(const struct seal_audit *audit, struct seal_audit_note *note)
{
    const struct seal_efuse_field *field = seal_chip_field(audit->source.chip, "RD_DIS");
    struct seal_boot_trust trust;
    enum seal_audit_verdict verdict;
    if (!slots(audit, note, &trust, &verdict)) {
        return verdict;
    }
    if (!field) {
        return audit_not_applicable(note, "this chip has no RD_DIS");
    }
    bool writable = seal_efuse_field_writable(&audit->efuse, field);
    audit_note(note, "RD_DIS is %swritable", writable ? "" : "not ");
    return writable ? SEAL_AUDIT_FAIL : SEAL_AUDIT_PASS;
}

static const struct audit_image *booting_app(const struct seal_audit *audit)
{
    for (size_t i = 0; i < audit->image_count; i++) {
        if (audit->images[i].has_app && (!audit->boot_known || audit->boot.app_offset == 0 ||
                                         audit->images[i].offset == audit->boot.app_offset)) {
            return &audit->images[i];
        }
    }
    return NULL;
}

enum seal_audit_verdict audit_ar_enabled(const struct seal_audit *audit, struct seal_audit_note *note)
{
    uint32_t value;
    if (!audit_fuse(audit, "SECURE_VERSION", &value)) {
        return audit->source.efuse ? audit_not_applicable(note, "this chip has no SECURE_VERSION")
                                   : audit_unknown(note, NO_FUSES);
    }
    unsigned version = (unsigned)__builtin_popcount(value);
    audit_note(note, "SECURE_VERSION is %u", version);
    return version > 0 ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_ar_version(const struct seal_audit *audit, struct seal_audit_note *note)
{
    uint32_t value;
    const struct audit_image *app = booting_app(audit);
    if (!audit_fuse(audit, "SECURE_VERSION", &value)) {
        return audit->source.efuse ? audit_not_applicable(note, "this chip has no SECURE_VERSION")
                                   : audit_unknown(note, NO_FUSES);
    }
    unsigned version = (unsigned)__builtin_popcount(value);
    if (version == 0) {
        return audit_not_applicable(note, "no version is asked for");
    }
    if (!app) {
        return audit_unknown(note, "no application was read");
    }
    audit_note(note, "SECURE_VERSION is %u, that of %s %u", version, app->name, app->app.secure_version);
    return app->app.secure_version >= version ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}
