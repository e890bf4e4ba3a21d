/*
 * What is known about each chip: constant descriptors, no I/O. A chip is one hand-written chip_<name>.c, one
 * generated efuse_<name>.c, and one line in chips.c. Zero and NULL mean "has none" or "not yet described".
 */
#ifndef ESPSEAL_CHIP_H
#define ESPSEAL_CHIP_H

#include <espseal/err.h>

enum seal_tested { /* how a capability of a chip was tested; silicon is never claimed unless it was there */
                   SEAL_TESTED_NONE,
                   SEAL_TESTED_VECTORS,   /* against reference data only */
                   SEAL_TESTED_SIMULATOR, /* against espseal-sim */
                   SEAL_TESTED_EMULATOR,  /* against the real ROM in Espressif's QEMU */
                   SEAL_TESTED_SILICON,
};
const char *seal_tested_name(enum seal_tested tested);

enum seal_field_category { /* groups of `efuse summary` */
                           SEAL_FIELD_CONFIG,
                           SEAL_FIELD_SECURITY,
                           SEAL_FIELD_IDENTITY,
                           SEAL_FIELD_MAC,
                           SEAL_FIELD_USB,
                           SEAL_FIELD_JTAG,
                           SEAL_FIELD_FLASH,
                           SEAL_FIELD_VDD,
                           SEAL_FIELD_WDT,
                           SEAL_FIELD_SPI_PAD,
                           SEAL_FIELD_CALIBRATION,
                           SEAL_FIELD_OTHER,
};
const char *seal_field_category_name(enum seal_field_category category);

enum seal_field_type {
    SEAL_FIELD_BOOL,
    SEAL_FIELD_UINT,
    SEAL_FIELD_BYTES,
    SEAL_FIELD_MAC_ADDRESS,
    SEAL_FIELD_BITCOUNT,
    SEAL_FIELD_KEY_PURPOSE
};

struct seal_efuse_value { /* what one value of a field means */
    uint32_t value;
    const char *meaning;
};

struct seal_efuse_field { /* a row of the generated table */
    const char *name;     /* as in ESP-IDF's esp_efuse_table.csv and espefuse */
    uint8_t block;        /* 0..10 */
    uint16_t bit;         /* first bit within the block */
    uint16_t bits;        /* 1..256 */
    enum seal_field_type type;
    enum seal_field_category category;
    int8_t write_disable;                  /* bit of WR_DIS, -1: none */
    int8_t read_disable;                   /* bit of RD_DIS, -1: none */
    bool hidden;                           /* reserved: left out of summaries unless asked */
    const struct seal_efuse_value *values; /* ended by meaning == NULL; NULL: none */
};

enum seal_efuse_coding { SEAL_CODING_NONE, SEAL_CODING_RS }; /* RS: Reed-Solomon (44,32), written once */

struct seal_efuse_block {
    const char *name;  /* "BLOCK_KEY0" */
    const char *alias; /* "BLOCK4"; NULL: none */
    uint16_t read;     /* offset of its first read register from the controller's base */
    uint8_t words;     /* 32-bit words */
    enum seal_efuse_coding coding;
    int8_t write_disable, read_disable; /* bit of WR_DIS / RD_DIS, -1: none */
    int8_t key;                         /* n of BLOCK_KEYn, -1: not a key block */
    uint16_t file;                      /* offset in QEMU's eFuse file */
    /* error registers: offsets from the base, 0: none. count is 3 bits at count_shift */
    uint16_t error_count_register, error_fail_register;
    int8_t error_count_shift, error_fail_bit; /* -1: none */
};

struct seal_register_set { /* a register write: (old & ~mask) | (value & mask) */
    uint32_t address, value, mask;
};

struct seal_efuse_controller {
    uint32_t base;
    /* register offsets from base */
    uint16_t program_data, check_value, clock, conf, status, command, date;
    uint32_t write_op_code, read_op_code; /* conf */
    uint32_t command_program, command_read;
    uint8_t command_block_shift;
    const struct seal_register_set *timing; /* ended by address 0; set before a burn */
    const struct seal_efuse_block *blocks;
    size_t block_count;
    const struct seal_efuse_field *fields;
    size_t field_count;
    const char *fields_source; /* "espefuse 5.3.1 / ESP-IDF ..." */
    size_t file_size;          /* bytes of QEMU's eFuse file */
};

struct seal_key_purpose {
    const char *name; /* "HMAC_DOWN_DIGITAL_SIGNATURE" */
    uint8_t value;
    bool digest;        /* a public digest: must stay readable */
    bool reverse_bytes; /* stored byte-reversed */
    bool read_protect;  /* a secret: read-protected in production */
};
enum { /* values shared by all chips that have the purpose (chips.json key_purposes) */
       SEAL_PURPOSE_USER = 0,
       SEAL_PURPOSE_HMAC_DOWN_ALL = 5,
       SEAL_PURPOSE_HMAC_DOWN_JTAG = 6,
       SEAL_PURPOSE_HMAC_DOWN_DS = 7,
       SEAL_PURPOSE_HMAC_UP = 8,
};

struct seal_peripheral_registers { /* HMAC, DS and their clocks (peripherals.json; TRM chapters of the same
                                      names) */
    uint32_t hmac_base;            /* 0: none */
    uint32_t ds_base;              /* 0: none */
    const struct seal_register_set *ds_clocks; /* ended by address 0 */
};

struct seal_spi_flash_registers { /* the SPI1 controller, for commands the ROM has no opcode for */
    uint32_t base;                /* 0: not described */
    uint16_t cmd, addr, usr, usr1, usr2, mosi_dlen, miso_dlen, w0;
};

struct seal_rom_traits {
    bool deflate;              /* FLASH_DEFL_* */
    bool begin_has_encrypted;  /* FLASH_BEGIN takes a fifth word */
    uint8_t security_info_len; /* 20, 12 or 0 */
    uint16_t flash_block;      /* bytes per FLASH_DATA that are safe on silicon */
    uint16_t write_reg_max;    /* register sets per WRITE_REG frame */
    uint32_t uart_date;        /* register with no effect, for delays (espefuse uses it) */
};

struct seal_chip {
    const char *name;  /* "esp32c3": --chip, ESP-IDF's IDF_TARGET */
    const char *title; /* "ESP32-C3" */
    uint16_t image_chip_id;
    int32_t security_info_chip_id;        /* -1: the ROM does not tell */
    const uint32_t *magic_values;         /* of register 0x40001000, ended by 0; NULL: none */
    bool preview;                         /* known to the facts, not yet to espseal */
    uint16_t ds_max_bits;                 /* RSA-DS: 4096, 3072, 0 */
    uint16_t ecdsa_curves[4];             /* ECDSA peripheral: 192, 256, 384; 0 ends */
    uint8_t key_blocks;                   /* BLOCK_KEY0.. */
    bool first_revision_by_block_version; /* block version 1.1 with minor revision 0 is revision 0.0 */
    uint32_t bootloader_offset;
    const struct seal_key_purpose *purposes;   /* ended by name == NULL */
    const struct seal_efuse_controller *efuse; /* NULL: espseal cannot read or burn this chip's fuses yet */
    struct seal_peripheral_registers peripherals;
    struct seal_spi_flash_registers spi_flash;
    struct seal_rom_traits rom;
    struct {
        enum seal_tested rom, efuse, flash, ds, ecdsa;
    } tested;
};

/* All chips, NULL-terminated. */
extern const struct seal_chip *const seal_chips[];

/* By name, case-insensitive, dashes ignored ("ESP32-C3" is "esp32c3"); NULL when unknown. */
const struct seal_chip *seal_chip_find(const char *name);
/* By the chip id in an image's header; NULL when unknown. */
const struct seal_chip *seal_chip_by_image_id(uint16_t id);
/* By the chip id of GET_SECURITY_INFO, or by the magic value; NULL when unknown. */
const struct seal_chip *seal_chip_by_id(uint32_t chip_id);
const struct seal_chip *seal_chip_by_magic(uint32_t magic);

/* Exact name; NULL when there is none. block also by alias and "KEYn". */
const struct seal_efuse_field *seal_chip_field(const struct seal_chip *chip, const char *name);
int seal_chip_block(const struct seal_chip *chip, const char *name); /* block id, -1: none */
int seal_chip_key_block(const struct seal_chip *chip,
                        unsigned key); /* block id of BLOCK_KEY<key>, -1: none */
const struct seal_key_purpose *seal_chip_purpose(const struct seal_chip *chip, const char *name);
const struct seal_key_purpose *seal_chip_purpose_by_value(const struct seal_chip *chip, unsigned value);
bool seal_chip_has_ecdsa(const struct seal_chip *chip, unsigned bits);

/*
 * Check bytes of the eFuse blocks' Reed-Solomon code (44,32): GF(256), polynomial 0x11d, roots 2^0..2^11.
 * data: 32 bytes in register order (chips.json _meta.rs_code, with four vectors).
 */
void seal_efuse_rs_encode(const uint8_t data[static 32], uint8_t check[static 12]);

#endif
