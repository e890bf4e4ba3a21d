#include "provision.h"

#include <espseal/file.h>
#include <espseal/image.h>
#include <espseal/lockdown.h>
#include <espseal/partition_table.h>
#include <espseal/secure_boot.h>

#include <stdio.h>
#include <string.h>

enum { LARGEST_NVS = 16 << 20 };
enum { SECRET_V1, SECRET_ENCRYPTION, SECRET_NVS, SECRET_JTAG };

/* --- the line --- */

int provision_blame(const struct provision *p, const char *option, size_t index, int err,
                    struct seal_cause *cause)
{
    const struct seal_profile_value *value =
        err != SEAL_OK && p->file ? profile_value_of(p->file, option, index) : NULL;
    if (value && (value->line || strcmp(value->origin, "--set") == 0)) {
        profile_blame(p->file, value, err, cause);
    }
    return err;
}

/* A word that is not said itself is blamed on the object that it belongs to. */
static const struct seal_profile_value *find_word(const struct seal_profile_file *file, const char *pattern,
                                                  size_t index)
{
    const struct seal_profile_value *value, *best = NULL;
    size_t best_len = 0;
    for (size_t i = 0; (value = seal_profile_file_at(file, i)); i++) {
        size_t len = strlen(value->word->pattern);
        bool above =
            strncmp(pattern, value->word->pattern, len) == 0 && (!pattern[len] || pattern[len] == '.');
        if (above && (len > best_len || (len == best_len && !pattern[len] && index > 0 && index--))) {
            best = value;
            best_len = len;
        }
    }
    return best;
}

int provision_blame_word(const struct provision *p, int err, struct seal_cause *cause)
{
    const struct seal_profile_value *value = err != SEAL_OK && p->file && cause && cause->word
                                                 ? find_word(p->file, cause->word, cause->word_index)
                                                 : NULL;
    if (value && value->line) {
        seal_profile_file_blame(p->file, value, cause);
    }
    return err;
}

static int blame(const struct provision *p, const struct seal_profile_value *value, int err,
                 struct seal_cause *cause)
{
    return err == SEAL_OK ? err : profile_blame(p->file, value, err, cause);
}

/* --- files --- */

/* A key of one of these lengths; "generate" is no key. */
static int read_secret(struct cli_run *run, struct provision *p, const char *word, const size_t *lengths,
                       struct seal_buf **out, struct seal_cause *cause)
{
    char path[PROFILE_FILE_NAME];
    const struct seal_profile_value *value = seal_profile_file_get(p->file, word);
    if (!value || strcmp(value->text, "generate") == 0) {
        return SEAL_OK;
    }
    int err = profile_path(p->file, value, path, cause);
    if (err == SEAL_OK) {
        err = blame(p, value, cli_read_secret(run, path, 4096, out, cause), cause);
    }
    bool fits = false;
    for (size_t i = 0; err == SEAL_OK && lengths[i]; i++) {
        fits = fits || seal_buf_len(*out) == lengths[i];
    }
    if (err == SEAL_OK && !fits) {
        err = seal_profile_file_fail(p->file, value, SEAL_ERR_KEY, cause, "%s holds %zu bytes", path,
                                     seal_buf_len(*out));
        seal_hint(cause, "a key has %zu bytes here, raw and nothing else", lengths[0]);
    }
    return err;
}

static const uint8_t *secret(const struct provision *p, unsigned which)
{
    return p->secrets[which] ? seal_buf_ptr(p->secrets[which]) : NULL;
}

static int read_digest_file(const struct provision *p, const struct seal_profile_value *value,
                            const char *path, uint8_t digest[static 32], struct seal_cause *cause)
{
    struct seal_buf *bytes = NULL;
    const struct seal_chip *chip = seal_profile_chip(p->file);
    int err = blame(p, value, seal_file_read(path, 4096, 0, &bytes, cause), cause);
    size_t len = err == SEAL_OK ? seal_buf_len(bytes) : 0;
    if (err == SEAL_OK && len != 32 && len != chip->secure_boot.digest_len) {
        err =
            seal_profile_file_fail(p->file, value, SEAL_ERR_FORMAT, cause, "%s is no digest of a key", path);
        seal_hint(cause, "espseal secure-boot digest makes one from a key");
    } else if (err == SEAL_OK) {
        memcpy(digest, seal_buf_ptr(bytes), len);
    }
    seal_buf_free(&bytes);
    return err;
}

static int digest_of_key(struct cli_run *run, struct provision *p, const struct seal_profile_value *value,
                         const char *path, uint8_t digest[static 32], struct seal_cause *cause)
{
    struct seal_public key;
    bool flagged = false;
    for (size_t i = 0; profile_value_of(p->file, "allow", i); i++) {
        flagged = flagged || strcmp(profile_value_of(p->file, "allow", i)->text, SEAL_RULE_BOOT_SCHEME) == 0;
    }
    int err = cli_read_public(run, path, NULL, &key, cause);
    if (err == SEAL_OK) {
        err = seal_boot_scheme_check(seal_profile_chip(p->file), key.scheme, flagged, cause);
    }
    if (err == SEAL_OK) {
        err = seal_public_digest(&key, digest);
        p->profile.sealing.secure_boot.sha384 |= key.scheme == SEAL_SIGN_ECDSA384;
    }
    return blame(p, value, err, cause);
}

static int read_digest(struct cli_run *run, struct provision *p, size_t index, struct seal_cause *cause)
{
    struct seal_wish_secure_boot *wish = &p->profile.sealing.secure_boot;
    char word[64], path[PROFILE_FILE_NAME];
    (void)snprintf(word, sizeof word, "secure_boot.digests[%zu].key", index);
    const struct seal_profile_value *key = seal_profile_file_get(p->file, word);
    (void)snprintf(word, sizeof word, "secure_boot.digests[%zu].file", index);
    const struct seal_profile_value *value = key ? key : seal_profile_file_get(p->file, word);
    int err = profile_path(p->file, value, path, cause);
    if (err != SEAL_OK) {
        return err;
    }
    wish->digests[index].name = value->text;
    err = key ? digest_of_key(run, p, value, path, wish->digests[index].bytes, cause)
              : read_digest_file(p, value, path, wish->digests[index].bytes, cause);
    for (size_t i = 0; err == SEAL_OK && i < index; i++) {
        if (memcmp(wish->digests[i].bytes, wish->digests[index].bytes, 32) == 0) {
            err = seal_profile_file_fail(p->file, value, SEAL_ERR_MISMATCH, cause,
                                         "this is the key of secure_boot.digests[%zu] already", i);
            seal_hint(cause, "name each key once");
        }
    }
    return err;
}

static int read_secure_boot(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    static const size_t lengths[] = {32, 0};
    struct seal_wish_secure_boot *wish = &p->profile.sealing.secure_boot;
    const char *version = seal_profile_file_text(p->file, "secure_boot.version");
    wish->version = version ? (uint8_t)(version[0] - '0') : 0;
    wish->digest_count = seal_profile_file_count(p->file, "secure_boot.digests");
    wish->revoke_unused = seal_profile_file_true(p->file, "secure_boot.revoke_unused");
    wish->aggressive_revoke = seal_profile_file_true(p->file, "secure_boot.aggressive_revoke");
    wish->sha384 = seal_profile_file_true(p->file, "secure_boot.sha384");
    wish->allow_unsigned_firmware = seal_profile_file_true(p->file, "secure_boot.allow_unsigned_firmware");
    int err = read_secret(run, p, "secure_boot.v1_key", lengths, &p->secrets[SECRET_V1], cause);
    wish->v1_key = secret(p, SECRET_V1);
    for (size_t i = 0; i < wish->digest_count && err == SEAL_OK; i++) {
        err = read_digest(run, p, i, cause);
    }
    return err;
}

static int read_encryption(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    static const size_t any[] = {32, 64, 16, 0}, of_128[] = {16, 0}, of_256[] = {32, 0}, of_512[] = {64, 0};
    struct seal_wish_flash_encryption *wish = &p->profile.sealing.flash_encryption;
    const struct seal_profile_value *size = seal_profile_file_get(p->file, "flash_encryption.size");
    const struct seal_profile_value *escrow = seal_profile_file_get(p->file, "flash_encryption.escrow_to");
    char path[PROFILE_FILE_NAME];
    wish->mode = seal_profile_says(p->file, "flash_encryption.mode", "release") ? SEAL_ENCRYPTION_RELEASE
                 : seal_profile_asks(p->file, "flash_encryption.mode")          ? SEAL_ENCRYPTION_DEVELOPMENT
                                                                                : SEAL_ENCRYPTION_NONE;
    wish->key_bits = size ? (uint16_t)size->number : 0;
    const size_t *lengths = wish->key_bits == 128   ? of_128
                            : wish->key_bits == 256 ? of_256
                            : wish->key_bits == 512 ? of_512
                                                    : any;
    int err = read_secret(run, p, "flash_encryption.key", lengths, &p->secrets[SECRET_ENCRYPTION], cause);
    wish->key = secret(p, SECRET_ENCRYPTION);
    wish->key_len = wish->key ? seal_buf_len(p->secrets[SECRET_ENCRYPTION]) : 0;
    if (wish->key && !wish->key_bits) {
        wish->key_bits = (uint16_t)(8 * wish->key_len);
    }
    if (err == SEAL_OK && escrow) {
        err = profile_path(p->file, escrow, path, cause);
        err = err == SEAL_OK ? blame(p, escrow, cli_read_cert(run, path, &p->escrow, cause), cause) : err;
    }
    wish->escrow_to = p->escrow;
    return err;
}

static int read_nvs(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    static const size_t of_hmac[] = {32, 0}, of_partition[] = {64, 0};
    struct seal_wish_nvs *wish = &p->profile.sealing.nvs;
    const struct seal_profile_value *block = seal_profile_file_get(p->file, "nvs_encryption.efuse_key");
    const struct seal_profile_value *data = seal_profile_file_get(p->file, "nvs_encryption.data");
    char path[PROFILE_FILE_NAME];
    bool hmac = seal_profile_says(p->file, "nvs_encryption.scheme", "hmac");
    wish->scheme = hmac                                                  ? SEAL_NVS_HMAC
                   : seal_profile_asks(p->file, "nvs_encryption.scheme") ? SEAL_NVS_KEYS_PARTITION
                                                                         : SEAL_NVS_PLAIN;
    wish->efuse_key = block && strcmp(block->text, "auto") != 0 ? (int)block->number : SEAL_AUTO;
    int err = read_secret(run, p, "nvs_encryption.key", hmac ? of_hmac : of_partition,
                          &p->secrets[SECRET_NVS], cause);
    wish->key = secret(p, SECRET_NVS);
    if (err == SEAL_OK && data) {
        err = profile_path(p->file, data, path, cause);
        err = err == SEAL_OK ? blame(p, data, seal_map_open(path, LARGEST_NVS, &p->nvs_data, cause), cause)
                             : err;
    }
    if (p->nvs_data) {
        wish->data = seal_map_ptr(p->nvs_data);
        wish->data_len = seal_map_len(p->nvs_data);
    }
    return err;
}

static int read_lockdown(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    static const size_t lengths[] = {32, 0};
    struct seal_wish_lockdown *wish = &p->profile.sealing.lockdown;
    int err = read_secret(run, p, "lockdown.jtag_key", lengths, &p->secrets[SECRET_JTAG], cause);
    wish->jtag_key = secret(p, SECRET_JTAG);
    for (enum seal_word word = 0; word < SEAL_WORDS && err == SEAL_OK; word++) {
        const char *path = seal_lockdown_words[word].path;
        enum seal_word_value value;
        const char *text = seal_profile_file_text(p->file, path);
        err = text ? seal_word_value_parse(word, text, &value, cause) : SEAL_OK;
        if (text && err == SEAL_OK) {
            seal_lockdown_set(wish, word, value);
        }
    }
    return err;
}

/* --- the whole --- */

int provision_read_profile(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *path = cli_text(run, "profile");
    if (!path && !cli_flag(run, "set")) {
        return SEAL_OK;
    }
    int err = profile_read(run, path, &p->file, cause);
    if (err == SEAL_OK) {
        err = seal_profile_check(p->file, cause);
    }
    if (err == SEAL_OK) {
        err = profile_give(run, p->file, cause);
    }
    p->profile.no_identity = err == SEAL_OK && !seal_profile_file_get(p->file, "identity");
    return err;
}

int provision_read_sealing(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    static int (*const readers[])(struct cli_run *, struct provision *, struct seal_cause *) = {
        read_secure_boot, read_encryption, read_nvs, read_lockdown};
    const struct seal_profile_value *version =
        p->file ? seal_profile_file_get(p->file, "anti_rollback.secure_version") : NULL;
    int err = SEAL_OK;
    if (version) {
        p->profile.sealing.anti_rollback =
            (struct seal_wish_anti_rollback){.asked = true, .secure_version = (uint8_t)version->number};
    }
    for (size_t i = 0; p->file && i < sizeof readers / sizeof readers[0] && err == SEAL_OK; i++) {
        err = readers[i](run, p, cause);
    }
    return err;
}

/* --- images --- */

static int check_overlap(const struct provision *p, size_t index, struct seal_cause *cause)
{
    const struct seal_firmware *image = &p->images[index];
    for (size_t i = 0; i < index; i++) {
        const struct seal_firmware *other = &p->images[i];
        bool apart = image->offset + (uint64_t)image->len <= other->offset ||
                     other->offset + (uint64_t)other->len <= image->offset;
        if (!apart) {
            return seal_profile_file_fail(p->file, profile_value_of(p->file, "firmware", index),
                                          SEAL_ERR_FORMAT, cause, "%s (0x%x to 0x%zx) overlaps %s at 0x%x",
                                          image->name, (unsigned)image->offset, image->offset + image->len,
                                          other->name, (unsigned)other->offset);
        }
    }
    return SEAL_OK;
}

static int check_signatures(const struct provision *p, size_t index, struct seal_cause *cause)
{
    const struct seal_wish_secure_boot *wish = &p->profile.sealing.secure_boot;
    const struct seal_firmware *image = &p->images[index];
    uint8_t digests[SEAL_BOOT_DIGESTS][32];
    struct seal_boot_trust trust;
    struct seal_boot_verdict verdict = {0};
    if (wish->version != 2 || wish->allow_unsigned_firmware) {
        return SEAL_OK;
    }
    for (size_t i = 0; i < wish->digest_count; i++) {
        memcpy(digests[i], wish->digests[i].bytes, sizeof digests[i]);
    }
    seal_boot_trust_from_digests(seal_profile_chip(p->file), digests[0], wish->digest_count, &trust);
    struct seal_cause cut = {0};
    int err = seal_boot_verify_image(image->data, image->len, &trust, &verdict, &cut);
    seal_map_forget(p->image_data[index], image->len);
    if (err == SEAL_ERR_FORMAT || (err == SEAL_OK && !verdict.accepted)) {
        err = seal_profile_file_fail(p->file, profile_value_of(p->file, "firmware", index), SEAL_ERR_MISMATCH,
                                     cause, "%s would not start: %s", image->name,
                                     err == SEAL_OK ? verdict.problem : cut.text);
        seal_hint(cause, "sign it with a key of secure_boot.digests: espseal secure-boot sign");
    } else if (err != SEAL_OK && cause) {
        *cause = cut;
    }
    return err;
}

/* A partition table where neither the bootloader nor espseal will look for it. */
static int check_table(const struct provision *p, size_t index, struct seal_cause *cause)
{
    const struct seal_firmware *file = &p->images[index];
    const struct seal_profile_value *word = seal_profile_file_get(p->file, "table_offset");
    const uint32_t at = word ? (uint32_t)word->number : SEAL_PARTITION_TABLE_OFFSET;
    const size_t len = file->len < SEAL_PARTITION_TABLE_SIZE ? file->len : SEAL_PARTITION_TABLE_SIZE;
    struct seal_partition_table table;
    if (file->offset == at ||
        seal_partition_table_decode(file->data, len, seal_md5, &table, NULL) != SEAL_OK) {
        return SEAL_OK;
    }
    int err = seal_profile_file_fail(p->file, profile_value_of(p->file, "firmware", index), SEAL_ERR_MISMATCH,
                                     cause, "%s is a partition table, and it is looked for at 0x%x",
                                     file->name, at);
    seal_hint(cause, "if the bootloader was built for 0x%x, add \"table_offset\": \"0x%x\"", file->offset,
              file->offset);
    return err;
}

static int check_image(const struct provision *p, size_t index, struct seal_cause *cause)
{
    const struct seal_firmware *file = &p->images[index];
    const struct seal_chip *chip = seal_profile_chip(p->file);
    struct seal_image image;
    int err = check_overlap(p, index, cause);
    bool is_image = seal_image_looks_like(file->data, file->len) &&
                    seal_image_parse(file->data, file->len, NULL, &image, NULL) == SEAL_OK;
    if (err != SEAL_OK || !is_image) {
        return err == SEAL_OK ? check_table(p, index, cause) : err;
    }
    if (image.chip_id != chip->image_chip_id) {
        const struct seal_chip *other = seal_chip_by_image_id(image.chip_id);
        err = seal_profile_file_fail(p->file, profile_value_of(p->file, "firmware", index), SEAL_ERR_MISMATCH,
                                     cause, "%s is an image for %s, not for the %s", file->name,
                                     other ? other->title : "another chip", chip->title);
        seal_hint(cause, "build it for %s, or correct \"chip\"", chip->name);
        return err;
    }
    return check_signatures(p, index, cause);
}

int provision_check_images(const struct provision *p, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; i < p->profile.firmware_count && err == SEAL_OK; i++) {
        err = check_image(p, i, cause);
    }
    return err;
}
