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
    &seal_chip_esp32h2,
    &seal_chip_esp32p4,
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
