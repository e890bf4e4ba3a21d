#include "loader.h"

#include <string.h>

#define BLOCK_HEADER 16u
#define WRITE_MS_PER_MB 40000
#define WORTH_LARGE_BLOCKS 16384u
/* Smaller blocks first, and then every rate down to the first one. */
#define SEND_RETRIES 7
/* Bytes deflated for each byte of a block that travels meanwhile: half the time that the block needs at
 * 2 000 000 baud, and enough that a short first run covers all of the second one. */
#define PACK_RATIO 64u

/* What one attempt sends. */
struct sending {
    struct seal_loader *loader;
    struct rom_flash_run *run;
    struct seal_cause *cause;
    struct seal_buf *block; /* header and payload, made anew for each block in the same place */
    const uint8_t *payload;
    size_t len;
    size_t packet; /* bytes of payload in a block */
    bool deflated;
    bool begun; /* the present BEGIN is a right one: a block was taken after it */
};

static int put_block(struct sending *sending, uint32_t sequence, size_t at, size_t here)
{
    const size_t padded = sending->deflated ? here : sending->packet;
    seal_buf_truncate(sending->block, 0);
    uint8_t *bytes = seal_buf_reserve(sending->block, BLOCK_HEADER + padded);
    if (!bytes) {
        return seal_fail(sending->cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    memset(bytes, 0, BLOCK_HEADER);
    seal_put_le32(bytes, (uint32_t)padded);
    seal_put_le32(bytes + 4, sequence);
    memcpy(bytes + BLOCK_HEADER, sending->payload + at, here);
    memset(bytes + BLOCK_HEADER + here, 0xFF, padded - here);
    return SEAL_OK;
}

static void pack_next(void *ctx)
{
    const struct sending *sending = ctx;
    if (sending->run->next) {
        rom_pack_step(sending->run->next, PACK_RATIO * sending->packet);
    }
}

static int send_block(struct sending *sending, uint32_t sequence, size_t at)
{
    const size_t here = sending->len - at < sending->packet ? sending->len - at : sending->packet;
    int err = put_block(sending, sequence, at, here);
    if (err) {
        return err;
    }
    /* A block may inflate to all that is left of the run. */
    const uint32_t written = sending->deflated ? (uint32_t)sending->run->sectors : (uint32_t)sending->packet;
    const struct rom_command command = {
        .opcode = sending->deflated ? SEAL_ROM_FLASH_DEFL_DATA : SEAL_ROM_FLASH_DATA,
        .data = seal_buf_ptr(sending->block),
        .len = seal_buf_len(sending->block),
        .timeout_ms = rom_scaled_ms(written, WRITE_MS_PER_MB),
        .meanwhile = pack_next,
        .ctx = sending,
    };
    err = rom_transact(sending->loader, &command, NULL, sending->cause);
    sending->run->sent += here;
    return err;
}

/*
 * The larger a block the fewer answers to wait for. The ROM's own limit is 4 KiB (16 KiB are refused at
 * BEGIN, measured), and its receive buffer takes the 6 KiB of MEM_DATA with which every other tool loads its
 * stub. Plain blocks are padded: the larger ones are for what is long. After an error it is the size of other
 * tools.
 */
static size_t packet_len(const struct sending *sending)
{
    const struct seal_rom_traits *rom = &sending->loader->chip->rom;
    const bool small = sending->loader->small_blocks || sending->run->encrypt || rom->flash_block_max == 0 ||
                       (!sending->deflated && sending->len < WORTH_LARGE_BLOCKS);
    return small ? rom->flash_block : rom->flash_block_max;
}

/* Ciphertext is not known here, so that a BEGIN that was damaged on its way must show at once. */
static int check_begun(const struct sending *sending)
{
    const struct rom_flash_run *run = sending->run;
    bool erased = true;
    int err = run->check_erased ? rom_flash_erased(sending->loader, run->offset, (uint32_t)run->sectors,
                                                   &erased, sending->cause)
                                : SEAL_OK;
    if (!err && !erased) {
        err = seal_fail(sending->cause, SEAL_ERR_VERIFY, "the ROM did not erase flash at 0x%x", run->offset);
        seal_hint(sending->cause, "write again; if it stays so the flash chip is write-protected");
    }
    return err;
}

static int send_once(struct sending *sending)
{
    struct rom_flash_run *run = sending->run;
    const size_t block = sending->packet = packet_len(sending);
    const uint32_t packets = (uint32_t)((sending->len + block - 1) / block);
    const struct rom_flash_begin begin = {
        .opcode = sending->deflated ? SEAL_ROM_FLASH_DEFL_BEGIN : SEAL_ROM_FLASH_BEGIN,
        .size = (uint32_t)run->sectors,
        .packets = packets,
        .offset = run->offset,
        .block = (uint32_t)block,
        .encrypt = run->encrypt,
    };
    sending->begun = false;
    int err = rom_flash_begin(sending->loader, &begin, sending->cause);
    err = err ? err : check_begun(sending);
    for (uint32_t i = 0; !err && i < packets; i++) {
        err = send_block(sending, i, i * block);
        sending->begun = sending->begun || !err;
        if (!err && run->progress) {
            run->progress(run->ctx, (size_t)((uint64_t)run->len * (i + 1) / packets));
        }
    }
    return err;
}

/*
 * A block that arrived damaged has used up its sequence number (REPORT.md, surprise 3), and a lost answer
 * leaves it open what the chip holds: both begin the run again, never the block. What may be too much for the
 * line or the chip is lessened first: the blocks, then the rate.
 */
static bool prepare_again(struct sending *sending, int *err)
{
    struct seal_loader *loader = sending->loader;
    /* A BEGIN has no checksum: cut short it runs with the words of an earlier request (REPORT.md). */
    const bool block_only = *err == SEAL_ERR_ROM && sending->cause->rom_code == ROM_CODE_CHECKSUM;
    sending->run->disturbed = sending->run->disturbed || !(sending->begun || block_only);
    if (!rom_flash_heal(loader, err, sending->cause)) {
        return false;
    }
    if (sending->packet > loader->chip->rom.flash_block) {
        loader->small_blocks = true;
    } else {
        (void)rom_slow_down(loader, NULL);
    }
    return true;
}

static int send(struct sending *sending)
{
    int err = send_once(sending);
    for (unsigned i = 0; i < SEND_RETRIES && err && prepare_again(sending, &err); i++) {
        err = send_once(sending);
    }
    return err;
}

/* The cipher works on blocks, so that what the ROM encrypts must be whole ones: padded with FF. */
static int pad(struct sending *sending, struct seal_buf *padded)
{
    const size_t block = sending->loader->chip->rom.flash_block;
    const size_t missing = (block - sending->len % block) % block;
    if (!sending->run->encrypt || missing == 0) {
        return SEAL_OK;
    }
    int err = seal_buf_put(padded, sending->payload, sending->len);
    err = err ? err : seal_buf_put_fill(padded, 0xFF, missing);
    sending->payload = seal_buf_ptr(padded);
    sending->len = seal_buf_len(padded);
    return err;
}

/* Secure download mode knows no deflate. */
bool rom_flash_inflates(const struct seal_loader *loader)
{
    return loader->chip->rom.deflate && !seal_loader_secure_download(loader);
}

static int deflate_if_shorter(struct sending *sending)
{
    struct rom_pack *pack = sending->run->pack;
    if (!pack) {
        return SEAL_OK;
    }
    rom_pack_step(pack, SIZE_MAX);
    if (!pack->err && !rom_pack_useless(pack)) {
        sending->payload = seal_buf_ptr(pack->packed);
        sending->len = seal_buf_len(pack->packed);
        sending->deflated = true;
    }
    return pack->err;
}

int rom_flash_send(struct seal_loader *loader, struct rom_flash_run *run, struct seal_cause *cause)
{
    struct seal_cause unused;
    struct sending sending = {
        .loader = loader,
        .run = run,
        .cause = cause ? cause : &unused,
        .block = seal_buf_new(),
        .payload = run->data,
        .len = run->len,
    };
    struct seal_buf *padded = seal_buf_new();
    int err = sending.block && padded ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    err = err ? err : pad(&sending, padded);
    err = err ? err : deflate_if_shorter(&sending);
    err = err ? seal_fail(cause, err, "out of memory") : send(&sending);
    run->deflated = sending.deflated;
    seal_buf_free(&sending.block);
    seal_buf_free(&padded);
    return err;
}
