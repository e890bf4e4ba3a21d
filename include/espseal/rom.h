/*
 * A loader is a session with a chip's ROM bootloader over a link: the serial protocol without a flasher stub
 * (esptool documentation "Serial Protocol"; measured: facts/rom_protocol.json, facts/REPORT.md, facts/wire).
 */
#ifndef ESPSEAL_ROM_H
#define ESPSEAL_ROM_H

#include <espseal/chip.h>
#include <espseal/link.h>
#include <espseal/map.h>
#include <espseal/sfdp.h>

struct seal_loader;

enum seal_trace_direction { SEAL_TRACE_SENT, SEAL_TRACE_RECEIVED };
/* One frame; payload is NULL with its length when it is secret: keys, and the contents of flash. */
typedef void (*seal_trace_fn)(void *ctx, enum seal_trace_direction direction, uint8_t opcode,
                              const uint8_t *payload, size_t len);

struct seal_loader_options {
    bool no_reset;  /* the chip is in its bootloader already: do not touch DTR and RTS */
    bool usb_reset; /* reset as the chip's own USB-Serial/JTAG wants it, whatever the link says of itself */
    const struct seal_chip *chip; /* required chip; NULL: whatever is there. SEAL_ERR_WRONG_CHIP otherwise */
    int timeout_ms;               /* per command; 0: 3000 */
    unsigned baud;      /* change to this rate after the first contact, or the next that holds; 0: stay */
    unsigned bulk_baud; /* the same, but only when much is to be written (seal_loader_bulk); 0: stay */
    seal_trace_fn trace;
    void *trace_ctx;
};

struct seal_security_info {    /* GET_SECURITY_INFO (rom_protocol.json "security_info") */
    bool valid;                /* the ROM answered it */
    uint32_t flags;            /* SEAL_SECURITY_* */
    uint8_t flash_crypt_count; /* raw SPI_BOOT_CRYPT_CNT */
    uint8_t key_purposes[7];   /* the 7th is not a purpose */
    bool has_chip_id;
    uint32_t chip_id;
    uint32_t api_version;
};
enum {
    SEAL_SECURITY_SECURE_BOOT = 1 << 0,
    SEAL_SECURITY_AGGRESSIVE_REVOKE = 1 << 1,
    SEAL_SECURITY_SECURE_DOWNLOAD = 1 << 2,
    SEAL_SECURITY_REVOKE0 = 1 << 3,
    SEAL_SECURITY_REVOKE1 = 1 << 4,
    SEAL_SECURITY_REVOKE2 = 1 << 5,
    SEAL_SECURITY_SOFT_DIS_JTAG = 1 << 6,
    SEAL_SECURITY_HARD_DIS_JTAG = 1 << 7,
    SEAL_SECURITY_DIS_USB = 1 << 8,
    SEAL_SECURITY_DIS_DOWNLOAD_DCACHE = 1 << 9,
    SEAL_SECURITY_DIS_DOWNLOAD_ICACHE = 1 << 10,
};

struct seal_loader_stats {
    unsigned frames_sent, frames_received;
    uint64_t bytes_sent, bytes_received; /* on the wire, SLIP included */
};

/*
 * Resets the chip into its bootloader where the link has lines, synchronises, and finds out which chip it is.
 * A USB device that leaves the bus while it resets is waited for and found again by its place on the bus.
 * Over USB-Serial/JTAG the watchdogs are stopped, which would else reset the chip in the middle of a session.
 * The link stays the caller's and must outlive the loader. SEAL_ERR_NO_DEVICE (silent), SEAL_ERR_PROTOCOL
 * (garbage on the line), SEAL_ERR_WRONG_CHIP, SEAL_ERR_UNSUPPORTED (unknown chip).
 */
int seal_loader_connect(struct seal_link *link, const struct seal_loader_options *options,
                        struct seal_loader **out, struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_loader_free(struct seal_loader **loader);

/* Which chip answered, never NULL after seal_loader_connect; what it said of its security, .valid false where
 * it cannot. The second is borrowed. */
const struct seal_chip *seal_loader_chip(const struct seal_loader *loader);
const struct seal_security_info *seal_loader_security_info(const struct seal_loader *loader);
/* Asks the chip again, after a burn that changes what it answers. */
int seal_loader_refresh_security_info(struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;
/* The link of seal_loader_connect. */
const struct seal_link *seal_loader_link(const struct seal_loader *loader);
bool seal_loader_secure_download(const struct seal_loader *loader);
unsigned seal_loader_baud(const struct seal_loader *loader); /* the rate in use */
/*
 * Says that about so many bytes are to be sent. From 64 KiB on the line changes to bulk_baud, or to the
 * fastest rate below it that adapter and chip hold: a rate is believed after registers read through it came
 * back right. Only where a rate that does not hold leaves a way back (DTR and RTS), or cannot fail (a link
 * that follows the chip's rate). Cheap to call often.
 */
int seal_loader_bulk(struct seal_loader *loader, size_t bytes, struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_loader_stats(const struct seal_loader *loader, struct seal_loader_stats *stats);

/* SEAL_ERR_STATE with what cannot be done (needs) when the chip is in secure download mode. */
int seal_loader_require_registers(const struct seal_loader *loader, const char *needs,
                                  struct seal_cause *cause) SEAL_MUST_CHECK;

/* The crystal's frequency in MHz, for the eFuse controller's timing: measured where there are several, by the
 * divider that the ROM has set for the baud rate it heard; 26, 40 or 48. */
int seal_loader_crystal(struct seal_loader *loader, unsigned *mhz, struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- registers ---------------------------------------------------------------------------------------- */

/* Reads count registers, several requests in flight (8 at most: the UART receive FIFO holds 128 bytes). */
int seal_loader_read_regs(struct seal_loader *loader, const uint32_t *addresses, uint32_t *values,
                          size_t count, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Reads count consecutive words from address. */
int seal_loader_read_words(struct seal_loader *loader, uint32_t address, uint32_t *values, size_t count,
                           struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_loader_read_reg(struct seal_loader *loader, uint32_t address, uint32_t *value,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

struct seal_reg_write {
    uint32_t address, value;
    uint32_t mask;     /* 0xFFFFFFFF: plain write; else read-modify-write on the chip */
    uint32_t delay_us; /* after the write, on the chip */
};
/* The plain write of all 32 bits. */
static inline struct seal_reg_write seal_reg_set(uint32_t address, uint32_t value)
{
    return (struct seal_reg_write){.address = address, .value = value, .mask = 0xFFFFFFFF};
}
enum seal_loader_flags { SEAL_LOADER_SECRET = 1 }; /* payload is hidden from traces */

/*
 * Writes count registers in order, as many per frame as the chip's ROM takes. Not retried: a lost answer is
 * SEAL_ERR_TIMEOUT, and the caller reads back what happened.
 */
int seal_loader_write_regs(struct seal_loader *loader, const struct seal_reg_write *writes, size_t count,
                           int flags, struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_loader_write_reg(struct seal_loader *loader, uint32_t address, uint32_t value,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * From now on no answer is awaited longer than ms, besides the time of the bytes; 0: as the options say. For
 * commands after which a chip may have no answer left, where silence decides nothing.
 */
void seal_loader_hurry(struct seal_loader *loader, int ms);

/* Reads address until (value & mask) == wanted. SEAL_ERR_TIMEOUT with the last value in cause. */
int seal_loader_poll(struct seal_loader *loader, uint32_t address, uint32_t mask, uint32_t wanted,
                     int timeout_ms, struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- flash -------------------------------------------------------------------------------------------- */

struct seal_flash_id {
    uint8_t manufacturer, memory_type, capacity; /* JEDEC RDID (9Fh) */
    uint32_t size;                               /* bytes; 0: unknown */
};

/*
 * Attaches SPI flash, reads its id and tells the ROM its size. Done once; later calls return the same. In
 * secure download mode the id cannot be read: SEAL_ERR_STATE, unless seal_flash_assume_size was called.
 */
int seal_flash_attach(struct seal_loader *loader, struct seal_flash_id *id,
                      struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Reads the flash's own parameters (RDSFDP 5Ah through the SPI controller). sfdp->present is false where the
 * flash has none, which is no error.
 */
int seal_flash_sfdp(struct seal_loader *loader, struct seal_sfdp *sfdp,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/* The size to take in secure download mode, where the flash cannot be asked. No effect in other modes. */
void seal_flash_assume_size(struct seal_loader *loader, uint32_t size);

typedef void (*seal_progress_fn)(void *ctx, size_t done, size_t total);

struct seal_flash_write_options {
    bool never_deflate; /* send plain blocks even where deflate is shorter */
    bool always;        /* write even when the chip's MD5 says that the data is there already */
    bool encrypt;       /* the ROM encrypts with the key in its eFuses; see below */
    bool unverified;    /* do not read back: the only way in secure download mode */
    /* Bytes of data, monotonic; NULL: none. */
    seal_progress_fn progress;
    void *progress_ctx;
    const struct seal_release *release; /* of the data, where it is mapped (map.h); NULL: nobody is told */
};
struct seal_flash_write_result {
    bool skipped;     /* the data was there already */
    bool deflated;    /* some of it was sent deflated */
    bool verified;    /* the ROM's MD5 of the region is the host's */
    bool disturbed;   /* a request was damaged on its way and taken: other sectors may have been erased */
    size_t sent;      /* payload bytes sent */
    size_t unchanged; /* bytes in sectors that were there already, skipped or not */
};

/*
 * Writes len bytes at offset (a multiple of 4096; the tail of the last sector becomes FF), erasing just the
 * sectors that differ by the ROM's MD5, in runs of at most 1 MiB, each deflated where that is shorter; and
 * believes it only when the ROM's MD5 of the region equals the host's: SEAL_ERR_VERIFY otherwise.
 * SEAL_ERR_TOO_LONG beyond the end of flash. Memory does not grow with len.
 *
 * Only blocks of data have a checksum on the wire. A damaged BEGIN that the ROM takes can erase other
 * sectors: that shows when the region does not hold the data afterwards, or the sector behind it changed, and
 * is told as `disturbed`; the region itself is written again.
 *
 * With encrypt all is sent, and plain (the ROM does not inflate while it encrypts: measured on the ESP32-C3
 * and the ESP32-S3), since the ROM's MD5 is that of the ciphertext; it is checked that flash is neither
 * erased nor the plaintext afterwards. The data is padded with FF to 1024 bytes. SEAL_ERR_UNSUPPORTED (the
 * ESP32's ROM cannot), SEAL_ERR_STATE (an eFuse forbids it).
 *
 * In secure download mode nothing can be read back: SEAL_ERR_STATE before anything is sent, unless
 * unverified; all is sent then, and never deflated.
 */
int seal_flash_write(struct seal_loader *loader, uint32_t offset, const void *data, size_t len,
                     const struct seal_flash_write_options *options, struct seal_flash_write_result *result,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Erases len bytes at offset, both multiples of 4096, in pieces of 1 MiB, and believes it only when the ROM's
 * MD5 is that of FF bytes. *skipped (NULL allowed) tells that it was erased already. Errors as of
 * seal_flash_write; in secure download mode it is not verified.
 */
int seal_flash_erase(struct seal_loader *loader, uint32_t offset, uint32_t len, seal_progress_fn progress,
                     void *progress_ctx, bool *skipped, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Whether flash at offset holds data, by the ROM's MD5; the tail of its last sector is not looked at.
 */
int seal_flash_compare(struct seal_loader *loader, uint32_t offset, const void *data, size_t len,
                       const struct seal_release *release, bool *same,
                       struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Reads len bytes (READ_FLASH_SLOW, 64 bytes a frame, several in flight). The answers have no checksum: each
 * 64 KiB are compared with the ROM's MD5, and read again where they differ; SEAL_ERR_VERIFY when that does
 * not help.
 */
int seal_flash_read(struct seal_loader *loader, uint32_t offset, void *data, size_t len,
                    seal_progress_fn progress, void *progress_ctx, struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same in pieces of at most 64 KiB, in order, so that memory does not grow with len. A sink's error ends
 * the reading and is returned. */
typedef int (*seal_flash_sink_fn)(void *ctx, const uint8_t *data, size_t len, struct seal_cause *cause);
int seal_flash_read_each(struct seal_loader *loader, uint32_t offset, size_t len, seal_flash_sink_fn sink,
                         void *sink_ctx, seal_progress_fn progress, void *progress_ctx,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* MD5 of a region, computed by the ROM. Its answer has no checksum: who believes it asks twice, or compares.
 */
int seal_flash_md5(struct seal_loader *loader, uint32_t offset, uint32_t len, uint8_t md5[static 16],
                   struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same, asked until the same answer came twice in a row. SEAL_ERR_PROTOCOL when it never does. */
int seal_flash_md5_twice(struct seal_loader *loader, uint32_t offset, uint32_t len, uint8_t md5[static 16],
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- leaving ------------------------------------------------------------------------------------------ */

/*
 * Resets the chip so that it boots from flash: through the lines where the link has them, by its watchdog
 * where it is on USB-OTG, else by FLASH_END.
 */
int seal_loader_reset(struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Resets the whole chip by its RTC watchdog; the boot pins decide what it runs then. SEAL_ERR_UNSUPPORTED
 * where a chip's watchdog does not reach that far, SEAL_ERR_STATE in secure download mode. */
int seal_loader_watchdog_reset(struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- the codec, pure (tests and the simulator use it too) --------------------------------------------- */

enum seal_rom_opcode {
    SEAL_ROM_FLASH_BEGIN = 0x02,
    SEAL_ROM_FLASH_DATA = 0x03,
    SEAL_ROM_FLASH_END = 0x04,
    SEAL_ROM_MEM_BEGIN = 0x05,
    SEAL_ROM_MEM_END = 0x06,
    SEAL_ROM_MEM_DATA = 0x07,
    SEAL_ROM_SYNC = 0x08,
    SEAL_ROM_WRITE_REG = 0x09,
    SEAL_ROM_READ_REG = 0x0a,
    SEAL_ROM_SPI_SET_PARAMS = 0x0b,
    SEAL_ROM_SPI_ATTACH = 0x0d,
    SEAL_ROM_READ_FLASH_SLOW = 0x0e,
    SEAL_ROM_CHANGE_BAUDRATE = 0x0f,
    SEAL_ROM_FLASH_DEFL_BEGIN = 0x10,
    SEAL_ROM_FLASH_DEFL_DATA = 0x11,
    SEAL_ROM_FLASH_DEFL_END = 0x12,
    SEAL_ROM_SPI_FLASH_MD5 = 0x13,
    SEAL_ROM_GET_SECURITY_INFO = 0x14,
};
const char *seal_rom_opcode_name(uint8_t opcode); /* "READ_REG"; "?" when unknown */
const char *seal_rom_error_name(uint8_t code);    /* sentence for status byte 1 */

struct seal_rom_response {
    uint8_t opcode;
    uint32_t value;
    const uint8_t *data; /* without the status bytes; borrowed */
    size_t data_len;
    uint8_t failed; /* status byte 0: only this one decides */
    uint8_t code;   /* status byte 1: may be stale when failed is 0 */
};
/* Parses a decoded frame. status_len is 4 (ROMs since the ESP32) or 2 (ESP8266, stubs). SEAL_ERR_PROTOCOL. */
int seal_rom_response_parse(const uint8_t *frame, size_t len, size_t status_len,
                            struct seal_rom_response *response) SEAL_MUST_CHECK;
/* SLIP-encoded request appended to out; checksum as the ROM wants it for data commands, else 0. */
struct seal_buf;
int seal_rom_request_encode(struct seal_buf *out, uint8_t opcode, const void *data,
                            size_t len) SEAL_MUST_CHECK;
uint8_t seal_rom_checksum(const void *data, size_t len); /* 0xEF xor each byte */

#endif
