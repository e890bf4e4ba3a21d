/* Every way into every chip, by the fuse that closes it; and the warning about the link in use. */
#include "fuse_state.h"

#include <espseal/last_exits.h>
#include <espseal/lockdown.h>

struct exit_case {
    const char *chip, *fuses;
    enum seal_exit_way way;
    enum seal_exit_state state;
    const char *fuse;
};

#define SOFT_KEY "SOFT_DIS_JTAG=7 KEY_PURPOSE_0=6"

static const struct exit_case cases[] = {
    {"esp32c3", "", SEAL_EXIT_UART, SEAL_EXIT_OPEN, ""},
    {"esp32c3", "ENABLE_SECURITY_DOWNLOAD=1", SEAL_EXIT_UART, SEAL_EXIT_REDUCED, "ENABLE_SECURITY_DOWNLOAD"},
    {"esp32c3", "ENABLE_SECURITY_DOWNLOAD=1 DIS_DOWNLOAD_MODE=1", SEAL_EXIT_UART, SEAL_EXIT_CLOSED,
     "DIS_DOWNLOAD_MODE"},
    {"esp32c3", "DIS_DOWNLOAD_MODE=1", SEAL_EXIT_USB_SERIAL_JTAG, SEAL_EXIT_CLOSED, "DIS_DOWNLOAD_MODE"},
    {"esp32c3", "DIS_DOWNLOAD_MODE=1", SEAL_EXIT_FORCED, SEAL_EXIT_CLOSED, "DIS_DOWNLOAD_MODE"},
    {"esp32c3", "DIS_FORCE_DOWNLOAD=1", SEAL_EXIT_FORCED, SEAL_EXIT_CLOSED, "DIS_FORCE_DOWNLOAD"},
    {"esp32c3", "DIS_FORCE_DOWNLOAD=1", SEAL_EXIT_UART, SEAL_EXIT_OPEN, ""},
    {"esp32c3", "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE=1", SEAL_EXIT_USB_SERIAL_JTAG, SEAL_EXIT_CLOSED,
     "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE"},
    {"esp32c3", "DIS_USB_SERIAL_JTAG=1", SEAL_EXIT_USB_SERIAL_JTAG, SEAL_EXIT_CLOSED, "DIS_USB_SERIAL_JTAG"},
    {"esp32c3", "DIS_USB_SERIAL_JTAG=1", SEAL_EXIT_USB_JTAG, SEAL_EXIT_CLOSED, "DIS_USB_SERIAL_JTAG"},
    {"esp32c3", "ENABLE_SECURITY_DOWNLOAD=1", SEAL_EXIT_USB_SERIAL_JTAG, SEAL_EXIT_REDUCED,
     "ENABLE_SECURITY_DOWNLOAD"},
    {"esp32h2", "DIS_USB_SERIAL_JTAG=1", SEAL_EXIT_USB_SERIAL_JTAG, SEAL_EXIT_OPEN, ""}, /* reserved there */
    {"esp32c3", "", SEAL_EXIT_USB_OTG, SEAL_EXIT_NONE, ""},
    {"esp32s2", "", SEAL_EXIT_USB_OTG, SEAL_EXIT_OPEN, ""},
    {"esp32s2", "DIS_USB_DOWNLOAD_MODE=1", SEAL_EXIT_USB_OTG, SEAL_EXIT_CLOSED, "DIS_USB_DOWNLOAD_MODE"},
    {"esp32s2", "DIS_USB=1", SEAL_EXIT_USB_OTG, SEAL_EXIT_CLOSED, "DIS_USB"},
    {"esp32s2", "", SEAL_EXIT_USB_SERIAL_JTAG, SEAL_EXIT_NONE, ""},
    {"esp32s3", "DIS_USB_OTG_DOWNLOAD_MODE=1", SEAL_EXIT_USB_OTG, SEAL_EXIT_CLOSED,
     "DIS_USB_OTG_DOWNLOAD_MODE"},
    {"esp32s3", "DIS_USB_OTG=1", SEAL_EXIT_USB_OTG, SEAL_EXIT_CLOSED, "DIS_USB_OTG"},
    {"esp32p4", "", SEAL_EXIT_USB_OTG, SEAL_EXIT_OPEN, ""},
    {"esp32", "UART_DOWNLOAD_DIS=1", SEAL_EXIT_UART, SEAL_EXIT_CLOSED, "UART_DOWNLOAD_DIS"},
    {"esp32", "", SEAL_EXIT_USB_JTAG, SEAL_EXIT_NONE, ""},
    {"esp32", "", SEAL_EXIT_ROM_BASIC, SEAL_EXIT_OPEN, ""},
    {"esp32", "CONSOLE_DEBUG_DISABLE=1", SEAL_EXIT_ROM_BASIC, SEAL_EXIT_CLOSED, "CONSOLE_DEBUG_DISABLE"},
    {"esp32", "JTAG_DISABLE=1", SEAL_EXIT_PAD_JTAG, SEAL_EXIT_CLOSED, "JTAG_DISABLE"},
    {"esp32", "", SEAL_EXIT_TOKEN_JTAG, SEAL_EXIT_NONE, ""},
    {"esp32", "", SEAL_EXIT_DIRECT_BOOT, SEAL_EXIT_NONE, ""},
    {"esp32", "ABS_DONE_1=1", SEAL_EXIT_OTA, SEAL_EXIT_REDUCED, "ABS_DONE_1"},
    {"esp32c3", "", SEAL_EXIT_OTA, SEAL_EXIT_OPEN, ""},
    {"esp32c3", "SECURE_BOOT_EN=1", SEAL_EXIT_OTA, SEAL_EXIT_REDUCED, "SECURE_BOOT_EN"},
    {"esp32c3", "DIS_DIRECT_BOOT=1", SEAL_EXIT_DIRECT_BOOT, SEAL_EXIT_CLOSED, "DIS_DIRECT_BOOT"},
    {"esp32c3", "", SEAL_EXIT_LEGACY_SPI_BOOT, SEAL_EXIT_NONE, ""},
    {"esp32s2", "DIS_LEGACY_SPI_BOOT=1", SEAL_EXIT_LEGACY_SPI_BOOT, SEAL_EXIT_CLOSED, "DIS_LEGACY_SPI_BOOT"},
    {"esp32s2", "DIS_BOOT_REMAP=1", SEAL_EXIT_BOOT_REMAP, SEAL_EXIT_CLOSED, "DIS_BOOT_REMAP"},
    {"esp32s2", "HARD_DIS_JTAG=1", SEAL_EXIT_PAD_JTAG, SEAL_EXIT_CLOSED, "HARD_DIS_JTAG"},
    {"esp32s2", "SOFT_DIS_JTAG=1", SEAL_EXIT_PAD_JTAG, SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG"},
    {"esp32c3", "DIS_PAD_JTAG=1", SEAL_EXIT_PAD_JTAG, SEAL_EXIT_CLOSED, "DIS_PAD_JTAG"},
    {"esp32c3", "DIS_PAD_JTAG=1", SEAL_EXIT_USB_JTAG, SEAL_EXIT_OPEN, ""},
    {"esp32c3", "DIS_USB_JTAG=1", SEAL_EXIT_USB_JTAG, SEAL_EXIT_CLOSED, "DIS_USB_JTAG"},
    {"esp32c3", SOFT_KEY, SEAL_EXIT_PAD_JTAG, SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG"},
    {"esp32c3", SOFT_KEY, SEAL_EXIT_USB_JTAG, SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG"},
    {"esp32c3", SOFT_KEY, SEAL_EXIT_TOKEN_JTAG, SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG"},
    {"esp32c3", SOFT_KEY " DIS_PAD_JTAG=1", SEAL_EXIT_TOKEN_JTAG, SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG"},
    {"esp32c3", SOFT_KEY " DIS_PAD_JTAG=1 DIS_USB_JTAG=1", SEAL_EXIT_TOKEN_JTAG, SEAL_EXIT_CLOSED,
     "DIS_PAD_JTAG"},
    {"esp32c3", "SOFT_DIS_JTAG=3", SEAL_EXIT_PAD_JTAG, SEAL_EXIT_OPEN, ""}, /* an even count */
    {"esp32c3", "SOFT_DIS_JTAG=7", SEAL_EXIT_TOKEN_JTAG, SEAL_EXIT_NONE, ""},
    {"esp32c61", "", SEAL_EXIT_TOKEN_JTAG, SEAL_EXIT_NONE, ""},
    {"esp32c2", "", SEAL_EXIT_FORCED, SEAL_EXIT_NONE, ""},
};

static void every_way_and_its_fuse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seal_efuse efuse = state_of(seal_chip_find(cases[i].chip), cases[i].fuses);
        struct seal_exit exits[SEAL_EXITS];
        seal_last_exits(&efuse, exits);
        const struct seal_exit *exit = &exits[cases[i].way];
        if (exit->way != cases[i].way || exit->state != cases[i].state ||
            strcmp(exit->fuse, cases[i].fuse) != 0) {
            fail_msg("%s \"%s\" %s: %s by \"%s\"", cases[i].chip, cases[i].fuses, exit->name,
                     seal_exit_state_name(exit->state), exit->fuse);
        }
    }
}

/* An ESP32 before v3.0 has the bit, and does not heed it. */
static void an_old_esp32_does_not_heed_its_fuse(void **state)
{
    (void)state;
    struct seal_efuse old = {.chip = seal_chip_find("esp32"), .loaded = ~0u};
    struct seal_exit exits[SEAL_EXITS];
    state_set(&old, "UART_DOWNLOAD_DIS=1");
    seal_last_exits(&old, exits);
    assert_int_equal(exits[SEAL_EXIT_UART].state, SEAL_EXIT_OPEN);
    assert_non_null(strstr(exits[SEAL_EXIT_UART].says, "revision"));
}

/* Closed by every word that the chip has, a chip has no way left but its firmware. */
static void close_chip(const struct seal_chip *chip)
{
    struct seal_efuse blank = state_of(chip, "");
    struct seal_wish_lockdown wish = {0};
    struct seal_word_fuse fuses[SEAL_WORD_FUSES];
    struct seal_exit exits[SEAL_EXITS];
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    char text[300];
    size_t count;
    seal_last_exits(&blank, exits);
    for (unsigned way = 0; way < SEAL_EXITS; way++) {
        assert_true(exits[way].state == SEAL_EXIT_OPEN || exits[way].state == SEAL_EXIT_NONE);
        assert_true(exits[way].name[0] != '\0' && exits[way].says[0] != '\0');
    }
    assert_true(seal_exits_left(exits) >= 2);
    for (unsigned word = 0; word < SEAL_WORD_DPA; word++) {
        if (seal_lockdown_fuses(chip, seal_efuse_revision(&blank), (enum seal_word)word, SEAL_WORD_OFF, fuses,
                                &count, NULL) == SEAL_OK) {
            seal_lockdown_set(&wish, (enum seal_word)word, SEAL_WORD_OFF);
        }
    }
    seal_fuse_plan_init(&plan, &blank, SEAL_PATH_UART);
    assert_int_equal(seal_lockdown_add(&plan, &wish, SEAL_WORDS_ALL, &cause), SEAL_OK);
    assert_int_equal(seal_fuse_plan_close(&plan, NULL, &cause), SEAL_OK);
    seal_last_exits(&plan.after, exits);
    for (unsigned way = 0; way < SEAL_EXIT_OTA; way++) {
        if (exits[way].state != SEAL_EXIT_CLOSED && exits[way].state != SEAL_EXIT_NONE) {
            fail_msg("%s: %s is %s", chip->name, exits[way].name, seal_exit_state_name(exits[way].state));
        }
        assert_true(exits[way].state == SEAL_EXIT_NONE || seal_chip_field(chip, exits[way].fuse) != NULL);
    }
    assert_int_equal(seal_exits_left(exits), 0);
    assert_true(seal_exits_warn(&blank, &plan.after, SEAL_PATH_FILE, text, sizeof text));
    assert_non_null(strstr(text, "no way into the chip"));
    assert_false(seal_exits_warn(&plan.after, &plan.after, SEAL_PATH_UART, text, sizeof text));
}

static void every_chip_can_be_closed(void **state)
{
    (void)state;
    state_each_chip(close_chip);
}

static void the_link_in_use_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *chip, *fuses;
        enum seal_path path;
        const char *says; /* NULL: nothing */
    } warnings[] = {
        {"esp32c3", "ENABLE_SECURITY_DOWNLOAD=1", SEAL_PATH_UART, "narrows the link in use (uart-download)"},
        {"esp32c3", "ENABLE_SECURITY_DOWNLOAD=1", SEAL_PATH_OTHER, "narrows the link in use (uart-download)"},
        {"esp32c3", "DIS_DOWNLOAD_MODE=1", SEAL_PATH_USB_SERIAL_JTAG, "closes the link in use"},
        {"esp32c3", "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE=1", SEAL_PATH_USB_SERIAL_JTAG,
         "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE closes the link in use (usb-serial-jtag-download)"},
        {"esp32c3", "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE=1", SEAL_PATH_UART, NULL},
        {"esp32c3", "ENABLE_SECURITY_DOWNLOAD=1", SEAL_PATH_FILE, NULL},
        {"esp32s3", "DIS_USB_OTG_DOWNLOAD_MODE=1", SEAL_PATH_USB_OTG, "DIS_USB_OTG_DOWNLOAD_MODE closes"},
        {"esp32c3", "DIS_PAD_JTAG=1", SEAL_PATH_UART, NULL},
    };
    for (size_t i = 0; i < sizeof warnings / sizeof warnings[0]; i++) {
        const struct seal_chip *chip = seal_chip_find(warnings[i].chip);
        struct seal_efuse before = state_of(chip, ""), after = state_of(chip, warnings[i].fuses);
        char text[300];
        bool said = seal_exits_warn(&before, &after, warnings[i].path, text, sizeof text);
        assert_int_equal(said, warnings[i].says != NULL);
        if (said && strstr(text, warnings[i].says) == NULL) {
            fail_msg("%s", text);
        }
    }
}

/* What the ROM tells in secure download mode agrees with the fuses, and claims nothing more. */
static void tell_chip(const struct seal_chip *chip)
{
    static const struct {
        const char *fuses; /* words whose field a chip lacks are left out */
        uint32_t flags;
    } rows[] = {
        {"ENABLE_SECURITY_DOWNLOAD=1", SEAL_SECURITY_SECURE_DOWNLOAD},
        {"ENABLE_SECURITY_DOWNLOAD=1 SECURE_BOOT_EN=1",
         SEAL_SECURITY_SECURE_DOWNLOAD | SEAL_SECURITY_SECURE_BOOT},
        {"ENABLE_SECURITY_DOWNLOAD=1 HARD_DIS_JTAG=1 DIS_PAD_JTAG=1",
         SEAL_SECURITY_SECURE_DOWNLOAD | SEAL_SECURITY_HARD_DIS_JTAG},
        {"ENABLE_SECURITY_DOWNLOAD=1 SOFT_DIS_JTAG=1 SOFT_DIS_JTAG=7 KEY_PURPOSE_1=6",
         SEAL_SECURITY_SECURE_DOWNLOAD | SEAL_SECURITY_SOFT_DIS_JTAG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && strcmp(chip->name, "esp32") != 0; i++) {
        struct seal_efuse state = state_of(chip, "");
        struct seal_security_info info = {.valid = true, .flags = rows[i].flags};
        struct seal_exit exits[SEAL_EXITS], told[SEAL_EXITS];
        char copy[128], *save = NULL;
        (void)snprintf(copy, sizeof copy, "%s", rows[i].fuses);
        for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
            char name[40];
            (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
            const struct seal_efuse_field *field = seal_chip_field(chip, name);
            bool fits = field != NULL && !(field->bits == 1 && strchr(word, '7') != NULL);
            if (fits) {
                state_set(&state, word);
            }
        }
        for (unsigned key = 0; key < chip->key_blocks && key < 6; key++) {
            info.key_purposes[key] = (uint8_t)seal_efuse_key_purpose(&state, key);
        }
        seal_last_exits(&state, exits);
        seal_last_exits_told(chip, &info, SEAL_EXIT_UART, told);
        assert_int_equal(told[SEAL_EXIT_UART].state, SEAL_EXIT_REDUCED);
        for (unsigned way = 0; way < SEAL_EXITS; way++) {
            if (told[way].state != SEAL_EXIT_UNKNOWN && told[way].state != exits[way].state) {
                fail_msg("%s \"%s\": %s is %s, told %s", chip->name, rows[i].fuses, exits[way].name,
                         seal_exit_state_name(exits[way].state), seal_exit_state_name(told[way].state));
            }
        }
    }
}

static void what_the_rom_tells_agrees(void **state)
{
    (void)state;
    state_each_chip(tell_chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_and_its_fuse),    cmocka_unit_test(an_old_esp32_does_not_heed_its_fuse),
        cmocka_unit_test(every_chip_can_be_closed),  cmocka_unit_test(the_link_in_use_is_named),
        cmocka_unit_test(what_the_rom_tells_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
