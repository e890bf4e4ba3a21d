#include "loader.h"

#include <string.h>

#define CLKDIV_MASK 0xFFFFFu
#define FASTEST_CRYSTAL_MHZ 48 /* what is faster among the timings is another clock */
/* Of a crystal of 26 to 48 MHz, measured with an oscillator that drifts. */
#define SLOWEST_BELIEF_HZ 20000000u
#define FASTEST_BELIEF_HZ 52000000u
#define BULK_BYTES 65536u
#define SYNC_MS 30
#define SYNCS 10
/* Words of the ROM's vectors, which every chip maps: the same text each time that it is read. */
#define SAMPLE_ADDRESS 0x40001000u
#define SAMPLE_WORDS 8u

/* What is tried after a rate that does not hold. */
static const unsigned rates[] = {2000000, 1500000, 921600, 460800, 230400, 115200};

static unsigned next_lower(unsigned baud)
{
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        if (rates[i] < baud) {
            return rates[i];
        }
    }
    return 0;
}

/* Bytes that depend on nothing but the chip, to compare before and after a change. */
struct sample {
    uint32_t words[SAMPLE_WORDS];
};

static int take_sample(struct seal_loader *loader, struct sample *sample, struct seal_cause *cause)
{
    memset(sample, 0, sizeof *sample);
    if (seal_loader_secure_download(loader)) {
        const struct rom_command command = {.opcode = SEAL_ROM_GET_SECURITY_INFO};
        struct seal_rom_response response = {0};
        int err = rom_transact(loader, &command, &response, cause);
        size_t len = response.data_len < sizeof sample->words ? response.data_len : sizeof sample->words;
        if (!err && len) {
            memcpy(sample->words, response.data, len);
        }
        return err;
    }
    return seal_loader_read_words(loader, SAMPLE_ADDRESS, sample->words, SAMPLE_WORDS, cause);
}

/* Whether the adapter takes the rate, before the chip is told of it. */
static bool adapter_takes(struct seal_link *link, unsigned baud)
{
    unsigned before = link->baud;
    if (!link->ops->set_baud || baud == before) {
        return true;
    }
    bool takes = seal_link_set_baud(link, baud, NULL) == SEAL_OK;
    return seal_link_set_baud(link, before, NULL) == SEAL_OK && takes;
}

/* What the ROM takes for the crystal's frequency; 0: the right one. */
static int believed_crystal(struct seal_loader *loader, uint64_t *hz, struct seal_cause *cause)
{
    const struct seal_rom_traits *rom = &loader->chip->rom;
    uint32_t count = 0, fuse = 0;

    int err = SEAL_OK;
    *hz = (uint64_t)rom->assumed_crystal * 1000000;
    if (rom->crystal_belief) {
        err = seal_loader_read_reg(loader, rom->crystal_belief, &count, cause);
        *hz = (count >> 24 & 0x7f) * 1000000ull;
    } else if (rom->clock_count) {
        err = seal_loader_read_reg(loader, rom->clock_count, &count, cause);
        if (!err) {
            err = seal_loader_read_reg(loader, rom->clock_fuse, &fuse, cause);
        }
        *hz = (uint64_t)(count >> 7) * (fuse & 0xff) * 15625 / 40;
    }
    if (*hz < SLOWEST_BELIEF_HZ || *hz > FASTEST_BELIEF_HZ) {
        *hz = 0; /* an emulator, which measures nothing */
    }
    return err;
}

/* The number that makes the ROM take that rate. In secure download mode the crystal cannot be found out. */
static int rate_to_ask(struct seal_loader *loader, unsigned baud, uint32_t *asked, struct seal_cause *cause)
{
    unsigned mhz = 0;
    uint64_t believed = 0;

    *asked = baud;
    if (seal_loader_secure_download(loader)) {
        return SEAL_OK;
    }
    int err = believed_crystal(loader, &believed, cause);
    if (!err && believed) {
        err = seal_loader_crystal(loader, &mhz, cause);
    }
    if (!err && mhz) {
        *asked = (uint32_t)(baud * believed / (mhz * 1000000ull));
    }
    return err;
}

/* SEAL_ERR_ROM_REFUSED: the chip stays at its rate. SEAL_ERR_LINK: the rate does not hold. */
static int try_rate(struct seal_loader *loader, unsigned baud, struct seal_cause *cause)
{
    struct sample before, after;
    uint8_t payload[8] = {0}; /* new rate; the old one is for stubs */
    uint32_t asked = baud;
    const struct rom_command command = {
        .opcode = SEAL_ROM_CHANGE_BAUDRATE, .data = payload, .len = sizeof payload};
    int err = rate_to_ask(loader, baud, &asked, cause);
    if (!err) {
        err = take_sample(loader, &before, cause);
    }
    if (err) {
        return err;
    }
    seal_put_le32(payload, asked);
    err = rom_transact(loader, &command, NULL, cause);
    if (err && err != SEAL_ERR_TIMEOUT) {
        return err;
    }
    err = seal_link_set_baud(loader->link, baud, cause);
    if (err) {
        return err;
    }
    loader->baud = baud;
    /* The ROM answers at the old rate and changes then; what arrives meanwhile is lost. */
    err = SEAL_ERR_TIMEOUT;
    for (unsigned i = 0; i < SYNCS && err == SEAL_ERR_TIMEOUT; i++) {
        err = rom_sync(loader, SYNC_MS, cause);
    }
    if (!err) {
        err = take_sample(loader, &after, cause);
    }
    if (err == SEAL_ERR_INTERRUPTED) {
        return err;
    }
    return !err && memcmp(&before, &after, sizeof before) == 0 ? SEAL_OK : SEAL_ERR_LINK;
}

static bool can_start_over(const struct seal_loader *loader)
{
    return seal_link_has_lines(loader->link) && !loader->options.no_reset;
}

/* A chip that hears at a rate that the line does not carry is reached again only by a reset. */
static int start_over(struct seal_loader *loader, struct seal_cause *cause)
{
    if (!can_start_over(loader)) {
        int err =
            seal_fail(cause, SEAL_ERR_LINK, "%s: no answer at %u baud", loader->link->name, loader->baud);
        seal_hint(cause,
                  "reset the chip into its bootloader and try a lower --baud: the adapter or the cable "
                  "may not carry this one");
        return err;
    }
    int err = seal_link_set_baud(loader->link, ROM_FIRST_BAUD, cause);
    loader->baud = ROM_FIRST_BAUD;
    loader->flash_attached = false;
    if (!err) {
        err = rom_make_contact(loader, cause);
    }
    return err ? err : rom_stop_watchdogs(loader, cause);
}

int rom_change_baud(struct seal_loader *loader, unsigned baud, struct seal_cause *cause)
{
    if (loader->link->usb_serial_jtag || loader->link->usb_otg) {
        return SEAL_OK; /* USB has no baud rate */
    }
    int err = SEAL_OK;
    for (unsigned rate = baud; !err && rate != 0 && rate != loader->baud; rate = next_lower(rate)) {
        if (!adapter_takes(loader->link, rate)) {
            continue;
        }
        err = try_rate(loader, rate, cause);
        if (err == SEAL_ERR_ROM_REFUSED) {
            return SEAL_OK; /* secure download mode of the C2 and C5: only slower */
        }
        if (err != SEAL_ERR_LINK) {
            return err;
        }
        err = start_over(loader, cause);
    }
    return err;
}

int seal_loader_bulk(struct seal_loader *loader, size_t bytes, struct seal_cause *cause)
{
    const struct seal_link *link = loader->link;
    if (bytes < BULK_BYTES || loader->bulk_tried || loader->options.bulk_baud <= loader->baud) {
        return SEAL_OK;
    }
    loader->bulk_tried = true;
    if (!link->follows_rate && !(link->ops->set_baud && can_start_over(loader))) {
        return SEAL_OK;
    }
    return rom_change_baud(loader, loader->options.bulk_baud, cause);
}

bool rom_slow_down(struct seal_loader *loader, struct seal_cause *cause)
{
    unsigned rate = next_lower(loader->baud);
    if (loader->baud <= ROM_FIRST_BAUD || rate == 0) {
        return false;
    }
    bool attached = loader->flash_attached;
    if (rom_change_baud(loader, rate, cause) != SEAL_OK) {
        return false;
    }
    return loader->flash_attached || !attached || seal_flash_attach(loader, NULL, cause) == SEAL_OK;
}

/* Of those that the chip is built with. 0: unknown. */
static unsigned nearest_crystal(const struct seal_chip *chip, uint64_t hz)
{
    const struct seal_efuse_timing *timing = chip->efuse ? chip->efuse->timings : NULL;
    uint64_t least = UINT64_MAX;
    unsigned mhz = 0;
    for (; timing && timing->mhz && timing->mhz <= FASTEST_CRYSTAL_MHZ; timing++) {
        const uint64_t other = timing->mhz * 1000000ull;
        const uint64_t off = other > hz ? other - hz : hz - other;
        if (off < least) {
            least = off;
            mhz = timing->mhz;
        }
    }
    return mhz;
}

int seal_loader_crystal(struct seal_loader *loader, unsigned *mhz, struct seal_cause *cause)
{
    const uint32_t address = loader->chip->rom.uart_clkdiv;
    uint32_t divider = 0;
    int err = address ? seal_loader_read_reg(loader, address, &divider, cause) : SEAL_OK;
    *mhz = err ? 0 : nearest_crystal(loader->chip, (uint64_t)(divider & CLKDIV_MASK) * loader->baud);
    return err;
}
