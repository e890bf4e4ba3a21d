#include "loader.h"

#include <espseal/secret.h>

#include <string.h>

#define TUPLE_LEN 16
/* What the payload of one frame may hold, whatever a chip's descriptor says. */
#define TUPLES_MAX 250

int seal_loader_require_registers(const struct seal_loader *loader, const char *needs,
                                  struct seal_cause *cause)
{
    if (!seal_loader_secure_download(loader)) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_STATE, "the chip is in secure download mode: cannot %s", needs);
    seal_hint(cause,
              "secure download mode is an eFuse and stays; registers can never be read again through the "
              "bootloader");
    return err;
}

struct reading {
    const struct seal_loader *loader;
    const uint32_t *addresses; /* NULL: consecutive words from first */
    uint32_t first;
    uint32_t *values;
};

static uint32_t reading_address(const struct reading *reading, size_t i)
{
    return reading->addresses ? reading->addresses[i] : reading->first + (uint32_t)(4 * i);
}

static size_t reading_payload(void *ctx, size_t i, uint8_t payload[static 16])
{
    seal_put_le32(payload, reading_address(ctx, i));
    return 4;
}

static int reading_answer(void *ctx, size_t i, const struct seal_rom_response *response,
                          struct seal_cause *cause)
{
    (void)cause;
    struct reading *reading = ctx;
    reading->values[i] = response->value;
    return SEAL_OK;
}

/* Key blocks and the program registers hold keys; what is read from there is not for a trace. */
static bool reading_secret(void *ctx, size_t i)
{
    const struct reading *reading = ctx;
    const struct seal_chip *chip = reading->loader->chip;
    const struct seal_efuse_controller *efuse = chip ? chip->efuse : NULL;
    uint32_t address = reading_address(reading, i);
    if (!efuse || address < efuse->base) {
        return false;
    }
    uint32_t offset = address - efuse->base;
    if (efuse->check_value && offset >= efuse->program_data && offset < efuse->program_data + 44u) {
        return true;
    }
    for (size_t b = 0; b < efuse->block_count; b++) {
        const struct seal_efuse_block *block = &efuse->blocks[b];
        bool key = block->key >= 0 || block->coding == SEAL_CODING_BY_SCHEME;
        if (key && offset >= block->read && offset < block->read + 4u * block->words) {
            return true;
        }
        if (key && block->write && offset >= block->write && offset < block->write + 32u) {
            return true;
        }
    }
    return false;
}

static int read_all(struct seal_loader *loader, struct reading *reading, size_t count,
                    struct seal_cause *cause)
{
    const struct rom_window window = {
        .opcode = SEAL_ROM_READ_REG,
        .count = count,
        .payload = reading_payload,
        .answer = reading_answer,
        .secret = reading_secret,
        .ctx = reading,
    };
    reading->loader = loader;
    int err = seal_loader_require_registers(loader, "read registers", cause);
    if (!err) {
        err = rom_window_run(loader, &window, cause);
    }
    if (err) {
        seal_cleanse(reading->values, count * sizeof reading->values[0]);
    }
    return err;
}

int seal_loader_read_regs(struct seal_loader *loader, const uint32_t *addresses, uint32_t *values,
                          size_t count, struct seal_cause *cause)
{
    struct reading reading = {.addresses = addresses, .values = values};
    return read_all(loader, &reading, count, cause);
}

int seal_loader_read_words(struct seal_loader *loader, uint32_t address, uint32_t *values, size_t count,
                           struct seal_cause *cause)
{
    struct reading reading = {.first = address, .values = values};
    return read_all(loader, &reading, count, cause);
}

int seal_loader_read_reg(struct seal_loader *loader, uint32_t address, uint32_t *value,
                         struct seal_cause *cause)
{
    return seal_loader_read_words(loader, address, value, 1, cause);
}

static size_t tuples_per_frame(const struct seal_loader *loader)
{
    size_t max = loader->chip ? loader->chip->rom.write_reg_max : 1;
    return max == 0 ? 1 : max > TUPLES_MAX ? TUPLES_MAX : max;
}

static int write_frame(struct seal_loader *loader, const struct seal_reg_write *writes, size_t count,
                       int flags, struct seal_cause *cause)
{
    uint8_t payload[TUPLES_MAX * TUPLE_LEN];
    uint64_t delay_us = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t *tuple = payload + i * TUPLE_LEN;
        seal_put_le32(tuple, writes[i].address);
        seal_put_le32(tuple + 4, writes[i].value);
        seal_put_le32(tuple + 8, writes[i].mask);
        seal_put_le32(tuple + 12, writes[i].delay_us);
        delay_us += writes[i].delay_us;
    }
    const struct rom_command command = {
        .opcode = SEAL_ROM_WRITE_REG,
        .data = payload,
        .len = count * TUPLE_LEN,
        .flags = flags,
        .timeout_ms = delay_us ? (int)(delay_us / 1000) + 3000 : 0,
    };
    int err = rom_transact(loader, &command, NULL, cause);
    if (flags & SEAL_LOADER_SECRET) {
        seal_cleanse(payload, sizeof payload);
    }
    return err;
}

int seal_loader_write_regs(struct seal_loader *loader, const struct seal_reg_write *writes, size_t count,
                           int flags, struct seal_cause *cause)
{
    int err = seal_loader_require_registers(loader, "write registers", cause);
    size_t max = tuples_per_frame(loader);
    for (size_t done = 0; !err && done < count;) {
        size_t batch = count - done < max ? count - done : max;
        err = write_frame(loader, writes + done, batch, flags, cause);
        done += batch;
    }
    return err;
}

void seal_loader_hurry(struct seal_loader *loader, int ms)
{
    loader->hurry_ms = ms;
}

int seal_loader_write_reg(struct seal_loader *loader, uint32_t address, uint32_t value,
                          struct seal_cause *cause)
{
    const struct seal_reg_write write = {.address = address, .value = value, .mask = 0xFFFFFFFFu};
    return seal_loader_write_regs(loader, &write, 1, 0, cause);
}

int seal_loader_poll(struct seal_loader *loader, uint32_t address, uint32_t mask, uint32_t wanted,
                     int timeout_ms, struct seal_cause *cause)
{
    seal_deadline deadline = seal_deadline_in_ms(timeout_ms);
    for (;;) {
        bool last = seal_deadline_passed(deadline);
        uint32_t value = 0;
        int err = seal_loader_read_reg(loader, address, &value, cause);
        if (err || (value & mask) == wanted) {
            return err;
        }
        if (last) {
            err = seal_fail(cause, SEAL_ERR_TIMEOUT, "register 0x%08x is 0x%08x and did not become 0x%08x",
                            address, value & mask, wanted);
            seal_cause_compare(cause, address, wanted, value);
            return err;
        }
    }
}
