/* What a chip lacks of a profile. */
#include "profile_rules.h"

#include <espseal/hex.h>
#include <espseal/lockdown.h>

#include <stdio.h>
#include <string.h>

static bool has_field(const struct seal_chip *chip, const char *field)
{
    return seal_chip_field(chip, field) != NULL;
}

static bool has_purpose(const struct seal_chip *chip, const char *purpose)
{
    return chip->purposes && seal_chip_purpose(chip, purpose);
}

static bool has_boot_v1(const struct seal_chip *chip)
{
    return chip->secure_boot.v1;
}

static bool has_boot_v2(const struct seal_chip *chip)
{
    return chip->secure_boot.digests > 0;
}

static bool has_revocation(const struct seal_chip *chip)
{
    return chip->secure_boot.digests > 1 && has_field(chip, "SECURE_BOOT_KEY_REVOKE0");
}

static bool has_aggressive_revoke(const struct seal_chip *chip)
{
    return has_revocation(chip) && has_field(chip, "SECURE_BOOT_AGGRESSIVE_REVOKE");
}

static bool has_sha384(const struct seal_chip *chip)
{
    return has_field(chip, "SECURE_BOOT_SHA384_EN");
}

static bool has_128(const struct seal_chip *chip)
{
    return has_purpose(chip, "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS");
}

static bool has_256(const struct seal_chip *chip)
{
    return has_purpose(chip, "XTS_AES_128_KEY") || has_field(chip, "FLASH_CRYPT_CNT");
}

static bool has_512(const struct seal_chip *chip)
{
    return has_purpose(chip, "XTS_AES_256_KEY_1");
}

static bool has_hmac(const struct seal_chip *chip)
{
    return has_purpose(chip, "HMAC_UP");
}

static bool has_anti_rollback(const struct seal_chip *chip)
{
    return has_field(chip, "SECURE_VERSION");
}

static const struct {
    const char *path, *value;
    bool (*has)(const struct seal_chip *chip);
    const char *lacks;
} features[] = {
    {"secure_boot.version", "1", has_boot_v1, "has no secure boot version 1"},
    {"secure_boot.version", "2", has_boot_v2, "has no secure boot version 2"},
    {"secure_boot.revoke_unused", "true", has_revocation, "cannot revoke keys"},
    {"secure_boot.aggressive_revoke", "true", has_aggressive_revoke, "cannot revoke keys"},
    {"secure_boot.sha384", "true", has_sha384, "knows no SHA-384 in secure boot"},
    {"flash_encryption.size", "128", has_128, "takes no key of 128 bits"},
    {"flash_encryption.size", "256", has_256, "takes no key of 256 bits"},
    {"flash_encryption.size", "512", has_512, "takes no key of 512 bits"},
    {"nvs_encryption.scheme", "hmac", has_hmac, "has no HMAC peripheral"},
    {"anti_rollback", "", has_anti_rollback, "has no SECURE_VERSION"},
};

static int lack(const struct seal_profile_file *file, const struct seal_profile_value *value,
                const struct seal_chip *chip, const char *what, struct seal_cause *cause)
{
    int err = seal_profile_file_fail(file, value, SEAL_ERR_FORMAT, cause, "the %s %s", chip->title, what);
    seal_hint(cause, "take it out, or choose another chip; espseal chip list shows what each can do");
    return err;
}

static int check_features(const struct seal_profile_file *file, const struct seal_chip *chip,
                          struct seal_cause *cause)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (seal_profile_says(file, features[i].path, features[i].value) && !features[i].has(chip)) {
            return lack(file, seal_profile_file_get(file, features[i].path), chip, features[i].lacks, cause);
        }
    }
    return SEAL_OK;
}

/* The key that is made must be one that the peripheral takes; one that is given is looked at when it is read.
 */
static int check_key_type(const struct seal_profile_file *file, const struct seal_chip *chip,
                          struct seal_cause *cause)
{
    const struct seal_profile_value *type = seal_profile_file_get(file, "identity.key_type");
    const struct seal_profile_value *blame = type ? type : seal_profile_file_get(file, "identity.subject");
    const bool ecdsa = seal_profile_says(file, "storage", "ecdsa");
    const char *text = type ? type->text : ecdsa ? "ec:p256" : "rsa:2048";
    const bool rsa = strncmp(text, "rsa:", 4) == 0;
    uint32_t bits = 0;
    char what[80];
    bool known = seal_parse_u32(text + 4, UINT32_MAX, &bits) == SEAL_OK; /* behind "rsa:" or "ec:p" */
    if (!known || !blame || seal_profile_says(file, "storage", "plaintext")) {
        return SEAL_OK;
    }
    if (ecdsa && (rsa || !seal_chip_has_ecdsa(chip, bits))) {
        (void)snprintf(what, sizeof what, "takes no %s into its ECDSA peripheral", text);
        return lack(file, blame, chip, what, cause);
    }
    if (!ecdsa && (!rsa || bits > chip->ds_max_bits)) {
        (void)snprintf(what, sizeof what, "takes no %s into its DS peripheral", text);
        return lack(file, blame, chip, what, cause);
    }
    return SEAL_OK;
}

static int check_storage(const struct seal_profile_file *file, const struct seal_chip *chip,
                         struct seal_cause *cause)
{
    const struct seal_profile_value *identity = seal_profile_file_get(file, "identity");
    const struct seal_profile_value *storage = seal_profile_file_get(file, "storage");
    const char *text = storage ? storage->text : "ds";
    if (!identity) {
        return SEAL_OK;
    }
    if (strcmp(text, "ds") == 0 && chip->ds_max_bits == 0) {
        return lack(file, storage ? storage : identity, chip, "has no DS peripheral for the key (storage ds)",
                    cause);
    }
    if (strcmp(text, "ecdsa") == 0 && chip->ecdsa_curves[0] == 0) {
        return lack(file, storage, chip, "has no ECDSA peripheral", cause);
    }
    return check_key_type(file, chip, cause);
}

static int check_doors(const struct seal_profile_file *file, const struct seal_chip *chip,
                       struct seal_cause *cause)
{
    for (enum seal_word word = 0; word < SEAL_WORDS; word++) {
        const char *path = seal_lockdown_words[word].path;
        enum seal_word_value value;
        struct seal_word_fuse fuses[SEAL_WORD_FUSES];
        size_t count = 0;
        const struct seal_profile_value *said = seal_profile_file_get(file, path);
        int err = said ? seal_word_value_parse(word, said->text, &value, cause) : SEAL_OK;
        if (said && err == SEAL_OK) {
            err = seal_lockdown_fuses(chip, SEAL_REVISION_ANY, word, value, fuses, &count, cause);
        }
        if (err != SEAL_OK) {
            struct seal_cause inner = cause ? *cause : (struct seal_cause){0};
            err = seal_profile_file_fail(file, said, SEAL_ERR_FORMAT, cause, "%s", inner.text);
            seal_hint(cause, "%s", inner.hint); /* leaving a door out may leave it open */
            return err;
        }
    }
    return SEAL_OK;
}

/* --- key blocks --- */

static unsigned encryption_blocks(const struct seal_profile_file *file)
{
    return !seal_profile_asks(file, "flash_encryption")              ? 0
           : seal_profile_says(file, "flash_encryption.size", "512") ? 2
                                                                     : 1;
}

static bool in_one_block(const struct seal_profile_file *file, const struct seal_chip *chip)
{
    return chip->key_blocks == 1 && !seal_profile_says(file, "flash_encryption.size", "256");
}

unsigned seal_profile_key_blocks(const struct seal_profile_file *file, const struct seal_chip *chip)
{
    if (chip->key_blocks == 0) {
        return 0;
    }
    bool device_key = seal_profile_asks(file, "identity") && !seal_profile_says(file, "storage", "plaintext");
    const bool halves = device_key && seal_profile_says(file, "storage", "ecdsa") &&
                        seal_profile_says(file, "identity.key_type", "ec:p384");
    unsigned encryption = encryption_blocks(file);
    unsigned digests = (unsigned)seal_profile_file_count(file, "secure_boot.digests");
    if (encryption && digests && in_one_block(file, chip)) {
        encryption = 0; /* the ESP32-C2's key and digest share its block */
    }
    return device_key + halves + encryption + digests +
           seal_profile_says(file, "nvs_encryption.scheme", "hmac") +
           seal_profile_says(file, "lockdown.jtag", "soft");
}

static int check_blocks(const struct seal_profile_file *file, const struct seal_chip *chip,
                        struct seal_cause *cause)
{
    static const char *const numbers[] = {"identity.efuse_key", "nvs_encryption.efuse_key"};
    const struct seal_profile_value *values[2];
    for (size_t i = 0; i < 2; i++) {
        values[i] = seal_profile_file_get(file, numbers[i]);
        bool number = values[i] && strcmp(values[i]->text, "auto") != 0;
        values[i] = number ? values[i] : NULL;
        if (number && values[i]->number >= chip->key_blocks) {
            char what[64];
            (void)snprintf(what, sizeof what, "has no BLOCK_KEY%u", (unsigned)values[i]->number);
            return lack(file, values[i], chip, what, cause);
        }
    }
    if (values[0] && values[1] && values[0]->number == values[1]->number) {
        return profile_exclude(file, values[1], values[0], "one block holds one key", cause);
    }
    size_t digests = seal_profile_file_count(file, "secure_boot.digests");
    if (digests > chip->secure_boot.digests) {
        char path[48], what[64];
        (void)snprintf(path, sizeof path, "secure_boot.digests[%u]", chip->secure_boot.digests);
        (void)snprintf(what, sizeof what, "trusts at most %u keys", chip->secure_boot.digests);
        return lack(file, seal_profile_file_get(file, path), chip, what, cause);
    }
    unsigned wanted = seal_profile_key_blocks(file, chip);
    if (wanted > chip->key_blocks) {
        int err = seal_profile_file_fail(file, seal_profile_file_get(file, "chip"), SEAL_ERR_FORMAT, cause,
                                         "the %s has %u key block%s, and this profile fills %u", chip->title,
                                         chip->key_blocks, chip->key_blocks == 1 ? "" : "s", wanted);
        seal_hint(cause, chip->key_blocks == 1
                             ? "flash_encryption.size 128 leaves half of the block to the digest"
                             : "fewer digests, a flash encryption key of 256 bits, or one HMAC feature less");
        return err;
    }
    return SEAL_OK;
}

static int check_version(const struct seal_profile_file *file, const struct seal_chip *chip,
                         struct seal_cause *cause)
{
    const struct seal_profile_value *version = seal_profile_file_get(file, "anti_rollback.secure_version");
    const struct seal_efuse_field *field = seal_chip_field(chip, "SECURE_VERSION");
    if (version && field && version->number > field->bits) {
        char what[64];
        (void)snprintf(what, sizeof what, "counts versions to %u", field->bits);
        return lack(file, version, chip, what, cause);
    }
    return SEAL_OK;
}

int profile_check_chip(const struct seal_profile_file *file, struct seal_cause *cause)
{
    const struct seal_chip *chip = seal_profile_chip(file);
    static int (*const checks[])(const struct seal_profile_file *, const struct seal_chip *,
                                 struct seal_cause *) = {check_features, check_storage, check_doors,
                                                         check_version, check_blocks};
    int err = SEAL_OK;
    for (size_t i = 0; chip && i < sizeof checks / sizeof checks[0] && err == SEAL_OK; i++) {
        err = checks[i](file, chip, cause);
    }
    return err;
}
