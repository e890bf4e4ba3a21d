/* Files of fuses: QEMU's hold the blocks' words one after the other, espefuse's virtual chips hold the
 * controller's registers. Little-endian. */
#include <espseal/buf.h>
#include <espseal/efuse.h>

#include <string.h>

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
        const uint8_t *at = data + (len == controller->file_size ? block->file : block->read);
        for (size_t i = 0; i < block->words; i++) {
            efuse->words[id][i] = seal_le32(at + 4 * i);
        }
        efuse->loaded |= 1u << id;
    }
    efuse->chip = seal_chip_variant(chip, seal_efuse_revision(efuse));
    return 0;
}

void seal_efuse_to_file(const struct seal_efuse *efuse, uint8_t *data)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;

    memset(data, 0, controller->file_size);
    for (size_t id = 0; id < controller->block_count; id++) {
        for (size_t i = 0; i < controller->blocks[id].words; i++) {
            seal_put_le32(data + controller->blocks[id].file + 4 * i, efuse->words[id][i]);
        }
    }
}

void seal_efuse_to_registers(const struct seal_efuse *efuse, uint8_t *data)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;

    for (size_t id = 0; id < controller->block_count; id++) {
        for (size_t i = 0; i < controller->blocks[id].words; i++) {
            seal_put_le32(data + controller->blocks[id].read + 4 * i, efuse->words[id][i]);
        }
    }
}
