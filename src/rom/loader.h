/* A session with the ROM, and the pieces that its commands are made of. */
#ifndef ESPSEAL_ROM_LOADER_H
#define ESPSEAL_ROM_LOADER_H

#include <espseal/buf.h>
#include <espseal/rom.h>
#include <espseal/slip.h>

#define ROM_STATUS_LEN 4          /* rom_protocol.json "status_bytes_rom" */
#define ROM_FRAME_MAX 1024        /* the longest answer of a ROM has 76 bytes; a ROM's talk may be longer */
#define ROM_SYNC_ANSWERS 8        /* one SYNC is answered eight times */
#define ROM_IN_FLIGHT_MAX 8       /* requests waiting in the chip */
#define ROM_FIFO_BYTES 128        /* the UART receive FIFO of every chip */
#define ROM_REQUEST_MAX 24        /* a request of two words, escapes included */
#define ROM_FIRST_BAUD 115200     /* of the first contact */
#define ROM_RETRIES 2             /* of what may be asked twice */
#define ROM_CODE_FORMAT 0x05      /* unknown, malformed, out of sequence, not allowed */
#define ROM_CODE_CHECKSUM 0x07    /* of a block's data */
#define ROM_CODE_NOT_ALLOWED 0x64 /* an encrypted write that an eFuse forbids */

/* What a chip prints besides frames: boot messages, an application's log. The latest part is kept. */
struct rom_noise {
    size_t bytes; /* since connect */
    size_t len;
    char text[512];
};
void rom_noise_put(struct rom_noise *noise, const uint8_t *data, size_t len);
bool rom_noise_has(const struct rom_noise *noise, const char *words);
bool rom_noise_says_reset(const struct rom_noise *noise);
bool rom_noise_says_download_disabled(const struct rom_noise *noise);
/* The last line that a person can read, into text; "" when there is none. */
void rom_noise_last_line(const struct rom_noise *noise, char *text, size_t capacity);

struct seal_loader {
    struct seal_link *link;
    struct seal_loader_options options;
    int hurry_ms; /* seal_loader_hurry; 0: not */
    const struct seal_chip *chip;
    struct seal_security_info security;
    struct seal_flash_id flash;
    bool flash_attached;
    bool small_blocks;           /* larger ones failed */
    uint32_t assumed_flash_size; /* in secure download mode; 0: none */
    unsigned baud;               /* that the chip hears */
    bool bulk_tried;             /* seal_loader_bulk has done what it can */
    unsigned frames_sent, frames_received;
    uint64_t sent_before, received_before; /* the link's counters at connect */
    struct seal_buf *request;              /* encoded frames of one write */
    struct seal_slip_decoder decoder;
    struct rom_noise noise;
    uint8_t last_opcode;   /* of the last accepted answer */
    unsigned refusals_due; /* frames that repeat a refusal under SYNC */
    unsigned unanswered;   /* requests given up: their answers may still come */
    size_t input_at, input_len;
    uint8_t input[4096];
    uint8_t frame[ROM_FRAME_MAX];
};

struct rom_command {
    uint8_t opcode;
    const void *data;
    size_t len;
    int flags;      /* enum seal_loader_flags */
    int timeout_ms; /* the ROM's own work; 0: the loader's. The time of the bytes on the wire is added */
    void (*meanwhile)(void *ctx); /* work for the time in which the bytes travel; NULL: none */
    void *ctx;
};

/* One request, one answer. Answers to other requests are skipped. response may be NULL; its data is borrowed
 * until the next command. SEAL_ERR_ROM, SEAL_ERR_ROM_REFUSED, SEAL_ERR_TIMEOUT, SEAL_ERR_LINK. */
int rom_transact(struct seal_loader *loader, const struct rom_command *command,
                 struct seal_rom_response *response, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Parts of rom_transact, for requests in a window. */
int rom_queue(struct seal_loader *loader, const struct rom_command *command,
              struct seal_cause *cause) SEAL_MUST_CHECK; /* encodes into loader->request */
int rom_flush(struct seal_loader *loader, seal_deadline deadline,
              struct seal_cause *cause) SEAL_MUST_CHECK; /* one write */
int rom_receive(struct seal_loader *loader, struct seal_rom_response *response, seal_deadline deadline,
                struct seal_cause *cause) SEAL_MUST_CHECK;
/* Waits for the answer to the oldest request with this opcode. The caller traces it (rom_trace_answer). */
int rom_await(struct seal_loader *loader, uint8_t opcode, struct seal_rom_response *response,
              seal_deadline deadline, struct seal_cause *cause) SEAL_MUST_CHECK;
void rom_trace_answer(struct seal_loader *loader, const struct seal_rom_response *response, bool secret);
seal_deadline rom_deadline(const struct seal_loader *loader, const struct rom_command *command);

/* After a lost answer: SYNC as a barrier, behind which no earlier answer can come. SEAL_ERR_LINK: none at
 * all. */
int rom_resync(struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;

/* One SYNC; SEAL_ERR_TIMEOUT when no answer came in time. */
int rom_sync(struct seal_loader *loader, int timeout_ms, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Many small requests of one opcode, as many in flight as the chip's FIFO holds, answers in order. */
struct rom_window {
    uint8_t opcode;
    size_t count;
    int timeout_ms; /* of one request, 0: the loader's */
    /* Payload of request i; at most 16 bytes; returns its length. */
    size_t (*payload)(void *ctx, size_t i, uint8_t payload[static 16]);
    int (*answer)(void *ctx, size_t i, const struct seal_rom_response *response, struct seal_cause *cause);
    bool (*secret)(void *ctx, size_t i); /* hides an answer from traces; NULL: none is secret */
    void *ctx;
};
/* All of them, again from the first one when an answer is lost (at most ROM_RETRIES times). */
int rom_window_run(struct seal_loader *loader, const struct rom_window *window,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

/* Security information and which chip it is (detect.c). */
int rom_detect(struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Reset sequences (reset.c); attempt counts from 0 and rotates through them. */
int rom_reset_into_download(struct seal_loader *loader, unsigned attempt,
                            struct seal_cause *cause) SEAL_MUST_CHECK;
int rom_reset_into_application(struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Stops the watchdogs that run on after a reset over USB-Serial/JTAG. */
int rom_stop_watchdogs(struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Reset where there are lines, and SYNC, as often as it takes (loader.c). */
int rom_make_contact(struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Changes to baud, or to the next lower rate that holds (baud.c). Where a failed change left no way back:
 * SEAL_ERR_LINK.
 */
int rom_change_baud(struct seal_loader *loader, unsigned baud, struct seal_cause *cause) SEAL_MUST_CHECK;
/* After errors in a bulk transfer: the next lower rate, when a faster one than the first contact's is in use.
 * false: there is none, or it was not reached. */
bool rom_slow_down(struct seal_loader *loader, struct seal_cause *cause);

/* FLASH_BEGIN (or _DEFL_BEGIN) with as many words as the chip's ROM wants. */
struct rom_flash_begin {
    uint8_t opcode;
    uint32_t size; /* to be erased, before it is written */
    uint32_t packets;
    uint32_t offset;
    uint32_t block; /* bytes of a packet */
    bool encrypt;
};
int rom_flash_begin(struct seal_loader *loader, const struct rom_flash_begin *begin,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/* A run's bytes, deflated bit by bit while something else is on the wire (flash_pack.c). */
struct seal_deflater;
struct rom_pack {
    struct seal_deflater *deflater;
    struct seal_buf *packed;
    const uint8_t *data; /* borrowed */
    size_t len, fed;
    int err;
};
int rom_pack_open(struct rom_pack *pack) SEAL_MUST_CHECK; /* close it also after a failure */
void rom_pack_close(struct rom_pack *pack);
void rom_pack_begin(struct rom_pack *pack, const uint8_t *data, size_t len);
/* Deflates at most max more bytes; a failure stays in err. */
void rom_pack_step(struct rom_pack *pack, size_t max);
bool rom_pack_useless(const struct rom_pack *pack); /* not shorter than the data, so not gone on with */

/* Neighbouring sectors to be erased and written at once, plain or deflated (flash_send.c). */
struct rom_flash_run {
    uint32_t offset; /* in flash, a multiple of 4096 */
    size_t sectors;  /* bytes to erase: whole sectors */
    const uint8_t *data;
    size_t len; /* <= sectors; what is missing stays FF */
    bool encrypt;
    bool check_erased;     /* after BEGIN: what comes cannot be compared */
    struct rom_pack *pack; /* of these data, finished here; NULL: they are sent plain */
    struct rom_pack *next; /* of the run after this, worked on while blocks travel; NULL: none */
    void (*progress)(void *ctx, size_t done); /* of len; NULL: none */
    void *ctx;
    bool deflated;  /* out */
    bool disturbed; /* out: a BEGIN may have erased something else */
    size_t sent;    /* out, added to */
};
int rom_flash_send(struct seal_loader *loader, struct rom_flash_run *run,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
/* Whether a chip in its present mode inflates. */
bool rom_flash_inflates(const struct seal_loader *loader);

/*
 * Whether to ask the same again after *err, which is then what to report if not. SPI_ATTACH and
 * SPI_SET_PARAMS are sent anew, since these requests have no checksum, and a damaged one that was taken
 * breaks the later ones.
 */
bool rom_flash_heal(struct seal_loader *loader, int *err, struct seal_cause *cause);

/* Whether the ROM can encrypt what it writes. SEAL_ERR_UNSUPPORTED. */
int rom_flash_can_encrypt(const struct seal_loader *loader, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Milliseconds in which the ROM digests len bytes; the 32 hex digits of its answer. SEAL_ERR_PROTOCOL. */
int rom_md5_ms(uint32_t len);
int rom_md5_parse(const struct seal_rom_response *response, uint8_t md5[static 16]) SEAL_MUST_CHECK;

/* Whether the ROM's digest of a region is md5. It is asked once more when not: its answer has no checksum. */
int rom_flash_holds(struct seal_loader *loader, uint32_t offset, uint32_t len, const uint8_t md5[static 16],
                    bool *same, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Whether whole sectors hold FF, by the ROM's digest (flash_erase.c). */
int rom_flash_erased(struct seal_loader *loader, uint32_t offset, uint32_t len, bool *erased,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/* Attaches flash and checks that len bytes at offset are in it. SEAL_ERR_TOO_LONG, SEAL_ERR_STATE. */
int rom_flash_range(struct seal_loader *loader, uint32_t offset, size_t len,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/* Milliseconds for work that takes per_mb ms per MiB. */
int rom_scaled_ms(uint32_t len, int per_mb);

#endif
