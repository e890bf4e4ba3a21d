/* Rules about flash encryption, secure boot and the protections that they need. */
#include "fuse_bits.h"
#include "rule_parts.h"

#include <stdio.h>
#include <string.h>

static const char *const esp32[] = {"esp32", NULL};
static const char *const esp32c2[] = {"esp32c2", NULL};

static bool block_filled(const struct seal_rule_view *view, unsigned block, size_t first, size_t count)
{
    uint32_t any = 0;
    for (size_t i = first; i < first + count; i++) {
        any |= view->after.words[block][i];
    }
    return any != 0;
}

static bool rd_dis(const struct seal_rule_view *view, unsigned bit)
{
    return seal_efuse_get_named(&view->after, "RD_DIS") >> bit & 1;
}

static bool rd_dis_before(const struct seal_rule_view *view, unsigned bit)
{
    return seal_efuse_get_named(view->before, "RD_DIS") >> bit & 1;
}

/* --- flash encryption --- */

static bool switches_encryption_on(const struct seal_rule_view *view, const char **counter)
{
    *counter =
        seal_chip_field(view->chip, "FLASH_CRYPT_CNT") != NULL ? "FLASH_CRYPT_CNT" : "SPI_BOOT_CRYPT_CNT";
    return rule_gains(view, *counter) &&
           __builtin_popcount(seal_efuse_get_named(&view->after, *counter)) % 2 == 1;
}

struct xts { /* key blocks by flash-encryption purpose */
    unsigned whole, first, second;
    bool changes, filled;
};

static struct xts count_xts(const struct seal_rule_view *view)
{
    struct xts xts = {.filled = true};
    for (unsigned key = 0; key < view->chip->key_blocks; key++) {
        const struct seal_key_purpose *purpose = rule_purpose(view, key);
        bool whole = purpose != NULL && strcmp(purpose->name, "XTS_AES_128_KEY") == 0;
        bool first = purpose != NULL && strcmp(purpose->name, "XTS_AES_256_KEY_1") == 0;
        bool second = purpose != NULL && strcmp(purpose->name, "XTS_AES_256_KEY_2") == 0;
        if (!whole && !first && !second) {
            continue;
        }
        xts.whole += whole;
        xts.first += first;
        xts.second += second;
        xts.filled = xts.filled && !rule_key_blank(view, key);
        xts.changes = xts.changes || seal_efuse_key_purpose(view->before, key) != purpose->value;
    }
    return xts;
}

static bool has_encryption_key(const struct seal_rule_view *view)
{
    if (rule_chip_is(view, esp32)) {
        return block_filled(view, 1, 0, 8) || rd_dis_before(view, 0);
    }
    if (rule_chip_is(view, esp32c2)) {
        unsigned block = (unsigned)seal_chip_key_block(view->chip, 0);
        return block_filled(view, block, 0, 4) || rd_dis_before(view, 0);
    }
    struct xts xts = count_xts(view);
    return xts.filled && (xts.whole > 0 || (xts.first > 0 && xts.second > 0));
}

bool rule_fe_no_key(const struct seal_rule_view *view, char *detail, size_t size)
{
    const char *counter;
    if (!switches_encryption_on(view, &counter) || has_encryption_key(view)) {
        return false;
    }
    struct xts xts = count_xts(view);
    (void)snprintf(detail, size, "%s, but %s", counter,
                   xts.whole + xts.first + xts.second > 0
                       ? "the key block is blank or half of the key is missing"
                       : "no key block holds a flash-encryption key");
    return true;
}

bool rule_fe_mixed(const struct seal_rule_view *view, char *detail, size_t size)
{
    const char *counter;
    struct xts xts = count_xts(view);
    bool mixed = xts.whole > 1 || xts.first > 1 || xts.second > 1 ||
                 (xts.whole > 0 && xts.first + xts.second > 0) ||
                 (xts.first != xts.second && switches_encryption_on(view, &counter));
    if (!mixed || !(xts.changes || switches_encryption_on(view, &counter))) {
        return false;
    }
    (void)snprintf(detail, size, "%u of XTS-AES-128, %u first and %u second halves of XTS-AES-256", xts.whole,
                   xts.first, xts.second);
    return true;
}

/* --- secure boot --- */

static const char *boot_switch(const struct seal_rule_view *view)
{
    static const char *const names[] = {"SECURE_BOOT_EN", "ABS_DONE_0", "ABS_DONE_1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (rule_gains(view, names[i])) {
            return names[i];
        }
    }
    return NULL;
}

/* SECURE_BOOT_DIGESTn, by its n; -1: another purpose. */
static int digest_slot(const struct seal_rule_view *view, unsigned key)
{
    static const char prefix[] = "SECURE_BOOT_DIGEST";
    const struct seal_key_purpose *purpose = rule_purpose(view, key);
    if (purpose == NULL || strncmp(purpose->name, prefix, sizeof prefix - 1) != 0) {
        return -1;
    }
    char slot = purpose->name[sizeof prefix - 1];
    return slot >= '0' && slot <= '2' ? slot - '0' : 0;
}

static bool revoked(const struct seal_rule_view *view, int slot)
{
    char name[40];
    (void)snprintf(name, sizeof name, "SECURE_BOOT_KEY_REVOKE%d", slot);
    return rule_has(view, name);
}

static unsigned usable_digests(const struct seal_rule_view *view)
{
    unsigned count = 0;
    for (unsigned key = 0; key < view->chip->key_blocks; key++) {
        int slot = digest_slot(view, key);
        count +=
            slot >= 0 && !revoked(view, slot) && !rule_key_hides(view, key) && !rule_key_blank(view, key);
    }
    return count;
}

static bool has_digest(const struct seal_rule_view *view, const char *enables)
{
    if (rule_chip_is(view, esp32)) {
        bool v1 = strcmp(enables, "ABS_DONE_0") == 0;
        return v1 ? block_filled(view, 2, 0, 8) || rd_dis_before(view, 1)
                  : block_filled(view, 2, 0, 8) && !rd_dis(view, 1);
    }
    if (rule_chip_is(view, esp32c2)) {
        return block_filled(view, (unsigned)seal_chip_key_block(view->chip, 0), 4, 4) && !rd_dis(view, 1);
    }
    return usable_digests(view) > 0;
}

bool rule_sb_no_digest(const struct seal_rule_view *view, char *detail, size_t size)
{
    const char *enables = boot_switch(view);
    if (enables == NULL || has_digest(view, enables)) {
        return false;
    }
    (void)snprintf(detail, size,
                   "%s, but no key block holds a digest that is readable, filled and not revoked", enables);
    return true;
}

bool rule_sb_digest_hidden(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks && fuse_chip_has_purposes(view->chip); key++) {
        if (digest_slot(view, key) >= 0 && rule_key_hides(view, key) &&
            (!rule_key_hidden(view, key) ||
             seal_efuse_key_purpose(view->before, key) != seal_efuse_key_purpose(&view->after, key))) {
            (void)snprintf(detail, size, "BLOCK_KEY%u", key);
            return true;
        }
    }
    bool second = rd_dis(view, 1) && !rd_dis_before(view, 1);
    if (second && rule_chip_is(view, esp32) && rule_has(view, "ABS_DONE_1")) {
        (void)snprintf(detail, size, "BLOCK2");
        return true;
    }
    if (second && rule_chip_is(view, esp32c2) && !rule_has(view, "XTS_KEY_LENGTH_256")) {
        (void)snprintf(detail, size, "the upper half of BLOCK_KEY0");
        return true;
    }
    return false;
}

bool rule_sb_digest_zero(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks && fuse_chip_has_purposes(view->chip); key++) {
        unsigned block = (unsigned)seal_chip_key_block(view->chip, key);
        bool closes =
            seal_efuse_block_writable(view->before, block) && !seal_efuse_block_writable(&view->after, block);
        uint32_t ones = 0xFFFFFFFF;
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            ones &= view->after.words[block][i];
        }
        bool zero = rule_key_blank(view, key) && closes;
        if (digest_slot(view, key) >= 0 && (zero || (ones == 0xFFFFFFFF && rule_burns_key(view, key)))) {
            (void)snprintf(detail, size, "BLOCK_KEY%u would hold only %s", key, zero ? "zeroes" : "ones");
            return true;
        }
    }
    return false;
}

static bool name_exposed(const struct seal_rule_view *view, const char *what, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks && fuse_chip_has_purposes(view->chip); key++) {
        if (rule_key_exposed(view, key)) {
            (void)snprintf(detail, size, "%s, and BLOCK_KEY%u (%s) can be read", what, key,
                           rule_purpose(view, key)->name);
            return true;
        }
    }
    bool key_of_old_chip = (rule_chip_is(view, esp32) && block_filled(view, 1, 0, 8) && !rd_dis(view, 0)) ||
                           (rule_chip_is(view, esp32c2) && !rd_dis(view, 0) &&
                            block_filled(view, (unsigned)seal_chip_key_block(view->chip, 0), 0, 4));
    if (key_of_old_chip) {
        (void)snprintf(detail, size, "%s, and the flash-encryption key can be read", what);
    }
    return key_of_old_chip;
}

bool rule_sb_locks(const struct seal_rule_view *view, char *detail, size_t size)
{
    const char *enables = boot_switch(view);
    return enables != NULL && name_exposed(view, enables, detail, size);
}

bool rule_sb_revoke_last(const struct seal_rule_view *view, char *detail, size_t size)
{
    bool revokes = rule_gains(view, "SECURE_BOOT_KEY_REVOKE0") ||
                   rule_gains(view, "SECURE_BOOT_KEY_REVOKE1") || rule_gains(view, "SECURE_BOOT_KEY_REVOKE2");
    bool all = revoked(view, 0) && revoked(view, 1) && revoked(view, 2);
    bool last = rule_has(view, "SECURE_BOOT_EN") && usable_digests(view) == 0;
    if (revokes && (all || last)) {
        (void)snprintf(detail, size, "%s", all ? "all three slots" : "the only digest that is left");
        return true;
    }
    return false;
}

bool rule_sb_revision(const struct seal_rule_view *view, char *detail, size_t size)
{
    static const char *const esp32c3[] = {"esp32c3", NULL};
    unsigned revision = seal_efuse_revision(view->before);
    unsigned least = rule_chip_is(view, esp32) && rule_gains(view, "ABS_DONE_1")         ? 300
                     : rule_chip_is(view, esp32c3) && rule_gains(view, "SECURE_BOOT_EN") ? 3
                                                                                         : 0;
    if (revision >= least) {
        return false;
    }
    (void)snprintf(detail, size, "%s v%u.%u; it needs v%u.%u", view->chip->title, revision / 100,
                   revision % 100, least / 100, least % 100);
    return true;
}

bool rule_rddis_lock(const struct seal_rule_view *view, char *detail, size_t size)
{
    uint32_t now = seal_efuse_get_named(view->before, "WR_DIS");
    uint32_t then = seal_efuse_get_named(&view->after, "WR_DIS");
    return (then & ~now & 1) != 0 && name_exposed(view, "WR_DIS bit 0", detail, size);
}

bool rule_rollback(const struct seal_rule_view *view, char *detail, size_t size)
{
    static const char *const names[] = {"SECURE_VERSION", "BOOTLOADER_ANTI_ROLLBACK_SECURE_VERSION"};
    for (size_t n = 0; n < 2 && view->zeroes != NULL; n++) {
        const struct seal_efuse_field *field = seal_chip_field(view->chip, names[n]);
        for (unsigned i = 0; field != NULL && i < field->bits; i++) {
            unsigned bit = field->bit + i;
            if (fuse_bit(view->zeroes[field->block], bit) &&
                fuse_bit(view->before->words[field->block], bit)) {
                (void)snprintf(detail, size, "%s is 0x%x", field->name,
                               (unsigned)seal_efuse_get(view->before, field));
                return true;
            }
        }
    }
    return false;
}
