/* ESP32: identification and capabilities. Its eFuses are not described yet. */
#include "tables.h"

static const uint32_t magic_values[] = {0x00f01d83, 0};

const struct seal_chip seal_chip_esp32 = {
    .name = "esp32",
    .title = "ESP32",
    .image_chip_id = 0,
    .security_info_chip_id = -1,
    .magic_values = magic_values,
    .key_blocks = 0, /* BLOCK1..3 have fixed uses and no purposes */
    .bootloader_offset = 0x1000,
    .spi_flash = {.base = 0x3ff42000,
                  .cmd = 0x0,
                  .addr = 0x4,
                  .usr = 0x1c,
                  .usr1 = 0x20,
                  .usr2 = 0x24,
                  .mosi_dlen = 0x28,
                  .miso_dlen = 0x2c,
                  .w0 = 0x80},
    /* 250 sets in one frame were taken by this ROM. */
    .rom = {.deflate = true,
            .begin_has_encrypted = false,
            .security_info_len = 0,
            .flash_block = 1024,
            .write_reg_max = 250,
            .uart_date = 0x60000078},
};
