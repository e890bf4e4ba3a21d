/* Reading the eFuse blocks of a chip, many registers in flight. */
#include <espseal/efuse.h>
#include <espseal/secret.h>

/* Blocks of 8 words, both error registers of each, and the revision's register. */
#define MAX_READS (SEAL_EFUSE_BLOCKS * (SEAL_EFUSE_WORDS + 2) + 1)

static size_t add_address(uint32_t *addresses, size_t count, uint32_t address)
{
    for (size_t i = 0; i < count; i++) {
        if (addresses[i] == address)
            return count;
    }
    addresses[count] = address;
    return count + 1;
}

static uint32_t value_at(const uint32_t *addresses, const uint32_t *values, size_t count, uint32_t address)
{
    for (size_t i = 0; i < count; i++) {
        if (addresses[i] == address)
            return values[i];
    }
    return 0;
}

static void take_block(struct seal_efuse *efuse, size_t id, const uint32_t *addresses, const uint32_t *values,
                       size_t count)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;
    const struct seal_efuse_block *block = &controller->blocks[id];
    uint32_t counts = value_at(addresses, values, count, controller->base + block->error_count_register);
    uint32_t fails = value_at(addresses, values, count, controller->base + block->error_fail_register);

    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        efuse->words[id][i] = i < block->words ? value_at(addresses, values, count,
                                                          controller->base + block->read + 4 * (uint32_t)i)
                                               : 0;
    }
    bool counted = block->error_count_register != 0 && block->error_count_shift >= 0;
    if (block->coding == SEAL_CODING_BY_SCHEME) {
        efuse->errors[id] = (uint8_t)__builtin_popcount(counts >> block->error_count_shift & 15);
    } else {
        efuse->errors[id] = (uint8_t)(counted ? counts >> block->error_count_shift & 7 : 0);
    }
    efuse->error_fail[id] =
        block->error_fail_register != 0 && block->error_fail_bit >= 0 && fails >> block->error_fail_bit & 1;
    efuse->loaded |= 1u << id;
}

static size_t block_addresses(const struct seal_efuse_controller *controller, uint32_t mask,
                              uint32_t *addresses)
{
    size_t count = 0;
    for (size_t id = 0; id < controller->block_count; id++) {
        const struct seal_efuse_block *block = &controller->blocks[id];
        if ((mask >> id & 1) == 0)
            continue;
        for (uint32_t i = 0; i < block->words; i++)
            addresses[count++] = controller->base + block->read + 4 * i;
        if (block->error_count_register != 0)
            count = add_address(addresses, count, controller->base + block->error_count_register);
        if (block->error_fail_register != 0)
            count = add_address(addresses, count, controller->base + block->error_fail_register);
    }
    return count;
}

int seal_efuse_read(struct seal_loader *loader, uint32_t mask, struct seal_efuse *efuse,
                    struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;
    uint32_t addresses[MAX_READS], values[MAX_READS] = {0};
    size_t count;
    int err;

    if (controller == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the eFuses of the %s are not described yet",
                         efuse->chip->title);
    }
    count = block_addresses(controller, mask, addresses);
    if ((mask & 1) != 0 && efuse->chip->revision_register != 0) {
        addresses[count++] = efuse->chip->revision_register;
    }
    err = seal_loader_read_regs(loader, addresses, values, count, cause);
    if (err != 0)
        goto out;
    for (size_t id = 0; id < controller->block_count; id++) {
        if (mask >> id & 1)
            take_block(efuse, id, addresses, values, count);
    }
    if ((mask & 1) != 0 && efuse->chip->revision_register != 0) {
        efuse->revision_bits = value_at(addresses, values, count, efuse->chip->revision_register);
    }
    err = 0;
out:
    seal_cleanse(values, sizeof values);
    return err;
}
