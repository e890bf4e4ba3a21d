/* Collecting bits to burn: fields, keys, protections. */
#include <espseal/buf.h>
#include <espseal/efuse.h>

#include <stdio.h>

static void set_bit(struct seal_burn *burn, unsigned block, unsigned bit)
{
    burn->words[block][bit / 32] |= 1u << bit % 32;
}

int seal_burn_field(const struct seal_chip *chip, struct seal_burn *burn, const char *field, uint32_t value,
                    struct seal_cause *cause)
{
    const struct seal_efuse_field *found = seal_chip_field(chip, field);

    if (found == NULL)
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no eFuse field %s", chip->title, field);
    if (found->bits < 32 && value >> found->bits != 0) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%s has %u bits: 0x%x does not fit", field,
                         (unsigned)found->bits, (unsigned)value);
    }
    for (unsigned i = 0; i < found->bits && i < 32; i++) {
        if (value >> i & 1)
            set_bit(burn, found->block, found->bit + i);
    }
    return 0;
}

int seal_burn_purpose(const struct seal_chip *chip, struct seal_burn *burn, unsigned key, unsigned purpose,
                      struct seal_cause *cause)
{
    const struct seal_efuse_field *low;
    char name[24];
    int err;

    snprintf(name, sizeof name, "KEY_PURPOSE_%u", key);
    low = seal_chip_field(chip, name);
    if (low == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no eFuse field %s", chip->title, name);
    }
    if (low->bits < 32 && purpose >> low->bits == 0) {
        return seal_burn_field(chip, burn, name, purpose, cause);
    }
    err = seal_burn_field(chip, burn, name, purpose & ((1u << low->bits) - 1), cause);
    if (err == 0) {
        snprintf(name, sizeof name, "KEY_PURPOSE_%u_H", key);
        err = seal_burn_field(chip, burn, name, purpose >> low->bits, cause);
    }
    return err;
}

void seal_burn_key(const struct seal_chip *chip, struct seal_burn *burn, unsigned key,
                   const uint8_t bytes[static 32])
{
    int block = seal_chip_key_block(chip, key);

    if (block < 0)
        return;
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++)
        burn->words[block][i] |= seal_le32(bytes + 4 * i);
    burn->secret[block] = true;
}

static void protect(const struct seal_chip *chip, struct seal_burn *burn, const char *protection, int bit,
                    unsigned more)
{
    const struct seal_efuse_field *field = seal_chip_field(chip, protection);
    for (unsigned i = 0; field != NULL && bit >= 0 && i <= more; i++) {
        set_bit(burn, field->block, field->bit + (unsigned)bit + i);
    }
}

void seal_burn_protect(const struct seal_chip *chip, struct seal_burn *burn, unsigned key, bool read,
                       bool write, bool purpose)
{
    const struct seal_efuse_field *field;
    int block = seal_chip_key_block(chip, key);
    char name[24];

    if (block < 0)
        return;
    if (read) {
        protect(chip, burn, "RD_DIS", chip->efuse->blocks[block].read_disable,
                chip->efuse->blocks[block].read_disable_more);
    }
    if (write) {
        protect(chip, burn, "WR_DIS", chip->efuse->blocks[block].write_disable, 0);
    }
    snprintf(name, sizeof name, "KEY_PURPOSE_%u", key);
    field = seal_chip_field(chip, name);
    if (purpose && field != NULL)
        protect(chip, burn, "WR_DIS", field->write_disable, 0);
}
