/* The table of rules, and trying them. */
#include "rule_parts.h"

#include <stdio.h>
#include <string.h>

const struct seal_rule seal_rules[] = {
    {"FE-NO-KEY", "flash encryption is switched on without a key that is known to be there",
     "the ROM would read the flash through a key of zeroes or none: nothing boots, for ever",
     "esp-idf#13284, ESP-IDF Flash Encryption guide; espefuse burns it with exit status 0", false,
     rule_fe_no_key},
    {"FE-MIXED-KEYS", "more than one flash-encryption key, or halves that do not belong together",
     "the chip takes one of them, and not the one that the flash was encrypted with",
     "TRM chapter External Memory Encryption; esp-idf#13783", false, rule_fe_mixed},
    {"KEY-WEAK", "a key of zeroes, of ones, or with hardly any randomness",
     "it can be guessed, and the block can never be written again", "espefuse burns it with exit status 0",
     false, rule_weak_key},
    {"KEY-XTS-BLOCK", "a key in a key block from which the chip cannot use it",
     "the hardware reads another block", "SOC_EFUSE_BLOCK9_KEY_PURPOSE_QUIRK in ESP-IDF's soc_caps.h", false,
     rule_xts_block},
    {"KEY-IN-USE", "a key block that holds something else already",
     "two keys over each other are no key at all", "TRM chapter eFuse Controller", true, rule_key_in_use},
    {"PURPOSE-CLEAR", "a key purpose would need a bit that falls from 1 to 0", "eFuse bits only rise",
     "TRM chapter eFuse Controller", true, rule_purpose_clear},
    {"ROLLBACK-FALLS", "the anti-rollback version would fall", "versions only rise, one bit each",
     "ESP-IDF Anti-rollback guide", true, rule_rollback},
    {"FIELD-CLEAR", "a field would need a bit that falls from 1 to 0", "eFuse bits only rise",
     "TRM chapter eFuse Controller", true, rule_field_clear},
    {"RS-WRITTEN", "a Reed-Solomon coded block that was written already",
     "its check bytes belong to other data: both would be lost", "TRM chapter eFuse Controller; esptool#717",
     true, rule_rs_written},
    {"SB-NO-DIGEST", "secure boot is switched on without a readable digest of a public key",
     "no image at all would boot, for ever", "esp-idf#10927, ESP-IDF Secure Boot v2 guide", false,
     rule_sb_no_digest},
    {"SB-DIGEST-HIDDEN", "the digest of a public key is read-protected",
     "the ROM cannot read it either: no image would boot", "esptool#640, esp-idf#6886", false,
     rule_sb_digest_hidden},
    {"SB-DIGEST-ZERO", "a secure boot digest of zeroes or of ones", "no public key has that digest",
     "esp-idf#6886", false, rule_sb_digest_zero},
    {"SB-LOCKS-RDDIS", "secure boot is switched on while a key still has to be read-protected",
     "the bootloader then write-protects RD_DIS, and the key stays readable for ever",
     "esp-idf#11888; ESP-IDF esp_secure_boot_enable_secure_features", false, rule_sb_locks},
    {"SB-REVOKE-LAST", "the last public key is revoked", "no image at all would boot, for ever",
     "ESP-IDF Secure Boot v2 guide, Key Revocation", false, rule_sb_revoke_last},
    {"SB-REVISION", "secure boot v2 on a revision of the chip whose ROM does not have it",
     "the ROM does not check signatures, or does not boot", "ESP-IDF Secure Boot v2 guide, Kconfig", false,
     rule_sb_revision},
    {"RDDIS-LOCK", "RD_DIS is write-protected while a key still has to be read-protected",
     "the key stays readable for ever", "TRM chapter eFuse Controller: bit 0 of WR_DIS", false,
     rule_rddis_lock},
    {"DOORS-EARLY", "the download mode is closed while something still has to be read back or protected",
     "registers cannot be read in secure download mode: nothing can be verified or finished",
     "measured on the ROMs of the ESP32-C3 and ESP32-S3", false, rule_doors_early},
    {"LINK-CUT", "a bit that cuts the very link in use", "espseal could not even verify what it burned",
     "esp-idf#10906; TRM chapter eFuse Controller", false, rule_link_cut},
    {"USB-BOTH-CLOSED", "both USB paths of the chip are closed",
     "the ROM of this chip does not start any more", "esp-idf#13946: DIS_USB_JTAG with DIS_USB_SERIAL_JTAG",
     false, rule_usb_closed},
    {"CACHE-OFF", "a cache is switched off", "no program runs from flash any more, for ever",
     "ESP-IDF <chip>/flash_encryption_secure_features.c, which locks the bit against just that", false,
     rule_cache_off},
    {"FLASH-VOLTAGE", "the flash voltage is fixed to another one than most modules have",
     "flash of 3.3 V does not run at 1.8 V, and 1.8 V flash is destroyed by 3.3 V",
     "ESP32 datasheet, Strapping Pins; ESP-IDF set-flash-voltage", false, rule_flash_voltage},
    {"REVISION-UNKNOWN", "the chip is of a revision that espseal does not know",
     "its fuses may have another meaning", "ESP-IDF ESP32*_REV_MAX_FULL", false, rule_revision},
    {"CODING-SCHEME", "the coding scheme is changed after data was burned, or data does not fit it",
     "what stands in BLOCK1 to BLOCK3 would be read in another way",
     "ESP32 TRM chapter eFuse Controller; ESP-IDF Secure Boot v2: coding scheme none", false, rule_coding},
    {"C2-ONE-WRITE", "half of the only key block is burned",
     "the block is written once: neither a digest nor a key can join it later",
     "ESP32-C2 TRM chapter eFuse Controller; ESP-IDF Flash Encryption for the ESP32-C2", false,
     rule_c2_one_write},
    {"ECDSA-CURVE", "an ECDSA key purpose of a curve that the chip does not have",
     "the peripheral cannot use the key", "ESP-IDF soc_caps.h", false, rule_ecdsa_curve},
    {"ECDSA-HALF", "only one half of a P-384 key", "the peripheral needs both",
     "ESP-IDF ecdsa_hal; espefuse ECDSA_KEY_P384", false, rule_ecdsa_half},
    {"HIDES-NOTHING", "a key block without a purpose is read-protected",
     "no peripheral uses it, and software cannot: the block is lost", "espefuse read-protect-efuse", false,
     rule_hides_nothing},
    {"PURPOSE-UNKNOWN", "a key purpose that the chip does not have", "nothing in the chip would use the key",
     "espefuse KeyPurposeField of the chip", false, rule_purpose_unknown},
    {0},
};

const struct seal_rule *seal_rule_find(const char *name)
{
    for (const struct seal_rule *rule = seal_rules; rule->name != NULL; rule++) {
        if (strcmp(rule->name, name) == 0) {
            return rule;
        }
    }
    return NULL;
}

enum seal_path seal_path_of(const struct seal_link *link)
{
    if (link == NULL) {
        return SEAL_PATH_FILE;
    }
    if (link->usb_serial_jtag) {
        return SEAL_PATH_USB_SERIAL_JTAG;
    }
    return strcmp(link->ops->kind, "serial") == 0 ? SEAL_PATH_UART : SEAL_PATH_OTHER;
}

void seal_rule_view_make(const struct seal_efuse *before, const struct seal_burn *burn,
                         const uint32_t (*zeroes)[SEAL_EFUSE_WORDS], enum seal_path path,
                         struct seal_rule_view *view)
{
    *view = (struct seal_rule_view){.chip = before->chip,
                                    .before = before,
                                    .burn = burn,
                                    .zeroes = zeroes,
                                    .path = path,
                                    .after = *before};
    for (size_t block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            view->after.words[block][i] |= burn->words[block][i];
        }
    }
}

static bool is_allowed(const char *const *allowed, const char *name)
{
    for (; allowed != NULL && *allowed != NULL; allowed++) {
        if (strcmp(*allowed, name) == 0) {
            return true;
        }
    }
    return false;
}

static int check_names(const char *const *allowed, struct seal_cause *cause)
{
    for (; allowed != NULL && *allowed != NULL; allowed++) {
        const struct seal_rule *rule = seal_rule_find(*allowed);
        if (rule == NULL) {
            return seal_fail(cause, SEAL_ERR_USAGE, "there is no rule %s", *allowed);
        }
        if (rule->absolute) {
            return seal_fail(cause, SEAL_ERR_USAGE, "%s cannot be allowed: %s", rule->name, rule->reason);
        }
    }
    return SEAL_OK;
}

static int refuse(const struct seal_rule *rule, const char *detail, struct seal_cause *cause)
{
    int err =
        seal_fail(cause, SEAL_ERR_RULE, "%s: %s (%s); %s", rule->name, rule->sentence, detail, rule->reason);
    if (rule->absolute) {
        seal_hint(cause, "nothing was burned, and nothing can override this rule");
    } else {
        seal_hint(cause, "nothing was burned; --allow %s overrides this one rule", rule->name);
    }
    return err;
}

int seal_rules_check(const struct seal_rule_view *view, const char *const *allowed,
                     seal_rule_report_fn report, void *ctx, struct seal_cause *cause)
{
    int err = check_names(allowed, cause);
    bool refused = err != SEAL_OK;
    for (const struct seal_rule *rule = seal_rules; rule->name != NULL && err != SEAL_ERR_USAGE; rule++) {
        char detail[160] = "";
        if (!rule->trips(view, detail, sizeof detail)) {
            continue;
        }
        bool allow = is_allowed(allowed, rule->name);
        if (report != NULL) {
            report(ctx, rule, detail, allow);
        }
        if (!allow && !refused) {
            err = refuse(rule, detail, cause);
            refused = true;
        }
    }
    return err;
}
