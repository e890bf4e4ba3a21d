/* Every word and value on every chip: the fuses it stands for, or a refusal that names both. */
#include "fuse_state.h"

#include <espseal/lockdown.h>

/* Written from the chips' eFuse tables and ESP-IDF's per-chip code, not from the table under test. What is
 * not here, a chip cannot honour. */
static const struct expected {
    const char *chip, *word, *value, *fuses;
    unsigned first_revision; /* of the descriptor */
} expected[] = {
    {"esp32", "jtag", "off", "JTAG_DISABLE=1", 0},
    {"esp32", "download", "off", "UART_DOWNLOAD_DIS=1", 0},
    {"esp32", "rom_basic", "off", "CONSOLE_DEBUG_DISABLE=1", 0},

    {"esp32s2", "jtag", "off", "HARD_DIS_JTAG=1", 0},
    {"esp32s2", "jtag", "soft", "SOFT_DIS_JTAG=1", 0},
    {"esp32s2", "usb_otg", "off", "DIS_USB_DOWNLOAD_MODE=1", 0},
    {"esp32s2", "download", "off", "DIS_DOWNLOAD_MODE=1", 0},
    {"esp32s2", "download", "secure", "ENABLE_SECURITY_DOWNLOAD=1", 0},
    {"esp32s2", "forced_download", "off", "DIS_FORCE_DOWNLOAD=1", 0},
    {"esp32s2", "rom_log", "off", "UART_PRINT_CONTROL=3", 0},
    {"esp32s2", "boot_remap", "off", "DIS_BOOT_REMAP=1", 0},
    {"esp32s2", "legacy_spi_boot", "off", "DIS_LEGACY_SPI_BOOT=1", 0},

    {"esp32s3", "jtag", "off", "DIS_PAD_JTAG=1 DIS_USB_JTAG=1", 0},
    {"esp32s3", "usb_otg", "off", "DIS_USB_OTG_DOWNLOAD_MODE=1", 0},
    {"esp32c3", "jtag", "off", "DIS_PAD_JTAG=1 DIS_USB_JTAG=1", 0},
    {"esp32c5", "jtag", "off", "DIS_PAD_JTAG=1 DIS_USB_JTAG=1", 0},
    {"esp32c6", "jtag", "off", "DIS_PAD_JTAG=1 DIS_USB_JTAG=1", 0},
    {"esp32c61", "jtag", "off", "DIS_PAD_JTAG=1 DIS_USB_JTAG=1", 0},
    {"esp32h2", "jtag", "off", "DIS_PAD_JTAG=1 DIS_USB_JTAG=1", 0},
    {"esp32p4", "jtag", "off", "DIS_PAD_JTAG=1 DIS_USB_JTAG=1", 0},
    {"esp32p4", "usb_otg", "off", "DIS_USB_OTG_DOWNLOAD_MODE=1", 0},

    {"esp32c2", "jtag", "off", "DIS_PAD_JTAG=1", 0},
    {"esp32c2", "download", "off", "DIS_DOWNLOAD_MODE=1", 0},
    {"esp32c2", "download", "secure", "ENABLE_SECURITY_DOWNLOAD=1", 0},
    {"esp32c2", "rom_log", "off", "UART_PRINT_CONTROL=3", 0},
    {"esp32c2", "direct_boot", "off", "DIS_DIRECT_BOOT=1", 0},

    {"esp32c5", "dpa", "*", "XTS_DPA_PSEUDO_LEVEL=*", 0},
    {"esp32c61", "dpa", "*", "XTS_DPA_PSEUDO_LEVEL=*", 0},
    {"esp32h2", "dpa", "*", "XTS_DPA_PSEUDO_LEVEL=*", 102},
    {"esp32p4", "dpa", "*", "XTS_DPA_PSEUDO_LEVEL=*", 300},
};

/* Chips with a USB-Serial/JTAG are alike in these. */
static const struct expected usb_chips[] = {
    {"", "usb_jtag", "off", "DIS_USB_JTAG=1", 0},
    {"", "usb_serial", "off", "DIS_USB_SERIAL_JTAG_ROM_PRINT=1 DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE=1", 0},
    {"", "download", "off", "DIS_DOWNLOAD_MODE=1", 0},
    {"", "download", "secure", "ENABLE_SECURITY_DOWNLOAD=1", 0},
    {"", "forced_download", "off", "DIS_FORCE_DOWNLOAD=1", 0},
    {"", "rom_log", "off", "DIS_USB_SERIAL_JTAG_ROM_PRINT=1 UART_PRINT_CONTROL=3", 0},
    {"", "direct_boot", "off", "DIS_DIRECT_BOOT=1", 0},
};

static const char *find(const struct seal_chip *chip, const char *word, const char *value)
{
    static const char with_usb[] = "esp32s3 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4";
    static const char *const dpa[] = {"XTS_DPA_PSEUDO_LEVEL=1", "XTS_DPA_PSEUDO_LEVEL=2",
                                      "XTS_DPA_PSEUDO_LEVEL=3"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct expected *row = &expected[i];
        bool any = strcmp(row->value, "*") == 0;
        if (strcmp(row->chip, chip->name) == 0 && strcmp(row->word, word) == 0 &&
            chip->first_revision >= row->first_revision && (any || strcmp(row->value, value) == 0)) {
            return !any ? row->fuses : dpa[value[0] == 'l' ? 0 : value[0] == 'm' ? 1 : 2];
        }
    }
    if (strstr(with_usb, chip->name) == NULL || strcmp(chip->name, "esp32") == 0 ||
        strcmp(chip->name, "esp32c2") == 0) {
        return NULL;
    }
    if (strcmp(word, "jtag") == 0 && strcmp(value, "soft") == 0) {
        return strcmp(chip->name, "esp32c61") != 0 ? "SOFT_DIS_JTAG=7" : NULL;
    }
    for (size_t i = 0; i < sizeof usb_chips / sizeof usb_chips[0]; i++) {
        if (strcmp(usb_chips[i].word, word) == 0 && strcmp(usb_chips[i].value, value) == 0) {
            return usb_chips[i].fuses;
        }
    }
    return NULL;
}

/* Rules about what else should have been burned before are not the subject here. */
static const char *const allowed[] = {"USB-BOTH-CLOSED", NULL};

static void close_plan(struct seal_fuse_plan *plan)
{
    struct seal_cause cause = {0};
    if (seal_fuse_plan_close(plan, allowed, &cause) != SEAL_OK) {
        fail_msg("%s: %s", plan->chip->name, cause.text);
    }
}

static void words_equal(const char *got, const char *want)
{
    char copy[256], *save = NULL;
    assert_int_equal(strlen(got), strlen(want));
    (void)snprintf(copy, sizeof copy, "%s", want);
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        if (strstr(got, word) == NULL) {
            fail_msg("%s is not in \"%s\"", word, got);
        }
    }
}

static struct seal_efuse blank(const struct seal_chip *chip, enum seal_word_value value)
{
    return state_of(chip, value == SEAL_WORD_SOFT ? "KEY_PURPOSE_0=6 KEY0=random RD_DIS.0" : "");
}

static void burns_and_is_so(const struct seal_chip *chip, enum seal_word word, enum seal_word_value value,
                            const char *fuses)
{
    struct seal_wish_lockdown wish = {0};
    struct seal_fuse_plan plan;
    struct seal_efuse state = blank(chip, value);
    char burned[256];
    seal_lockdown_set(&wish, word, value);
    assert_int_equal(seal_lockdown_get(&wish, word), value);
    assert_int_equal(seal_lockdown_state(&state, word, value), SEAL_LOCK_OPEN);
    seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
    assert_int_equal(seal_lockdown_add(&plan, &wish, SEAL_WORDS_ALL, NULL), SEAL_OK);
    close_plan(&plan);
    state_burns(&plan, burned, sizeof burned);
    words_equal(burned, fuses);
    assert_int_equal(seal_lockdown_state(&plan.after, word, value), SEAL_LOCK_DONE);

    state = plan.after; /* again: nothing */
    seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
    assert_int_equal(seal_lockdown_add(&plan, &wish, SEAL_WORDS_ALL, NULL), SEAL_OK);
    close_plan(&plan);
    assert_true(seal_fuse_plan_empty(&plan));
}

/* One bit after the other: partly, until it is so. */
static void parts_are_told(const struct seal_chip *chip, enum seal_word word, enum seal_word_value value)
{
    struct seal_efuse state = blank(chip, value);
    struct seal_word_fuse fuses[SEAL_WORD_FUSES];
    size_t count;
    unsigned bits = 0, set = 0;
    assert_int_equal(seal_lockdown_fuses(chip, SEAL_REVISION_ANY, word, value, fuses, &count, NULL), SEAL_OK);
    for (size_t i = 0; i < count; i++) {
        bits += (unsigned)__builtin_popcount(fuses[i].value);
    }
    for (size_t i = 0; i < count; i++) {
        for (unsigned b = 0; b < fuses[i].field->bits; b++) {
            unsigned bit = fuses[i].field->bit + b;
            if (fuses[i].value >> b & 1) {
                state.words[fuses[i].field->block][bit / 32] |= 1u << bit % 32;
                set++;
                assert_int_equal(seal_lockdown_state(&state, word, value),
                                 set == bits ? SEAL_LOCK_DONE : SEAL_LOCK_PARTLY);
            }
        }
    }
}

/* A write-protected fuse is lost, and a plan says so. */
static void locked_is_lost(const struct seal_chip *chip, enum seal_word word, enum seal_word_value value)
{
    struct seal_efuse state = blank(chip, value);
    struct seal_wish_lockdown wish = {0};
    struct seal_word_fuse fuses[SEAL_WORD_FUSES];
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    size_t count;
    char protect[24];
    assert_int_equal(seal_lockdown_fuses(chip, SEAL_REVISION_ANY, word, value, fuses, &count, NULL), SEAL_OK);
    if (fuses[0].field->write_disable < 0) {
        return;
    }
    (void)snprintf(protect, sizeof protect, "WR_DIS.%d", fuses[0].field->write_disable);
    state_set(&state, protect);
    assert_int_equal(seal_lockdown_state(&state, word, value), SEAL_LOCK_LOST);
    seal_lockdown_set(&wish, word, value);
    seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
    assert_int_equal(seal_lockdown_add(&plan, &wish, SEAL_WORDS_ALL, &cause), SEAL_ERR_STATE);
    assert_non_null(strstr(cause.text, fuses[0].field->name));
}

static void cannot(const struct seal_chip *chip, enum seal_word word, enum seal_word_value value)
{
    struct seal_efuse state = blank(chip, value == SEAL_WORD_SOFT ? SEAL_WORD_OFF : value);
    struct seal_wish_lockdown wish = {0};
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    seal_lockdown_set(&wish, word, value);
    if (seal_lockdown_state(&state, word, value) != SEAL_LOCK_NONE) {
        fail_msg("%s from v%u: %s: %s", chip->name, chip->first_revision, seal_lockdown_words[word].name,
                 seal_word_value_name(value));
    }
    assert_int_equal(seal_lockdown_supported(chip, seal_efuse_revision(&state), &wish, &cause),
                     SEAL_ERR_UNSUPPORTED);
    assert_non_null(strstr(cause.text, chip->title));
    assert_non_null(strstr(cause.text, seal_lockdown_words[word].name));
    assert_true(cause.hint[0] != '\0');
    seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
    assert_int_equal(seal_lockdown_add(&plan, &wish, SEAL_WORDS_ALL, NULL), SEAL_ERR_UNSUPPORTED);
    close_plan(&plan);
    assert_true(seal_fuse_plan_empty(&plan));
}

static unsigned supported, refused;

static void walk_chip(const struct seal_chip *chip)
{
    for (unsigned i = 0; i < SEAL_WORDS; i++) {
        enum seal_word word = (enum seal_word)i;
        const struct seal_lockdown_word *row = &seal_lockdown_words[word];
        for (const enum seal_word_value *choice = row->choices; *choice != SEAL_WORD_UNSAID; choice++) {
            const char *fuses = find(chip, row->name, seal_word_value_name(*choice));
            if (fuses == NULL) {
                cannot(chip, word, *choice);
                refused++;
                continue;
            }
            burns_and_is_so(chip, word, *choice, fuses);
            parts_are_told(chip, word, *choice);
            locked_is_lost(chip, word, *choice);
            supported++;
        }
    }
}

static void every_chip_word_value_and_state(void **state)
{
    (void)state;
    supported = refused = 0;
    state_each_chip(walk_chip);
    print_message("%u words honoured, %u refused\n", supported, refused);
    assert_true(supported > 80 && refused > 60);
}

static int add(const char *chip, const char *before, const struct seal_wish_lockdown *wish, uint32_t words,
               struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    struct seal_efuse state = state_of(seal_chip_find(chip), before);
    seal_fuse_plan_init(plan, &state, SEAL_PATH_UART);
    return seal_lockdown_add(plan, wish, words, cause);
}

static void expect(const char *chip, const char *before, const struct seal_wish_lockdown *wish,
                   uint32_t words, const char *fuses)
{
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    char burned[256];
    if (add(chip, before, wish, words, &plan, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    close_plan(&plan);
    state_burns(&plan, burned, sizeof burned);
    words_equal(burned, fuses);
}

static void keeping_usb_leaves_it_out(void **state)
{
    (void)state;
    const struct seal_wish_lockdown keep = {.jtag = SEAL_WORD_OFF, .usb_jtag = SEAL_WORD_KEEP};
    const struct seal_wish_lockdown both = {.jtag = SEAL_WORD_OFF, .usb_jtag = SEAL_WORD_OFF};
    expect("esp32c3", "", &keep, SEAL_WORDS_ALL, "DIS_PAD_JTAG=1");
    expect("esp32c3", "", &both, SEAL_WORDS_ALL, "DIS_PAD_JTAG=1 DIS_USB_JTAG=1");
    expect("esp32c3", "", &both, 1u << SEAL_WORD_USB_JTAG, "DIS_USB_JTAG=1");
    expect("esp32c3", "", &both, SEAL_WORDS_DOORS, "");
}

static void soft_wants_a_key_and_every_bit(void **state)
{
    (void)state;
    const struct seal_wish_lockdown soft = {.jtag = SEAL_WORD_SOFT};
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    uint8_t bytes[32];
    uint32_t blocks;
    assert_int_equal(add("esp32c3", "", &soft, SEAL_WORDS_ALL, &plan, &cause), SEAL_ERR_STATE);
    assert_non_null(strstr(cause.text, "HMAC_DOWN_JTAG"));
    /* a key of the same plan counts */
    state_key(bytes, 3);
    const struct seal_fuse_key key = {
        .block = SEAL_PLAN_KEY_AUTO, .purpose = "HMAC_DOWN_JTAG", .data = bytes, .len = sizeof bytes};
    struct seal_efuse blank_chip = state_of(seal_chip_find("esp32c3"), "");
    seal_fuse_plan_init(&plan, &blank_chip, SEAL_PATH_UART);
    assert_int_equal(seal_fuse_plan_key(&plan, &key, &blocks, &cause), SEAL_OK);
    assert_int_equal(seal_lockdown_add(&plan, &soft, SEAL_WORDS_ALL, &cause), SEAL_OK);
    close_plan(&plan);
    expect("esp32c3", "SOFT_DIS_JTAG=1 KEY_PURPOSE_2=5", &soft, SEAL_WORDS_ALL, "SOFT_DIS_JTAG=6");
    assert_int_equal(add("esp32c3", "KEY_PURPOSE_2=6 DIS_PAD_JTAG=1", &soft, SEAL_WORDS_ALL, &plan, &cause),
                     SEAL_ERR_STATE);
    struct seal_efuse hard = state_of(seal_chip_find("esp32s2"), "HARD_DIS_JTAG=1");
    assert_int_equal(seal_lockdown_state(&hard, SEAL_WORD_JTAG, SEAL_WORD_SOFT), SEAL_LOCK_LOST);
}

static void stricter_is_enough(void **state)
{
    (void)state;
    const struct seal_wish_lockdown secure = {.download = SEAL_WORD_SECURE};
    const struct seal_wish_lockdown low = {.dpa = SEAL_WORD_LEVEL_LOW},
                                    medium = {.dpa = SEAL_WORD_LEVEL_MEDIUM};
    struct seal_fuse_plan plan;
    expect("esp32c3", "DIS_DOWNLOAD_MODE=1", &secure, SEAL_WORDS_ALL, "");
    expect("esp32c5", "XTS_DPA_PSEUDO_LEVEL=3", &low, SEAL_WORDS_ALL, "");
    /* 1 cannot become 2: a bit would have to fall */
    assert_int_equal(add("esp32c5", "XTS_DPA_PSEUDO_LEVEL=1", &medium, SEAL_WORDS_ALL, &plan, NULL),
                     SEAL_ERR_STATE);
    struct seal_efuse one = state_of(seal_chip_find("esp32c5"), "XTS_DPA_PSEUDO_LEVEL=1");
    assert_int_equal(seal_lockdown_state(&one, SEAL_WORD_DPA, SEAL_WORD_LEVEL_MEDIUM), SEAL_LOCK_LOST);
}

static void an_old_esp32_keeps_its_download_mode(void **state)
{
    (void)state;
    const struct seal_wish_lockdown wish = {.download = SEAL_WORD_OFF};
    struct seal_cause cause = {0};
    assert_int_equal(seal_lockdown_supported(seal_chip_find("esp32"), 100, &wish, &cause),
                     SEAL_ERR_UNSUPPORTED);
    assert_non_null(strstr(cause.text, "v3.0"));
    assert_int_equal(seal_lockdown_supported(seal_chip_find("esp32"), 301, &wish, &cause), SEAL_OK);
}

static void names_go_both_ways(void **state)
{
    (void)state;
    struct seal_cause cause = {0};
    enum seal_word_value value;
    for (unsigned i = 0; i < SEAL_WORDS; i++) {
        enum seal_word word = (enum seal_word)i;
        assert_int_equal(seal_lockdown_find(seal_lockdown_words[i].name), word);
        for (const enum seal_word_value *c = seal_lockdown_words[i].choices; *c != SEAL_WORD_UNSAID; c++) {
            assert_int_equal(seal_word_value_parse(word, seal_word_value_name(*c), &value, NULL), SEAL_OK);
            assert_int_equal(value, *c);
        }
        assert_int_equal(seal_word_value_parse(word, "keep", &value, NULL), SEAL_OK);
        assert_int_equal(seal_word_value_parse(word, "unsaid", &value, NULL), SEAL_ERR_FORMAT);
    }
    assert_int_equal(seal_lockdown_find("legacy-spi-boot"), SEAL_WORD_LEGACY_SPI_BOOT);
    assert_int_equal(seal_lockdown_find("jtags"), SEAL_WORDS);
    assert_int_equal(seal_lockdown_find("jta"), SEAL_WORDS);
    assert_int_equal(seal_word_value_parse(SEAL_WORD_USB_OTG, "soft", &value, &cause), SEAL_ERR_FORMAT);
    assert_int_equal(value, SEAL_WORD_UNSAID);
    assert_non_null(strstr(cause.hint, "keep, off"));
}

static void every_word_counts_as_asked(void **state)
{
    (void)state;
    for (unsigned word = 0; word < SEAL_WORDS; word++) {
        struct seal_sealing sealing = {0};
        assert_false(seal_sealing_asked(&sealing));
        seal_lockdown_set(&sealing.lockdown, (enum seal_word)word, SEAL_WORD_KEEP);
        assert_false(seal_sealing_asked(&sealing));
        seal_lockdown_set(&sealing.lockdown, (enum seal_word)word, seal_lockdown_words[word].choices[0]);
        assert_true(seal_sealing_asked(&sealing));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_word_value_and_state),      cmocka_unit_test(keeping_usb_leaves_it_out),
        cmocka_unit_test(soft_wants_a_key_and_every_bit),       cmocka_unit_test(stricter_is_enough),
        cmocka_unit_test(an_old_esp32_keeps_its_download_mode), cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(every_word_counts_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
