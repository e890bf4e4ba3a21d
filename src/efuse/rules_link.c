/* Rules about the way to the chip, its flash and its revision. */
#include "fuse_bits.h"
#include "rule_parts.h"

#include <stdio.h>
#include <string.h>

static const char *first_gained(const struct seal_rule_view *view, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (rule_gains(view, *names)) {
            return *names;
        }
    }
    return NULL;
}

static const char *const doors[] = {"ENABLE_SECURITY_DOWNLOAD", "DIS_DOWNLOAD_MODE", "UART_DOWNLOAD_DIS",
                                    NULL};

bool rule_doors_early(const struct seal_rule_view *view, char *detail, size_t size)
{
    const char *door = first_gained(view, doors);
    for (unsigned key = 0; door != NULL && fuse_chip_has_purposes(view->chip) && key < view->chip->key_blocks;
         key++) {
        const struct seal_key_purpose *purpose = rule_purpose(view, key);
        bool begun = purpose != NULL && purpose->value != SEAL_PURPOSE_USER && rule_key_blank(view, key);
        if (begun || rule_key_exposed(view, key)) {
            (void)snprintf(detail, size, "%s, and BLOCK_KEY%u (%s) is %s", door, key,
                           purpose != NULL ? purpose->name : "?",
                           begun ? "claimed and not filled" : "not read-protected");
            return true;
        }
    }
    return false;
}

bool rule_link_cut(const struct seal_rule_view *view, char *detail, size_t size)
{
    static const char *const jtag_serial[] = {"DIS_USB_SERIAL_JTAG", "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE",
                                              "USB_PHY_SEL", "USB_EXCHG_PINS", NULL};
    static const char *const otg[] = {
        "DIS_USB",     "DIS_USB_OTG",        "DIS_USB_DOWNLOAD_MODE", "DIS_USB_OTG_DOWNLOAD_MODE",
        "USB_PHY_SEL", "USB_EXT_PHY_ENABLE", "USB_EXCHG_PINS",        NULL};
    const char *field = view->path == SEAL_PATH_USB_SERIAL_JTAG ? first_gained(view, jtag_serial)
                        : view->path == SEAL_PATH_USB_OTG       ? first_gained(view, otg)
                                                                : NULL;
    if (field != NULL) {
        (void)snprintf(detail, size, "%s, over %s", field,
                       view->path == SEAL_PATH_USB_OTG ? "USB OTG" : "USB-Serial/JTAG");
    }
    return field != NULL;
}

bool rule_usb_closed(const struct seal_rule_view *view, char *detail, size_t size)
{
    static const char *const chips[] = {"esp32s3", NULL};
    static const char *const both[] = {"DIS_USB_JTAG", "DIS_USB_SERIAL_JTAG", NULL};
    if (!rule_chip_is(view, chips) || first_gained(view, both) == NULL || !rule_has(view, both[0]) ||
        !rule_has(view, both[1])) {
        return false;
    }
    (void)snprintf(detail, size, "DIS_USB_JTAG and DIS_USB_SERIAL_JTAG");
    return true;
}

bool rule_cache_off(const struct seal_rule_view *view, char *detail, size_t size)
{
    static const char *const caches[] = {"DIS_ICACHE", "DIS_DCACHE", "DIS_CACHE", NULL};
    const char *field = first_gained(view, caches);
    if (field != NULL) {
        (void)snprintf(detail, size, "%s", field);
    }
    return field != NULL;
}

bool rule_flash_voltage(const struct seal_rule_view *view, char *detail, size_t size)
{
    static const char *const names[][4] = {{"XPD_SDIO_FORCE", "XPD_SDIO_REG", "XPD_SDIO_TIEH", NULL},
                                           {"VDD_SPI_FORCE", "VDD_SPI_XPD", "VDD_SPI_TIEH", NULL}};
    for (size_t i = 0; i < 2; i++) {
        bool on = rule_has(view, names[i][1]), tied_high = rule_has(view, names[i][2]);
        if (first_gained(view, names[i]) != NULL && rule_has(view, names[i][0]) && !(on && tied_high)) {
            (void)snprintf(detail, size, "%s with the regulator %s", names[i][0], on ? "at 1.8 V" : "off");
            return true;
        }
    }
    return false;
}

/* The newest major revision of each chip in ESP-IDF 6.2. */
static const struct {
    const char *chip;
    unsigned major;
} newest[] = {
    {"esp32", 3},   {"esp32s2", 1}, {"esp32s3", 0},  {"esp32c2", 2}, {"esp32c3", 1},
    {"esp32c5", 1}, {"esp32c6", 0}, {"esp32c61", 1}, {"esp32h2", 1}, {"esp32p4", 3},
};

bool rule_revision(const struct seal_rule_view *view, char *detail, size_t size)
{
    unsigned revision = seal_efuse_revision(view->before);
    bool burns = memcmp(view->before->words, view->after.words, sizeof view->after.words) != 0;
    for (size_t i = 0; burns && i < sizeof newest / sizeof newest[0]; i++) {
        if (strcmp(newest[i].chip, view->chip->name) == 0 && revision / 100 > newest[i].major) {
            (void)snprintf(detail, size, "%s v%u.%u; v%u is the newest known", view->chip->title,
                           revision / 100, revision % 100, newest[i].major);
            return true;
        }
    }
    return false;
}

bool rule_coding(const struct seal_rule_view *view, char *detail, size_t size)
{
    static const char *const chips[] = {"esp32", NULL};
    if (!rule_chip_is(view, chips)) {
        return false;
    }
    if (rule_gains(view, "ABS_DONE_1") && rule_has(view, "CODING_SCHEME")) {
        (void)snprintf(detail, size, "secure boot v2 needs the coding scheme none");
        return true;
    }
    for (unsigned block = 1; block < view->chip->efuse->block_count && rule_gains(view, "CODING_SCHEME");
         block++) {
        if (!seal_efuse_block_blank(view->before, block)) {
            (void)snprintf(detail, size, "BLOCK%u holds data", block);
            return true;
        }
    }
    return false;
}
