/* The release list of secure boot: digests, bits, switch, doors, write-protections. */
#include "fuse_bits.h"
#include "release_parts.h"

#include <espseal/boot_slots.h>
#include <espseal/secret.h>

#include <string.h>

#define CURVE_P256_LOCKED 3 /* ESP_EFUSE_ECDSA_CURVE_MODE_ALLOW_ONLY_P256_BIT_LOCKED */

struct boot {
    bool esp32, v1; /* v1: the ESP32's first version */
};

static bool set(const struct seal_efuse *state, const char *field)
{
    return seal_efuse_get_named(state, field) != 0;
}

bool seal_secure_boot_on(const struct seal_efuse *state)
{
    return set(state, "SECURE_BOOT_EN") || set(state, "ABS_DONE_0") || set(state, "ABS_DONE_1");
}

/* The version that is on; else the one that the chip's revision has. */
static struct boot boot_of(const struct seal_efuse *state)
{
    bool esp32 = seal_chip_field(state->chip, "ABS_DONE_0") != NULL;
    bool v2 = set(state, "ABS_DONE_1") || (!set(state, "ABS_DONE_0") && seal_efuse_revision(state) >= 300);
    return (struct boot){.esp32 = esp32, .v1 = esp32 && !v2};
}

/* --- digests --- */

static void put_slot(struct release_list *list, const struct seal_digest_slot *slot)
{
    const struct seal_efuse_block *block = &list->state->chip->efuse->blocks[slot->block];
    if (slot->state != SEAL_SLOT_DIGEST) {
        release_put(list, SEAL_PART_KEYS, "it is blank or read-protected, and no image verifies against it",
                    "the digest in %s", block->name)
            ->bit.state = SEAL_RELEASE_LOST;
    }
    release_put_key(list, (unsigned)block->key, false, NULL);
}

static void put_esp32_block(struct release_list *list, struct boot boot)
{
    const struct seal_efuse_block *block = &list->state->chip->efuse->blocks[2];
    if (boot.v1) {
        release_put_protection(list, SEAL_PART_KEYS, "the secure boot key could be read", RELEASE_BY_READ,
                               block->read_disable, block->name);
    }
    release_put_protection(list, SEAL_PART_KEYS, "the key could be overwritten", RELEASE_BY_WRITE,
                           block->write_disable, block->name);
}

static void put_digests(struct release_list *list, struct boot boot)
{
    struct seal_boot_slots slots;
    unsigned any = 0;
    seal_boot_slots_read(list->state, &slots);
    for (size_t i = 0; i < slots.count; i++) {
        const struct seal_digest_slot *slot = &slots.slots[i];
        if (slot->state == SEAL_SLOT_FREE || slot->revoked || slot->block < 0) {
            continue;
        }
        any++;
        if (boot.esp32) {
            put_esp32_block(list, boot);
        } else {
            put_slot(list, slot);
        }
    }
    if (any == 0) {
        release_put(list, SEAL_PART_KEYS, "no image would boot", "a digest that is not revoked")->bit.state =
            SEAL_RELEASE_MISSING;
    }
    for (size_t i = 0; i < list->count; i++) {
        list->items[i].flags = RELEASE_SB;
    }
}

/* --- switch and doors --- */

static void put_switch(struct release_list *list, struct boot boot)
{
    const char *name = !boot.esp32 ? "SECURE_BOOT_EN" : boot.v1 ? "ABS_DONE_0" : "ABS_DONE_1";
    struct release_item *item = release_put(list, SEAL_PART_SWITCH, "any image boots", "%s", name);
    item->how = RELEASE_BY_FIELD;
    item->field = seal_chip_field(list->state->chip, name);
    item->value = 1;
    item->flags = RELEASE_SB;
    item->bit.state = set(list->state, name)                                ? SEAL_RELEASE_SET
                      : seal_efuse_field_writable(list->state, item->field) ? SEAL_RELEASE_MISSING
                                                                            : SEAL_RELEASE_LOST;
}

static void put_doors(struct release_list *list, struct boot boot)
{
    const struct seal_efuse *state = list->state;
    const char *name = boot.esp32 ? "UART_DOWNLOAD_DIS" : "ENABLE_SECURITY_DOWNLOAD or DIS_DOWNLOAD_MODE";
    const struct seal_efuse_field *field =
        seal_chip_field(state->chip, boot.esp32 ? "UART_DOWNLOAD_DIS" : "ENABLE_SECURITY_DOWNLOAD");
    if (boot.v1) {
        return;
    }
    bool closed = set(state, "UART_DOWNLOAD_DIS") || set(state, "ENABLE_SECURITY_DOWNLOAD") ||
                  set(state, "DIS_DOWNLOAD_MODE");
    struct release_item *item =
        release_put(list, SEAL_PART_DOORS, "the download mode runs what it is sent", "%s", name);
    item->flags = RELEASE_SB_FULL;
    item->bit.state = closed                                    ? SEAL_RELEASE_SET
                      : seal_efuse_field_writable(state, field) ? SEAL_RELEASE_MISSING
                                                                : SEAL_RELEASE_LOST;
}

/* --- write-protections beside RD_DIS --- */

static void put_write_protection(struct release_list *list, const char *name, bool settled, const char *why)
{
    const struct seal_chip *chip = list->state->chip;
    const struct seal_efuse_field *field = seal_chip_field(chip, name);
    bool heeded = fuse_heeded_from(chip, name) <= seal_efuse_revision(list->state);
    if (field != NULL && field->write_disable >= 0 && heeded && !settled) {
        release_put_protection(list, SEAL_PART_PROTECT, why, RELEASE_BY_WRITE, field->write_disable, name);
        list->items[list->count - 1].flags = RELEASE_SB_FULL;
    }
}

static void make_list(const struct seal_efuse *state, struct boot boot, struct release_list *list)
{
    *list = (struct release_list){.state = state};
    put_digests(list, boot);
    release_put_rows(list, RELEASE_SB | RELEASE_SB_FULL, SEAL_PART_FIELDS);
    put_switch(list, boot);
    if (!boot.v1) {
        release_put_rows(list, RELEASE_SB | RELEASE_SB_FULL, SEAL_PART_PROTECT);
    }
    put_write_protection(list, "ECDSA_CURVE_MODE",
                         seal_efuse_get_named(state, "ECDSA_CURVE_MODE") == CURVE_P256_LOCKED,
                         "firmware could change the curve that the ROM verifies with");
    put_write_protection(list, "SECURE_BOOT_SHA384_EN", set(state, "SECURE_BOOT_SHA384_EN"),
                         "firmware could set it, and no image would verify any more");
    put_doors(list, boot);
}

size_t seal_secure_boot_bits(const struct seal_efuse *state,
                             struct seal_release_bit bits[static SEAL_RELEASE_BITS])
{
    struct release_list list;
    make_list(state, boot_of(state), &list);
    for (size_t i = 0; i < list.count; i++) { /* a switch is what development mode has too */
        list.items[i].bit.development = (list.items[i].flags & RELEASE_SB) != 0;
    }
    return release_copy(&list, bits);
}

bool seal_secure_boot_released(const struct seal_efuse *state)
{
    struct release_list list;
    make_list(state, boot_of(state), &list);
    return release_holds(&list);
}

/* --- into a plan --- */

static int check(const struct seal_chip *chip, const struct seal_wish_secure_boot *wish,
                 struct seal_cause *cause)
{
    bool esp32 = seal_chip_field(chip, "ABS_DONE_0") != NULL;
    if (wish->version != 2 && !(wish->version == 1 && esp32)) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no secure boot v%u", chip->title,
                         wish->version);
    }
    if (wish->sha384 && seal_chip_field(chip, "SECURE_BOOT_SHA384_EN") == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s%s%s verifies no image signed with ECDSA P-384",
                         chip->title, chip->revisions != NULL ? " of revision " : "",
                         chip->revisions != NULL ? chip->revisions : "");
    }
    if (wish->aggressive_revoke && seal_chip_field(chip, "SECURE_BOOT_AGGRESSIVE_REVOKE") == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no aggressive revoke of secure boot keys",
                         chip->title);
    }
    return SEAL_OK;
}

static int add_wished(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish,
                      struct seal_cause *cause)
{
    const struct seal_chip *chip = plan->chip;
    int err = SEAL_OK;
    if (wish->sha384) {
        err = fuse_plan_claim_number(plan, seal_chip_field(chip, "SECURE_BOOT_SHA384_EN"), 1, cause);
    }
    if (err == SEAL_OK && wish->aggressive_revoke) {
        err = fuse_plan_claim_number(plan, seal_chip_field(chip, "SECURE_BOOT_AGGRESSIVE_REVOKE"), 1, cause);
    }
    return err;
}

int seal_secure_boot_add(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish, bool release,
                         uint32_t parts, const struct seal_wish_lockdown *lockdown, struct seal_cause *cause)
{
    struct seal_efuse wanted;
    struct release_list list;
    int err = check(plan->chip, wish, cause);
    if (err == SEAL_OK && (parts & SEAL_PART_FIELDS) != 0) {
        err = add_wished(plan, wish, cause);
    }
    if (err != SEAL_OK) {
        return err;
    }
    fuse_plan_wanted(plan, &wanted);
    struct boot boot = boot_of(&wanted);
    boot.v1 = boot.esp32 && wish->version == 1;
    make_list(&wanted, boot, &list);
    size_t kept = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (release || (list.items[i].flags & RELEASE_SB) != 0) {
            list.items[kept++] = list.items[i];
        }
    }
    list.count = kept;
    err = release_add(plan, &list, parts & SEAL_PART_ALL, lockdown, cause);
    seal_cleanse(&wanted, sizeof wanted);
    return err;
}
