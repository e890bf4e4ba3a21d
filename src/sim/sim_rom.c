/*
 * The ROM's serial loader as it was measured: request and response live in buffers that are never cleared, so
 * short frames, stale values and stale status bytes come out as from a real chip (facts/REPORT.md,
 * "Surprises").
 */
#include "sim_parts.h"

#include <stdio.h>
#include <string.h>

#define SLIP_END 0xC0
#define SLIP_ESCAPE 0xDB
#define HEADER 8
#define SYNC_VALUE 0x20120707u
#define SYNC_ANSWERS 8
#define MEM_PACKET_MAX 0x1800u

static const uint8_t empty_frame[] = {SLIP_END, SLIP_END};

bool sim_rom_open(struct sim_rom *rom)
{
    rom->inflated = seal_buf_new();
    return rom->inflated;
}

void sim_rom_close(struct sim_rom *rom)
{
    seal_inflater_free(&rom->inflater);
    seal_buf_free(&rom->inflated);
}

static void say(struct sim_chip *chip, const char *text)
{
    sim_chip_send(chip, text, strlen(text));
}

static void say_banner(struct sim_chip *chip, enum sim_reset cause)
{
    const struct sim_model *model = chip->model;
    const char *why = cause == SIM_POWER_ON ? (model->power_on ? model->power_on : "0x1 (POWERON)")
                                            : (model->software ? model->software : "0x3 (RTC_SW_SYS_RST)");
    const char *from_flash = model->flash_mode ? model->flash_mode : "boot:0x8 (SPI_FAST_FLASH_BOOT)";
    char line[96];
    say(chip, model->banner);
    (void)snprintf(line, sizeof line, "rst:%s,%s\r\n", why, chip->from_flash ? from_flash : model->boot_mode);
    say(chip, line);
}

void sim_rom_boot(struct sim_chip *chip, enum sim_reset cause)
{
    struct sim_rom *rom = &chip->rom;
    seal_inflater_free(&rom->inflater);
    struct seal_buf *inflated = rom->inflated;
    memset(rom, 0, sizeof *rom);
    rom->inflated = inflated;
    rom->flash_size = chip->model->flash_size_at_boot;
    rom->secure = sim_efuse_field(chip, "ENABLE_SECURITY_DOWNLOAD");
    rom->dead = sim_efuse_field(chip, "DIS_DOWNLOAD_MODE") || sim_efuse_field(chip, "UART_DOWNLOAD_DIS");
    say_banner(chip, cause);
    if (chip->from_flash) {
        chip->started = sim_boot_run(chip);
        rom->dead = true; /* the loader does not run */
    } else if (rom->dead) {
        say(chip, chip->model->disabled ? chip->model->disabled : "Download boot modes disabled\r\n");
    } else if (rom->secure) {
        say(chip, "wait uart download(secure mode)\r\n");
    } else {
        say(chip, chip->model->ready ? chip->model->ready : "wait uart0 download\r\n");
    }
}

static void panic(struct sim_chip *chip, const char *why)
{
    say(chip, "Guru Meditation Error: Core 0 panic'ed (");
    say(chip, why);
    say(chip, ")\r\n");
    chip->rom.dead = true;
}

static void send_answer(struct sim_chip *chip, size_t data_len, uint8_t failed)
{
    struct sim_rom *rom = &chip->rom;
    uint8_t frame[2 * sizeof rom->response + 2];
    size_t len = HEADER + data_len + 4;
    size_t used = 0;
    rom->response[0] = 1;
    rom->response[1] = rom->last_opcode;
    seal_put_le16(rom->response + 2, (uint16_t)(data_len + 4));
    seal_put_le32(rom->response + 4, rom->value);
    rom->response[HEADER + data_len] = failed;
    rom->response[HEADER + data_len + 1] = rom->code;
    frame[used++] = SLIP_END;
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = rom->response[i];
        bool escape = byte == SLIP_END || byte == SLIP_ESCAPE;
        if (escape) {
            frame[used++] = SLIP_ESCAPE;
        }
        frame[used++] = !escape ? byte : (uint8_t)(byte == SLIP_END ? 0xDC : 0xDD);
    }
    frame[used++] = SLIP_END;
    for (unsigned i = 0; i < (rom->last_opcode == SIM_SYNC ? SYNC_ANSWERS : 1); i++) {
        sim_chip_send(chip, frame, used);
    }
}

/* --- commands ----------------------------------------------------------------------------------------- */

static int run_sync(struct sim_chip *chip, struct sim_request *request)
{
    (void)request;
    chip->rom.value = SYNC_VALUE;
    return SIM_OK_CLEAR;
}

static int run_read_reg(struct sim_chip *chip, struct sim_request *request)
{
    if (!sim_bus_read(chip, seal_le32(request->data), &chip->rom.value)) {
        panic(chip, "Load access fault");
        return SIM_NO_ANSWER;
    }
    return SIM_OK_CLEAR;
}

static bool write_masked(struct sim_chip *chip, const uint8_t set[static 16])
{
    uint32_t address = seal_le32(set);
    uint32_t value = seal_le32(set + 4);
    uint32_t mask = seal_le32(set + 8);
    uint32_t old = 0;
    if (mask != UINT32_MAX && !sim_bus_read(chip, address, &old)) {
        return false;
    }
    return sim_bus_write(chip, address, (old & ~mask) | (value & mask));
}

static int run_write_reg(struct sim_chip *chip, struct sim_request *request)
{
    size_t count = request->len >= 16 ? request->len / 16 : 1;
    for (size_t i = 0; i < count && i < (SIM_ROM_REQUEST_MAX - HEADER) / 16; i++) {
        const uint8_t *set = request->data + 16 * i;
        if (!write_masked(chip, set)) {
            panic(chip, "Store access fault");
            return SIM_NO_ANSWER;
        }
        chip->busy_us += seal_le32(set + 12);
        if (chip->state == SIM_OFF) {
            return SIM_NO_ANSWER;
        }
    }
    return SIM_OK_CLEAR;
}

static int run_spi_set_params(struct sim_chip *chip, struct sim_request *request)
{
    chip->rom.flash_size = seal_le32(request->data + 4);
    return SIM_OK_CLEAR;
}

static int run_nothing(struct sim_chip *chip, struct sim_request *request)
{
    (void)chip;
    (void)request;
    return SIM_OK_CLEAR;
}

static int run_mem_end(struct sim_chip *chip, struct sim_request *request)
{
    (void)request;
    chip->rom.memory.begun = false;
    return SIM_OK_KEEP;
}

static int run_flash_end(struct sim_chip *chip, struct sim_request *request)
{
    struct sim_rom *rom = &chip->rom;
    struct sim_transfer *transfer = request->opcode == SIM_FLASH_END ? &rom->flash : &rom->deflate;
    bool missing = transfer->begun && !transfer->discard && transfer->next < transfer->packets;
    transfer->begun = false;
    return missing ? SIM_BAD_RESULT : SIM_OK_KEEP;
}

static const struct {
    uint8_t opcode;
    bool secure; /* allowed in secure download mode */
    int (*run)(struct sim_chip *chip, struct sim_request *request);
} commands[] = {
    {SIM_FLASH_BEGIN, true, sim_rom_flash_begin},
    {SIM_FLASH_DATA, true, sim_rom_flash_data},
    {SIM_FLASH_END, true, run_flash_end},
    {SIM_MEM_BEGIN, false, sim_rom_mem_begin},
    {SIM_MEM_END, false, run_mem_end},
    {SIM_MEM_DATA, false, sim_rom_mem_data},
    {SIM_SYNC, true, run_sync},
    {SIM_WRITE_REG, false, run_write_reg},
    {SIM_READ_REG, false, run_read_reg},
    {SIM_SPI_SET_PARAMS, true, run_spi_set_params},
    {SIM_SPI_ATTACH, true, run_nothing},
    {SIM_READ_FLASH_SLOW, false, sim_rom_read_flash},
    {SIM_CHANGE_BAUDRATE, true, run_nothing},
    {SIM_FLASH_DEFL_BEGIN, false, sim_rom_deflate_begin},
    {SIM_FLASH_DEFL_DATA, false, sim_rom_deflate_data},
    {SIM_FLASH_DEFL_END, false, run_flash_end},
    {SIM_SPI_FLASH_MD5, false, sim_rom_md5},
    {SIM_GET_SECURITY_INFO, true, sim_rom_security_info},
};

static int run(struct sim_chip *chip, struct sim_request *request)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].opcode != request->opcode) {
            continue;
        }
        if (!commands[i].secure && chip->rom.secure) {
            return SIM_REFUSED;
        }
        if (request->opcode == SIM_GET_SECURITY_INFO && chip->chip->rom.security_info_len == 0) {
            return SIM_REFUSED; /* this ROM is older than the command */
        }
        if (!commands[i].secure && sim_efuse_field(chip, "ENABLE_SECURITY_DOWNLOAD")) {
            /* the fuse became visible in this session (facts/wire, secure_download_mode_live_burn) */
            chip->rom.reset_pending = true;
            return SIM_NO_ANSWER;
        }
        return commands[i].run(chip, request);
    }
    return SIM_REFUSED;
}

/* The ROM divides a clock that may not be the one it assumes. */
static unsigned real_rate(const struct sim_chip *chip, uint32_t asked)
{
    const struct seal_rom_traits *rom = &chip->chip->rom;
    uint64_t hz = sim_chip_crystal(chip) * 1000000ull, believed = rom->assumed_crystal * 1000000ull;
    if (rom->crystal_belief) {
        believed = (sim_memory_read(&chip->memory, rom->crystal_belief) >> 24 & 0x7F) * 1000000ull;
    } else if (rom->clock_count) {
        believed = (uint64_t)(sim_memory_read(&chip->memory, rom->clock_count) >> 7) *
                   sim_efuse_field(chip, "CLK8M_FREQ") * 15625 / 40;
    }
    return hz && believed ? (unsigned)(asked * hz / believed) : asked;
}

static void set_rate(struct sim_chip *chip, unsigned rate)
{
    uint32_t divider = chip->chip->rom.uart_clkdiv;
    unsigned crystal = sim_chip_crystal(chip) ? sim_chip_crystal(chip) : 40;
    chip->baud = rate;
    if (divider && rate) {
        sim_chip_fail(chip, sim_memory_write(&chip->memory, divider, crystal * 1000000u / rate));
    }
}

/* What a command does after its answer is out. */
static void follow_up(struct sim_chip *chip, uint8_t opcode, uint32_t argument, int result)
{
    bool end = opcode == SIM_FLASH_END || opcode == SIM_FLASH_DEFL_END;
    if (opcode == SIM_CHANGE_BAUDRATE && result <= 0) {
        if (argument) {
            set_rate(chip, real_rate(chip, argument));
        }
        sim_chip_send(chip, empty_frame, sizeof empty_frame);
    } else if (end && result <= 0 && argument == 0) {
        sim_chip_send(chip, empty_frame, sizeof empty_frame);
        chip->rom.reset_pending = true;
    } else if (end && chip->rom.secure) {
        chip->rom.reset_pending = true;
    } else if (end && result <= 0) {
        say(chip, "user code done\r\n");
        panic(chip, "Instruction access fault");
    } else if (opcode == SIM_MEM_END && result <= 0 && argument == 0) {
        panic(chip, "Instruction access fault");
    }
}

static void answer(struct sim_chip *chip, const struct sim_request *request, int result)
{
    struct sim_rom *rom = &chip->rom;
    if (result == SIM_NO_ANSWER) {
        return;
    }
    if (result == SIM_REFUSED) {
        rom->code = SIM_BAD_MESSAGE;
        send_answer(chip, 0, 1);
        return;
    }
    rom->last_opcode = request->opcode;
    if (result == SIM_OK_CLEAR) {
        rom->code = 0;
    } else if (result > 0) {
        rom->code = (uint8_t)result;
    }
    send_answer(chip, request->answer_len, result > 0);
    follow_up(chip, request->opcode, seal_le32(request->data), result);
}

static void dispatch(struct sim_chip *chip)
{
    struct sim_rom *rom = &chip->rom;
    struct sim_request request = {
        .opcode = rom->request[1],
        .len = (uint16_t)(rom->request[2] | rom->request[3] << 8),
        .checksum = seal_le32(rom->request + 4),
        .data = rom->request + HEADER,
        .answer = rom->response + HEADER,
    };
    answer(chip, &request, run(chip, &request));
    if (rom->reset_pending) {
        sim_chip_reset(chip, SIM_SOFTWARE_RESET);
    }
}

/* Frame faults: the command is executed, its answer may be late or never leave. */
static void take_frame(struct sim_chip *chip)
{
    uint64_t frame = ++chip->fault.frames;
    size_t before = seal_buf_len(chip->output);
    if (sim_fault_at(&chip->fault, SIM_FAULT_STALL_FRAME, frame)) {
        chip->stalled = true;
        return;
    }
    const struct sim_fault_rule *delay = sim_fault_at(&chip->fault, SIM_FAULT_DELAY_FRAME, frame);
    chip->busy_us += delay ? delay->value * 1000 : 0;
    dispatch(chip);
    if (sim_fault_at(&chip->fault, SIM_FAULT_CUT_FRAME, frame) && chip->state == SIM_RUNNING) {
        seal_buf_truncate(chip->output, before);
        chip->state = SIM_CUT;
    }
}

void sim_rom_byte(struct sim_chip *chip, uint8_t byte)
{
    struct sim_rom *rom = &chip->rom;
    if (rom->dead) {
        return;
    }
    if (byte == SLIP_END) {
        if (rom->in_frame && rom->received > 0) {
            rom->in_frame = false;
            take_frame(chip);
        } else {
            rom->in_frame = true;
            rom->received = 0;
            rom->escaped = false;
        }
        return;
    }
    if (!rom->in_frame) {
        return;
    }
    if (byte == SLIP_ESCAPE && !rom->escaped) {
        rom->escaped = true;
        return;
    }
    if (rom->escaped) {
        byte = byte == 0xDC ? SLIP_END : byte == 0xDD ? SLIP_ESCAPE : byte;
        rom->escaped = false;
    }
    if (rom->received < sizeof rom->request) {
        rom->request[rom->received++] = byte;
    }
}

/* --- downloads to RAM --------------------------------------------------------------------------------- */

int sim_rom_mem_begin(struct sim_chip *chip, struct sim_request *request)
{
    struct sim_transfer *memory = &chip->rom.memory;
    *memory = (struct sim_transfer){.size = seal_le32(request->data),
                                    .packets = seal_le32(request->data + 4),
                                    .packet_size = seal_le32(request->data + 8),
                                    .offset = seal_le32(request->data + 12)};
    memory->begun = memory->packet_size <= MEM_PACKET_MAX;
    return memory->begun ? SIM_OK_KEEP : SIM_BAD_MESSAGE;
}

int sim_rom_data_check(struct sim_transfer *transfer, const struct sim_request *request, uint32_t limit)
{
    uint32_t len = seal_le32(request->data);
    uint8_t checksum = 0xEF;
    if (!transfer->begun || len > limit || seal_le32(request->data + 4) != transfer->next) {
        return SIM_BAD_MESSAGE;
    }
    transfer->next++; /* also when the checksum is wrong (measured) */
    for (uint32_t i = 0; i < len; i++) {
        checksum ^= request->data[16 + i];
    }
    return checksum == (uint8_t)request->checksum ? SIM_OK_KEEP : SIM_BAD_CHECKSUM;
}

int sim_rom_mem_data(struct sim_chip *chip, struct sim_request *request)
{
    struct sim_transfer *memory = &chip->rom.memory;
    uint32_t index = memory->next;
    int result = sim_rom_data_check(memory, request, MEM_PACKET_MAX);
    uint32_t at = memory->offset + index * memory->packet_size;
    for (uint32_t i = 0; result <= 0 && i + 4 <= seal_le32(request->data); i += 4) {
        if (!sim_bus_write(chip, at + i, seal_le32(request->data + 16 + i))) {
            panic(chip, "Store access fault");
            return SIM_NO_ANSWER;
        }
    }
    return result;
}
