/* The eFuse file of Espressif's QEMU: the blocks' words, one after the other, little-endian. */
#include <espseal/buf.h>
#include <espseal/efuse.h>

#include <string.h>

int seal_efuse_from_file(const struct seal_chip *chip, const uint8_t *data, size_t len,
                         struct seal_efuse *efuse, struct seal_cause *cause)
{
    memset(efuse, 0, sizeof *efuse);
    efuse->chip = chip;
    if (chip->efuse == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the eFuses of the %s are not described yet",
                         chip->title);
    }
    if (len != chip->efuse->file_size) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "an eFuse file of the %s has %zu bytes, not %zu",
                         chip->title, chip->efuse->file_size, len);
    }
    for (size_t id = 0; id < chip->efuse->block_count; id++) {
        const struct seal_efuse_block *block = &chip->efuse->blocks[id];
        for (size_t i = 0; i < block->words; i++)
            efuse->words[id][i] = seal_le32(data + block->file + 4 * i);
        efuse->loaded |= 1u << id;
    }
    return 0;
}

void seal_efuse_to_file(const struct seal_efuse *efuse, uint8_t *data)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;

    memset(data, 0, controller->file_size);
    for (size_t id = 0; id < controller->block_count; id++) {
        for (size_t i = 0; i < controller->blocks[id].words; i++)
            seal_put_le32(data + controller->blocks[id].file + 4 * i, efuse->words[id][i]);
    }
}
