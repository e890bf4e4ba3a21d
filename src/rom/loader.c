#include "loader.h"

#include <espseal/secret.h>

#include <stdlib.h>

#define RESET_ATTEMPTS 7
#define SYNCS_PER_ATTEMPT 5
#define SYNC_TIMEOUT_MS 100
#define COMES_BACK_MS 5000

static int synchronise(struct seal_loader *loader, struct seal_cause *cause)
{
    int err = SEAL_ERR_TIMEOUT;
    for (unsigned i = 0; i < SYNCS_PER_ATTEMPT && err == SEAL_ERR_TIMEOUT; i++) {
        err = rom_sync(loader, SYNC_TIMEOUT_MS, cause);
    }
    return err;
}

/* One reset (where there are lines) and a few SYNCs. SEAL_ERR_TIMEOUT: nothing that makes sense came. */
static int attempt_contact(struct seal_loader *loader, unsigned attempt, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (seal_link_has_lines(loader->link) && !loader->options.no_reset) {
        err = rom_reset_into_download(loader, attempt, cause);
    }
    if (!err) {
        err = synchronise(loader, cause);
    }
    if ((err == SEAL_ERR_LINK || err == SEAL_ERR_IO) && loader->link->ops->reopen) {
        /* The chip's own USB leaves the bus while it resets. */
        err = seal_link_reopen(loader->link, seal_deadline_in_ms(COMES_BACK_MS), cause);
        return err ? err : synchronise(loader, cause);
    }
    return err;
}

static int silent(const struct seal_loader *loader, struct seal_cause *cause)
{
    int err =
        seal_fail(cause, SEAL_ERR_NO_DEVICE, "%s: no chip answers, the line is silent", loader->link->name);
    if (seal_link_has_lines(loader->link) && !loader->options.no_reset) {
        seal_hint(cause, "check the cable; hold the BOOT button while pressing RESET, then run again with "
                         "--before no-reset");
    } else {
        seal_hint(cause, "put the chip into its bootloader first: the boot pin low while it resets");
    }
    return err;
}

/* Why nobody answered, as far as the line told. */
static int diagnose(struct seal_loader *loader, struct seal_cause *cause)
{
    const char *name = loader->link->name;
    char line[160];
    if (loader->decoder.in_frame) {
        rom_noise_put(&loader->noise, loader->frame, loader->decoder.len);
    }
    rom_noise_last_line(&loader->noise, line, sizeof line);
    if (rom_noise_says_download_disabled(&loader->noise)) {
        int err =
            seal_fail(cause, SEAL_ERR_STATE, "%s: this chip's download mode is disabled by eFuse", name);
        seal_hint(cause, "only its own firmware reaches it now; a job closes this door last, so one that was "
                         "cut there is done");
        return err;
    }
    if (loader->noise.bytes == 0 && loader->frames_received == 0) {
        return silent(loader, cause);
    }
    if (line[0]) {
        int err = seal_fail(cause, SEAL_ERR_PROTOCOL, "%s: the chip talks, but not as a bootloader: '%s'",
                            name, line);
        seal_hint(cause, "it runs from flash: hold the BOOT button while pressing RESET");
        return err;
    }
    int err =
        seal_fail(cause, SEAL_ERR_PROTOCOL, "%s: garbage on the line (%zu bytes), no answer of a bootloader",
                  name, loader->noise.bytes);
    seal_hint(cause, "is this the right port, at the right --baud, and not held by another device?");
    return err;
}

int rom_make_contact(struct seal_loader *loader, struct seal_cause *cause)
{
    int err = seal_link_discard_input(loader->link, cause);
    if (err) {
        return err;
    }
    err = SEAL_ERR_TIMEOUT;
    for (unsigned i = 0; i < RESET_ATTEMPTS && err == SEAL_ERR_TIMEOUT; i++) {
        err = attempt_contact(loader, i, cause);
        if (rom_noise_says_download_disabled(&loader->noise)) {
            break;
        }
    }
    return err == SEAL_ERR_TIMEOUT ? diagnose(loader, cause) : err;
}

int seal_loader_connect(struct seal_link *link, const struct seal_loader_options *options,
                        struct seal_loader **out, struct seal_cause *cause)
{
    *out = NULL;
    struct seal_loader *loader = calloc(1, sizeof *loader);
    if (!loader) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    loader->link = link;
    loader->options = options ? *options : (struct seal_loader_options){0};
    loader->baud = link->baud ? link->baud : ROM_FIRST_BAUD;
    loader->sent_before = link->sent;
    loader->received_before = link->received;
    seal_slip_decoder_init(&loader->decoder, loader->frame, sizeof loader->frame);
    loader->request = seal_buf_new_secret();
    int err = loader->request ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (!err) {
        err = rom_make_contact(loader, cause);
    }
    if (!err) {
        err = rom_detect(loader, cause);
    }
    if (!err) {
        err = rom_stop_watchdogs(loader, cause);
    }
    if (!err) {
        err = rom_change_baud(loader, loader->options.baud, cause);
    }
    if (err) {
        seal_loader_free(&loader);
    }
    *out = loader;
    return err;
}

void seal_loader_free(struct seal_loader **loader)
{
    if (loader && *loader) {
        seal_buf_free(&(*loader)->request);
        seal_cleanse(*loader, sizeof **loader); /* answers may have been keys read back */
        free(*loader);
        *loader = NULL;
    }
}

const struct seal_chip *seal_loader_chip(const struct seal_loader *loader)
{
    return loader->chip;
}

const struct seal_security_info *seal_loader_security_info(const struct seal_loader *loader)
{
    return &loader->security;
}

unsigned seal_loader_baud(const struct seal_loader *loader)
{
    return loader->baud;
}

const struct seal_link *seal_loader_link(const struct seal_loader *loader)
{
    return loader->link;
}

bool seal_loader_secure_download(const struct seal_loader *loader)
{
    return loader->security.valid && (loader->security.flags & SEAL_SECURITY_SECURE_DOWNLOAD);
}

void seal_loader_stats(const struct seal_loader *loader, struct seal_loader_stats *stats)
{
    *stats = (struct seal_loader_stats){
        .frames_sent = loader->frames_sent,
        .frames_received = loader->frames_received,
        .bytes_sent = loader->link->sent - loader->sent_before,
        .bytes_received = loader->link->received - loader->received_before,
    };
}
