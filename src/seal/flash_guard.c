#include <espseal/flash_guard.h>

#include <espseal/digest.h>
#include <espseal/image.h>

#include <stdio.h>
#include <string.h>

#define LOOKED_AT 65536u
#define CIPHER_BLOCK 16u

const char *const seal_flash_rules[] = {"FL-PLAINTEXT",
                                        "FL-NO-KEY",
                                        "FL-CIPHERTEXT",
                                        "FL-KEY-DOUBT",
                                        "FL-WRONG-CHIP",
                                        "FL-REVISION",
                                        "FL-DAMAGED",
                                        "FL-UNSIGNED",
                                        "FL-SB-V1",
                                        "FL-WRONG-KEY",
                                        NULL};

struct looking {
    const struct seal_flash_target *target;
    const struct seal_flash_piece *piece;
    const char *const *allowed;
    struct seal_cause *cause;
    bool is_image; /* image says something */
    bool v1_bootloader;
    struct seal_image image;
};

static bool allows(const struct looking *looking, const char *rule)
{
    for (const char *const *name = looking->allowed; name && *name; name++) {
        if (strcmp(*name, rule) == 0) {
            return true;
        }
    }
    return false;
}

static int SEAL_PRINTF(3, 4) refuse(const struct looking *looking, const char *rule, const char *format, ...)
{
    char why[200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, sizeof why, format, args);
    va_end(args);
    int err = seal_fail(looking->cause, SEAL_ERR_RULE, "rule %s: %s %s", rule, looking->piece->name, why);
    seal_hint(looking->cause, "nothing was written; --allow %s writes it all the same", rule);
    return err;
}

/* --- what it is --- */

static bool is_table(const struct seal_flash_piece *piece)
{
    struct seal_partition_table table;
    size_t len = piece->len < SEAL_PARTITION_TABLE_SIZE ? piece->len : SEAL_PARTITION_TABLE_SIZE;
    return seal_partition_table_decode(piece->data, len, NULL, &table, NULL) == SEAL_OK;
}

/* AES-XTS makes two equal blocks of two neighbours once in 2^128 times. */
static bool has_equal_blocks(const struct seal_flash_piece *piece)
{
    size_t len = piece->len < LOOKED_AT ? piece->len : LOOKED_AT;
    for (size_t at = CIPHER_BLOCK; at + CIPHER_BLOCK <= len; at += CIPHER_BLOCK) {
        if (memcmp(piece->data + at, piece->data + at - CIPHER_BLOCK, CIPHER_BLOCK) == 0) {
            return true;
        }
    }
    return false;
}

static bool goes_encrypted(const struct seal_partition *partition)
{
    return partition &&
           (partition->type == SEAL_PARTITION_APP || (partition->flags & SEAL_PARTITION_ENCRYPTED) != 0);
}

/* --- the rules --- */

static int check_ciphertext(const struct looking *looking)
{
    const struct seal_flash_target *target = looking->target;
    const struct seal_flash_piece *piece = looking->piece;
    if (!target->encrypted) {
        return allows(looking, "FL-CIPHERTEXT")
                   ? SEAL_OK
                   : refuse(looking, "FL-CIPHERTEXT",
                            "would be ciphertext, and flash encryption is off: the chip would read garbage");
    }
    if (!piece->key_doubt || allows(looking, "FL-KEY-DOUBT")) {
        return SEAL_OK;
    }
    return refuse(looking, "FL-KEY-DOUBT", "would be encrypted with a key that may not be this chip's: %s",
                  piece->key_doubt);
}

static int check_encryption(const struct looking *looking)
{
    const struct seal_flash_target *target = looking->target;
    const struct seal_flash_piece *piece = looking->piece;
    const bool encrypts = piece->encrypt || piece->ciphertext;
    /* A ROM that cannot encrypt says so itself. */
    const bool able = piece->ciphertext || target->chip->rom.begin_has_encrypted;
    if (encrypts && able && target->key_known && !target->has_key && !allows(looking, "FL-NO-KEY")) {
        return refuse(looking, "FL-NO-KEY",
                      "cannot be encrypted: no eFuse block of this %s holds a key for flash encryption",
                      target->chip->title);
    }
    if (piece->ciphertext) {
        return check_ciphertext(looking);
    }
    if (!target->encrypted || encrypts || allows(looking, "FL-PLAINTEXT")) {
        return SEAL_OK;
    }
    if (looking->is_image || looking->v1_bootloader || is_table(piece) ||
        (goes_encrypted(piece->partition) && has_equal_blocks(piece))) {
        int err = refuse(looking, "FL-PLAINTEXT",
                         "is plaintext, and flash encryption is on: the chip would read garbage");
        seal_hint(looking->cause, "give --encrypt, or --encrypt-with and the chip's key; --allow "
                                  "FL-PLAINTEXT writes it as it is");
        return err;
    }
    return SEAL_OK;
}

static int check_chip(const struct looking *looking)
{
    const struct seal_flash_target *target = looking->target;
    const struct seal_image *image = &looking->image;
    if (image->chip_id != target->chip->image_chip_id) {
        const struct seal_chip *other = seal_chip_by_image_id(image->chip_id);
        return allows(looking, "FL-WRONG-CHIP")
                   ? SEAL_OK
                   : refuse(looking, "FL-WRONG-CHIP", "is for %s (chip id %u), and this is an %s",
                            other ? other->title : "another chip", image->chip_id, target->chip->title);
    }
    if (target->revision < 0 || allows(looking, "FL-REVISION")) {
        return SEAL_OK;
    }
    const unsigned revision = (unsigned)target->revision;
    /* Older images tell the major number only. */
    const unsigned legacy = image->min_revision_legacy * 100u;
    const unsigned min = image->min_revision ? image->min_revision : legacy;
    if (revision < min) {
        return refuse(looking, "FL-REVISION", "needs revision v%u.%u, and this chip is v%u.%u", min / 100,
                      min % 100, revision / 100, revision % 100);
    }
    if (image->max_revision != 0 && revision > image->max_revision) {
        return refuse(looking, "FL-REVISION", "is for revisions up to v%u.%u, and this chip is v%u.%u",
                      image->max_revision / 100u, image->max_revision % 100u, revision / 100, revision % 100);
    }
    return SEAL_OK;
}

static bool is_trusted(const struct seal_flash_target *target, const struct seal_image *image)
{
    for (size_t i = 0; i < image->signature_count; i++) {
        for (size_t k = 0; k < target->key_count; k++) {
            if (image->signatures[i].crc_ok &&
                memcmp(image->signatures[i].key_digest, target->keys[k], sizeof target->keys[k]) == 0) {
                return true;
            }
        }
    }
    return false;
}

static int check_signature(const struct looking *looking)
{
    const struct seal_flash_target *target = looking->target;
    const struct seal_image *image = &looking->image;
    const bool v1 = looking->v1_bootloader ||
                    (image->signature_count > 0 && image->signatures[0].scheme == SEAL_SIGNATURE_V1);
    if (target->secure_boot_v2 && v1) {
        return allows(looking, "FL-SB-V1")
                   ? SEAL_OK
                   : refuse(looking, "FL-SB-V1",
                            "is made for Secure Boot v1, and this chip has v2 on: it would not start");
    }
    if (target->secure_boot_v2 && !seal_image_signed_v2(image)) {
        return allows(looking, "FL-UNSIGNED")
                   ? SEAL_OK
                   : refuse(looking, "FL-UNSIGNED",
                            "has no signature, and secure boot is on: this chip would not start it");
    }
    if (target->secure_boot_v2 && target->digests_known && !is_trusted(target, image) &&
        !allows(looking, "FL-WRONG-KEY")) {
        return refuse(looking, "FL-WRONG-KEY",
                      "is signed by no key that this chip trusts: secure boot would not start it");
    }
    /* A v1 bootloader is known by its digest in front of it; other files are images of their own. */
    if (target->secure_boot_v1 && !v1 && !allows(looking, "FL-UNSIGNED")) {
        return refuse(looking, "FL-UNSIGNED",
                      "has no Secure Boot v1 signature, and secure boot is on: this chip would not start it");
    }
    return SEAL_OK;
}

/* An image by its header that does not parse is a cut one, where only images can be. */
static int check_whole(const struct looking *looking)
{
    const struct seal_flash_piece *piece = looking->piece;
    const struct seal_partition *partition = piece->partition;
    const bool place = piece->offset == looking->target->chip->bootloader_offset ||
                       (partition && partition->type == SEAL_PARTITION_APP);
    if (!place || looking->is_image || !seal_image_looks_like(piece->data, piece->len) ||
        allows(looking, "FL-DAMAGED")) {
        return SEAL_OK;
    }
    return refuse(looking, "FL-DAMAGED", "is an image that is cut: it would not start");
}

int seal_flash_guard(const struct seal_flash_target *target, const struct seal_flash_piece *piece,
                     const char *const *allowed, struct seal_cause *cause)
{
    static const struct seal_image_hashes hashes = {
        .sha256 = seal_sha256_mapped, .sha384 = seal_sha384_mapped, .keys_only = true};
    struct looking looking = {.target = target, .piece = piece, .allowed = allowed, .cause = cause};
    looking.is_image = seal_image_looks_like(piece->data, piece->len) &&
                       seal_image_parse(piece->data, piece->len, &hashes, &looking.image, NULL) == SEAL_OK;
    looking.v1_bootloader = !looking.is_image && seal_image_is_v1_digest(piece->data, piece->len);
    int err = check_encryption(&looking);
    if (!err && looking.is_image) {
        err = check_chip(&looking);
    }
    if (!err && (looking.is_image || looking.v1_bootloader)) {
        err = check_signature(&looking);
    }
    return err ? err : check_whole(&looking);
}
