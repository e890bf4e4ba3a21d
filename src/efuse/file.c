/* Files of fuses: QEMU's hold the blocks' words one after the other, little-endian; espefuse's virtual chips
 * hold the controller's registers as one number: the last register first, big-endian. */
#include <espseal/buf.h>
#include <espseal/efuse.h>
#include <espseal/secret.h>

#include <string.h>

static uint32_t get_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_be32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static size_t register_at(const struct seal_efuse_controller *controller, size_t offset)
{
    return controller->register_space - 4 - offset;
}

/* A file of fuses holds them as they are burned; the registers of a chip show what they mean. */
static void decode_blocks(struct seal_efuse *efuse)
{
    for (unsigned id = 0; id < efuse->chip->efuse->block_count; id++) {
        uint32_t *words = efuse->words[id];
        enum seal_efuse_coding coding = seal_efuse_block_coding(efuse, id);
        uint8_t bytes[4 * SEAL_EFUSE_WORDS], data[4 * SEAL_EFUSE_WORDS] = {0};
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            seal_put_le32(bytes + 4 * i, words[i]);
        }
        if (coding == SEAL_CODING_THREE_QUARTER) {
            for (size_t i = 0; i < 24; i++) {
                data[i] = bytes[i / 6 * 8 + i % 6];
            }
            for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
                words[i] = seal_le32(data + 4 * i);
            }
        } else if (coding == SEAL_CODING_REPEAT) {
            memset(words + SEAL_EFUSE_WORDS / 2, 0, 4 * SEAL_EFUSE_WORDS / 2);
        }
        seal_cleanse(bytes, sizeof bytes);
        seal_cleanse(data, sizeof data);
    }
}

static void encode_block(const struct seal_efuse *efuse, unsigned id, uint8_t bytes[static 32])
{
    enum seal_efuse_coding coding = seal_efuse_block_coding(efuse, id);
    uint8_t data[4 * SEAL_EFUSE_WORDS];

    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        seal_put_le32(data + 4 * i, efuse->words[id][i]);
    }
    memcpy(bytes, data, sizeof data);
    if (coding == SEAL_CODING_THREE_QUARTER) {
        seal_efuse_three_quarter_encode(data, bytes);
    } else if (coding == SEAL_CODING_REPEAT) {
        memcpy(bytes + 16, data, 16);
    }
    seal_cleanse(data, sizeof data);
}

int seal_efuse_from_file(const struct seal_chip *chip, const uint8_t *data, size_t len,
                         struct seal_efuse *efuse, struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = chip->efuse;

    memset(efuse, 0, sizeof *efuse);
    efuse->chip = chip;
    if (controller == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the eFuses of the %s are not described yet",
                         chip->title);
    }
    if (len != controller->file_size && len != controller->register_space) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "an eFuse file of the %s has %zu bytes, or %zu of a virtual chip: not %zu",
                         chip->title, controller->file_size, controller->register_space, len);
    }
    for (size_t id = 0; id < controller->block_count; id++) {
        const struct seal_efuse_block *block = &controller->blocks[id];
        for (size_t i = 0; i < block->words; i++) {
            efuse->words[id][i] = len == controller->file_size
                                      ? seal_le32(data + block->file + 4 * i)
                                      : get_be32(data + register_at(controller, block->read + 4 * i));
        }
        efuse->loaded |= 1u << id;
    }
    efuse->chip = seal_chip_variant(chip, seal_efuse_revision(efuse));
    if (len == controller->file_size) {
        decode_blocks(efuse);
    }
    return 0;
}

void seal_efuse_to_file(const struct seal_efuse *efuse, uint8_t *data)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;

    for (unsigned id = 0; id < controller->block_count; id++) {
        uint8_t bytes[4 * SEAL_EFUSE_WORDS];
        encode_block(efuse, id, bytes);
        memcpy(data + controller->blocks[id].file, bytes, 4u * controller->blocks[id].words);
        seal_cleanse(bytes, sizeof bytes);
    }
}

/* Field by field: of the C2's key each half, of the ESP32's BLOCK0 some. */
static void hide_protected(struct seal_efuse *efuse)
{
    for (size_t i = 0; i < efuse->chip->efuse->field_count; i++) {
        const struct seal_efuse_field *field = &efuse->chip->efuse->fields[i];
        if (field->read_disable_more > 0 || seal_efuse_field_readable(efuse, field)) {
            continue; /* the parts of what several bits protect are fields too */
        }
        for (unsigned bit = field->bit; bit < (unsigned)field->bit + field->bits; bit++) {
            efuse->words[field->block][bit / 32] &= ~(1u << bit % 32);
        }
    }
}

void seal_efuse_to_registers(const struct seal_efuse *efuse, uint8_t *data)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;
    struct seal_efuse shown = *efuse;

    hide_protected(&shown);
    for (size_t id = 0; id < controller->block_count; id++) {
        for (size_t i = 0; i < controller->blocks[id].words; i++) {
            put_be32(data + register_at(controller, controller->blocks[id].read + 4 * i), shown.words[id][i]);
        }
    }
    seal_cleanse(&shown, sizeof shown);
}
