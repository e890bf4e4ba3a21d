#include "loader.h"

#include <string.h>

struct flight {
    const struct rom_window *window;
    size_t sent, answered;
    size_t bytes;                    /* waiting in the chip */
    size_t sizes[ROM_IN_FLIGHT_MAX]; /* of request i at i % ROM_IN_FLIGHT_MAX */
    seal_deadline deadline;          /* of the oldest answer */
};

static int queue_one(struct seal_loader *loader, struct flight *flight, struct seal_cause *cause)
{
    uint8_t payload[16] = {0};
    struct rom_command command = {
        .opcode = flight->window->opcode, .data = payload, .timeout_ms = flight->window->timeout_ms};
    command.len = flight->window->payload(flight->window->ctx, flight->sent, payload);
    size_t before = seal_buf_len(loader->request);
    int err = rom_queue(loader, &command, cause);
    size_t size = seal_buf_len(loader->request) - before;
    flight->sizes[flight->sent % ROM_IN_FLIGHT_MAX] = size;
    flight->bytes += size;
    flight->sent++;
    flight->deadline = rom_deadline(loader, &command);
    return err;
}

/* Sends as many requests as fit into the chip's FIFO, in one write. */
static int fill(struct seal_loader *loader, struct flight *flight, struct seal_cause *cause)
{
    int err = SEAL_OK;
    while (!err && flight->sent < flight->window->count &&
           flight->sent - flight->answered < ROM_IN_FLIGHT_MAX &&
           (flight->sent == flight->answered || flight->bytes + ROM_REQUEST_MAX <= ROM_FIFO_BYTES)) {
        err = queue_one(loader, flight, cause);
    }
    if (err || seal_buf_len(loader->request) == 0) {
        return err;
    }
    return rom_flush(loader, flight->deadline, cause);
}

static int take_one(struct seal_loader *loader, struct flight *flight, struct seal_cause *cause)
{
    const struct rom_window *window = flight->window;
    struct seal_rom_response response = {0};
    int err = rom_await(loader, window->opcode, &response, flight->deadline, cause);
    if (err) {
        return err;
    }
    size_t i = flight->answered;
    rom_trace_answer(loader, &response, window->secret && window->secret(window->ctx, i));
    flight->bytes -= flight->sizes[i % ROM_IN_FLIGHT_MAX];
    flight->answered++;
    return window->answer(window->ctx, i, &response, cause);
}

static int run_once(struct seal_loader *loader, const struct rom_window *window, struct seal_cause *cause)
{
    struct flight flight = {.window = window};
    int err = SEAL_OK;
    loader->noise.len = 0;
    while (!err && flight.answered < window->count) {
        /* Answers that are here already are taken first, so that requests leave in few writes. */
        if (flight.sent == flight.answered || loader->input_at == loader->input_len) {
            err = fill(loader, &flight, cause);
        }
        if (!err) {
            err = take_one(loader, &flight, cause);
        }
    }
    if (err && flight.sent > flight.answered) {
        loader->unanswered += (unsigned)(flight.sent - flight.answered);
    }
    return err;
}

int rom_window_run(struct seal_loader *loader, const struct rom_window *window, struct seal_cause *cause)
{
    int err = SEAL_ERR_TIMEOUT;
    for (unsigned i = 0; i <= ROM_RETRIES && err == SEAL_ERR_TIMEOUT; i++) {
        err = loader->unanswered > 0 ? rom_resync(loader, cause) : SEAL_OK;
        if (!err) {
            err = run_once(loader, window, cause);
        }
    }
    return err;
}
