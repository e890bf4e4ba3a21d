#include "sim_parts.h"

#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

#define RECORD 12 /* before each output: length, hold, baud */
#define DEFAULT_BAUD 115200
#define CYCLES_HZ (15625u * SIM_CLK8M_FREQ / 40)
#define MAGIC_REGISTER 0x40001000u

void sim_chip_fail(struct sim_chip *chip, int err)
{
    if (err && !chip->failure) {
        chip->failure = err;
    }
}

unsigned sim_chip_crystal(const struct sim_chip *chip)
{
    return chip->crystal ? chip->crystal : chip->model->crystal;
}

/* What the ROM finds out about a crystal at its start: the rate it hears, and a count that drifts. */
static void measure_crystal(struct sim_chip *chip)
{
    const struct seal_rom_traits *rom = &chip->chip->rom;
    if (chip->crystal && rom->uart_clkdiv) {
        uint32_t divider = chip->crystal * 1000000u / chip->boot_baud;
        sim_chip_fail(chip, sim_memory_write(&chip->memory, rom->uart_clkdiv, divider));
    }
    if (rom->crystal_belief) { /* as its fuse says; the strapping pin of a blank chip says 40 */
        uint32_t mhz = __builtin_parity(sim_efuse_field(chip, "XTAL_48M_SEL")) ? 48 : 40;
        sim_chip_fail(chip, sim_memory_write(&chip->memory, rom->crystal_belief, mhz << 24));
    }
    if (chip->crystal && rom->clock_count) {
        uint32_t count = chip->crystal * 1000000u / CYCLES_HZ * 103 / 100;
        sim_chip_fail(chip, sim_memory_write(&chip->memory, rom->clock_count, count << 7));
    }
}

static void load_presets(struct sim_chip *chip)
{
    if (chip->chip->magic_values) {
        sim_chip_fail(chip, sim_memory_write(&chip->memory, MAGIC_REGISTER, chip->chip->magic_values[0]));
    }
    for (const struct sim_preset *preset = chip->model->presets; preset && preset->address; preset++) {
        sim_chip_fail(chip, sim_memory_write(&chip->memory, preset->address, preset->value));
    }
}

void sim_chip_reset(struct sim_chip *chip, enum sim_reset cause)
{
    sim_memory_free(&chip->memory);
    load_presets(chip);
    chip->baud = chip->boot_baud;
    sim_flash_reset(chip);
    sim_efuse_reset(chip);
    measure_crystal(chip);
    sim_hmac_reset(&chip->hmac);
    sim_ds_reset(&chip->ds);
    sim_ecdsa_reset(&chip->ecdsa);
    sim_rom_boot(chip, cause);
}

int sim_chip_new(const struct sim_options *options, struct sim_chip **out, struct seal_cause *cause)
{
    *out = NULL;
    if (!sim_supports(options->chip)) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "there is no simulated %s",
                         options->chip ? options->chip->title : "chip of that name");
    }
    int err = SEAL_ERR_NO_MEMORY;
    struct sim_chip *chip = calloc(1, sizeof *chip);
    if (!chip) {
        return err;
    }
    chip->chip = options->chip;
    chip->model = sim_model_find(options->chip);
    chip->from_flash = options->from_flash;
    chip->crystal = options->crystal;
    chip->boot_baud = options->baud ? options->baud : DEFAULT_BAUD;
    chip->efuse.fd = -1;
    chip->output = seal_buf_new();
    if (!chip->output || !sim_hmac_open(&chip->hmac) || !sim_rom_open(&chip->rom)) {
        goto out;
    }
    err = sim_fault_parse(options->fault, &chip->fault, cause);
    if (!err) {
        err = sim_flash_open(&chip->flash, options->flash_path, options->flash_size, cause);
    }
    if (!err) {
        err = sim_efuse_open(chip, options, cause);
    }
    if (err) {
        goto out;
    }
    sim_chip_reset(chip, SIM_POWER_ON);
    err = chip->failure;
    if (err) {
        goto out;
    }
    *out = chip;
    chip = NULL;
out:
    sim_chip_free(&chip);
    return err;
}

void sim_chip_free(struct sim_chip **chip)
{
    if (*chip) {
        sim_efuse_close(&(*chip)->efuse);
        sim_flash_close(&(*chip)->flash);
        sim_hmac_close(&(*chip)->hmac);
        sim_ds_reset(&(*chip)->ds);
        sim_ecdsa_reset(&(*chip)->ecdsa);
        sim_rom_close(&(*chip)->rom);
        sim_memory_free(&(*chip)->memory);
        seal_buf_free(&(*chip)->output);
        seal_cleanse(*chip, sizeof **chip);
        free(*chip);
        *chip = NULL;
    }
}

enum sim_state sim_chip_state(const struct sim_chip *chip)
{
    return chip->state;
}

static void take_byte(struct sim_chip *chip, uint8_t byte)
{
    uint64_t count = ++chip->fault.bytes;
    if (sim_fault_at(&chip->fault, SIM_FAULT_CUT_BYTE, count)) {
        chip->state = SIM_CUT;
        return;
    }
    if (chip->stalled || sim_fault_at(&chip->fault, SIM_FAULT_DROP_BYTE, count)) {
        return;
    }
    if (sim_fault_at(&chip->fault, SIM_FAULT_FLIP_BYTE, count)) {
        byte ^= 0x10;
    }
    sim_rom_byte(chip, byte);
}

int sim_chip_feed(struct sim_chip *chip, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && chip->state == SIM_RUNNING && !chip->failure; i++) {
        take_byte(chip, data[i]);
    }
    return chip->failure;
}

void sim_chip_send(struct sim_chip *chip, const void *data, size_t len)
{
    if (seal_buf_put_le32(chip->output, (uint32_t)len) || seal_buf_put_le32(chip->output, chip->busy_us) ||
        seal_buf_put_le32(chip->output, chip->baud) || seal_buf_put(chip->output, data, len)) {
        sim_chip_fail(chip, SEAL_ERR_NO_MEMORY);
    }
    chip->busy_us = 0;
}

bool sim_chip_take(struct sim_chip *chip, struct sim_output *output)
{
    seal_buf_consume(chip->output, chip->taken);
    chip->taken = 0;
    const uint8_t *record = seal_buf_ptr(chip->output);
    if (seal_buf_len(chip->output) < RECORD) {
        return false;
    }
    *output = (struct sim_output){.data = record + RECORD,
                                  .len = seal_le32(record),
                                  .hold_us = seal_le32(record + 4),
                                  .baud = seal_le32(record + 8)};
    chip->taken = RECORD + output->len;
    return true;
}

size_t sim_chip_read(struct sim_chip *chip, uint8_t *data, size_t capacity, uint32_t wait_us)
{
    size_t len = 0;
    seal_buf_consume(chip->output, chip->taken);
    chip->taken = 0;
    while (len < capacity && seal_buf_len(chip->output) >= RECORD) {
        uint8_t *record = seal_buf_mutable(chip->output);
        uint32_t left = seal_le32(record);
        uint32_t hold = seal_le32(record + 4);
        uint32_t part = left < capacity - len ? left : (uint32_t)(capacity - len);
        if (hold > wait_us) {
            seal_put_le32(record + 4, len ? hold : hold - wait_us);
            break;
        }
        memcpy(data + len, record + RECORD, part);
        len += part;
        if (part < left) { /* the record's head moves up to the bytes that stay */
            seal_put_le32(record, left - part);
            seal_put_le32(record + 4, 0);
            memmove(record + part, record, RECORD);
            seal_buf_consume(chip->output, part);
            break;
        }
        seal_buf_consume(chip->output, RECORD + left);
    }
    return len;
}

void sim_chip_power_off(struct sim_chip *chip)
{
    chip->state = SIM_OFF;
}

void sim_chip_power_cycle(struct sim_chip *chip)
{
    seal_buf_truncate(chip->output, 0);
    chip->taken = 0;
    chip->busy_us = 0;
    chip->stalled = false;
    chip->state = SIM_RUNNING;
    sim_chip_reset(chip, SIM_POWER_ON);
}

void sim_chip_reconnect(struct sim_chip *chip)
{
    if (chip->state == SIM_CUT) {
        chip->state = SIM_RUNNING;
    }
}

bool sim_chip_started(const struct sim_chip *chip)
{
    return chip->started;
}

unsigned sim_chip_baud(const struct sim_chip *chip)
{
    return chip->baud;
}

uint64_t sim_chip_frames(const struct sim_chip *chip)
{
    return chip->fault.frames;
}

uint64_t sim_chip_bytes(const struct sim_chip *chip)
{
    return chip->fault.bytes;
}

unsigned sim_chip_burns(const struct sim_chip *chip)
{
    return (unsigned)chip->fault.burns;
}

const uint32_t *sim_chip_fuses(const struct sim_chip *chip, unsigned block)
{
    return block < SIM_BLOCKS ? chip->efuse.burned[block] : NULL;
}

uint8_t *sim_chip_flash(struct sim_chip *chip, size_t *size)
{
    *size = chip->flash.size;
    return chip->flash.bytes;
}

void sim_chip_set_fuses(struct sim_chip *chip, unsigned block, const uint32_t words[static 8])
{
    struct sim_efuse *efuse = &chip->efuse;
    if (block >= efuse->map->block_count) {
        return;
    }
    sim_efuse_put(chip, block, words);
    sim_chip_fail(chip, sim_efuse_save(efuse));
    sim_efuse_load(chip);
}

int sim_chip_set_faults(struct sim_chip *chip, const char *spec, struct seal_cause *cause)
{
    struct sim_fault fault;
    int err = sim_fault_parse(spec, &fault, cause);
    if (!err) {
        chip->fault = fault;
    }
    return err;
}
