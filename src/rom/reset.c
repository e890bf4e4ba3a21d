#include "loader.h"

/* RTC watchdog (chips.json "watchdog"): stage 0 resets the whole chip after so many ticks of 150 kHz or less
 */
#define WATCHDOG_KEY 0x50d83aa1u
#define WATCHDOG_TICKS 2000u
#define WATCHDOG_RESETS_CHIP 0xd0000102u

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

static bool resets_as_usb(const struct seal_loader *loader)
{
    return loader->link->usb_serial_jtag || loader->options.usb_reset;
}

int rom_reset_into_download(struct seal_loader *loader, unsigned attempt, struct seal_cause *cause)
{
    size_t count = sizeof uart_sequences / sizeof uart_sequences[0];
    if (loader->link->usb_otg && attempt == 0) {
        return SEAL_OK; /* in its bootloader already, or else an application that listens to the lines */
    }
    const struct reset_sequence *sequence =
        resets_as_usb(loader) ? &usb_serial_jtag_sequence : &uart_sequences[attempt % count];
    return play(loader->link, sequence, cause);
}

int rom_reset_into_application(struct seal_loader *loader, struct seal_cause *cause)
{
    return play(loader->link, resets_as_usb(loader) || loader->link->usb_otg ? &run_usb : &run_uart, cause);
}

int rom_stop_watchdogs(struct seal_loader *loader, struct seal_cause *cause)
{
    const struct seal_watchdogs *dogs = &loader->chip->watchdogs;
    if (!resets_as_usb(loader) || dogs->super_config == 0 || seal_loader_secure_download(loader)) {
        return SEAL_OK;
    }
    const struct seal_reg_write stop[] = {
        {dogs->protect, WATCHDOG_KEY, 0xFFFFFFFFu, 0},
        {dogs->config0, 0, 0xFFFFFFFFu, 0},
        {dogs->protect, 0, 0xFFFFFFFFu, 0},
        {dogs->super_protect, dogs->super_key, 0xFFFFFFFFu, 0},
        {dogs->super_config, dogs->super_auto_feed, dogs->super_auto_feed, 0},
        {dogs->super_protect, 0, 0xFFFFFFFFu, 0},
    };
    int err = SEAL_ERR_TIMEOUT;
    /* Written twice they mean the same. */
    for (unsigned i = 0; i <= ROM_RETRIES && err == SEAL_ERR_TIMEOUT; i++) {
        err = seal_loader_write_regs(loader, stop, sizeof stop / sizeof stop[0], 0, cause);
    }
    return err;
}

/* The answer may be cut off by the reset that was asked for. */
static int reset_was_asked(const struct seal_loader *loader, int err)
{
    bool cut_off = err == SEAL_ERR_TIMEOUT ||
                   (err == SEAL_ERR_LINK && rom_noise_says_reset(&loader->noise)) ||
                   (err == SEAL_ERR_LINK && (loader->link->usb_serial_jtag || loader->link->usb_otg));
    return cut_off ? SEAL_OK : err;
}

int seal_loader_watchdog_reset(struct seal_loader *loader, struct seal_cause *cause)
{
    const struct seal_watchdogs *dogs = &loader->chip->watchdogs;
    const struct seal_usb_otg *otg = &loader->chip->usb_otg;
    if (!dogs->resets_chip) {
        int err = seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                            "the watchdog of an %s does not reset the whole chip", loader->chip->title);
        seal_hint(cause, "use --after hard-reset");
        return err;
    }
    int err = seal_loader_require_registers(loader, "reset the chip by its watchdog", cause);
    if (!err && otg->force_download) {
        const struct seal_reg_write clear = {otg->force_download, 0, otg->force_download_bit, 0};
        err = seal_loader_write_regs(loader, &clear, 1, 0, cause);
    }
    if (err) {
        return err;
    }
    const struct seal_reg_write bite[] = {
        {dogs->protect, WATCHDOG_KEY, 0xFFFFFFFFu, 0},
        {dogs->config1, WATCHDOG_TICKS, 0xFFFFFFFFu, 0},
        {dogs->config0, WATCHDOG_RESETS_CHIP, 0xFFFFFFFFu, 0},
        {dogs->protect, 0, 0xFFFFFFFFu, 0},
    };
    err = seal_loader_write_regs(loader, bite, sizeof bite / sizeof bite[0], 0, cause);
    return reset_was_asked(loader, err);
}

int seal_loader_reset(struct seal_loader *loader, struct seal_cause *cause)
{
    if (loader->link->usb_otg && loader->chip->watchdogs.resets_chip &&
        !seal_loader_secure_download(loader)) {
        return seal_loader_watchdog_reset(loader, cause);
    }
    if (seal_link_has_lines(loader->link)) {
        return rom_reset_into_application(loader, cause);
    }
    const struct rom_flash_begin nothing = {.opcode = SEAL_ROM_FLASH_BEGIN,
                                            .block = loader->chip->rom.flash_block};
    int err = rom_flash_begin(loader, &nothing, cause);
    if (err) {
        return err;
    }
    const uint8_t reboot[4] = {0};
    const struct rom_command command = {.opcode = SEAL_ROM_FLASH_END, .data = reboot, .len = sizeof reboot};
    return reset_was_asked(loader, rom_transact(loader, &command, NULL, cause));
}
