/* The order in which the bits of one block are burned. */
#include "burner.h"

#include <string.h>

static void field_mask(const struct burner *burner, const char *name, uint32_t *mask)
{
    const struct seal_efuse_field *field = seal_chip_field(burner->chip, name);

    memset(mask, 0, SEAL_EFUSE_WORDS * sizeof *mask);
    if (field == NULL || field->block != burner->block)
        return;
    for (unsigned bit = field->bit; bit < (unsigned)field->bit + field->bits; bit++)
        mask[bit / 32] |= 1u << bit % 32;
}

/* Switches that brick the chip when what they need is not there: burned after the rest was verified. */
static const char *const switches[] = {"SPI_BOOT_CRYPT_CNT", "FLASH_CRYPT_CNT", "SECURE_BOOT_EN",
                                       "ABS_DONE_0",         "ABS_DONE_1",      NULL};
/* Behind these nothing may be readable any more, from the very read command on (measured on the ROMs of the
 * ESP32-C3 and ESP32-S3): burned last of all. */
static const char *const doors[] = {"ENABLE_SECURITY_DOWNLOAD", "DIS_DOWNLOAD_MODE", "UART_DOWNLOAD_DIS",
                                    NULL};

static void fields_mask(const struct burner *burner, const char *const *names, uint32_t *mask)
{
    uint32_t one[SEAL_EFUSE_WORDS];

    memset(mask, 0, SEAL_EFUSE_WORDS * sizeof *mask);
    for (; *names != NULL; names++) {
        field_mask(burner, *names, one);
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            mask[i] |= one[i];
        }
    }
}

/* Bits of WR_DIS that would lock a door which is to be burned: they go with it, in one pulse. */
static void move_locks_of_doors(const struct burner *burner, uint32_t phases[BURN_PHASES][SEAL_EFUSE_WORDS])
{
    const struct seal_efuse_field *locks = seal_chip_field(burner->chip, "WR_DIS");

    for (size_t i = 0; doors[i] != NULL; i++) {
        const struct seal_efuse_field *door = seal_chip_field(burner->chip, doors[i]);
        if (door == NULL || door->write_disable < 0 || locks == NULL || door->block != burner->block ||
            (phases[BURN_DOORS][door->bit / 32] >> door->bit % 32 & 1) == 0) {
            continue;
        }
        unsigned lock = locks->bit + (unsigned)door->write_disable;
        uint32_t bit = phases[BURN_WRITE_PROTECT][lock / 32] & 1u << lock % 32;
        phases[BURN_WRITE_PROTECT][lock / 32] &= ~bit;
        phases[BURN_DOORS][lock / 32] |= bit;
    }
}

void burner_split(const struct burner *burner, const uint32_t *wanted,
                  uint32_t phases[BURN_PHASES][SEAL_EFUSE_WORDS])
{
    static const char *const read[] = {"RD_DIS", NULL}, *const write[] = {"WR_DIS", NULL};
    const char *const *const names[BURN_PHASES] = {NULL, switches, read, write, doors};
    uint32_t mask[SEAL_EFUSE_WORDS];

    memcpy(phases[BURN_FIELDS], wanted, sizeof phases[BURN_FIELDS]);
    for (size_t phase = 1; phase < BURN_PHASES; phase++) {
        fields_mask(burner, names[phase], mask);
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            /* what is there already is no part of a phase: it cannot be its door */
            phases[phase][i] = wanted[i] & mask[i] & ~burner->efuse->words[burner->block][i];
            phases[BURN_FIELDS][i] &= ~mask[i];
        }
    }
    move_locks_of_doors(burner, phases);
}
