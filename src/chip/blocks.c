/* The eleven blocks that most chips have in the same places; only their error registers are at other offsets.
 * Where esptool and ESP-IDF disagree about those (ESP32-S2, ESP32-C61), ESP-IDF's headers are followed, since
 * they are made from the hardware's description. */
#include "tables.h"

/* clang-format off */
#define BLOCKS(rs0, rs1) { \
    {.name = "BLOCK0", .read = 0x2c, .words = 6, .coding = SEAL_CODING_NONE, \
     .write_disable = -1, .read_disable = -1, .key = -1, .file = 0, \
     .error_count_shift = -1, .error_fail_bit = -1}, \
    {.name = "MAC_SPI_8M_0", .alias = "BLOCK1", .read = 0x44, .words = 6, .coding = SEAL_CODING_RS, \
     .write_disable = 20, .read_disable = -1, .key = -1, .file = 24, \
     .error_count_register = (rs0), .error_count_shift = 0, .error_fail_register = (rs0), .error_fail_bit = 3}, \
    {.name = "BLOCK_SYS_DATA", .alias = "BLOCK2", .read = 0x5c, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 21, .read_disable = -1, .key = -1, .file = 48, \
     .error_count_register = (rs0), .error_count_shift = 4, .error_fail_register = (rs0), .error_fail_bit = 7}, \
    {.name = "BLOCK_USR_DATA", .alias = "BLOCK3", .read = 0x7c, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 22, .read_disable = -1, .key = -1, .file = 80, \
     .error_count_register = (rs0), .error_count_shift = 8, .error_fail_register = (rs0), .error_fail_bit = 11}, \
    {.name = "BLOCK_KEY0", .alias = "BLOCK4", .read = 0x9c, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 23, .read_disable = 0, .key = 0, .file = 112, \
     .error_count_register = (rs0), .error_count_shift = 12, .error_fail_register = (rs0), .error_fail_bit = 15}, \
    {.name = "BLOCK_KEY1", .alias = "BLOCK5", .read = 0xbc, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 24, .read_disable = 1, .key = 1, .file = 144, \
     .error_count_register = (rs0), .error_count_shift = 16, .error_fail_register = (rs0), .error_fail_bit = 19}, \
    {.name = "BLOCK_KEY2", .alias = "BLOCK6", .read = 0xdc, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 25, .read_disable = 2, .key = 2, .file = 176, \
     .error_count_register = (rs0), .error_count_shift = 20, .error_fail_register = (rs0), .error_fail_bit = 23}, \
    {.name = "BLOCK_KEY3", .alias = "BLOCK7", .read = 0xfc, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 26, .read_disable = 3, .key = 3, .file = 208, \
     .error_count_register = (rs0), .error_count_shift = 24, .error_fail_register = (rs0), .error_fail_bit = 27}, \
    {.name = "BLOCK_KEY4", .alias = "BLOCK8", .read = 0x11c, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 27, .read_disable = 4, .key = 4, .file = 240, \
     .error_count_register = (rs0), .error_count_shift = 28, .error_fail_register = (rs0), .error_fail_bit = 31}, \
    {.name = "BLOCK_KEY5", .alias = "BLOCK9", .read = 0x13c, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 28, .read_disable = 5, .key = 5, .file = 272, \
     .error_count_register = (rs1), .error_count_shift = 0, .error_fail_register = (rs1), .error_fail_bit = 3}, \
    {.name = "BLOCK_SYS_DATA2", .alias = "BLOCK10", .read = 0x15c, .words = 8, .coding = SEAL_CODING_RS, \
     .write_disable = 29, .read_disable = 6, .key = -1, .file = 304, \
     .error_count_register = (rs1), .error_count_shift = 4, .error_fail_register = (rs1), .error_fail_bit = 7}, \
}
/* clang-format on */

const struct seal_efuse_block seal_blocks_errors_at_190[SEAL_BLOCKS] = BLOCKS(0x190, 0x194);
const struct seal_efuse_block seal_blocks_errors_at_1c0[SEAL_BLOCKS] = BLOCKS(0x1c0, 0x1c4);
