/* ESP32-C2: identification and capabilities. Its eFuses are not described yet. */
#include "tables.h"

static const uint32_t magic_values[] = {0x6f51306f, 0x7c41a06f, 0x0c21e06f, 0};

static const struct seal_key_purpose purposes[] = {
    {.name = "USER", .value = 0},
    {.name = "XTS_AES_128_KEY", .value = 1, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS",
     .value = 2,
     .reverse_bytes = true,
     .read_protect = true},
    {.name = "SECURE_BOOT_DIGEST", .value = 3, .digest = true},
    {0},
};

const struct seal_chip seal_chip_esp32c2 = {
    .name = "esp32c2",
    .title = "ESP32-C2",
    .image_chip_id = 12,
    .security_info_chip_id = 12,
    .magic_values = magic_values,
    .key_blocks = 1,
    .bootloader_offset = 0x0,
    .purposes = purposes,
    .spi_flash = {.base = 0x60002000,
                  .cmd = 0x0,
                  .addr = 0x4,
                  .usr = 0x18,
                  .usr1 = 0x1c,
                  .usr2 = 0x20,
                  .mosi_dlen = 0x24,
                  .miso_dlen = 0x28,
                  .w0 = 0x58},
    /* One register set per frame is what other tools send; more was not measured on this ROM. */
    .rom = {.deflate = true,
            .begin_has_encrypted = true,
            .security_info_len = 20,
            .flash_block = 1024,
            .write_reg_max = 1,
            .uart_date = 0x6000007c},
};
