/* Burning: one block at a time, and nothing believed that was not read back. */
#include <espseal/buf.h>
#include <espseal/deadline.h>
#include <espseal/efuse.h>
#include <espseal/secret.h>

#include <string.h>

#define CHECK_WORDS 3
#define MAX_PROGRAM_WORDS 31 /* the ESP32's four blocks; else 8 and 3 check words */
#define MAX_TIMING 8
#define COMMAND_MS 1000 /* four times what espefuse waits for at most: an emulator may be slow */
#define READ_SETTLE_US 1000
#define OP_CODE_MASK 0xFFFFu /* other bits of the register have other owners on some chips */

struct burner {
    struct seal_loader *loader;
    const struct seal_efuse_controller *controller;
    const struct seal_chip *chip;
    struct seal_efuse *efuse;
    unsigned block;
    const struct seal_register_set *timing; /* for the crystal; NULL: none to set */
    bool secret;
    unsigned pulses;                     /* into this block */
    uint32_t expected[SEAL_EFUSE_WORDS]; /* what the block must hold afterwards */
};

static struct seal_reg_write plain_write(uint32_t address, uint32_t value)
{
    return (struct seal_reg_write){.address = address, .value = value, .mask = 0xFFFFFFFF};
}

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
        writes[i] = plain_write(addresses[i], program[i]);
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
    writes[count++] = plain_write(conf, controller->write_op_code);
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
        writes[i] = plain_write(addresses[i], 0);
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

    writes[count++] = plain_write(controller->base + controller->conf, controller->read_op_code);
    writes[count++] = plain_write(controller->base + controller->command, controller->command_read);
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

static int pulse(struct burner *burner, const uint32_t *data, struct seal_cause *cause)
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
    if (err == 0)
        err = clear_and_load(burner, cause);
    if (err == 0)
        err = read_block_back(burner, cause);
    seal_interrupt_release();
out:
    if (err != 0)
        clear_program_registers(burner);
    return err;
}

/* Names the first word that differs; of a secret block only how many bits do. */
static int fail_verify(const struct burner *burner, struct seal_cause *cause)
{
    const struct seal_efuse_block *block = &burner->controller->blocks[burner->block];
    const uint32_t *got = burner->efuse->words[burner->block];

    for (uint32_t i = 0; i < block->words; i++) {
        uint32_t missing = burner->expected[i] & ~got[i], extra = got[i] & ~burner->expected[i];
        uint32_t address = burner->controller->base + block->read + 4 * i;
        if ((missing | extra) == 0)
            continue;
        seal_fail(cause, SEAL_ERR_VERIFY,
                  "%s word %u reads back wrong: %d bits did not burn, %d burned that "
                  "should not have",
                  block->name, (unsigned)i, __builtin_popcount(missing), __builtin_popcount(extra));
        if (!burner->secret)
            seal_cause_compare(cause, address, burner->expected[i], got[i]);
        return SEAL_ERR_VERIFY;
    }
    return 0;
}

static bool has_extra_bits(const struct burner *burner)
{
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        if (burner->efuse->words[burner->block][i] & ~burner->expected[i])
            return true;
    }
    return false;
}

/* Bits still to burn: in a coded block all of them again, since only the identical code word is safe. */
static bool bits_to_burn(const struct burner *burner, unsigned attempt, const uint32_t *wanted,
                         uint32_t *data)
{
    enum seal_efuse_coding coding = seal_efuse_block_coding(burner->efuse, burner->block);
    bool coded = coding == SEAL_CODING_RS || coding == SEAL_CODING_THREE_QUARTER;
    uint32_t any = 0;

    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        uint32_t missing = wanted[i] & ~burner->efuse->words[burner->block][i];
        any |= missing;
        data[i] = coded ? wanted[i] : missing;
    }
    /* Right only because the code corrected it: the bits that are weak get a second pulse. */
    return any != 0 || (coded && attempt > 0 && burner->efuse->errors[burner->block] > 0);
}

/* Before a second pulse: a first one whose command was bent may have burned another block than the one named.
 */
static int check_other_blocks(const struct burner *burner, struct seal_cause *cause)
{
    struct seal_efuse now = *burner->efuse;
    uint32_t others = burner->efuse->loaded & ~(1u << burner->block);
    int err = others != 0 ? seal_efuse_read(burner->loader, others, &now, cause) : 0;

    for (unsigned id = 0; id < SEAL_EFUSE_BLOCKS && err == 0; id++) {
        if ((others >> id & 1) != 0 &&
            !seal_equal(now.words[id], burner->efuse->words[id], sizeof now.words[id])) {
            err = seal_fail(cause, SEAL_ERR_VERIFY, "%s changed while %s was to be burned",
                            burner->controller->blocks[id].name,
                            burner->controller->blocks[burner->block].name);
            seal_hint(
                cause,
                "the command was damaged on its way; espseal efuse summary shows what stands there now");
        }
    }
    seal_cleanse(&now, sizeof now);
    return err;
}

static int burn_words(struct burner *burner, const uint32_t *wanted, struct seal_cause *cause)
{
    uint32_t data[SEAL_EFUSE_WORDS];
    int err = 0;

    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++)
        burner->expected[i] = burner->efuse->words[burner->block][i] | wanted[i];
    for (unsigned attempt = 0; attempt < 2 && bits_to_burn(burner, attempt, wanted, data); attempt++) {
        burner->pulses++;
        err = attempt > 0 ? check_other_blocks(burner, cause) : 0;
        if (err != 0)
            break;
        err = pulse(burner, data, cause);
        if (err != 0 || has_extra_bits(burner))
            break;
    }
    if (err == 0)
        err = fail_verify(burner, cause);
    seal_cleanse(data, sizeof data);
    seal_cleanse(burner->expected, sizeof burner->expected);
    return err;
}

static void field_mask(const struct burner *burner, const char *name, uint32_t *mask)
{
    const struct seal_efuse_field *field = seal_chip_field(burner->chip, name);

    memset(mask, 0, SEAL_EFUSE_WORDS * sizeof *mask);
    if (field == NULL || field->block != burner->block)
        return;
    for (unsigned bit = field->bit; bit < (unsigned)field->bit + field->bits; bit++)
        mask[bit / 32] |= 1u << bit % 32;
}

/* Switches that brick the chip when what they need is not there: burned after the rest was verified. */
static const char *const switches[] = {"SPI_BOOT_CRYPT_CNT", "FLASH_CRYPT_CNT", "SECURE_BOOT_EN",
                                       "ABS_DONE_0",         "ABS_DONE_1",      NULL};
/* Behind these nothing may be readable any more, from the very read command on (measured on the ROMs of the
 * ESP32-C3 and ESP32-S3): burned last of all. */
static const char *const doors[] = {"ENABLE_SECURITY_DOWNLOAD", "DIS_DOWNLOAD_MODE", "UART_DOWNLOAD_DIS",
                                    NULL};

enum phase { PHASE_FIELDS, PHASE_SWITCHES, PHASE_READ_PROTECT, PHASE_WRITE_PROTECT, PHASE_DOORS, PHASES };

static void fields_mask(const struct burner *burner, const char *const *names, uint32_t *mask)
{
    uint32_t one[SEAL_EFUSE_WORDS];

    memset(mask, 0, SEAL_EFUSE_WORDS * sizeof *mask);
    for (; *names != NULL; names++) {
        field_mask(burner, *names, one);
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            mask[i] |= one[i];
        }
    }
}

/* Bits of WR_DIS that would lock a door which is to be burned: they go with it, in one pulse. */
static void move_locks_of_doors(const struct burner *burner, uint32_t phases[PHASES][SEAL_EFUSE_WORDS])
{
    const struct seal_efuse_field *locks = seal_chip_field(burner->chip, "WR_DIS");

    for (size_t i = 0; doors[i] != NULL; i++) {
        const struct seal_efuse_field *door = seal_chip_field(burner->chip, doors[i]);
        if (door == NULL || door->write_disable < 0 || locks == NULL || door->block != burner->block ||
            (phases[PHASE_DOORS][door->bit / 32] >> door->bit % 32 & 1) == 0) {
            continue;
        }
        unsigned lock = locks->bit + (unsigned)door->write_disable;
        uint32_t bit = phases[PHASE_WRITE_PROTECT][lock / 32] & 1u << lock % 32;
        phases[PHASE_WRITE_PROTECT][lock / 32] &= ~bit;
        phases[PHASE_DOORS][lock / 32] |= bit;
    }
}

static void split_phases(const struct burner *burner, const uint32_t *wanted,
                         uint32_t phases[PHASES][SEAL_EFUSE_WORDS])
{
    static const char *const read[] = {"RD_DIS", NULL}, *const write[] = {"WR_DIS", NULL};
    const char *const *const names[PHASES] = {NULL, switches, read, write, doors};
    uint32_t mask[SEAL_EFUSE_WORDS];

    memcpy(phases[PHASE_FIELDS], wanted, sizeof phases[PHASE_FIELDS]);
    for (size_t phase = 1; phase < PHASES; phase++) {
        fields_mask(burner, names[phase], mask);
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            /* what is there already is no part of a phase: it cannot be its door */
            phases[phase][i] = wanted[i] & mask[i] & ~burner->efuse->words[burner->block][i];
            phases[PHASE_FIELDS][i] &= ~mask[i];
        }
    }
    move_locks_of_doors(burner, phases);
}

static bool opens_secure_download(const struct burner *burner, const uint32_t *wanted)
{
    const struct seal_efuse_field *field = seal_chip_field(burner->chip, "ENABLE_SECURITY_DOWNLOAD");
    return field != NULL && field->block == burner->block && (wanted[field->bit / 32] >> field->bit % 32 & 1);
}

/* From the read command on the chip refuses to show its registers, and its ROM restarts: the flag is the
 * proof. */
static int verify_secure_download(struct burner *burner, const uint32_t *wanted, int err,
                                  struct seal_cause *cause)
{
    bool expected = err == SEAL_ERR_ROM_REFUSED || err == SEAL_ERR_ROM || err == SEAL_ERR_LINK ||
                    err == SEAL_ERR_TIMEOUT || err == SEAL_ERR_PROTOCOL;

    if (!expected) {
        return err;
    }
    err = seal_loader_refresh_security_info(burner->loader, cause);
    if (err == 0 && !seal_loader_secure_download(burner->loader)) {
        err = seal_fail(cause, SEAL_ERR_VERIFY,
                        "the chip refuses registers, but is not in secure download mode");
    }
    for (size_t i = 0; err == 0 && i < SEAL_EFUSE_WORDS; i++) {
        burner->efuse->words[burner->block][i] |= wanted[i];
    }
    return err;
}

/*
 * What protection would lock is burned and verified before the protection is; read-protection before
 * write-protection, since bit 0 of WR_DIS locks RD_DIS.
 */
static int burn_block(struct burner *burner, const uint32_t *wanted, struct seal_cause *cause)
{
    uint32_t phases[PHASES][SEAL_EFUSE_WORDS];
    int err = 0;

    split_phases(burner, wanted, phases);
    for (size_t phase = 0; phase < PHASES && err == 0; phase++) {
        err = burn_words(burner, phases[phase], cause);
        if (err != 0 && phase == PHASE_DOORS && opens_secure_download(burner, phases[phase])) {
            err = verify_secure_download(burner, phases[phase], err, cause);
        }
    }
    seal_cleanse(phases, sizeof phases);
    return err;
}

static int choose_timing(struct burner *burner, struct seal_cause *cause)
{
    unsigned mhz = 0;
    int err = seal_loader_crystal(burner->loader, &mhz, cause);

    for (const struct seal_efuse_timing *t = burner->controller->timings; t != NULL && t->mhz != 0; t++) {
        if (t->mhz == mhz) {
            burner->timing = t->sets;
            break;
        }
    }
    return err;
}

/* What the chip no longer shows is not kept here either. Where a block has a bit for each half (ESP32-C2),
 * the other half stays. */
static void forget_protected_blocks(struct seal_efuse *efuse)
{
    const uint32_t hidden = seal_efuse_get_named(efuse, "RD_DIS");
    for (unsigned id = 0; id < efuse->chip->efuse->block_count; id++) {
        const struct seal_efuse_block *block = &efuse->chip->efuse->blocks[id];
        const size_t parts = 1u + block->read_disable_more, words = SEAL_EFUSE_WORDS / parts;
        for (size_t part = 0; part < parts && block->read_disable >= 0; part++) {
            if (hidden >> ((size_t)block->read_disable + part) & 1) {
                seal_cleanse(efuse->words[id] + part * words, words * sizeof *efuse->words[id]);
            }
        }
    }
}

/* The plan is made from what was read without a checksum: it is read once more. */
static int look_again(const struct burner *burner, const struct seal_burn *burn, struct seal_cause *cause)
{
    const struct seal_efuse *seen = burner->efuse;
    struct seal_efuse now = {.chip = seen->chip};
    uint32_t mask = 0;
    for (unsigned block = 0; block < burner->controller->block_count; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            mask |= (burn->words[block][i] & ~seen->words[block][i] ? 1u : 0u) << block;
        }
    }
    int err = mask ? seal_efuse_read(burner->loader, mask | 1, &now, cause) : 0; /* BLOCK0: the coding */
    for (unsigned block = 0; err == 0 && block < burner->controller->block_count; block++) {
        if ((mask >> block & 1) &&
            memcmp(now.words[block], seen->words[block], sizeof now.words[block]) != 0) {
            err = seal_fail(cause, SEAL_ERR_VERIFY, "%s reads otherwise than when the burn was planned",
                            burner->controller->blocks[block].name);
            seal_hint(cause, "nothing was burned; the line may be bad: run the same command again");
        }
    }
    seal_cleanse(&now, sizeof now);
    return err;
}

int seal_burn_execute(struct seal_loader *loader, struct seal_efuse *efuse, const struct seal_burn *burn,
                      unsigned *burned, struct seal_cause *cause)
{
    struct burner burner = {
        .loader = loader, .controller = efuse->chip->efuse, .chip = efuse->chip, .efuse = efuse};
    int err;

    *burned = 0;
    err = seal_burn_check(efuse, burn, cause);
    if (err == 0)
        err = seal_loader_require_registers(loader, "burn eFuses", cause);
    if (err == 0)
        err = look_again(&burner, burn, cause);
    if (err == 0)
        err = choose_timing(&burner, cause);
    for (size_t left = err == 0 ? burner.controller->block_count : 0; left > 0 && err == 0; left--) {
        burner.block = (unsigned)(left - 1);
        burner.secret = burn->secret[burner.block];
        burner.pulses = 0;
        err = burn_block(&burner, burn->words[burner.block], cause);
        *burned += burner.pulses > 0;
    }
    if (err == 0)
        forget_protected_blocks(efuse);
    return err;
}
