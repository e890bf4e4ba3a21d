/*
 * A chip made of software: its ROM on the wire, SPI flash, eFuse controller, HMAC, DS and ECDSA. Bytes in,
 * bytes out; no process, no clock, no socket in here (sim_server.c has those). Its state lives in files with
 * the layout of Espressif's QEMU, or in memory. What it does was measured on real ROMs: facts/REPORT.md,
 * facts/wire.
 */
#ifndef ESPSEAL_SIM_H
#define ESPSEAL_SIM_H

#include <espseal/chip.h>

struct sim_chip;

struct sim_options {
    const struct seal_chip *chip; /* must be one that sim_supports() */
    const char *efuse_path;       /* QEMU's eFuse file; made blank when missing. NULL: in memory */
    const char *flash_path;       /* raw image; made blank when missing. NULL: in memory */
    uint32_t flash_size;          /* bytes of a new flash: a power of two of 64 KiB..32 MiB; 0: 4 MiB */
    const uint8_t *efuse_image;   /* fuses in memory start as this file's bytes; NULL: a blank chip's */
    const uint8_t *mac; /* 6 bytes for a blank chip, most significant first; NULL: SIM_DEFAULT_MAC */
    unsigned revision;  /* of a blank chip, major * 100 + minor; 0: the model's */
    const char *fault;  /* sim_fault.c; NULL: none */
    unsigned baud;      /* of the UART at power-up; 0: 115200 */
    unsigned crystal;   /* MHz, at most 100; 0: the model's. An ESP32 measures it then, 3 percent too high */
    bool from_flash;    /* the strapping pins ask for a boot from flash, not for the download mode */
};

#define SIM_DEFAULT_MAC "\x7c\xdf\xa1\x5e\xa1\x01"

/* Whether there is a ROM to pretend for this chip. */
bool sim_supports(const struct seal_chip *chip);

/*
 * Powers a chip up; its boot banner is the first output. SEAL_ERR_UNSUPPORTED (no such chip), SEAL_ERR_USAGE
 * (fault), SEAL_ERR_FORMAT (a file of a wrong size), SEAL_ERR_BUSY (the eFuse file belongs to another
 * simulator), SEAL_ERR_IO, SEAL_ERR_NO_MEMORY.
 */
int sim_chip_new(const struct sim_options *options, struct sim_chip **out,
                 struct seal_cause *cause) SEAL_MUST_CHECK;
/* Fuse bytes are cleansed; files stay as they are. */
void sim_chip_free(struct sim_chip **chip);

enum sim_state {
    SIM_RUNNING,
    SIM_CUT, /* the link ended by a fault: no byte passes until sim_chip_reconnect */
    SIM_OFF, /* the power went away by a fault: nothing happens until sim_chip_power_cycle */
};
enum sim_state sim_chip_state(const struct sim_chip *chip);

/* Bytes from the host. A fault may end it early: what follows the cut is lost. SEAL_ERR_NO_MEMORY;
 * SEAL_ERR_IO when the fuses could not be saved. */
int sim_chip_feed(struct sim_chip *chip, const uint8_t *data, size_t len) SEAL_MUST_CHECK;

struct sim_output { /* bytes that the chip sent in one go; borrowed until the next call on the chip */
    const uint8_t *data;
    size_t len;
    uint32_t hold_us; /* how long the chip worked before it sent them */
    unsigned baud;    /* at which it sent them */
};
/* The next output, oldest first; false when there is none. */
bool sim_chip_take(struct sim_chip *chip, struct sim_output *output);
/* Or as a stream: up to capacity bytes, waiting at most wait_us of the chip's own time for held ones, which
 * is no time at all here. Returns how many. */
size_t sim_chip_read(struct sim_chip *chip, uint8_t *data, size_t capacity, uint32_t wait_us);

/* Power off and on: the loader starts anew, fuses are loaded, fuses and flash stay. Faults that fired do not
 * fire again, and the counts of frames, bytes and burns go on. */
void sim_chip_power_cycle(struct sim_chip *chip);
/* Joins the link again after SIM_CUT; the chip went on running. */
void sim_chip_reconnect(struct sim_chip *chip);

/* With from_flash: the ROM would have run the image at the last reset. Its output says why not. */
bool sim_chip_started(const struct sim_chip *chip);

unsigned sim_chip_baud(const struct sim_chip *chip);
uint64_t sim_chip_frames(const struct sim_chip *chip); /* complete frames from the host so far */
uint64_t sim_chip_bytes(const struct sim_chip *chip);  /* bytes from the host so far */
unsigned sim_chip_burns(const struct sim_chip *chip);  /* burn pulses so far */

/* What is really in the fuses (not what can be read), 8 words; and the flash itself. */
const uint32_t *sim_chip_fuses(const struct sim_chip *chip, unsigned block);
uint8_t *sim_chip_flash(struct sim_chip *chip, size_t *size);
/* Burns bits directly, correctly coded, and loads them: what a factory or an earlier life left in the chip.
 */
void sim_chip_set_fuses(struct sim_chip *chip, unsigned block, const uint32_t words[static 8]);

/* Replaces the fault rules (NULL: none) and starts their counts anew. SEAL_ERR_USAGE. */
int sim_chip_set_faults(struct sim_chip *chip, const char *spec, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
