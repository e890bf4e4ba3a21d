/* The list of chips, and looking things up in their tables. */
#include "tables.h"

#include <ctype.h>
#include <string.h>

const struct seal_chip *const seal_chips[] = {
    &seal_chip_esp32,
    &seal_chip_esp32c2,
    &seal_chip_esp32c3,
    &seal_chip_esp32c5,
    &seal_chip_esp32c6,
    &seal_chip_esp32c61,
    &seal_chip_esp32h2_v1_2,
    &seal_chip_esp32p4_v3_0,
    &seal_chip_esp32s2,
    &seal_chip_esp32s3,
    NULL,
};

const char *seal_tested_name(enum seal_tested tested)
{
    static const char *const names[] = {
        [SEAL_TESTED_NONE] = "no",
        [SEAL_TESTED_VECTORS] = "vectors",
        [SEAL_TESTED_SIMULATOR] = "simulator",
        [SEAL_TESTED_EMULATOR] = "emulator",
        [SEAL_TESTED_SILICON] = "silicon",
    };
    return (size_t)tested < SEAL_COUNT(names) ? names[tested] : "?";
}

const char *seal_field_category_name(enum seal_field_category category)
{
    static const char *const names[] = {
        [SEAL_FIELD_CONFIG] = "config",
        [SEAL_FIELD_SECURITY] = "security",
        [SEAL_FIELD_IDENTITY] = "identity",
        [SEAL_FIELD_MAC] = "mac",
        [SEAL_FIELD_USB] = "usb",
        [SEAL_FIELD_JTAG] = "jtag",
        [SEAL_FIELD_FLASH] = "flash",
        [SEAL_FIELD_VDD] = "vdd",
        [SEAL_FIELD_WDT] = "watchdog",
        [SEAL_FIELD_SPI_PAD] = "spi pad",
        [SEAL_FIELD_CALIBRATION] = "calibration",
        [SEAL_FIELD_OTHER] = "other",
    };
    return (size_t)category < SEAL_COUNT(names) ? names[category] : "?";
}

static bool same_name(const char *given, const char *name)
{
    for (;; given++) {
        if (*given == '-')
            continue;
        if (tolower((unsigned char)*given) != *name)
            return false;
        if (*name++ == '\0')
            return true;
    }
}

const struct seal_chip *seal_chip_find(const char *name)
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        if (same_name(name, seal_chips[i]->name))
            return seal_chips[i];
    }
    return NULL;
}

const struct seal_chip *seal_chip_by_id(uint32_t chip_id)
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        if (seal_chips[i]->security_info_chip_id >= 0 &&
            (uint32_t)seal_chips[i]->security_info_chip_id == chip_id)
            return seal_chips[i];
    }
    return NULL;
}

const struct seal_chip *seal_chip_by_image_id(uint16_t id)
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        if (seal_chips[i]->image_chip_id == id) {
            return seal_chips[i];
        }
    }
    return NULL;
}

const struct seal_chip *seal_chip_by_magic(uint32_t magic)
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        for (const uint32_t *value = seal_chips[i]->magic_values; value != NULL && *value != 0; value++) {
            if (*value == magic)
                return seal_chips[i];
        }
    }
    return NULL;
}

static uint32_t field_of(const struct seal_chip *chip, const uint32_t words[][8], const char *name,
                         unsigned *bits)
{
    const struct seal_efuse_field *field = seal_chip_field(chip, name);
    uint32_t value = 0;

    *bits = 0;
    if (field == NULL) {
        return 0;
    }
    *bits = field->bits;
    for (unsigned bit = field->bit; bit < (unsigned)field->bit + field->bits; bit++) {
        value |= (words[field->block][bit / 32] >> bit % 32 & 1) << (bit - field->bit);
    }
    return value;
}

/* One field, or a low and a high part. */
static uint32_t parts_of(const struct seal_chip *chip, const uint32_t words[][8], const char *names[static 3])
{
    unsigned bits;
    uint32_t whole = field_of(chip, words, names[0], &bits);

    if (bits == 0) {
        unsigned high_bits;
        uint32_t high = field_of(chip, words, names[2], &high_bits);
        whole = field_of(chip, words, names[1], &bits);
        whole |= high << bits;
    }
    return whole;
}

/* The ESP32 counts its revisions 0, 1, 3 and 7 with three bits, the last one outside its fuses. */
static unsigned esp32_major(const struct seal_chip *chip, const uint32_t words[][8], uint32_t outside)
{
    unsigned bits;

    if (field_of(chip, words, "CHIP_VER_REV1", &bits) == 0) {
        return 0;
    }
    if (field_of(chip, words, "CHIP_VER_REV2", &bits) == 0) {
        return 1;
    }
    return outside >> 31 ? 3 : 2;
}

unsigned seal_chip_revision(const struct seal_chip *chip, const uint32_t words[][8], uint32_t outside)
{
    static const char *major_names[] = {"WAFER_VERSION_MAJOR", "WAFER_VERSION_MAJOR_LO",
                                        "WAFER_VERSION_MAJOR_HI"};
    static const char *minor_names[] = {"WAFER_VERSION_MINOR", "WAFER_VERSION_MINOR_LO",
                                        "WAFER_VERSION_MINOR_HI"};
    uint32_t major = parts_of(chip, words, major_names), minor = parts_of(chip, words, minor_names);
    unsigned bits;

    if (chip->revision_register != 0) {
        major = esp32_major(chip, words, outside);
    }
    if (chip->first_revision_by_block_version && (minor & 7) == 0 &&
        field_of(chip, words, "BLK_VERSION_MAJOR", &bits) == 1 &&
        field_of(chip, words, "BLK_VERSION_MINOR", &bits) == 1) {
        return 0;
    }
    return major * 100 + minor;
}

const struct seal_chip *seal_chip_variant(const struct seal_chip *chip, unsigned revision)
{
    const struct seal_chip *found = chip;

    for (size_t i = 0; chip->variants != NULL && chip->variants[i] != NULL; i++) {
        if (chip->variants[i]->first_revision <= revision) {
            found = chip->variants[i];
        }
    }
    return found;
}

bool seal_chip_same(const struct seal_chip *a, const struct seal_chip *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a->name, b->name) == 0);
}

const struct seal_efuse_field *seal_chip_field(const struct seal_chip *chip, const char *name)
{
    if (chip->efuse == NULL)
        return NULL;
    for (size_t i = 0; i < chip->efuse->field_count; i++) {
        if (strcmp(chip->efuse->fields[i].name, name) == 0)
            return &chip->efuse->fields[i];
    }
    return NULL;
}

int seal_chip_block(const struct seal_chip *chip, const char *name)
{
    if (chip->efuse == NULL)
        return -1;
    if (strncmp(name, "KEY", 3) == 0 && isdigit((unsigned char)name[3]) && name[4] == '\0')
        return seal_chip_key_block(chip, (unsigned)(name[3] - '0'));
    for (size_t i = 0; i < chip->efuse->block_count; i++) {
        const struct seal_efuse_block *block = &chip->efuse->blocks[i];
        if (strcmp(block->name, name) == 0 || (block->alias != NULL && strcmp(block->alias, name) == 0))
            return (int)i;
    }
    return -1;
}

int seal_chip_key_block(const struct seal_chip *chip, unsigned key)
{
    if (chip->efuse == NULL || key >= chip->key_blocks)
        return -1;
    for (size_t i = 0; i < chip->efuse->block_count; i++) {
        if (chip->efuse->blocks[i].key == (int)key)
            return (int)i;
    }
    return -1;
}

const struct seal_key_purpose *seal_chip_purpose(const struct seal_chip *chip, const char *name)
{
    for (const struct seal_key_purpose *p = chip->purposes; p != NULL && p->name != NULL; p++) {
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

const struct seal_key_purpose *seal_chip_purpose_by_value(const struct seal_chip *chip, unsigned value)
{
    for (const struct seal_key_purpose *p = chip->purposes; p != NULL && p->name != NULL; p++) {
        if (p->value == value)
            return p;
    }
    return NULL;
}

bool seal_chip_has_ecdsa(const struct seal_chip *chip, unsigned bits)
{
    for (size_t i = 0; i < SEAL_COUNT(chip->ecdsa_curves) && chip->ecdsa_curves[i] != 0; i++) {
        if (chip->ecdsa_curves[i] == bits)
            return true;
    }
    return false;
}
