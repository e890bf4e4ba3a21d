/* Fields in a snapshot: values, and what the protection bits allow. */
#include <espseal/efuse.h>

#include <espseal/buf.h>

#include <stdio.h>
#include <string.h>

static bool bit_at(const struct seal_efuse *efuse, unsigned block, unsigned bit)
{
    return efuse->words[block][bit / 32] >> bit % 32 & 1;
}

uint32_t seal_efuse_get(const struct seal_efuse *efuse, const struct seal_efuse_field *field)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < field->bits && i < 32; i++)
        value |= (uint32_t)bit_at(efuse, field->block, field->bit + i) << i;
    return value;
}

void seal_efuse_get_bytes(const struct seal_efuse *efuse, const struct seal_efuse_field *field,
                          uint8_t *bytes)
{
    memset(bytes, 0, (field->bits + 7u) / 8);
    for (unsigned i = 0; i < field->bits; i++) {
        if (bit_at(efuse, field->block, field->bit + i))
            bytes[i / 8] = (uint8_t)(bytes[i / 8] | 1u << i % 8);
    }
}

uint32_t seal_efuse_get_named(const struct seal_efuse *efuse, const char *field)
{
    const struct seal_efuse_field *found = seal_chip_field(efuse->chip, field);
    return found == NULL ? 0 : seal_efuse_get(efuse, found);
}

/* True when more + 1 bits of the protection field, from bit, are 0; -1 stands for "cannot be protected". */
static bool open_bits(const struct seal_efuse *efuse, const char *protection, int bit, unsigned more)
{
    uint32_t mask = (2u << more) - 1;
    return bit < 0 || (seal_efuse_get_named(efuse, protection) >> bit & mask) == 0;
}

bool seal_efuse_field_readable(const struct seal_efuse *efuse, const struct seal_efuse_field *field)
{
    return open_bits(efuse, "RD_DIS", field->read_disable, field->read_disable_more);
}

bool seal_efuse_field_writable(const struct seal_efuse *efuse, const struct seal_efuse_field *field)
{
    return open_bits(efuse, "WR_DIS", field->write_disable, 0);
}

bool seal_efuse_block_readable(const struct seal_efuse *efuse, unsigned block)
{
    const struct seal_efuse_block *b = &efuse->chip->efuse->blocks[block];
    return open_bits(efuse, "RD_DIS", b->read_disable, b->read_disable_more);
}

bool seal_efuse_block_writable(const struct seal_efuse *efuse, unsigned block)
{
    return open_bits(efuse, "WR_DIS", efuse->chip->efuse->blocks[block].write_disable, 0);
}

bool seal_efuse_block_blank(const struct seal_efuse *efuse, unsigned block)
{
    return seal_is_filled(efuse->words[block], sizeof efuse->words[block], 0);
}

static const struct seal_efuse_field *purpose_field(const struct seal_chip *chip, unsigned key,
                                                    const char *suffix)
{
    char name[24];
    snprintf(name, sizeof name, "KEY_PURPOSE_%u%s", key, suffix);
    return seal_chip_field(chip, name);
}

unsigned seal_efuse_key_purpose(const struct seal_efuse *efuse, unsigned key)
{
    const struct seal_efuse_field *low = purpose_field(efuse->chip, key, "");
    const struct seal_efuse_field *high = purpose_field(efuse->chip, key, "_H");

    if (low == NULL) {
        return SEAL_PURPOSE_USER;
    }
    return seal_efuse_get(efuse, low) | (high == NULL ? 0 : seal_efuse_get(efuse, high) << low->bits);
}

bool seal_efuse_key_purpose_writable(const struct seal_efuse *efuse, unsigned key)
{
    const struct seal_efuse_field *field = purpose_field(efuse->chip, key, "");
    return field != NULL && seal_efuse_field_writable(efuse, field);
}

void seal_efuse_mac(const struct seal_efuse *efuse, uint8_t mac[static 6])
{
    const struct seal_efuse_field *field = seal_chip_field(efuse->chip, "MAC");
    uint8_t bytes[6] = {0};

    if (field != NULL && field->bits == 48)
        seal_efuse_get_bytes(efuse, field, bytes);
    for (size_t i = 0; i < 6; i++)
        mac[i] = bytes[5 - i];
}

unsigned seal_efuse_revision(const struct seal_efuse *efuse)
{
    return seal_chip_revision(efuse->chip, efuse->words, efuse->revision_bits);
}

enum seal_efuse_coding seal_efuse_block_coding(const struct seal_efuse *efuse, unsigned block)
{
    static const enum seal_efuse_coding schemes[] = {SEAL_CODING_NONE, SEAL_CODING_THREE_QUARTER,
                                                     SEAL_CODING_REPEAT, SEAL_CODING_NONE};
    enum seal_efuse_coding coding = efuse->chip->efuse->blocks[block].coding;

    if (coding != SEAL_CODING_BY_SCHEME) {
        return coding;
    }
    return schemes[seal_efuse_get_named(efuse, "CODING_SCHEME") & 3];
}

unsigned seal_efuse_block_words(const struct seal_efuse *efuse, unsigned block)
{
    switch (seal_efuse_block_coding(efuse, block)) {
    case SEAL_CODING_THREE_QUARTER:
        return 6;
    case SEAL_CODING_REPEAT:
        return 4;
    default:
        return efuse->chip->efuse->blocks[block].words;
    }
}
