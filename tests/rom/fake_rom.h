/* A ROM of a few dozen lines behind a link, which can lose, delay, damage and refuse. No time passes in it.
 */
#ifndef TESTS_ROM_FAKE_ROM_H
#define TESTS_ROM_FAKE_ROM_H

#include <espseal/buf.h>
#include <espseal/rom.h>

#define FLASH_SIZE 0x400000u

struct fake_rom {
    struct seal_buf *answers;  /* to the host */
    struct seal_buf *held;     /* answers that come after the next request */
    struct seal_buf *deflated; /* of the run that is being received */
    uint8_t *flash;
    uint32_t begin_offset, begin_size;
    bool writing_deflated;
    unsigned requests[256], data_blocks, most_in_flight, in_flight;
    size_t most_bytes, tuples;
    struct seal_reg_write writes[32]; /* the first register writes */
    uint8_t last_opcode;
    unsigned lines_set;
    uint8_t lines[64]; /* dtr << 1 | rts of each change */
    /* what goes wrong; counted from 1, 0: never */
    unsigned lose_answer, answer_count; /* this READ_REG answer is lost */
    bool hold_next;                     /* the next answer comes with the one after it */
    unsigned damage_block;              /* this data block arrives damaged */
    unsigned host_baud, chip_baud;      /* 0: no UART is played */
    unsigned adapter_fastest;           /* refuses more; 0: takes all */
    unsigned line_fastest;              /* nothing arrives above it; 0: all does */
    bool leaves_bus;                    /* with the next reset, until it is opened again */
    bool gone, never_returns;
    unsigned reopened;
    size_t largest_block; /* larger ones are lost; 0: none are */
    bool lost_parameters; /* BEGIN fails until SPI_SET_PARAMS comes again */
    bool erase_too_much;  /* the next BEGIN erases a sector more */
    bool begin_elsewhere; /* the next BEGIN erases, and is written to, the wrong place */
    bool refuse_reads, silent, garbage, resets, download_disabled;
    const uint8_t *sfdp; /* what RDSFDP reads, 256 bytes; NULL: nothing sensible */
    uint8_t stale_code;  /* status byte 1 of success */
    struct seal_link *link;
};

struct fake_rom *fake_new(bool with_lines);
void fake_free(struct fake_rom *fake);
/* A session with it; ends the test when it fails. */
struct seal_loader *fake_connect(struct fake_rom *fake, const struct seal_loader_options *options);
/* Bytes that the chip sends unasked. */
void fake_say(struct fake_rom *fake, const void *bytes, size_t len);
/* What READ_REG answers. */
uint32_t fake_register(uint32_t address);

#endif
