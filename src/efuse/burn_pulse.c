/* One pulse into one block: registers loaded and checked, the command, and what reads back. */
#include "burner.h"

#include <espseal/buf.h>
#include <espseal/deadline.h>
#include <espseal/secret.h>

#include <string.h>

#define CHECK_WORDS 3
#define MAX_PROGRAM_WORDS 31 /* the ESP32's four blocks; else 8 and 3 check words */
#define MAX_TIMING 8
#define LAST_MS 400     /* longer than any answer takes; the flag that is asked for afterwards decides */
#define COMMAND_MS 1000 /* four times what espefuse waits for at most: an emulator may be slow */
#define READ_SETTLE_US 1000
#define OP_CODE_MASK 0xFFFFu /* other bits of the register have other owners on some chips */

/* All registers that a program command may burn from: of every block where each has its own (ESP32). */
static size_t program_registers(const struct seal_efuse_controller *controller, uint32_t *addresses)
{
    size_t count = 0;

    for (uint32_t id = 0; controller->check_value == 0 && id < controller->block_count; id++) {
        const struct seal_efuse_block *block = &controller->blocks[id];
        for (uint32_t i = 0; i < block->words; i++) {
            addresses[count++] = controller->base + block->write + 4 * i;
        }
    }
    for (uint32_t i = 0; controller->check_value != 0 && i < SEAL_EFUSE_WORDS + CHECK_WORDS; i++) {
        addresses[count++] =
            controller->base + (i < SEAL_EFUSE_WORDS ? controller->program_data + 4 * i
                                                     : controller->check_value + 4 * (i - SEAL_EFUSE_WORDS));
    }
    return count;
}

static void take_words(uint32_t *words, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        words[i] = seal_le32(bytes + 4 * i);
    }
}

/* Data as the block's code wants it, and check words after it where it has them. */
static void encode(const struct burner *burner, const uint32_t *data, uint32_t *coded)
{
    uint8_t bytes[4 * SEAL_EFUSE_WORDS], code[4 * SEAL_EFUSE_WORDS];

    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        seal_put_le32(bytes + 4 * i, data[i]);
    }
    take_words(coded, bytes, SEAL_EFUSE_WORDS);
    switch (seal_efuse_block_coding(burner->efuse, burner->block)) {
    case SEAL_CODING_RS:
        seal_efuse_rs_encode(bytes, code);
        take_words(coded + SEAL_EFUSE_WORDS, code, CHECK_WORDS);
        break;
    case SEAL_CODING_THREE_QUARTER:
        seal_efuse_three_quarter_encode(bytes, code);
        take_words(coded, code, SEAL_EFUSE_WORDS);
        break;
    case SEAL_CODING_REPEAT:
        take_words(coded + SEAL_EFUSE_WORDS / 2, bytes, SEAL_EFUSE_WORDS / 2);
        break;
    default:
        break;
    }
    seal_cleanse(bytes, sizeof bytes);
    seal_cleanse(code, sizeof code);
}

/* What the program registers shall hold, in the order of program_registers: zero but for this block's. */
static void make_program_words(const struct burner *burner, const uint32_t *data, uint32_t *program)
{
    uint32_t coded[SEAL_EFUSE_WORDS + CHECK_WORDS] = {0};
    const struct seal_efuse_block *blocks = burner->controller->blocks;
    size_t at = 0, count = SEAL_EFUSE_WORDS + CHECK_WORDS;

    memset(program, 0, MAX_PROGRAM_WORDS * sizeof *program);
    encode(burner, data, coded);
    if (burner->controller->check_value == 0) {
        for (unsigned id = 0; id < burner->block; id++) {
            at += blocks[id].words;
        }
        count = blocks[burner->block].words;
    }
    memcpy(program + at, coded, count * sizeof *program);
    seal_cleanse(coded, sizeof coded);
}

/* The registers that a program command on this block uses, and the command register, which must be idle. */
static size_t used_registers(const struct burner *burner, uint32_t *addresses, const uint32_t *program,
                             uint32_t *expected)
{
    const struct seal_efuse_block *block = &burner->controller->blocks[burner->block];
    size_t all = program_registers(burner->controller, addresses), count = 0;
    bool shared = burner->controller->check_value != 0;

    for (size_t i = 0; i < all; i++) {
        if (shared && block->coding != SEAL_CODING_RS && i >= block->words) {
            continue;
        }
        addresses[count] = addresses[i];
        expected[count++] = program[i];
    }
    addresses[count] = burner->controller->base + burner->controller->command;
    expected[count] = 0;
    return count;
}

/*
 * Fills the program registers and reads them back: the ROM checks no sum over WRITE_REG, so a frame that the
 * line corrupted would burn other bits.
 */
static int load_program_registers(const struct burner *burner, const uint32_t *program,
                                  struct seal_cause *cause)
{
    const char *name = burner->controller->blocks[burner->block].name;
    struct seal_reg_write writes[MAX_PROGRAM_WORDS];
    uint32_t addresses[MAX_PROGRAM_WORDS + 1], expected[MAX_PROGRAM_WORDS + 1];
    uint32_t values[MAX_PROGRAM_WORDS + 1] = {0};
    size_t all = program_registers(burner->controller, addresses), count;
    int err;

    for (size_t i = 0; i < all; i++)
        writes[i] = seal_reg_set(addresses[i], program[i]);
    count = used_registers(burner, addresses, program, expected);
    err = seal_loader_write_regs(burner->loader, writes, all, burner->secret ? SEAL_LOADER_SECRET : 0, cause);
    if (err == 0)
        err = seal_loader_read_regs(burner->loader, addresses, values, count + 1, cause);
    if (err != 0)
        goto out;
    if (!seal_equal(values, expected, count * sizeof *values)) {
        err = seal_fail(cause, SEAL_ERR_LINK,
                        "the line corrupts data: the chip took other words for %s than "
                        "were sent; that block was not burned",
                        name);
        seal_hint(cause, "try another cable, a shorter one, or a lower --baud; then run the same command");
    } else if (values[count] != 0) {
        err = seal_fail(cause, SEAL_ERR_TIMEOUT, "the eFuse controller is busy; nothing was burned into %s",
                        name);
    }
out:
    seal_cleanse(writes, sizeof writes);
    seal_cleanse(expected, sizeof expected);
    seal_cleanse(values, sizeof values);
    return err;
}

/* The command register must read zero twice: the first zero may come before the command has begun. */
static int wait_idle(const struct burner *burner, struct seal_cause *cause)
{
    uint32_t command = burner->controller->base + burner->controller->command;
    uint32_t addresses[2] = {command, command}, values[2] = {1, 1};
    seal_deadline deadline = seal_deadline_in_ms(COMMAND_MS);
    bool late;

    do {
        late = seal_deadline_passed(deadline);
        int err = seal_loader_read_regs(burner->loader, addresses, values, 2, cause);
        if (err != 0)
            return err;
        if (values[0] == 0 && values[1] == 0)
            return 0;
    } while (!late);
    seal_fail(cause, SEAL_ERR_TIMEOUT, "the eFuse controller did not finish its command on %s",
              burner->controller->blocks[burner->block].name);
    seal_cause_compare(cause, command, 0, values[1]);
    return SEAL_ERR_TIMEOUT;
}

/*
 * Timing and the write code, which is read back: without it a command burns nothing. The command itself then
 * stands alone in the shortest frame there is, since nothing can check that one before it acts.
 */
static int arm(const struct burner *burner, struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = burner->controller;
    struct seal_reg_write writes[MAX_TIMING + 1];
    uint32_t conf = controller->base + controller->conf;
    uint32_t got = 0;
    size_t count = 0;

    for (const struct seal_register_set *t = burner->timing;
         t != NULL && t->address != 0 && count < MAX_TIMING; t++) {
        writes[count++] = (struct seal_reg_write){.address = t->address, .value = t->value, .mask = t->mask};
    }
    writes[count++] = seal_reg_set(conf, controller->write_op_code);
    int err = seal_loader_write_regs(burner->loader, writes, count, 0, cause);
    if (err == 0) {
        err = seal_loader_read_reg(burner->loader, conf, &got, cause);
    }
    if (err == 0 && (got & OP_CODE_MASK) != controller->write_op_code) {
        err = seal_fail(cause, SEAL_ERR_LINK,
                        "the line corrupts data: the eFuse controller was not armed; %s was not burned",
                        controller->blocks[burner->block].name);
        seal_cause_compare(cause, conf, controller->write_op_code, got & OP_CODE_MASK);
        seal_hint(cause, "try another cable, a shorter one, or a lower --baud; then run the same command");
    }
    return err;
}

static int program(const struct burner *burner, struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = burner->controller;
    unsigned shift = controller->command_block_shift;
    /* shift 0: the command burns from every block's registers */
    uint32_t command = controller->command_program | (shift != 0 ? burner->block << shift : 0);
    int err = seal_loader_write_reg(burner->loader, controller->base + controller->command, command, cause);

    return err != 0 ? err : wait_idle(burner, cause);
}

static size_t clearing_writes(const struct seal_efuse_controller *controller, struct seal_reg_write *writes)
{
    uint32_t addresses[MAX_PROGRAM_WORDS];
    size_t count = program_registers(controller, addresses);

    for (size_t i = 0; i < count; i++) {
        writes[i] = seal_reg_set(addresses[i], 0);
    }
    return count;
}

/* Clears the program registers and makes the burned bits visible. */
static int clear_and_load(const struct burner *burner, struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = burner->controller;
    struct seal_reg_write writes[MAX_PROGRAM_WORDS + 3];
    size_t count = clearing_writes(controller, writes);
    int err;

    writes[count++] = seal_reg_set(controller->base + controller->conf, controller->read_op_code);
    writes[count++] = seal_reg_set(controller->base + controller->command, controller->command_read);
    /* mask 0: changes nothing, but the ROM waits */
    writes[count++] =
        (struct seal_reg_write){.address = burner->chip->rom.uart_date, .delay_us = READ_SETTLE_US};
    err = seal_loader_write_regs(burner->loader, writes, count, 0, cause);
    return err != 0 ? err : wait_idle(burner, cause);
}

/* After a failure: they may hold a key. What went wrong before stays the cause. */
static void clear_program_registers(const struct burner *burner)
{
    struct seal_reg_write writes[MAX_PROGRAM_WORDS];
    size_t count = clearing_writes(burner->controller, writes);
    int ignored;

    seal_interrupt_hold();
    ignored = seal_loader_write_regs(burner->loader, writes, count, 0, NULL);
    seal_interrupt_release();
    (void)ignored;
}

/* A word that differs is read once more: an answer that the line bent is no bent fuse. */
static int read_block_back(struct burner *burner, struct seal_cause *cause)
{
    int err = seal_efuse_read(burner->loader, 1u << burner->block, burner->efuse, cause);

    if (err == 0 &&
        !seal_equal(burner->efuse->words[burner->block], burner->expected, sizeof burner->expected)) {
        err = seal_efuse_read(burner->loader, 1u << burner->block, burner->efuse, cause);
    }
    return err;
}

int burner_pulse(struct burner *burner, const uint32_t *data, struct seal_cause *cause)
{
    uint32_t words[MAX_PROGRAM_WORDS];
    int err;

    make_program_words(burner, data, words);
    err = load_program_registers(burner, words, cause);
    seal_cleanse(words, sizeof words);
    if (err == 0)
        err = arm(burner, cause);
    if (err != 0)
        goto out;
    seal_interrupt_hold();
    err = program(burner, cause);
    if (err == 0 && burner->last)
        seal_loader_hurry(burner->loader, LAST_MS); /* a refusal or silence is what comes now */
    if (err == 0)
        err = clear_and_load(burner, cause);
    if (err == 0)
        err = read_block_back(burner, cause);
    seal_interrupt_release();
out:
    if (err != 0)
        clear_program_registers(burner);
    seal_loader_hurry(burner->loader, 0);
    return err;
}
