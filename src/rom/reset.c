#include "loader.h"

struct reset_step { /* lines as the driver sees them (rom_protocol.json "reset_sequences") */
    bool dtr, rts;
    uint16_t wait_ms;
};
struct reset_sequence {
    struct reset_step steps[8];
    uint8_t count;
};

/* RTS alone pulls EN low, DTR alone pulls the boot pin low; both alike release both. */
static const struct reset_sequence uart_sequences[] = {
    /* both lines change together: needed where the kernel sets them one after the other */
    {{{0, 0, 0}, {1, 1, 0}, {0, 1, 100}, {1, 0, 50}, {0, 0, 0}}, 5},
    {{{0, 0, 0}, {1, 1, 0}, {0, 1, 100}, {1, 0, 550}, {0, 0, 0}}, 5},
    /* one line after the other */
    {{{0, 1, 100}, {1, 1, 0}, {1, 0, 50}, {0, 0, 0}}, 4},
    {{{0, 1, 100}, {1, 1, 0}, {1, 0, 550}, {0, 0, 0}}, 4},
};

/* The peripheral takes its reset from the order of the changes: never through (0,0) between (1,0) and (0,1).
 */
static const struct reset_sequence usb_serial_jtag_sequence = {
    {{0, 0, 100}, {1, 0, 100}, {1, 1, 0}, {0, 1, 100}, {0, 0, 0}}, 5};

static const struct reset_sequence run_uart = {{{0, 1, 100}, {0, 0, 0}}, 2};
static const struct reset_sequence run_usb = {{{0, 1, 200}, {0, 0, 200}}, 2};

static int play(struct seal_link *link, const struct reset_sequence *sequence, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; !err && i < sequence->count; i++) {
        const struct reset_step *step = &sequence->steps[i];
        err = seal_link_set_lines(link, step->dtr, step->rts, cause);
        if (!err && step->wait_ms) {
            seal_sleep_us((int64_t)step->wait_ms * 1000);
        }
    }
    return err;
}

int rom_reset_into_download(struct seal_loader *loader, unsigned attempt, struct seal_cause *cause)
{
    size_t count = sizeof uart_sequences / sizeof uart_sequences[0];
    const struct reset_sequence *sequence =
        loader->link->usb_serial_jtag ? &usb_serial_jtag_sequence : &uart_sequences[attempt % count];
    return play(loader->link, sequence, cause);
}

int rom_reset_into_application(struct seal_loader *loader, struct seal_cause *cause)
{
    return play(loader->link, loader->link->usb_serial_jtag ? &run_usb : &run_uart, cause);
}

int seal_loader_reset(struct seal_loader *loader, struct seal_cause *cause)
{
    if (seal_link_has_lines(loader->link)) {
        return rom_reset_into_application(loader, cause);
    }
    int err = rom_flash_begin(loader, SEAL_ROM_FLASH_BEGIN, 0, 0, 0, cause);
    if (err) {
        return err;
    }
    const uint8_t reboot[4] = {0};
    const struct rom_command command = {.opcode = SEAL_ROM_FLASH_END, .data = reboot, .len = sizeof reboot};
    err = rom_transact(loader, &command, NULL, cause);
    /* The answer may be cut off by the reset that was asked for. */
    return err == SEAL_ERR_TIMEOUT || (err == SEAL_ERR_LINK && rom_noise_says_reset(&loader->noise)) ? SEAL_OK
                                                                                                     : err;
}
