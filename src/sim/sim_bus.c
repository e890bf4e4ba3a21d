#include "sim_parts.h"

#define DEVICE_SIZE 0x1000u
#define EFUSE_SIZE 0x200u
#define WATCHDOG_ON (1u << 31)

static bool within(uint32_t address, uint32_t base, uint32_t size)
{
    return base && address >= base && address - base < size;
}

static bool is_ecdsa(const struct seal_chip *chip, uint32_t address)
{
    const struct seal_ecdsa_registers *ecdsa = chip->peripherals.ecdsa;
    return ecdsa && within(address, ecdsa->base, DEVICE_SIZE);
}

static bool mapped(const struct sim_model *model, uint32_t address)
{
    for (const struct sim_range *range = model->mapped; range->end; range++) {
        if (address >= range->first && address < range->end) {
            return address % 4 == 0;
        }
    }
    return false;
}

bool sim_bus_read(struct sim_chip *chip, uint32_t address, uint32_t *value)
{
    const struct seal_chip *is = chip->chip;
    *value = 0;
    if (!mapped(chip->model, address)) {
        return false;
    }
    if (within(address, is->efuse->base, EFUSE_SIZE)) {
        *value = sim_efuse_read_register(&chip->efuse, address - is->efuse->base);
    } else if (within(address, is->peripherals.hmac_base, DEVICE_SIZE)) {
        *value = sim_hmac_read_register(&chip->hmac, address - is->peripherals.hmac_base);
    } else if (within(address, is->peripherals.ds_base, DEVICE_SIZE)) {
        *value = sim_ds_read_register(&chip->ds, address - is->peripherals.ds_base);
    } else if (is_ecdsa(is, address)) {
        *value = sim_ecdsa_read_register(chip, address - is->peripherals.ecdsa->base);
    } else if (within(address, is->spi_flash.base, DEVICE_SIZE)) {
        *value = sim_flash_read_register(&chip->flash, address - is->spi_flash.base);
    } else {
        *value = sim_memory_read(&chip->memory, address);
    }
    return true;
}

/* A watchdog that was unlocked, armed and locked again bites before the host can say more. */
static void watch(struct sim_chip *chip, uint32_t address, uint32_t value)
{
    const struct sim_model *model = chip->model;
    if (address == model->watchdog_config &&
        sim_memory_read(&chip->memory, model->watchdog_protect) != model->watchdog_key) {
        return;
    }
    if (address == model->watchdog_protect && value != model->watchdog_key &&
        (sim_memory_read(&chip->memory, model->watchdog_config) & WATCHDOG_ON)) {
        chip->rom.reset_pending = true;
    }
    sim_chip_fail(chip, sim_memory_write(&chip->memory, address, value));
}

bool sim_bus_write(struct sim_chip *chip, uint32_t address, uint32_t value)
{
    const struct seal_chip *is = chip->chip;
    const struct sim_model *model = chip->model;
    if (!mapped(model, address)) {
        return false;
    }
    if (within(address, is->efuse->base, EFUSE_SIZE)) {
        sim_efuse_write_register(chip, address - is->efuse->base, value);
    } else if (within(address, is->peripherals.hmac_base, DEVICE_SIZE)) {
        sim_hmac_write_register(chip, address - is->peripherals.hmac_base, value);
    } else if (within(address, is->peripherals.ds_base, DEVICE_SIZE)) {
        sim_ds_write_register(chip, address - is->peripherals.ds_base, value);
    } else if (is_ecdsa(is, address)) {
        sim_ecdsa_write_register(chip, address - is->peripherals.ecdsa->base, value);
    } else if (within(address, is->spi_flash.base, DEVICE_SIZE)) {
        sim_flash_write_register(chip, address - is->spi_flash.base, value);
    } else if (address == model->watchdog_config || address == model->watchdog_protect) {
        watch(chip, address, value);
    } else if (!within(address, model->read_as_zero, model->zero_end - model->read_as_zero)) {
        sim_chip_fail(chip, sim_memory_write(&chip->memory, address, value));
    }
    return true;
}
