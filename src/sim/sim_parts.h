/* The parts of a simulated chip, for the files of this folder only. */
#ifndef ESPSEAL_SIM_PARTS_H
#define ESPSEAL_SIM_PARTS_H

#include "sim.h"

#include <espseal/buf.h>
#include <espseal/deflate.h>
#include <espseal/ds.h>

#define SIM_BLOCKS 11
#define SIM_WORDS 8
#define SIM_CHECK_BYTES 12

enum sim_reset { SIM_POWER_ON, SIM_SOFTWARE_RESET };

/* --- sim_model.c: what differs between chips and is of no use to espseal itself --- */
struct sim_range {
    uint32_t first, end; /* addresses that answer: first <= a < end; ended by end == 0 */
};
struct sim_preset {
    uint32_t address, value; /* memory that is not zero at reset; ended by address == 0 */
};
struct sim_model {
    const char *chip;                /* name in seal_chips */
    uint16_t revision;               /* of a new chip: major * 100 + minor */
    const char *banner;              /* first lines of the boot log */
    const char *ready, *disabled;    /* its last line; NULL: the C3's */
    const char *boot_mode;           /* "boot:0x2 (UART0_BOOT)" */
    const char *flash_mode;          /* the same from flash; NULL: the C3's */
    const char *power_on, *software; /* causes of a reset; NULL: the C3's */
    uint16_t refusal_line;           /* of "ets_main.c" behind a refusal; 0: not told */
    uint32_t api_version;            /* GET_SECURITY_INFO, last word */
    uint8_t seventh_purpose;         /* GET_SECURITY_INFO: constant after the six purposes */
    uint8_t crystal;                 /* MHz; 0: the one that the ROM assumes */
    uint32_t flash_size_at_boot;     /* what the ROM believes until SPI_SET_PARAMS */
    uint32_t read_as_zero, zero_end; /* clocks and resets: accepted and never read back (as in QEMU) */
    uint32_t watchdog_config, watchdog_protect, watchdog_key;
    const struct sim_range *mapped;
    const struct sim_preset *presets; /* NULL: none but the chip's magic value */
};
const struct sim_model *sim_model_find(const struct seal_chip *chip);

/* --- sim_memory.c: RAM and registers without behaviour, made when written --- */
struct sim_page;
struct sim_memory {
    struct sim_page *pages;
};
uint32_t sim_memory_read(const struct sim_memory *memory, uint32_t address);
/* SEAL_ERR_NO_MEMORY. */
int sim_memory_write(struct sim_memory *memory, uint32_t address, uint32_t value) SEAL_MUST_CHECK;
void sim_memory_free(struct sim_memory *memory);

/* --- sim_flash.c: NOR flash behind the SPI1 controller --- */
struct sim_flash {
    uint8_t *bytes;
    size_t size;
    uint32_t spi[64]; /* registers of the controller */
};
int sim_flash_open(struct sim_flash *flash, const char *path, uint32_t size,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
void sim_flash_close(struct sim_flash *flash);
void sim_flash_reset(struct sim_chip *chip);
/* All three ignore what lies beyond the end. Programming clears bits only. */
void sim_flash_erase(struct sim_flash *flash, uint32_t offset, uint32_t len);
void sim_flash_program(struct sim_flash *flash, uint32_t offset, const uint8_t *data, size_t len);
bool sim_flash_holds(const struct sim_flash *flash, uint32_t offset, const uint8_t *data, size_t len);
uint32_t sim_flash_read_register(const struct sim_flash *flash, uint32_t offset);
void sim_flash_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value);

/* --- sim_fault.c --- */
enum sim_fault_kind {
    SIM_FAULT_NONE,
    SIM_FAULT_CUT_FRAME,
    SIM_FAULT_CUT_BYTE,
    SIM_FAULT_DROP_BYTE,
    SIM_FAULT_FLIP_BYTE,
    SIM_FAULT_DELAY_FRAME,
    SIM_FAULT_STALL_FRAME,
    SIM_FAULT_POWER_BURN,
    SIM_FAULT_LIE_BURN,
    SIM_FAULT_NEIGHBOUR_BURN,
};
#define SIM_FAULT_RULES 32
struct sim_fault_rule {
    enum sim_fault_kind kind;
    uint32_t at;    /* frame, byte or burn, from 1 */
    uint32_t value; /* ms or bits */
    bool has_value;
};
struct sim_fault {
    struct sim_fault_rule rules[SIM_FAULT_RULES];
    size_t count;
    uint64_t frames, bytes, burns;
};
int sim_fault_parse(const char *spec, struct sim_fault *fault, struct seal_cause *cause) SEAL_MUST_CHECK;
/* The rule of kind at that count; NULL when there is none. */
const struct sim_fault_rule *sim_fault_at(const struct sim_fault *fault, enum sim_fault_kind kind,
                                          uint64_t count);

/* --- sim_efuse.c, sim_efuse_file.c --- */
struct sim_efuse {
    const struct seal_efuse_controller *map;
    int fd;                                     /* -1: in memory */
    uint32_t burned[SIM_BLOCKS][SIM_WORDS];     /* the fuses */
    uint8_t check[SIM_BLOCKS][SIM_CHECK_BYTES]; /* their check bytes */
    uint32_t loaded[SIM_BLOCKS][SIM_WORDS];     /* as of the last READ, for the hardware */
    uint32_t visible[SIM_BLOCKS][SIM_WORDS];    /* the same through read protection */
    uint8_t errors[SIM_BLOCKS];                 /* symbols in error as of the last READ; with the 3/4 code
                                                 * a bit for each quarter of the block */
    bool failed[SIM_BLOCKS];                    /* more than the code can correct */
    uint32_t registers[128];
};
int sim_efuse_open(struct sim_chip *chip, const struct sim_options *options,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
void sim_efuse_close(struct sim_efuse *efuse);
/* SEAL_ERR_IO. */
int sim_efuse_save(const struct sim_efuse *efuse) SEAL_MUST_CHECK;
/* READ: makes burned fuses visible. */
void sim_efuse_load(struct sim_chip *chip);
void sim_efuse_reset(struct sim_chip *chip);
uint32_t sim_efuse_read_register(const struct sim_efuse *efuse, uint32_t offset);
void sim_efuse_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value);
/* How the fuses of a block are coded (the ESP32's as loaded). */
enum seal_efuse_coding sim_efuse_coding(const struct sim_chip *chip, size_t block);
/* The purpose of BLOCK_KEY<key>, as loaded. */
uint32_t sim_efuse_key_purpose(const struct sim_chip *chip, unsigned key);
/* A loaded field of BLOCK0 by name; 0 when the chip has none. */
uint32_t sim_efuse_field(const struct sim_chip *chip, const char *name);
/* ORs data into a block's fuses, coded as the block is. */
void sim_efuse_put(struct sim_chip *chip, size_t block, const uint32_t words[static SIM_WORDS]);
void sim_efuse_encode(const uint32_t words[static SIM_WORDS], uint8_t check[static SIM_CHECK_BYTES]);

/* --- sim_rs.c: decoder of the Reed-Solomon code (44,32) --- */
/* Corrects up to 6 symbols in place and counts them; -1 (nothing changed) when there are more. */
int sim_rs_correct(uint8_t code[static 44]);

/* --- sim_coding.c: the ESP32's 3/4 code --- */
/* 32 coded bytes to 24 and 8 zeroes, one bad bit in each quarter corrected; bit n of the result: quarter n
 * was wrong. */
uint8_t sim_three_quarter_load(const uint32_t coded[static SIM_WORDS], uint32_t words[static SIM_WORDS]);

/* --- sim_hmac.c --- */
struct sim_hmac {
    uint32_t purpose, key;
    bool error, configured, last_block;
    uint8_t block[64];
    struct seal_buf *message; /* blocks so far */
    uint8_t result[32];
    bool has_ds_key;
    uint8_t ds_key[32]; /* the HMAC key that was released to DS */
};
bool sim_hmac_open(struct sim_hmac *hmac);
void sim_hmac_close(struct sim_hmac *hmac);
void sim_hmac_reset(struct sim_hmac *hmac);
uint32_t sim_hmac_read_register(const struct sim_hmac *hmac, uint32_t offset);
void sim_hmac_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value);

/* --- sim_ds.c --- */
struct sim_ds {
    uint8_t memory[0xc00]; /* Y, M, RB, BOX, IV, X, Z */
    bool started, waiting_for_key;
    uint32_t check;
};
void sim_ds_reset(struct sim_ds *ds);
uint32_t sim_ds_read_register(const struct sim_ds *ds, uint32_t offset);
void sim_ds_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value);

/* --- sim_ecdsa.c --- */
#define SIM_ECDSA_NUMBER 48
struct sim_ecdsa {
    uint8_t memory[5 * SIM_ECDSA_NUMBER]; /* r, s, z, x, y, little-endian */
    uint8_t key[64];                      /* during an operation */
    uint32_t conf, state;
    uint32_t chosen; /* blocks, as of the last READ of the eFuse controller */
};
void sim_ecdsa_reset(struct sim_ecdsa *ecdsa);
uint32_t sim_ecdsa_read_register(const struct sim_chip *chip, uint32_t offset);
void sim_ecdsa_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value);
/* A READ of the eFuse controller, whose registers these are. */
void sim_ecdsa_take_over(struct sim_chip *chip, const uint32_t *registers);

/* --- sim_bus.c: the address space --- */
/* false: nothing there, the CPU takes an access fault. */
bool sim_bus_read(struct sim_chip *chip, uint32_t address, uint32_t *value);
bool sim_bus_write(struct sim_chip *chip, uint32_t address, uint32_t value);

/* --- sim_rom.c, sim_rom_flash.c: the ROM's serial loader --- */
#define SIM_ROM_REQUEST_MAX 0x2000 /* what is longer is received and dropped */
struct sim_transfer {              /* between a BEGIN and its END */
    bool begun, discard;           /* discard: answers success and writes nothing */
    uint32_t size, packets, packet_size, offset, next;
    uint32_t written; /* inflated bytes */
    bool encrypted;
};
struct sim_rom {
    uint8_t request[SIM_ROM_REQUEST_MAX]; /* stale bytes stay, as in the ROM */
    size_t received;
    bool in_frame, escaped;
    uint8_t response[8 + 64 + 4]; /* the same */
    uint8_t last_opcode, code;    /* of the last answer; last error code */
    uint32_t value;
    uint32_t flash_size;
    bool secure, dead, reset_pending;
    struct sim_transfer memory, flash, deflate;
    struct seal_inflater *inflater;
    struct seal_buf *inflated;
};
bool sim_rom_open(struct sim_rom *rom);
void sim_rom_close(struct sim_rom *rom);
/* Prints the banner, and what follows it. */
void sim_rom_boot(struct sim_chip *chip, enum sim_reset cause);
void sim_rom_byte(struct sim_chip *chip, uint8_t byte);

enum sim_opcode { /* rom_protocol.json "commands" */
                  SIM_FLASH_BEGIN = 0x02,
                  SIM_FLASH_DATA = 0x03,
                  SIM_FLASH_END = 0x04,
                  SIM_MEM_BEGIN = 0x05,
                  SIM_MEM_END = 0x06,
                  SIM_MEM_DATA = 0x07,
                  SIM_SYNC = 0x08,
                  SIM_WRITE_REG = 0x09,
                  SIM_READ_REG = 0x0a,
                  SIM_SPI_SET_PARAMS = 0x0b,
                  SIM_SPI_ATTACH = 0x0d,
                  SIM_READ_FLASH_SLOW = 0x0e,
                  SIM_CHANGE_BAUDRATE = 0x0f,
                  SIM_FLASH_DEFL_BEGIN = 0x10,
                  SIM_FLASH_DEFL_DATA = 0x11,
                  SIM_FLASH_DEFL_END = 0x12,
                  SIM_SPI_FLASH_MD5 = 0x13,
                  SIM_GET_SECURITY_INFO = 0x14,
};

/* How a command ends. The ROM clears its error code after some commands only. */
enum sim_result {
    SIM_OK_CLEAR = 0,   /* 00 00 */
    SIM_OK_KEEP = -1,   /* 00 and the old code */
    SIM_REFUSED = -2,   /* unknown or forbidden: answered under the previous opcode */
    SIM_NO_ANSWER = -3, /* the ROM died or was reset */
    /* positive: 01 and that code */
    SIM_BAD_MESSAGE = 0x05,
    SIM_BAD_RESULT = 0x06,
    SIM_BAD_CHECKSUM = 0x07,
    SIM_BAD_WRITE = 0x08,
    SIM_BAD_READ = 0x09,
    SIM_BAD_READ_LENGTH = 0x0a,
    SIM_BAD_DEFLATE = 0x0b,
    SIM_BAD_ADLER = 0x0c,
    SIM_BAD_PARAMETER = 0x64,
};
struct sim_request {
    uint8_t opcode;
    uint16_t len;        /* as the header says */
    uint32_t checksum;   /* as the header says */
    const uint8_t *data; /* SIM_ROM_REQUEST_MAX - 8 bytes, stale where not received */
    uint8_t *answer;     /* 64 bytes for data before the status */
    size_t answer_len;
};
/* Number, length (at most limit) and checksum of a data packet: SIM_OK_KEEP or what is wrong. */
int sim_rom_data_check(struct sim_transfer *transfer, const struct sim_request *request, uint32_t limit);
int sim_rom_mem_begin(struct sim_chip *chip, struct sim_request *request);
int sim_rom_mem_data(struct sim_chip *chip, struct sim_request *request);
int sim_rom_flash_begin(struct sim_chip *chip, struct sim_request *request);
int sim_rom_flash_data(struct sim_chip *chip, struct sim_request *request);
int sim_rom_deflate_begin(struct sim_chip *chip, struct sim_request *request);
int sim_rom_deflate_data(struct sim_chip *chip, struct sim_request *request);
int sim_rom_read_flash(struct sim_chip *chip, struct sim_request *request);
int sim_rom_md5(struct sim_chip *chip, struct sim_request *request);
int sim_rom_security_info(struct sim_chip *chip, struct sim_request *request);

/* --- sim_xts.c --- */
/* The chip's own flash encryption, with the key as loaded. To be freed with seal_flash_crypt_free. */
struct seal_flash_crypt;
int sim_flash_crypt(const struct sim_chip *chip, struct seal_flash_crypt **crypt) SEAL_MUST_CHECK;
/* Without a key of the purpose it encrypts with zeroes. false: libcrypto failed, or an address that is no
 * multiple of 16. */
bool sim_xts_encrypt(const struct sim_chip *chip, uint32_t address, const uint8_t *data, uint8_t *cipher,
                     size_t len);

/* --- sim_boot.c --- */
/* Starts from flash: tells what the ROM tells. Whether it got as far as the image's first instruction. */
bool sim_boot_run(struct sim_chip *chip);

/* --- sim_chip.c --- */
struct sim_chip {
    const struct seal_chip *chip;
    const struct sim_model *model;
    enum sim_state state;
    bool from_flash, started; /* strapped to boot; the image runs */
    bool stalled;
    int failure; /* of the host, a seal_err; the chip stops at it */
    unsigned baud, boot_baud, crystal;
    uint32_t busy_us; /* work since the last output */
    struct seal_buf *output;
    size_t taken; /* bytes of output that the last sim_chip_take lent out */
    struct sim_fault fault;
    struct sim_memory memory;
    struct sim_flash flash;
    struct sim_efuse efuse;
    struct sim_hmac hmac;
    struct sim_ds ds;
    struct sim_ecdsa ecdsa;
    struct sim_rom rom;
};
/* Notes the first failure; 0 is none. */
void sim_chip_fail(struct sim_chip *chip, int err);
#define SIM_CLK8M_FREQ 80u /* what the factory burns as the RC oscillator's frequency, in 100 kHz */
/* MHz; 0: the one that the ROM assumes. */
unsigned sim_chip_crystal(const struct sim_chip *chip);
void sim_chip_send(struct sim_chip *chip, const void *data, size_t len);
/* All but the fuses and the flash as after a reset of the whole system. */
void sim_chip_reset(struct sim_chip *chip, enum sim_reset cause);
/* After a burn fault: nothing runs any more. */
void sim_chip_power_off(struct sim_chip *chip);

#endif
