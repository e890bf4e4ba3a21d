/* ESP32-P4: revisions before 3.0 have another eFuse table. Addresses from ESP-IDF's efuse_reg.h. */
#include "tables.h"

static const struct seal_key_purpose purposes[] = {
    {.name = "USER", .value = 0},
    {.name = "ECDSA_KEY_P256", .value = 1, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_256_KEY_1", .value = 2, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_256_KEY_2", .value = 3, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_128_KEY", .value = 4, .reverse_bytes = true, .read_protect = true},
    {.name = "HMAC_DOWN_ALL", .value = 5, .read_protect = true},
    {.name = "HMAC_DOWN_JTAG", .value = 6, .read_protect = true},
    {.name = "HMAC_DOWN_DIGITAL_SIGNATURE", .value = 7, .read_protect = true},
    {.name = "HMAC_UP", .value = 8, .read_protect = true},
    {.name = "SECURE_BOOT_DIGEST0", .value = 9, .digest = true},
    {.name = "SECURE_BOOT_DIGEST1", .value = 10, .digest = true},
    {.name = "SECURE_BOOT_DIGEST2", .value = 11, .digest = true},
    {.name = "KM_INIT_KEY", .value = 12, .read_protect = true},
    {0},
};

/* KEY_PURPOSE_n_H holds the fifth bit. */
static const struct seal_key_purpose purposes_v3_0[] = {
    {.name = "USER", .value = 0},
    {.name = "ECDSA_KEY_P256", .value = 1, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_256_KEY_1", .value = 2, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_256_KEY_2", .value = 3, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_128_KEY", .value = 4, .reverse_bytes = true, .read_protect = true},
    {.name = "HMAC_DOWN_ALL", .value = 5, .read_protect = true},
    {.name = "HMAC_DOWN_JTAG", .value = 6, .read_protect = true},
    {.name = "HMAC_DOWN_DIGITAL_SIGNATURE", .value = 7, .read_protect = true},
    {.name = "HMAC_UP", .value = 8, .read_protect = true},
    {.name = "SECURE_BOOT_DIGEST0", .value = 9, .digest = true},
    {.name = "SECURE_BOOT_DIGEST1", .value = 10, .digest = true},
    {.name = "SECURE_BOOT_DIGEST2", .value = 11, .digest = true},
    {.name = "KM_INIT_KEY", .value = 12, .read_protect = true},
    {.name = "ECDSA_KEY_P192", .value = 16, .reverse_bytes = true, .read_protect = true},
    {.name = "ECDSA_KEY_P384_L", .value = 17, .reverse_bytes = true, .read_protect = true},
    {.name = "ECDSA_KEY_P384_H", .value = 18, .reverse_bytes = true, .read_protect = true},
    {0},
};

static const struct seal_efuse_controller efuse = {
    .base = 0x5012d000,
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
    .blocks = seal_blocks_errors_at_1c0,
    .block_count = SEAL_BLOCKS,
    .fields = seal_fields_esp32p4,
    .field_count = SEAL_COUNT(seal_fields_esp32p4),
    .fields_source = seal_fields_source_esp32p4,
    .file_size = 1024,
    .register_space = 512,
};

static const struct seal_efuse_controller efuse_v3_0 = {
    .base = 0x5012d000,
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
    .blocks = seal_blocks_errors_at_1c0,
    .block_count = SEAL_BLOCKS,
    .fields = seal_fields_esp32p4_v3_0,
    .field_count = SEAL_COUNT(seal_fields_esp32p4_v3_0),
    .fields_source = seal_fields_source_esp32p4_v3_0,
    .file_size = 1024,
    .register_space = 512,
};

static const struct seal_register_set ds_clocks[] = {
    {0x500e6018, 0x04000000, 0x04000000}, /* clock of the crypto subsystem */
    {0x500e60a8, 0x0016c000, 0x0016c000}, /* of AES, SHA, RSA, HMAC and DS */
    {0x500e60c8, 0x002f0000, 0x002f0000}, /* their resets */
    {0x500e60c8, 0x00000000, 0x002f4000}, /* released, and that of all of them */
    {0x500e51d0, 0x00000000, 0x00000005}, /* RSA memory powered */
    {0x50094e18, 0x00000000, 0xffffffff}, /* DS takes its key from HMAC */
    {0},
};
static const struct seal_register_set ds_clocks_v3_0[] = {
    {0x500e6018, 0x0c000000, 0x0c000000}, /* clocks of the crypto subsystem and the key manager */
    {0x500e60a8, 0x0056c000, 0x0056c000}, /* of the key manager, AES, SHA, RSA, HMAC and DS */
    {0x500e60c8, 0x002f0000, 0x002f0000}, /* resets of all but the key manager */
    {0x500e60c8, 0x00000000, 0x002f4000}, /* released, and that of all of them */
    {0x500e51d0, 0x00000000, 0x00000005}, /* RSA memory powered */
    {0x50089018, 0x0000000c, 0x0000000c}, /* HMAC and DS take their keys from the fuses */
    {0x50094e18, 0x00000000, 0xffffffff}, /* DS takes its key from HMAC */
    {0},
};

static const struct seal_register_set ecdsa_clocks[] = {
    {0x500e6018, 0x0c000000, 0x0c000000}, /* clocks of the crypto subsystem and the key manager */
    {0x500e60a8, 0x00610000, 0x00610000}, /* of the key manager, ECC and ECDSA */
    {0x500e60c8, 0x00500000, 0x00500000}, /* resets of ECC and ECDSA */
    {0x500e60c8, 0x00000000, 0x00504000}, /* released, and that of all of them */
    {0x500e51d4, 0x00000000, 0x00000005}, /* ECC memory powered */
    {0x50089018, 0x00000001, 0x00000001}, /* ECDSA takes its key from the fuses */
    {0},
};
static const struct seal_ecdsa_registers ecdsa = {.base = 0x50096000,
                                                  .layout = &seal_ecdsa_three_curves,
                                                  .key_select = 0x1b0,
                                                  .update = 0x1f8,
                                                  .clocks = ecdsa_clocks};

static const struct seal_chip *const variants[] = {&seal_chip_esp32p4, &seal_chip_esp32p4_v3_0, NULL};

const struct seal_chip seal_chip_esp32p4 = {
    .name = "esp32p4",
    .title = "ESP32-P4",
    .image_chip_id = 18,
    .security_info_chip_id = 18,
    .ds_max_bits = 4096,
    /* ESP-IDF refuses the ECDSA peripheral of these revisions. */
    .key_blocks = 6,
    .bootloader_offset = 0x2000,
    .secure_boot =
        {.digests = 3, .digest_len = 32, .rsa = true, .curves = {192, 256, 384}, .ecdsa_flagged = true},
    .purposes = purposes,
    .efuse = &efuse,
    .revisions = "before v3.0",
    .first_revision = 0,
    .variants = variants,
    .watchdogs = {.config0 = 0x50116000,
                  .config1 = 0x50116004,
                  .protect = 0x50116018,
                  .super_config = 0x5011601c,
                  .super_protect = 0x50116020,
                  .super_key = 0x50d83aa1,
                  .super_auto_feed = 0x00040000,
                  .resets_chip = true},
    .usb_otg = {.force_download = 0x50110008, .force_download_bit = 0x4},
    .peripherals = {.hmac_base = 0x50095000, .ds_base = 0x50094000, .ds_clocks = ds_clocks},
    .spi_flash = {.base = 0x5008d000,
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
            .uart_date = 0x500ca08c},
    .tested = {.rom = SEAL_TESTED_SIMULATOR,
               .efuse = SEAL_TESTED_SIMULATOR,
               .flash = SEAL_TESTED_SIMULATOR,
               .ds = SEAL_TESTED_SIMULATOR},
};

const struct seal_chip seal_chip_esp32p4_v3_0 = {
    .name = "esp32p4",
    .title = "ESP32-P4",
    .image_chip_id = 18,
    .security_info_chip_id = 18,
    .ds_max_bits = 4096,
    .ecdsa_curves = {192, 256, 384},
    .key_blocks = 6,
    .bootloader_offset = 0x2000,
    .secure_boot =
        {.digests = 3, .digest_len = 32, .rsa = true, .curves = {192, 256, 384}, .ecdsa_flagged = true},
    .purposes = purposes_v3_0,
    .efuse = &efuse_v3_0,
    .revisions = "v3.0 and later",
    .first_revision = 300,
    .variants = variants,
    .watchdogs = {.config0 = 0x50116000,
                  .config1 = 0x50116004,
                  .protect = 0x50116018,
                  .super_config = 0x5011601c,
                  .super_protect = 0x50116020,
                  .super_key = 0x50d83aa1,
                  .super_auto_feed = 0x00040000,
                  .resets_chip = true},
    .usb_otg = {.force_download = 0x50110008, .force_download_bit = 0x4},
    .peripherals = {.hmac_base = 0x50095000,
                    .ds_base = 0x50094000,
                    .ds_clocks = ds_clocks_v3_0,
                    .ecdsa = &ecdsa},
    .spi_flash = {.base = 0x5008d000,
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
            .uart_date = 0x500ca08c},
    .tested = {.rom = SEAL_TESTED_SIMULATOR,
               .efuse = SEAL_TESTED_SIMULATOR,
               .flash = SEAL_TESTED_SIMULATOR,
               .ds = SEAL_TESTED_SIMULATOR,
               .ecdsa = SEAL_TESTED_SIMULATOR},
};
