#include "loader.h"

#include <string.h>

/* READ_FLASH_SLOW: 64 bytes a frame, always (REPORT.md, surprise 8). */
#define READ_LEN 64u
/* Read again from here when an answer is lost. */
#define CHUNK_LEN 4096u

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

int seal_flash_read(struct seal_loader *loader, uint32_t offset, void *data, size_t len,
                    seal_progress_fn progress, void *progress_ctx, struct seal_cause *cause)
{
    int err = seal_loader_require_registers(loader, "read flash", cause);
    if (!err) {
        err = rom_flash_range(loader, offset, len, cause);
    }
    for (size_t done = 0; !err && done < len;) {
        size_t chunk = len - done < CHUNK_LEN ? len - done : CHUNK_LEN;
        struct flash_reading reading = {offset + (uint32_t)done, (uint8_t *)data + done, chunk};
        const struct rom_window window = {
            .opcode = SEAL_ROM_READ_FLASH_SLOW,
            .count = (chunk + READ_LEN - 1) / READ_LEN,
            .payload = read_payload,
            .answer = read_answer,
            .ctx = &reading,
        };
        err = rom_window_run(loader, &window, cause);
        for (unsigned i = 0; i < ROM_RETRIES && rom_flash_heal(loader, &err, cause); i++) {
            err = rom_window_run(loader, &window, cause);
        }
        done += chunk;
        if (!err && progress) {
            progress(progress_ctx, done, len);
        }
    }
    return err;
}
