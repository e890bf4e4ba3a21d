/*
 * What is known about each chip: constant descriptors, no I/O. A chip is one hand-written chip_<name>.c, one
 * generated efuse_<name>.c, and one line in chips.c. Zero and NULL mean "has none" or "not yet described".
 * Where revisions of a chip differ in their fuses, each has a descriptor and a table of its own (`variants`):
 * the loader and a snapshot of the fuses carry the one that is in use.
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
    uint8_t read_disable_more;             /* bits of RD_DIS after that one, for the rest of the field */
    bool hidden;                           /* reserved: left out of summaries unless asked */
    const struct seal_efuse_value *values; /* ended by meaning == NULL; NULL: none */
};

enum seal_efuse_coding { /* how bits are kept beside the data */
                         SEAL_CODING_NONE,
                         SEAL_CODING_RS,            /* Reed-Solomon (44,32): written once */
                         SEAL_CODING_BY_SCHEME,     /* one of these three, by CODING_SCHEME (ESP32) */
                         SEAL_CODING_THREE_QUARTER, /* 6 bytes in 8: 6 words, written once */
                         SEAL_CODING_REPEAT,        /* twice: 4 words */
};

struct seal_efuse_block {
    const char *name;  /* "BLOCK_KEY0" */
    const char *alias; /* "BLOCK4"; NULL: none */
    uint16_t read;     /* offset of its first read register from the controller's base */
    uint16_t write;    /* of its own program registers (ESP32); 0: all blocks share program_data */
    uint8_t words;     /* 32-bit words */
    enum seal_efuse_coding coding;
    int8_t write_disable, read_disable; /* bit of WR_DIS / RD_DIS, -1: none */
    uint8_t read_disable_more;          /* bits of RD_DIS after that one, for the rest of the block (C2) */
    int8_t key;                         /* n of BLOCK_KEYn, -1: not a key block */
    uint16_t file;                      /* offset in QEMU's eFuse file */
    /* error registers: offsets from the base, 0: none. count is 3 bits at count_shift; for the ESP32 4 bits,
     * one for each quarter of the block that was corrected */
    uint16_t error_count_register, error_fail_register;
    int8_t error_count_shift, error_fail_bit; /* -1: none */
};

struct seal_register_set { /* a register write: (old & ~mask) | (value & mask) */
    uint32_t address, value, mask;
};

struct seal_efuse_timing { /* for a crystal of mhz */
    uint8_t mhz;
    const struct seal_register_set *sets; /* ended by address 0 */
};

struct seal_efuse_controller {
    uint32_t base;
    /* register offsets from base; check_value 0: no check words (ESP32), date 0: not described */
    uint16_t program_data, check_value, clock, conf, status, command, date;
    uint32_t write_op_code, read_op_code; /* conf */
    uint32_t command_program, command_read;
    uint8_t command_block_shift; /* 0: one command programs all blocks from their own registers (ESP32) */
    /* Set before a burn: the first whose mhz is that of the crystal, ended by mhz 0. NULL: the chip's reset
     * values are right. */
    const struct seal_efuse_timing *timings;
    const struct seal_efuse_block *blocks;
    size_t block_count;
    const struct seal_efuse_field *fields;
    size_t field_count;
    const char *fields_source; /* "espefuse 5.3.1 / ESP-IDF ..." */
    size_t file_size;          /* bytes of QEMU's eFuse file, and of the simulator's */
    size_t register_space; /* bytes of registers from base: the size of espefuse's file of a virtual chip */
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

/* A generation of the ECDSA peripheral: its memory and its configuration register (ESP-IDF's ecdsa_ll.h and
 * ecdsa_reg.h; peripherals.json). */
struct seal_ecdsa_layout {
    uint16_t memory;     /* offset of r; s, z, x and y follow */
    uint8_t step;        /* bytes from one of them to the next */
    uint8_t curve_shift; /* of the curve, 0: P-192, 1: P-256, 2: P-384; the work mode stands below it */
    uint8_t own_z;       /* bit: z comes from the memory and not from the SHA peripheral */
    uint8_t fixed_k; /* bit: k follows from key and z (RFC 6979); 0: always a random number of the chip's */
    bool block_by_curve; /* the eFuse block is chosen for each curve, in a register of its own */
};
struct seal_ecdsa_registers {
    uint32_t base;
    const struct seal_ecdsa_layout *layout;
    uint16_t key_select,
        update; /* offsets from the eFuse controller's base: which block, and taking it over */
    const struct seal_register_set *clocks; /* ended by address 0 */
};

struct seal_peripheral_registers { /* HMAC, DS, ECDSA and their clocks (peripherals.json; TRM chapters of the
                                      same names) */
    uint32_t hmac_base;            /* 0: none */
    uint32_t ds_base;              /* 0: none */
    const struct seal_register_set *ds_clocks; /* ended by address 0 */
    const struct seal_ecdsa_registers *ecdsa;  /* NULL: none */
};

struct seal_spi_flash_registers { /* the SPI1 controller, for commands the ROM has no opcode for */
    uint32_t base;                /* 0: not described */
    uint16_t cmd, addr, usr, usr1, usr2, mosi_dlen, miso_dlen, w0;
    bool address_high; /* a 24-bit address stands in bits 31..8 (chips.json addr_reg_msb_aligned) */
};

/*
 * The RTC and super watchdogs (TRM "Watchdog Timers"). After a reset over the chip's own USB they run on, and
 * would reset the chip in the middle of a session. Register addresses; 0: not described.
 */
struct seal_watchdogs {
    uint32_t config0, config1, protect;
    uint32_t super_config, super_protect;
    uint32_t super_key, super_auto_feed; /* what opens super_protect, and the bit of super_config */
    bool resets_chip;                    /* config0 and config1 make a reset that samples the boot pins */
};

struct seal_usb_otg { /* a chip that the ROM was forced into its bootloader stays there until this is clear */
    uint32_t force_download, force_download_bit; /* register address; 0: none */
};

/*
 * What the ROM checks at boot (caps.json secure_boot, from ESP-IDF's soc_caps.h and Kconfig; the number of
 * blocks is SECURE_BOOT_NUM_BLOCKS of its esp_rom headers).
 */
struct seal_secure_boot {
    uint8_t digests;    /* v2: keys that it can trust, and signature blocks that it looks at; 0: no v2 */
    uint8_t digest_len; /* bytes of a key's digest that the eFuses hold */
    bool v1, rsa;
    uint16_t curves[4];      /* of ECDSA: 192, 256, 384; 0 ends */
    bool ecdsa_flagged;      /* ESP-IDF marks ECDSA as not working for some inputs: only by --allow */
    uint16_t first_revision; /* whose ROM has v2 at all: major * 100 + minor */
};

struct seal_rom_traits {
    bool deflate;              /* FLASH_DEFL_*, and nothing behind the data is written */
    bool begin_has_encrypted;  /* FLASH_BEGIN takes a fifth word */
    uint8_t security_info_len; /* 20, 12 or 0 */
    uint16_t flash_block;      /* bytes per FLASH_DATA that are safe on silicon */
    uint16_t flash_block_max;  /* that the ROM takes, by its own check (measured); 0: no more than that */
    uint16_t write_reg_max;    /* register sets per WRITE_REG frame */
    uint32_t uart_date;        /* register with no effect, for delays (espefuse uses it) */
    uint8_t
        assumed_crystal;  /* MHz that the ROM believes in when it changes its baud rate; 0: it knows better */
    uint32_t uart_clkdiv; /* baud * its 20 bits is about the crystal's frequency; 0: one crystal only */
    /*
     * The ESP32's ROM measures the crystal against its RC oscillator and divides by what it found, so that
     * the rate is wrong by the oscillator's drift (chips.json "baud_notes"): bits 7.. of clock_count, times
     * the low byte of clock_fuse, in units of 15625 / 40 Hz. 0: it does not.
     */
    uint32_t clock_count, clock_fuse;
    /* Register whose bits 24 to 30 are the MHz that the ROM believes in, from a strapping pin or a fuse
     * (ESP32-C5: PCR_SYSCLK_CONF, chips.json "baud_notes"). 0: none. */
    uint32_t crystal_belief;
};

struct seal_chip {
    const char *name;  /* "esp32c3": --chip, ESP-IDF's IDF_TARGET */
    const char *title; /* "ESP32-C3" */
    uint16_t image_chip_id;
    int32_t security_info_chip_id;           /* -1: the ROM does not tell */
    const uint32_t *magic_values;            /* of register 0x40001000, ended by 0; NULL: none */
    bool preview;                            /* known to the facts, not yet to espseal */
    const char *revisions;                   /* "v3.0 and later": of a variant; NULL: all */
    uint16_t first_revision;                 /* of a variant: major * 100 + minor */
    const struct seal_chip *const *variants; /* all of this chip, by first_revision, NULL-terminated */
    uint32_t revision_register; /* holds a bit of the revision (31) that no fuse does (ESP32); 0: none */
    uint16_t ds_max_bits;       /* RSA-DS: 4096, 3072, 0 */
    uint16_t ecdsa_curves[4];   /* ECDSA peripheral: 192, 256, 384; 0 ends */
    uint8_t key_blocks;         /* BLOCK_KEY0.. */
    bool first_revision_by_block_version; /* block version 1.1 with minor revision 0 is revision 0.0 */
    uint32_t bootloader_offset;
    const struct seal_key_purpose *purposes;   /* ended by name == NULL */
    const struct seal_efuse_controller *efuse; /* NULL: espseal cannot read or burn this chip's fuses yet */
    struct seal_peripheral_registers peripherals;
    struct seal_spi_flash_registers spi_flash;
    struct seal_watchdogs watchdogs;
    struct seal_usb_otg usb_otg;
    struct seal_secure_boot secure_boot;
    struct seal_rom_traits rom;
    struct {
        enum seal_tested rom, efuse, flash, ds, ecdsa;
    } tested;
};

/* All chips, NULL-terminated; of one with variants the latest. */
extern const struct seal_chip *const seal_chips[];

/* By name, case-insensitive, dashes ignored ("ESP32-C3" is "esp32c3"); NULL when unknown. */
const struct seal_chip *seal_chip_find(const char *name);
/* By the chip id in an image's header; NULL when unknown. */
const struct seal_chip *seal_chip_by_image_id(uint16_t id);
/* By the chip id of GET_SECURITY_INFO, or by the magic value; NULL when unknown. */
const struct seal_chip *seal_chip_by_id(uint32_t chip_id);
const struct seal_chip *seal_chip_by_magic(uint32_t magic);

/*
 * Revision as major * 100 + minor, from the words of the blocks (words[block][word]) and, where the chip has
 * a revision_register, that register's value.
 */
unsigned seal_chip_revision(const struct seal_chip *chip, const uint32_t words[][8], uint32_t outside);
/* The descriptor for a revision: chip itself where all revisions are alike. Chips of the same name are
 * the same chip. */
const struct seal_chip *seal_chip_variant(const struct seal_chip *chip, unsigned revision);
bool seal_chip_same(const struct seal_chip *a, const struct seal_chip *b);

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
/* The ESP32's 3/4 code: each 6 bytes are followed by their sum modulo 2 and their weighted count of bits
 * (chips.json _meta.esp32_three_quarter_code, with two vectors). */
void seal_efuse_three_quarter_encode(const uint8_t data[static 24], uint8_t coded[static 32]);

#endif
