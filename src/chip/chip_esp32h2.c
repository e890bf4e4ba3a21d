/* ESP32-H2: revisions up to 1.1 have another eFuse table than 1.2 has. Addresses from ESP-IDF's efuse_reg.h.
 */
#include "tables.h"

static const uint32_t magic_values[] = {0xd7b73e80, 0};

static const struct seal_key_purpose purposes[] = {
    {.name = "USER", .value = 0},
    {.name = "ECDSA_KEY", .value = 1, .reverse_bytes = true, .read_protect = true},
    {.name = "RESERVED", .value = 2},
    {.name = "XTS_AES_128_KEY", .value = 4, .reverse_bytes = true, .read_protect = true},
    {.name = "HMAC_DOWN_ALL", .value = 5, .read_protect = true},
    {.name = "HMAC_DOWN_JTAG", .value = 6, .read_protect = true},
    {.name = "HMAC_DOWN_DIGITAL_SIGNATURE", .value = 7, .read_protect = true},
    {.name = "HMAC_UP", .value = 8, .read_protect = true},
    {.name = "SECURE_BOOT_DIGEST0", .value = 9, .digest = true},
    {.name = "SECURE_BOOT_DIGEST1", .value = 10, .digest = true},
    {.name = "SECURE_BOOT_DIGEST2", .value = 11, .digest = true},
    {0},
};

static const struct seal_register_set timing[] = {
    {0x600b09e8, 0x0001fe28, 0x0001feff}, /* DAC clock divider 40, amplitude 255 */
    {0x600b09f0, 0x00300000, 0x00ffff00}, /* power-on time */
    {0x600b09f4, 0x00000190, 0x0000ffff}, /* power-off time */
    {0},
};
static const struct seal_efuse_timing timings[] = {{32, timing}, {0}};

static const struct seal_efuse_controller efuse = {
    .base = 0x600b0800,
    .program_data = 0x000,
    .check_value = 0x020,
    .clock = 0x1c8,
    .conf = 0x1cc,
    .status = 0x1d0,
    .command = 0x1d4,
    .date = 0x1fc,
    .write_op_code = 0x5a5a,
    .read_op_code = 0x5aa5,
    .command_program = 2,
    .command_read = 1,
    .command_block_shift = 2,
    .timings = timings,
    .blocks = seal_blocks_errors_at_1c0,
    .block_count = SEAL_BLOCKS,
    .fields = seal_fields_esp32h2_v0_0_v1_1,
    .field_count = SEAL_COUNT(seal_fields_esp32h2_v0_0_v1_1),
    .fields_source = seal_fields_source_esp32h2_v0_0_v1_1,
    .file_size = 1024,
    .register_space = 512,
};

static const struct seal_efuse_controller efuse_v1_2 = {
    .base = 0x600b0800,
    .program_data = 0x000,
    .check_value = 0x020,
    .clock = 0x1c8,
    .conf = 0x1cc,
    .status = 0x1d0,
    .command = 0x1d4,
    .date = 0x1fc,
    .write_op_code = 0x5a5a,
    .read_op_code = 0x5aa5,
    .command_program = 2,
    .command_read = 1,
    .command_block_shift = 2,
    .timings = timings,
    .blocks = seal_blocks_errors_at_1c0,
    .block_count = SEAL_BLOCKS,
    .fields = seal_fields_esp32h2,
    .field_count = SEAL_COUNT(seal_fields_esp32h2),
    .fields_source = seal_fields_source_esp32h2,
    .file_size = 1024,
    .register_space = 512,
};

/* Those of HMAC and DS are released last: they hold the others. */
static const struct seal_register_set ds_clocks[] = {
    {0x600960c4, 0x3, 0x3}, /* AES: clock on, in reset */
    {0x600960c4, 0x1, 0x3},
    {0x600960c8, 0x3, 0x3}, /* SHA: clock on, in reset */
    {0x600960c8, 0x1, 0x3},
    {0x600960cc, 0x3, 0x3}, /* RSA: clock on, in reset */
    {0x600960cc, 0x1, 0x3},
    {0x600960e0, 0x3, 0x3}, /* HMAC: clock on, in reset */
    {0x600960e0, 0x1, 0x3},
    {0x600960dc, 0x3, 0x3}, /* DS: clock on, in reset */
    {0x600960dc, 0x1, 0x3},
    {0x600960d0, 0x0, 0x5}, /* RSA memory powered */
    {0},
};

/* The parent's reset is released last: it holds ECC and, before v1.2, RSA. */
static const struct seal_register_set ecdsa_clocks[] = {
    {0x600960d4, 0x3, 0x3}, /* ECC: clock on, in reset */
    {0x600960d4, 0x1, 0x3},
    {0x600960cc, 0x3, 0x3}, /* RSA: clock on, in reset */
    {0x600960cc, 0x1, 0x3},
    {0x600960e4, 0x3, 0x3}, /* ECDSA: clock on, in reset */
    {0x600960e4, 0x1, 0x3},
    {0x600960d0, 0x0, 0x5}, /* RSA memory powered */
    {0x600960d8, 0x0, 0x5}, /* ECC memory powered */
    {0},
};
static const struct seal_ecdsa_registers ecdsa = {.base = 0x6008e000,
                                                  .layout = &seal_ecdsa_with_mpi,
                                                  .key_select = 0x1cc,
                                                  .update = 0x1f8,
                                                  .clocks = ecdsa_clocks};
static const struct seal_ecdsa_registers ecdsa_v1_2 = {.base = 0x6008e000,
                                                       .layout = &seal_ecdsa_two_curves,
                                                       .key_select = 0x1cc,
                                                       .update = 0x1f8,
                                                       .clocks = ecdsa_clocks};

static const struct seal_chip *const variants[] = {&seal_chip_esp32h2, &seal_chip_esp32h2_v1_2, NULL};

const struct seal_chip seal_chip_esp32h2 = {
    .name = "esp32h2",
    .title = "ESP32-H2",
    .image_chip_id = 16,
    .security_info_chip_id = 16,
    .magic_values = magic_values,
    .ds_max_bits = 3072,
    /* P-192 is switched off until a field says otherwise (SOC_ECDSA_P192_CURVE_DEFAULT_DISABLED). */
    .ecdsa_curves = {192, 256},
    .key_blocks = 6,
    .bootloader_offset = 0x0,
    .secure_boot = {.digests = 3, .digest_len = 32, .rsa = true, .curves = {192, 256}, .ecdsa_flagged = true},
    .purposes = purposes,
    .efuse = &efuse,
    .revisions = "up to v1.1",
    .first_revision = 0,
    .variants = variants,
    .watchdogs = {.config0 = 0x600b1c00,
                  .config1 = 0x600b1c04,
                  .protect = 0x600b1c1c,
                  .super_config = 0x600b1c20,
                  .super_protect = 0x600b1c24,
                  .super_key = 0x50d83aa1,
                  .super_auto_feed = 0x00040000},
    .peripherals = {.hmac_base = 0x6008d000, .ds_base = 0x6008c000, .ds_clocks = ds_clocks, .ecdsa = &ecdsa},
    .spi_flash = {.base = 0x60003000,
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
    .tested = {.rom = SEAL_TESTED_SIMULATOR,
               .efuse = SEAL_TESTED_SIMULATOR,
               .flash = SEAL_TESTED_SIMULATOR,
               .ds = SEAL_TESTED_SIMULATOR,
               .ecdsa = SEAL_TESTED_SIMULATOR},
};

const struct seal_chip seal_chip_esp32h2_v1_2 = {
    .name = "esp32h2",
    .title = "ESP32-H2",
    .image_chip_id = 16,
    .security_info_chip_id = 16,
    .magic_values = magic_values,
    .ds_max_bits = 3072,
    /* P-192 is switched off until a field says otherwise (SOC_ECDSA_P192_CURVE_DEFAULT_DISABLED). */
    .ecdsa_curves = {192, 256},
    .key_blocks = 6,
    .bootloader_offset = 0x0,
    .secure_boot = {.digests = 3, .digest_len = 32, .rsa = true, .curves = {192, 256}, .ecdsa_flagged = true},
    .purposes = purposes,
    .efuse = &efuse_v1_2,
    .revisions = "v1.2 and later",
    .first_revision = 102,
    .variants = variants,
    .watchdogs = {.config0 = 0x600b1c00,
                  .config1 = 0x600b1c04,
                  .protect = 0x600b1c1c,
                  .super_config = 0x600b1c20,
                  .super_protect = 0x600b1c24,
                  .super_key = 0x50d83aa1,
                  .super_auto_feed = 0x00040000},
    .peripherals = {.hmac_base = 0x6008d000,
                    .ds_base = 0x6008c000,
                    .ds_clocks = ds_clocks,
                    .ecdsa = &ecdsa_v1_2},
    .spi_flash = {.base = 0x60003000,
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
    .tested = {.rom = SEAL_TESTED_SIMULATOR,
               .efuse = SEAL_TESTED_SIMULATOR,
               .flash = SEAL_TESTED_SIMULATOR,
               .ds = SEAL_TESTED_SIMULATOR,
               .ecdsa = SEAL_TESTED_SIMULATOR},
};
