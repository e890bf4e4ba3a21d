#include "loader.h"

#include <string.h>

#define DEFAULT_TIMEOUT_MS 3000
#define RESYNC_ATTEMPTS 3

static const uint8_t sync_payload[36] = {
    0x07, 0x07, 0x12, 0x20, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
};

int rom_scaled_ms(uint32_t len, int per_mb)
{
    return (int)((uint64_t)len * (uint64_t)per_mb >> 20);
}

seal_deadline rom_deadline(const struct seal_loader *loader, const struct rom_command *command)
{
    int timeout = loader->options.timeout_ms ? loader->options.timeout_ms : DEFAULT_TIMEOUT_MS;
    if (command->timeout_ms > timeout) {
        timeout = command->timeout_ms;
    }
    if (loader->hurry_ms && timeout > loader->hurry_ms) {
        timeout = loader->hurry_ms;
    }
    /* Ten bits a byte, every byte escaped. */
    unsigned baud = loader->baud;
    return seal_deadline_in_ms(timeout + (int64_t)(command->len + 16) * 2 * 10 * 1000 / baud);
}

/* What stands in flash may be a private key or a Wi-Fi password: it is not for a trace. */
static bool carries_flash(uint8_t opcode, bool answer)
{
    return answer ? opcode == SEAL_ROM_READ_FLASH_SLOW
                  : opcode == SEAL_ROM_FLASH_DATA || opcode == SEAL_ROM_FLASH_DEFL_DATA;
}

int rom_queue(struct seal_loader *loader, const struct rom_command *command, struct seal_cause *cause)
{
    int err = seal_rom_request_encode(loader->request, command->opcode, command->data, command->len);
    if (err) {
        return seal_fail(cause, err, "cannot make a %s request of %zu bytes",
                         seal_rom_opcode_name(command->opcode), command->len);
    }
    loader->frames_sent++;
    if (loader->options.trace) {
        bool secret = (command->flags & SEAL_LOADER_SECRET) || carries_flash(command->opcode, false);
        loader->options.trace(loader->options.trace_ctx, SEAL_TRACE_SENT, command->opcode,
                              secret ? NULL : command->data, command->len);
    }
    return SEAL_OK;
}

int rom_flush(struct seal_loader *loader, seal_deadline deadline, struct seal_cause *cause)
{
    int err = seal_link_write(loader->link, seal_buf_ptr(loader->request), seal_buf_len(loader->request),
                              deadline, cause);
    seal_buf_truncate(loader->request, 0);
    return err;
}

/* The END that closed something that is no answer may be the one that opens the next answer. */
static void reopen_frame(struct seal_loader *loader)
{
    static const uint8_t end = 0xC0;
    size_t used = 0;
    (void)seal_slip_decode(&loader->decoder, &end, 1, &used);
}

/* Takes one answer out of the bytes that are here. */
static bool next_answer(struct seal_loader *loader, struct seal_rom_response *response)
{
    while (loader->input_at < loader->input_len) {
        const uint8_t *data = loader->input + loader->input_at;
        size_t skipped = loader->decoder.skipped;
        size_t used = 0;
        enum seal_slip_result result =
            seal_slip_decode(&loader->decoder, data, loader->input_len - loader->input_at, &used);
        loader->input_at += used;
        rom_noise_put(&loader->noise, data, loader->decoder.skipped - skipped);
        if (result == SEAL_SLIP_MORE) {
            continue;
        }
        if (result == SEAL_SLIP_FRAME) {
            if (seal_rom_response_parse(loader->frame, loader->decoder.len, ROM_STATUS_LEN, response) ==
                SEAL_OK) {
                loader->frames_received++;
                return true;
            }
            rom_noise_put(&loader->noise, loader->frame, loader->decoder.len);
        }
        reopen_frame(loader);
    }
    return false;
}

int rom_receive(struct seal_loader *loader, struct seal_rom_response *response, seal_deadline deadline,
                struct seal_cause *cause)
{
    for (bool again = false; !next_answer(loader, response); again = true) {
        /* A chip that prints without end keeps the link readable for ever. */
        if (again && seal_deadline_passed(deadline)) {
            return seal_fail(cause, SEAL_ERR_TIMEOUT, "%s: no answer in time", loader->link->name);
        }
        loader->input_at = 0;
        loader->input_len = 0;
        int err = seal_link_read(loader->link, loader->input, sizeof loader->input, &loader->input_len,
                                 deadline, cause);
        if (err) {
            return err;
        }
    }
    return SEAL_OK;
}

static int rom_error(uint8_t opcode, int err, uint8_t code, struct seal_cause *cause)
{
    const char *name = seal_rom_opcode_name(opcode);
    if (err == SEAL_ERR_ROM_REFUSED) {
        (void)seal_fail(cause, err, "the chip's ROM does not know or does not allow %s", name);
    } else {
        (void)seal_fail(cause, err, "%s failed: %s (0x%02x)", name, seal_rom_error_name(code), code);
    }
    if (cause) {
        cause->has_rom_code = true;
        cause->rom_code = code;
    }
    return err;
}

/*
 * A refused request is answered under the opcode of the one before (REPORT.md, surprise 1): eight times when
 * that was SYNC. Returns whether response is such an answer to the oldest request.
 */
static bool is_refusal(struct seal_loader *loader, const struct seal_rom_response *response)
{
    if (!response->failed || response->code != ROM_CODE_FORMAT) {
        return false;
    }
    if (response->opcode == SEAL_ROM_SYNC && loader->refusals_due > 0) {
        loader->refusals_due--;
        return false;
    }
    if (loader->unanswered > 0) { /* may answer a request that was given up */
        loader->unanswered--;
        return false;
    }
    if (response->opcode == SEAL_ROM_SYNC) {
        loader->refusals_due = ROM_SYNC_ANSWERS - 1;
    }
    return true;
}

static int accept_answer(struct seal_loader *loader, const struct seal_rom_response *response,
                         struct seal_cause *cause)
{
    uint8_t opcode = response->opcode;
    bool repeated = loader->last_opcode == opcode;
    loader->last_opcode = opcode;
    loader->unanswered = 0;
    if (!response->failed) {
        return SEAL_OK;
    }
    /* After a request of the same kind a refusal looks like this one's own; registers have no other reason.
     */
    bool registers = opcode == SEAL_ROM_READ_REG || opcode == SEAL_ROM_WRITE_REG;
    bool refused = repeated && registers && response->code == ROM_CODE_FORMAT;
    return rom_error(opcode, refused ? SEAL_ERR_ROM_REFUSED : SEAL_ERR_ROM, response->code, cause);
}

static int no_answer(struct seal_loader *loader, uint8_t opcode, struct seal_cause *cause)
{
    const char *name = seal_rom_opcode_name(opcode);
    loader->unanswered++;
    if (loader->decoder.in_frame) {
        rom_noise_put(&loader->noise, loader->frame, loader->decoder.len);
    }
    if (rom_noise_says_reset(&loader->noise)) {
        char line[160];
        rom_noise_last_line(&loader->noise, line, sizeof line);
        return seal_fail(cause, SEAL_ERR_LINK, "the chip reset itself instead of answering %s: '%s'", name,
                         line);
    }
    return seal_fail(cause, SEAL_ERR_TIMEOUT, "the chip did not answer %s in time", name);
}

int rom_await(struct seal_loader *loader, uint8_t opcode, struct seal_rom_response *response,
              seal_deadline deadline, struct seal_cause *cause)
{
    for (;;) {
        int err = rom_receive(loader, response, deadline, cause);
        if (err) {
            return err == SEAL_ERR_TIMEOUT ? no_answer(loader, opcode, cause) : err;
        }
        if (response->opcode == opcode) {
            return accept_answer(loader, response, cause);
        }
        if (is_refusal(loader, response)) {
            return rom_error(opcode, SEAL_ERR_ROM_REFUSED, response->code, cause);
        }
    }
}

void rom_trace_answer(struct seal_loader *loader, const struct seal_rom_response *response, bool secret)
{
    if (loader->options.trace) {
        secret = secret || (carries_flash(response->opcode, true) && !response->failed);
        /* From the value field on: for a register that is the answer. */
        loader->options.trace(loader->options.trace_ctx, SEAL_TRACE_RECEIVED, response->opcode,
                              secret ? NULL : response->data - 4, response->data_len + 4 + ROM_STATUS_LEN);
    }
}

int rom_sync(struct seal_loader *loader, int timeout_ms, struct seal_cause *cause)
{
    const struct rom_command command = {
        .opcode = SEAL_ROM_SYNC, .data = sync_payload, .len = sizeof sync_payload};
    seal_deadline deadline = seal_deadline_in_ms(timeout_ms);
    int err = rom_queue(loader, &command, cause);
    if (!err) {
        err = rom_flush(loader, deadline, cause);
    }
    struct seal_rom_response response = {0};
    while (!err) {
        err = rom_receive(loader, &response, deadline, cause);
        if (!err && response.opcode == SEAL_ROM_SYNC && !response.failed) {
            rom_trace_answer(loader, &response, false);
            loader->last_opcode = SEAL_ROM_SYNC;
            loader->refusals_due = 0;
            loader->unanswered = 0;
            return SEAL_OK;
        }
    }
    return err;
}

int rom_resync(struct seal_loader *loader, struct seal_cause *cause)
{
    int err = SEAL_ERR_TIMEOUT;
    for (unsigned i = 0; i < RESYNC_ATTEMPTS && err == SEAL_ERR_TIMEOUT; i++) {
        err = rom_sync(loader, 500, cause);
    }
    if (err == SEAL_ERR_TIMEOUT) {
        err = seal_fail(cause, SEAL_ERR_LINK,
                        "the chip fell silent: a command that was damaged on the way can "
                        "crash its ROM");
        seal_hint(cause, "reset the chip into its bootloader and run the same command again");
    }
    return err;
}

int rom_transact(struct seal_loader *loader, const struct rom_command *command,
                 struct seal_rom_response *response, struct seal_cause *cause)
{
    struct seal_rom_response unused = {0};
    response = response ? response : &unused;
    if (loader->unanswered > 0) {
        int err = rom_resync(loader, cause);
        if (err) {
            return err;
        }
    }
    loader->noise.len = 0;
    seal_deadline deadline = rom_deadline(loader, command);
    int err = rom_queue(loader, command, cause);
    if (!err) {
        err = rom_flush(loader, deadline, cause);
    }
    if (!err) {
        if (command->meanwhile) {
            command->meanwhile(command->ctx);
        }
        err = rom_await(loader, command->opcode, response, deadline, cause);
        if (!err || err == SEAL_ERR_ROM || err == SEAL_ERR_ROM_REFUSED) {
            rom_trace_answer(loader, response, (command->flags & SEAL_LOADER_SECRET) != 0);
        }
    }
    return err;
}
