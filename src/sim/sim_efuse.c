/*
 * The eFuse controller (ESP32-C3 TRM, chapter "eFuse Controller"; measured:
 * facts/wire/esp32c3_efuse_raw_rules). Where the emulator is simpler than silicon (Reed-Solomon blocks),
 * silicon's documented behaviour is taken.
 */
#include "sim_parts.h"

#include <espseal/secret.h>

#include <string.h>

#define BURN_US 1000u
#define LOAD_US 100u
#define OP_CODE 0xFFFFu /* of conf; on some chips the choice of the ECDSA key's block stands above it */

static uint32_t word(const struct sim_efuse *efuse, uint32_t offset)
{
    return efuse->registers[offset / 4];
}

void sim_efuse_encode(const uint32_t words[static SIM_WORDS], uint8_t check[static SIM_CHECK_BYTES])
{
    uint8_t bytes[32];
    for (size_t i = 0; i < SIM_WORDS; i++) {
        seal_put_le32(bytes + 4 * i, words[i]);
    }
    seal_efuse_rs_encode(bytes, check);
    seal_cleanse(bytes, sizeof bytes);
}

uint32_t sim_efuse_field(const struct sim_chip *chip, const char *name)
{
    const struct seal_efuse_field *field = seal_chip_field(chip->chip, name);
    uint32_t value = 0;
    for (unsigned i = 0; field && i < field->bits && i < 32; i++) {
        unsigned bit = field->bit + i;
        value |= (chip->efuse.loaded[field->block][bit / 32] >> (bit % 32) & 1) << i;
    }
    return value;
}

enum seal_efuse_coding sim_efuse_coding(const struct sim_chip *chip, size_t block)
{
    static const enum seal_efuse_coding schemes[] = {SEAL_CODING_NONE, SEAL_CODING_THREE_QUARTER,
                                                     SEAL_CODING_REPEAT, SEAL_CODING_NONE};
    enum seal_efuse_coding coding = chip->efuse.map->blocks[block].coding;
    return coding == SEAL_CODING_BY_SCHEME ? schemes[sim_efuse_field(chip, "CODING_SCHEME") & 3] : coding;
}

uint32_t sim_efuse_key_purpose(const struct sim_chip *chip, unsigned key)
{
    char name[] = "KEY_PURPOSE_0_H";
    name[12] = (char)('0' + key % 10);
    uint32_t high = sim_efuse_field(chip, name);
    name[13] = '\0';
    return sim_efuse_field(chip, name) | high << 4;
}

/* Twice the same: what either half holds. */
static void load_repeated(struct sim_efuse *efuse, size_t block)
{
    const uint32_t *burned = efuse->burned[block];
    efuse->errors[block] = 0;
    for (size_t i = 0; i < SIM_WORDS; i++) {
        efuse->loaded[block][i] = i < SIM_WORDS / 2 ? burned[i] | burned[i + SIM_WORDS / 2] : 0;
        if (i < SIM_WORDS / 2 && burned[i] != burned[i + SIM_WORDS / 2]) {
            efuse->errors[block] |= (uint8_t)(1u << i);
        }
    }
}

/* Corrects what the code can correct, as the hardware does on the way to the read registers. */
static void load_coded(struct sim_efuse *efuse, size_t block)
{
    uint8_t code[32 + SIM_CHECK_BYTES];
    for (size_t i = 0; i < SIM_WORDS; i++) {
        seal_put_le32(code + 4 * i, efuse->burned[block][i]);
    }
    memcpy(code + 32, efuse->check[block], SIM_CHECK_BYTES);
    int corrected = sim_rs_correct(code);
    efuse->failed[block] = corrected < 0;
    efuse->errors[block] = (uint8_t)(corrected < 0 ? 7 : corrected);
    for (size_t i = 0; i < SIM_WORDS; i++) {
        efuse->loaded[block][i] = seal_le32(code + 4 * i);
    }
    seal_cleanse(code, sizeof code);
}

static bool has_bit(uint32_t bits, int bit)
{
    return bit >= 0 && (bits >> bit & 1);
}

void sim_efuse_put(struct sim_chip *chip, size_t block, const uint32_t words[static SIM_WORDS])
{
    struct sim_efuse *efuse = &chip->efuse;
    enum seal_efuse_coding coding = sim_efuse_coding(chip, block);
    uint8_t bytes[4 * SIM_WORDS], coded[4 * SIM_WORDS];
    for (size_t i = 0; i < SIM_WORDS; i++) {
        seal_put_le32(bytes + 4 * i, words[i]);
        seal_put_le32(coded + 4 * i, words[coding == SEAL_CODING_REPEAT ? i % 4 : i]);
    }
    if (coding == SEAL_CODING_THREE_QUARTER) {
        seal_efuse_three_quarter_encode(bytes, coded);
    }
    for (size_t i = 0; i < SIM_WORDS; i++) {
        efuse->burned[block][i] |= seal_le32(coded + 4 * i);
    }
    if (coding == SEAL_CODING_RS) {
        sim_efuse_encode(efuse->burned[block], efuse->check[block]);
    }
    seal_cleanse(bytes, sizeof bytes);
    seal_cleanse(coded, sizeof coded);
}

/* Bit by bit of RD_DIS: a field may be a block, half of one (C2) or part of BLOCK0 (ESP32). */
static void hide_protected(struct sim_chip *chip)
{
    struct sim_efuse *efuse = &chip->efuse;
    uint32_t read_disable = sim_efuse_field(chip, "RD_DIS");
    for (size_t f = 0; f < efuse->map->field_count; f++) {
        const struct seal_efuse_field *field = &efuse->map->fields[f];
        if (field->read_disable_more || !has_bit(read_disable, field->read_disable)) {
            continue; /* of what two bits protect the halves are fields too */
        }
        for (unsigned bit = field->bit; bit < field->bit + (unsigned)field->bits; bit++) {
            efuse->visible[field->block][bit / 32] &= ~(1u << bit % 32);
        }
    }
}

void sim_efuse_load(struct sim_chip *chip)
{
    struct sim_efuse *efuse = &chip->efuse;
    for (size_t i = 0; i < efuse->map->block_count; i++) { /* BLOCK0 first: it holds CODING_SCHEME */
        switch (sim_efuse_coding(chip, i)) {
        case SEAL_CODING_RS:
            load_coded(efuse, i);
            break;
        case SEAL_CODING_THREE_QUARTER:
            efuse->errors[i] = sim_three_quarter_load(efuse->burned[i], efuse->loaded[i]);
            break;
        case SEAL_CODING_REPEAT:
            load_repeated(efuse, i);
            break;
        default:
            memcpy(efuse->loaded[i], efuse->burned[i], sizeof efuse->loaded[i]);
        }
    }
    memcpy(efuse->visible, efuse->loaded, sizeof efuse->visible);
    hide_protected(chip);
}

void sim_efuse_reset(struct sim_chip *chip)
{
    seal_cleanse(chip->efuse.registers, sizeof chip->efuse.registers);
    sim_efuse_load(chip);
}

/* Bits of the block that write protection, as it was loaded, leaves open. */
static void open_bits(const struct sim_chip *chip, size_t block, uint32_t open[static SIM_WORDS])
{
    const struct seal_efuse_controller *map = chip->efuse.map;
    uint32_t write_disable = sim_efuse_field(chip, "WR_DIS");
    bool closed = has_bit(write_disable, map->blocks[block].write_disable);
    memset(open, closed ? 0 : 0xFF, sizeof(uint32_t) * SIM_WORDS);
    if (map->blocks[block].coding == SEAL_CODING_RS) {
        return; /* the block goes as a whole */
    }
    for (size_t f = 0; f < map->field_count; f++) {
        const struct seal_efuse_field *field = &map->fields[f];
        if (field->block != block || !has_bit(write_disable, field->write_disable)) {
            continue;
        }
        for (unsigned bit = field->bit; bit < field->bit + (unsigned)field->bits; bit++) {
            open[bit / 32] &= ~(1u << (bit % 32));
        }
    }
}

struct pulse { /* bits that this burn pulse will set: data, then check bytes */
    uint8_t bits[32 + SIM_CHECK_BYTES];
};

static struct pulse requested(const struct sim_chip *chip, size_t block)
{
    const struct sim_efuse *efuse = &chip->efuse;
    struct pulse pulse = {0};
    uint32_t open[SIM_WORDS];
    open_bits(chip, block, open);
    const struct seal_efuse_block *map = &efuse->map->blocks[block];
    uint32_t from = map->write ? map->write : efuse->map->program_data;
    for (size_t i = 0; i < (map->write ? map->words : SIM_WORDS); i++) {
        uint32_t data = word(efuse, from + (uint32_t)(4 * i));
        seal_put_le32(pulse.bits + 4 * i, data & ~efuse->burned[block][i] & open[i]);
    }
    for (size_t i = 0; i < SIM_CHECK_BYTES && efuse->map->blocks[block].coding == SEAL_CODING_RS; i++) {
        uint8_t bytes[4];
        seal_put_le32(bytes, word(efuse, efuse->map->check_value + (uint32_t)(i & ~(size_t)3)));
        pulse.bits[32 + i] = (uint8_t)(bytes[i % 4] & ~efuse->check[block][i] & open[0]);
    }
    return pulse;
}

static unsigned count_bits(const struct pulse *pulse)
{
    unsigned count = 0;
    for (size_t i = 0; i < sizeof pulse->bits; i++) {
        count += (unsigned)__builtin_popcount(pulse->bits[i]);
    }
    return count;
}

/* Keeps `keep` bits in an order that looks random and is the same every time. */
static void keep_some(struct pulse *pulse, unsigned keep, uint64_t seed)
{
    unsigned left = count_bits(pulse);
    uint64_t random = seed * 0x9E3779B97F4A7C15u + 1;
    for (unsigned bit = 0; bit < 8 * sizeof pulse->bits; bit++) {
        if (!(pulse->bits[bit / 8] >> (bit % 8) & 1)) {
            continue;
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if (random % left < keep) {
            keep--;
        } else {
            pulse->bits[bit / 8] &= (uint8_t) ~(1u << (bit % 8));
        }
        left--;
    }
}

/* One more bit: the first that is blank next to one that is burned. */
static void add_neighbour(const struct sim_efuse *efuse, size_t block, struct pulse *pulse)
{
    for (unsigned bit = 0; bit + 1 < 256; bit++) {
        unsigned next = bit + 1;
        bool blank = !(efuse->burned[block][next / 32] >> (next % 32) & 1) &&
                     !(pulse->bits[next / 8] >> (next % 8) & 1);
        if ((pulse->bits[bit / 8] >> (bit % 8) & 1) && blank) {
            pulse->bits[next / 8] |= (uint8_t)(1u << (next % 8));
            return;
        }
    }
}

static void apply(struct sim_chip *chip, size_t block, const struct pulse *pulse)
{
    struct sim_efuse *efuse = &chip->efuse;
    for (size_t i = 0; i < SIM_WORDS; i++) {
        efuse->burned[block][i] |= seal_le32(pulse->bits + 4 * i);
    }
    for (size_t i = 0; i < SIM_CHECK_BYTES; i++) {
        efuse->check[block][i] |= pulse->bits[32 + i];
    }
    sim_chip_fail(chip, sim_efuse_save(efuse));
}

static void burn(struct sim_chip *chip, size_t block)
{
    struct sim_efuse *efuse = &chip->efuse;
    if (block >= efuse->map->block_count) {
        return;
    }
    struct pulse pulse = requested(chip, block);
    uint64_t count = ++chip->fault.burns;
    const struct sim_fault_rule *power = sim_fault_at(&chip->fault, SIM_FAULT_POWER_BURN, count);
    chip->busy_us += BURN_US;
    if (sim_fault_at(&chip->fault, SIM_FAULT_LIE_BURN, count)) {
        return;
    }
    if (sim_fault_at(&chip->fault, SIM_FAULT_NEIGHBOUR_BURN, count)) {
        add_neighbour(efuse, block, &pulse);
    }
    if (power) {
        unsigned bits = count_bits(&pulse);
        keep_some(&pulse, power->has_value && power->value < bits ? power->value : bits / 2, count);
    }
    apply(chip, block, &pulse);
    seal_cleanse(&pulse, sizeof pulse);
    if (power) {
        sim_chip_power_off(chip);
    }
}

/* The command bits clear themselves before the next register read can see them (measured). */
static void command(struct sim_chip *chip, uint32_t value)
{
    struct sim_efuse *efuse = &chip->efuse;
    uint32_t conf = word(efuse, efuse->map->conf) & OP_CODE;
    bool program = (value & efuse->map->command_program) && conf == efuse->map->write_op_code;
    if (program && efuse->map->command_block_shift) {
        burn(chip, value >> efuse->map->command_block_shift & 0xF);
    }
    for (size_t i = 0; program && !efuse->map->command_block_shift && i < efuse->map->block_count; i++) {
        struct pulse pulse = requested(chip, i);
        if (count_bits(&pulse)) {
            burn(chip, i);
        }
        seal_cleanse(&pulse, sizeof pulse);
    }
    if ((value & efuse->map->command_read) && conf == efuse->map->read_op_code) {
        chip->busy_us += LOAD_US;
        sim_efuse_load(chip);
        sim_ecdsa_take_over(chip, efuse->registers);
    }
}

static uint32_t error_register(const struct sim_efuse *efuse, uint32_t offset)
{
    uint32_t value = 0;
    for (size_t i = 0; i < efuse->map->block_count; i++) {
        const struct seal_efuse_block *block = &efuse->map->blocks[i];
        if (block->error_count_register == offset && block->error_count_shift >= 0) {
            value |= (uint32_t)efuse->errors[i] << block->error_count_shift;
        }
        if (block->error_fail_register == offset && block->error_fail_bit >= 0 && efuse->failed[i]) {
            value |= 1u << block->error_fail_bit;
        }
    }
    return value;
}

uint32_t sim_efuse_read_register(const struct sim_efuse *efuse, uint32_t offset)
{
    for (size_t i = 0; i < efuse->map->block_count; i++) {
        const struct seal_efuse_block *block = &efuse->map->blocks[i];
        if (offset >= block->read && offset < block->read + 4u * block->words) {
            return efuse->visible[i][(offset - block->read) / 4];
        }
        if (offset && (offset == block->error_count_register || offset == block->error_fail_register)) {
            return error_register(efuse, offset);
        }
    }
    return word(efuse, offset);
}

void sim_efuse_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value)
{
    if (offset == chip->efuse.map->command) {
        command(chip, value);
    } else if (offset == 0 || (offset != chip->efuse.map->status && offset != chip->efuse.map->date)) {
        chip->efuse.registers[offset / 4] = value; /* 0: no such register */
    }
}
