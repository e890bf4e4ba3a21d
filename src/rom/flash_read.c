#include "loader.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

/* READ_FLASH_SLOW: 64 bytes a frame, always (REPORT.md, surprise 8). */
#define READ_LEN 64u
/* Read again from here when an answer is lost. */
#define CHUNK_LEN 4096u
/* Compared with the ROM's digest, since the bytes of an answer have no checksum. */
#define PIECE_LEN 65536u

struct flash_reading {
    uint32_t offset;
    uint8_t *data;
    size_t len;
};

static size_t part_len(const struct flash_reading *reading, size_t i)
{
    size_t left = reading->len - i * READ_LEN;
    return left < READ_LEN ? left : READ_LEN;
}

static size_t read_payload(void *ctx, size_t i, uint8_t payload[static 16])
{
    const struct flash_reading *reading = ctx;
    seal_put_le32(payload, reading->offset + (uint32_t)i * READ_LEN);
    seal_put_le32(payload + 4, (uint32_t)part_len(reading, i));
    return 8;
}

static int read_answer(void *ctx, size_t i, const struct seal_rom_response *response,
                       struct seal_cause *cause)
{
    const struct flash_reading *reading = ctx;
    size_t len = part_len(reading, i);
    if (response->data_len < len) {
        return seal_fail(cause, SEAL_ERR_PROTOCOL, "the chip sent %zu bytes of flash instead of %zu",
                         response->data_len, len);
    }
    memcpy(reading->data + i * READ_LEN, response->data, len);
    return SEAL_OK;
}

static int read_chunk(struct seal_loader *loader, uint32_t offset, uint8_t *data, size_t len,
                      struct seal_cause *cause)
{
    struct flash_reading reading = {offset, data, len};
    const struct rom_window window = {
        .opcode = SEAL_ROM_READ_FLASH_SLOW,
        .count = (len + READ_LEN - 1) / READ_LEN,
        .payload = read_payload,
        .answer = read_answer,
        .ctx = &reading,
    };
    int err = rom_window_run(loader, &window, cause);
    for (unsigned i = 0; i < ROM_RETRIES && rom_flash_heal(loader, &err, cause); i++) {
        err = rom_window_run(loader, &window, cause);
    }
    return err;
}

struct flash_piece {
    struct seal_loader *loader;
    uint32_t offset;
    uint8_t *data;
    size_t len;
    size_t before, total; /* for progress */
    seal_progress_fn progress;
    void *progress_ctx;
};

static int read_once(const struct flash_piece *piece, bool *same, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t done = 0; !err && done < piece->len;) {
        size_t chunk = piece->len - done < CHUNK_LEN ? piece->len - done : CHUNK_LEN;
        err = read_chunk(piece->loader, piece->offset + (uint32_t)done, piece->data + done, chunk, cause);
        done += chunk;
        if (!err && piece->progress) {
            piece->progress(piece->progress_ctx, piece->before + done, piece->total);
        }
    }
    uint8_t md5[16];
    if (!err && seal_md5(piece->data, piece->len, md5)) {
        err = seal_fail(cause, SEAL_ERR_INTERNAL, "cannot compute an MD5 digest");
    }
    return err ? err : rom_flash_holds(piece->loader, piece->offset, (uint32_t)piece->len, md5, same, cause);
}

static int read_piece(const struct flash_piece *piece, struct seal_cause *cause)
{
    bool same = false;
    int err = SEAL_OK;
    for (unsigned i = 0; !err && !same && i <= ROM_RETRIES; i++) {
        err = read_once(piece, &same, cause);
    }
    if (!err && !same) {
        err = seal_fail(cause, SEAL_ERR_VERIFY,
                        "what was read from flash at 0x%x is not what the chip's MD5 says", piece->offset);
        seal_hint(cause, "the line is bad: try a lower --baud or another cable");
    }
    return err;
}

/* All of piece->total from piece->offset on; each piece goes to sink, or without one behind the one before.
 */
static int read_pieces(struct flash_piece *piece, seal_flash_sink_fn sink, void *sink_ctx,
                       struct seal_cause *cause)
{
    int err = seal_loader_require_registers(piece->loader, "read flash", cause);
    err = err ? err : rom_flash_range(piece->loader, piece->offset, piece->total, cause);
    while (!err && piece->before < piece->total) {
        const size_t left = piece->total - piece->before;
        piece->len = left < PIECE_LEN ? left : PIECE_LEN;
        err = read_piece(piece, cause);
        if (!err && sink) {
            err = sink(sink_ctx, piece->data, piece->len, cause);
        }
        piece->data += sink ? 0 : piece->len;
        piece->offset += (uint32_t)piece->len;
        piece->before += piece->len;
    }
    return err;
}

int seal_flash_read(struct seal_loader *loader, uint32_t offset, void *data, size_t len,
                    seal_progress_fn progress, void *progress_ctx, struct seal_cause *cause)
{
    struct flash_piece piece = {.loader = loader,
                                .offset = offset,
                                .data = data,
                                .total = len,
                                .progress = progress,
                                .progress_ctx = progress_ctx};
    return read_pieces(&piece, NULL, NULL, cause);
}

int seal_flash_read_each(struct seal_loader *loader, uint32_t offset, size_t len, seal_flash_sink_fn sink,
                         void *sink_ctx, seal_progress_fn progress, void *progress_ctx,
                         struct seal_cause *cause)
{
    uint8_t *data = malloc(PIECE_LEN);
    struct flash_piece piece = {.loader = loader,
                                .offset = offset,
                                .data = data,
                                .total = len,
                                .progress = progress,
                                .progress_ctx = progress_ctx};
    if (!data) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    int err = read_pieces(&piece, sink, sink_ctx, cause);
    seal_cleanse(data, PIECE_LEN);
    free(data);
    return err;
}
