/* Which keys and digests a sealing needs, and what is given of them. */
#include "slots.h"

#include <string.h>

static bool is_chip(const struct seal_job *job, const char *name)
{
    return strcmp(job->chip->name, name) == 0;
}

static void put_bytes(struct job_slot *slot, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint32_t byte = bytes[slot->reversed ? len - 1 - i : i];
        slot->words[slot->first + i / 4] |= byte << 8 * (i % 4);
    }
    slot->given = true;
    slot->known = true;
}

static struct job_slot *add(struct seal_job *job, enum job_use use, const char *title)
{
    struct job_slot *slot = &job->slots[job->slot_count++];
    *slot = (struct job_slot){.use = use, .title = title, .key = -1, .count = SEAL_EFUSE_WORDS};
    return slot;
}

/* A block that has one job: the ESP32's and the ESP32-C2's. */
static void place_fixed(struct seal_job *job, struct job_slot *slot, const char *name)
{
    slot->block = (unsigned)seal_chip_block(job->chip, name);
    slot->place = name;
    slot->count = (uint8_t)seal_efuse_block_words(&job->now, slot->block);
}

static int add_by_purpose(struct seal_job *job, enum job_use use, const char *title, const char *purpose,
                          struct job_slot **out, struct seal_cause *cause)
{
    const struct seal_key_purpose *found = seal_chip_purpose(job->chip, purpose);
    *out = NULL;
    if (!found || job->chip->key_blocks < 2) {
        int err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no eFuse key for a %s", job->chip->title,
                            title);
        seal_hint(cause, "espseal chip list shows what each chip has");
        return err;
    }
    *out = add(job, use, title);
    (*out)->purpose = found;
    (*out)->reversed = found->reverse_bytes;
    (*out)->secret = !found->digest;
    return SEAL_OK;
}

/* --- flash encryption --- */

static int check_length(const struct seal_wish_flash_encryption *wish, size_t len, struct seal_cause *cause)
{
    if (!wish->key || wish->key_len == len) {
        return SEAL_OK;
    }
    int err =
        seal_fail(cause, SEAL_ERR_KEY, "the flash-encryption key has %zu bytes, and this chip takes %zu",
                  wish->key_len, len);
    seal_hint(cause, "espseal flash-encryption keygen makes one of the right size");
    return err;
}

static int refuse_size(const struct seal_job *job, const char *sizes, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no flash encryption with a key of %u bits%s",
                        job->chip->title, job->profile->sealing.flash_encryption.key_bits,
                        is_chip(job, "esp32c2") ? " here" : "");
    seal_hint(cause, "it takes %s", sizes);
    return err;
}

static int wish_esp32_flash(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_flash_encryption *wish = &job->profile->sealing.flash_encryption;
    struct job_slot *slot = add(job, JOB_FLASH_KEY, "flash-encryption key");
    slot->secret = slot->reversed = true;
    place_fixed(job, slot, "BLOCK1");
    if (wish->key_bits != 0 && wish->key_bits != 256) {
        return refuse_size(job, "256", cause);
    }
    int err = check_length(wish, 4u * slot->count, cause);
    if (err == SEAL_OK && wish->key) {
        put_bytes(slot, wish->key, wish->key_len);
    }
    return err;
}

/* The whole of the only key block, or its lower half beside a digest. */
static int wish_c2_flash(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_flash_encryption *wish = &job->profile->sealing.flash_encryption;
    const bool shared = job->profile->sealing.secure_boot.version != 0;
    const unsigned bits = wish->key_bits != 0 ? wish->key_bits : shared || wish->key_len == 16 ? 128 : 256;
    struct job_slot *slot = add(job, JOB_FLASH_KEY, "flash-encryption key");
    slot->secret = slot->reversed = true;
    place_fixed(job, slot, "BLOCK_KEY0");
    if (bits != 128 && (bits != 256 || shared)) {
        return refuse_size(job, shared ? "128 beside secure boot: both share one eFuse block" : "128 or 256",
                           cause);
    }
    if (bits == 128 && seal_efuse_get_named(&job->now, "XTS_KEY_LENGTH_256")) {
        int err = seal_fail(cause, SEAL_ERR_STATE,
                            "XTS_KEY_LENGTH_256 is burned: all of %s is one key of 256 bits", slot->place);
        seal_hint(cause, "flash_encryption.size 256 without secure_boot is what this chip can still become");
        return err;
    }
    slot->count = (uint8_t)(bits / 32);
    int err = check_length(wish, bits / 8, cause);
    if (err == SEAL_OK && wish->key) {
        put_bytes(slot, wish->key, wish->key_len);
    }
    return err;
}

static int wish_xts_flash(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_flash_encryption *wish = &job->profile->sealing.flash_encryption;
    const unsigned bits = wish->key_bits ? wish->key_bits : wish->key ? 8 * (unsigned)wish->key_len : 256;
    const bool two = bits == 512 && seal_chip_purpose(job->chip, "XTS_AES_256_KEY_1");
    struct job_slot *first = NULL, *second = NULL;
    if (bits != 256 && !two) {
        return refuse_size(job, seal_chip_purpose(job->chip, "XTS_AES_256_KEY_1") ? "256 or 512" : "256",
                           cause);
    }
    int err = check_length(wish, bits / 8, cause);
    if (err == SEAL_OK) {
        err = add_by_purpose(job, JOB_FLASH_KEY, "flash-encryption key",
                             two ? "XTS_AES_256_KEY_1" : "XTS_AES_128_KEY", &first, cause);
    }
    if (err == SEAL_OK && two) {
        err = add_by_purpose(job, JOB_FLASH_KEY_2, "second half of the flash-encryption key",
                             "XTS_AES_256_KEY_2", &second, cause);
    }
    if (err == SEAL_OK && wish->key) {
        put_bytes(first, wish->key, 32);
        if (two) {
            put_bytes(second, wish->key + 32, 32);
        }
    }
    return err;
}

static int wish_flash(struct seal_job *job, struct seal_cause *cause)
{
    if (job->profile->sealing.flash_encryption.mode == SEAL_ENCRYPTION_NONE) {
        return SEAL_OK;
    }
    return is_chip(job, "esp32")     ? wish_esp32_flash(job, cause)
           : is_chip(job, "esp32c2") ? wish_c2_flash(job, cause)
                                     : wish_xts_flash(job, cause);
}

/* --- secure boot --- */

static int wish_boot_v1(struct seal_job *job, struct seal_cause *cause)
{
    const uint8_t *given = job->profile->sealing.secure_boot.v1_key;
    if (!is_chip(job, "esp32")) {
        int err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no Secure Boot v1", job->chip->title);
        seal_hint(cause, "say version 2");
        return err;
    }
    struct job_slot *slot = add(job, JOB_BOOT_KEY, "key of the bootloader digest");
    slot->secret = slot->reversed = true;
    place_fixed(job, slot, "BLOCK2");
    if (given && slot->count == SEAL_EFUSE_WORDS) {
        put_bytes(slot, given, 32);
    }
    return given && slot->count != SEAL_EFUSE_WORDS
               ? seal_fail(cause, SEAL_ERR_KEY, "this chip's coding scheme leaves 24 bytes for a key, not 32")
               : SEAL_OK;
}

static int wish_digest(struct seal_job *job, unsigned index, struct seal_cause *cause)
{
    const uint8_t *bytes = job->profile->sealing.secure_boot.digests[index].bytes;
    struct job_slot *slot = NULL;
    char purpose[24] = "SECURE_BOOT_DIGEST0";
    int err = SEAL_OK;
    purpose[sizeof "SECURE_BOOT_DIGEST" - 1] = (char)('0' + index);
    if (job->chip->key_blocks < 2) {
        const bool c2 = is_chip(job, "esp32c2");
        slot = add(job, JOB_DIGEST, "digest of the public key");
        place_fixed(job, slot, c2 ? "BLOCK_KEY0" : "BLOCK2");
        slot->first = c2 ? 4 : 0;
        slot->count = c2 ? 4 : slot->count;
    } else {
        err = add_by_purpose(job, JOB_DIGEST, "digest of the public key", purpose, &slot, cause);
    }
    if (err == SEAL_OK) {
        slot->index = index;
        put_bytes(slot, bytes, 4u * slot->count);
    }
    return err;
}

static int wish_boot(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_secure_boot *wish = &job->profile->sealing.secure_boot;
    const size_t most = job->chip->key_blocks < 2 ? 1 : SEAL_BOOT_DIGESTS;
    if (wish->version == 1) {
        return wish_boot_v1(job, cause);
    }
    if (wish->version == 2 && (wish->digest_count == 0 || wish->digest_count > most)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "secure boot on the %s takes 1%s, not %zu", job->chip->title,
                         most == 1 ? " digest of a public key" : " to 3 digests of public keys",
                         wish->digest_count);
    }
    int err = SEAL_OK;
    for (unsigned i = 0; wish->version == 2 && i < wish->digest_count && err == SEAL_OK; i++) {
        err = wish_digest(job, i, cause);
    }
    return err;
}

/* --- HMAC --- */

static int wish_hmac(struct seal_job *job, enum job_use use, const char *title, const char *purpose,
                     const uint8_t *given, struct seal_cause *cause)
{
    struct job_slot *slot;
    int err = add_by_purpose(job, use, title, purpose, &slot, cause);
    if (err == SEAL_OK && given) {
        put_bytes(slot, given, 32);
    }
    return err;
}

int job_wish_slots(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_sealing *wish = &job->profile->sealing;
    int err = wish_flash(job, cause);
    if (err == SEAL_OK && wish->nvs.scheme == SEAL_NVS_HMAC) {
        err = wish_hmac(job, JOB_NVS_KEY, "HMAC key of the NVS", "HMAC_UP", wish->nvs.key, cause);
    }
    if (err == SEAL_OK && wish->lockdown.jtag == SEAL_WORD_SOFT) {
        err = wish_hmac(job, JOB_JTAG_KEY, "HMAC key that re-opens JTAG", "HMAC_DOWN_JTAG",
                        wish->lockdown.jtag_key, cause);
    }
    return err == SEAL_OK ? wish_boot(job, cause) : err;
}
