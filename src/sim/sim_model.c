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

/*
 * Of the other chips no ROM was measured here except the ESP32-S3's and the ESP32's: their models behave as
 * the C3's does, with what chips.json says of each. What lies where is left open: any address of a device or
 * of RAM.
 */
static const struct sim_range any_mapped[] = {{0x20000000, 0x30000000}, {0x3C000000, 0x70000000}, {0, 0}};

/* The divider at 115200 baud, where the crystal is found out by it: 26 MHz for the C2, 40 MHz for the C5 and
 * the ESP32. */
static const struct sim_preset c2_presets[] = {{0x60000014, 225}, {0, 0}};
static const struct sim_preset c5_presets[] = {{0x60000014, 347}, {0, 0}};
/* Bit 31 of APB_CTRL_DATE: with both fuses it makes revision 3. */
static const struct sim_preset esp32_presets[] = {{0x3FF40014, 347}, {0x3FF6607C, 0x96042000}, {0, 0}};

#define LIKE_THE_C3                                                                                          \
    .boot_mode = "boot:0x2 (UART0_BOOT)", .seventh_purpose = 0x0C, .flash_size_at_boot = 2u << 20,           \
    .mapped = any_mapped

static const struct sim_model models[] = {
    {
        .chip = "esp32c3",
        .revision = 3,
        .banner = "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\n",
        .boot_mode = "boot:0x2 (UART0_BOOT)",
        .refusal_line = 333,
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
    {
        .chip = "esp32",
        .revision = 301,
        .banner = "ets Jul 29 2019 12:21:46\r\n\r\n",
        .boot_mode = "boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))",
        .flash_mode = "boot:0x12 (SPI_FAST_FLASH_BOOT)",
        .power_on = "0x1 (POWERON_RESET)",
        .software = "0x3 (SW_RESET)",
        .disabled = "Download mode is disabled. Restart with GPIO0 high.\r\n",
        .ready = "waiting for download\r\n",
        .flash_size_at_boot = 2u << 20,
        .mapped = any_mapped,
        .presets = esp32_presets,
    },
    {.chip = "esp32c2",
     .revision = 104,
     .banner = "ESP-ROM:esp8684\r\n",
     LIKE_THE_C3,
     .presets = c2_presets,
     .crystal = 26},
    {.chip = "esp32c5",
     .revision = 100,
     .banner = "ESP-ROM:esp32c5\r\n",
     LIKE_THE_C3,
     .presets = c5_presets,
     .crystal = 40},
    {.chip = "esp32c6", .revision = 2, .banner = "ESP-ROM:esp32c6\r\n", LIKE_THE_C3},
    {.chip = "esp32c61", .revision = 100, .banner = "ESP-ROM:esp32c61\r\n", LIKE_THE_C3},
    {.chip = "esp32h2", .revision = 102, .banner = "ESP-ROM:esp32h2\r\n", LIKE_THE_C3},
    {.chip = "esp32p4", .revision = 300, .banner = "ESP-ROM:esp32p4\r\n", LIKE_THE_C3},
    {.chip = "esp32s2", .revision = 100, .banner = "ESP-ROM:esp32s2\r\n", LIKE_THE_C3},
    {.chip = "esp32s3",
     .revision = 2,
     .banner = "ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\n",
     LIKE_THE_C3,
     .refusal_line = 329},
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
