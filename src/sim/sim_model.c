#include "sim_parts.h"

#include <string.h>

/* ESP32-C3 TRM 3.3 "Address Mapping". */
static const struct sim_range c3_mapped[] = {
    {0x3C000000, 0x3C800000}, {0x3FC80000, 0x3FCE0000}, {0x3FF00000, 0x3FF20000},
    {0x40000000, 0x40060000}, {0x4037C000, 0x403E0000}, {0x42000000, 0x42800000},
    {0x50000000, 0x50002000}, {0x60000000, 0x600D1000}, {0, 0},
};

/* The ROM's magic word of v0.3 and the UART divider that captures show (facts/wire/esp32c3_read_reg.txt). */
static const struct sim_preset c3_presets[] = {
    {0x40001000, 0x1B31506F},
    {0x60000014, 0x00000152},
    {0, 0},
};

static const struct sim_model models[] = {
    {
        .chip = "esp32c3",
        .banner = "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\n",
        .boot_mode = "boot:0x2 (UART0_BOOT)",
        .api_version = 3,
        .seventh_purpose = 0x0C,
        .flash_size_at_boot = 2u << 20,
        .read_as_zero = 0x600C0000,
        .zero_end = 0x600C1000,
        .watchdog_config = 0x60008090,
        .watchdog_protect = 0x600080A8,
        .watchdog_key = 0x50D83AA1,
        .mapped = c3_mapped,
        .presets = c3_presets,
    },
};

const struct sim_model *sim_model_find(const struct seal_chip *chip)
{
    for (size_t i = 0; chip && i < sizeof models / sizeof models[0]; i++) {
        if (strcmp(models[i].chip, chip->name) == 0) {
            return &models[i];
        }
    }
    return NULL;
}

bool sim_supports(const struct seal_chip *chip)
{
    return sim_model_find(chip) && chip->efuse;
}
