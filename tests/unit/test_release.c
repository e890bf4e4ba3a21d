/* The release lists against what ESP-IDF's code asks for on each chip, and whole sealings of every chip. */
#include "fuse_state.h"

#include <espseal/boot_slots.h>
#include <espseal/lockdown.h>
#include <espseal/release.h>

/* Read off esp_flash_encryption_cfg_verify_release_mode and the chips' soc_caps.h, keys and counter apart.
 * "+": burned by <chip>/flash_encryption_secure_features.c, and not checked. */
static const struct expected {
    const char *chip, *fields, *protections;
    unsigned first_revision;
} expected[] = {
    {"esp32",
     "FLASH_CRYPT_CONFIG DISABLE_DL_ENCRYPT DISABLE_DL_DECRYPT DISABLE_DL_CACHE JTAG_DISABLE "
     "CONSOLE_DEBUG_DISABLE",
     "DIS_CACHE", 0},
    {"esp32s2",
     "DIS_DOWNLOAD_MANUAL_ENCRYPT DIS_DOWNLOAD_ICACHE DIS_DOWNLOAD_DCACHE HARD_DIS_JTAG DIS_BOOT_REMAP "
     "DIS_LEGACY_SPI_BOOT",
     "DIS_ICACHE", 0},
    {"esp32s3",
     "DIS_DOWNLOAD_MANUAL_ENCRYPT DIS_DOWNLOAD_ICACHE DIS_DOWNLOAD_DCACHE DIS_PAD_JTAG DIS_USB_JTAG "
     "DIS_DIRECT_BOOT",
     "DIS_ICACHE", 0},
    {"esp32c2", "DIS_DOWNLOAD_MANUAL_ENCRYPT DIS_DOWNLOAD_ICACHE DIS_PAD_JTAG DIS_DIRECT_BOOT",
     "SPI_BOOT_CRYPT_CNT", 0},
    {"esp32c3", "DIS_DOWNLOAD_MANUAL_ENCRYPT DIS_DOWNLOAD_ICACHE DIS_PAD_JTAG DIS_USB_JTAG DIS_DIRECT_BOOT",
     "DIS_ICACHE", 0},
    {"esp32c5",
     "DIS_DOWNLOAD_MANUAL_ENCRYPT +SPI_DOWNLOAD_MSPI_DIS DIS_PAD_JTAG DIS_USB_JTAG DIS_DIRECT_BOOT "
     "XTS_DPA_PSEUDO_LEVEL",
     "DIS_ICACHE", 0},
    {"esp32c6", "DIS_DOWNLOAD_MANUAL_ENCRYPT DIS_DOWNLOAD_ICACHE DIS_PAD_JTAG DIS_USB_JTAG DIS_DIRECT_BOOT",
     "DIS_ICACHE", 0},
    {"esp32c61",
     "DIS_DOWNLOAD_MANUAL_ENCRYPT +SPI_DOWNLOAD_MSPI_DIS DIS_PAD_JTAG DIS_USB_JTAG DIS_DIRECT_BOOT "
     "XTS_DPA_PSEUDO_LEVEL",
     "DIS_ICACHE", 0},
    {"esp32h2", "DIS_DOWNLOAD_MANUAL_ENCRYPT DIS_PAD_JTAG DIS_USB_JTAG DIS_DIRECT_BOOT XTS_DPA_PSEUDO_LEVEL",
     "DIS_ICACHE", 102},
    {"esp32h2", "DIS_DOWNLOAD_MANUAL_ENCRYPT DIS_PAD_JTAG DIS_USB_JTAG DIS_DIRECT_BOOT", "DIS_ICACHE", 0},
    {"esp32p4",
     "DIS_DOWNLOAD_MANUAL_ENCRYPT SPI_DOWNLOAD_MSPI_DIS DIS_PAD_JTAG DIS_USB_JTAG DIS_DIRECT_BOOT "
     "XTS_DPA_PSEUDO_LEVEL",
     "", 300},
    {"esp32p4", "DIS_DOWNLOAD_MANUAL_ENCRYPT SPI_DOWNLOAD_MSPI_DIS DIS_PAD_JTAG DIS_USB_JTAG DIS_DIRECT_BOOT",
     "", 0},
};

static const struct expected *expected_of(const struct seal_chip *chip)
{
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (strcmp(expected[i].chip, chip->name) == 0 && expected[i].first_revision <= chip->first_revision) {
            return &expected[i];
        }
    }
    fail_msg("nothing is expected of the %s", chip->name);
    return NULL;
}

static bool is(const struct seal_chip *chip, const char *name)
{
    return strcmp(chip->name, name) == 0;
}

/* --- keys --- */

static void add_key(struct seal_fuse_plan *plan, const char *purpose, size_t len, uint32_t seed)
{
    uint8_t bytes[64];
    uint32_t blocks;
    struct seal_cause cause = {0};
    state_key(bytes, seed);
    state_key(bytes + 32, seed + 1);
    const struct seal_fuse_key key = {
        .block = SEAL_PLAN_KEY_AUTO, .purpose = purpose, .data = bytes, .len = len};
    if (seal_fuse_plan_key(plan, &key, &blocks, &cause) != SEAL_OK) {
        fail_msg("%s: %s", plan->chip->name, cause.text);
    }
}

static void add_encryption_key(struct seal_fuse_plan *plan)
{
    const struct seal_chip *chip = plan->chip;
    if (is(chip, "esp32c2")) {
        add_key(plan, "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS", 16, 9);
    } else if (is(chip, "esp32")) {
        add_key(plan, "flash_encryption", 32, 9);
    } else if (is(chip, "esp32s3") || is(chip, "esp32p4")) {
        add_key(plan, "XTS_AES_256_KEY", 64, 9);
    } else {
        add_key(plan, "XTS_AES_128_KEY", 32, 9);
    }
}

static struct seal_wish_secure_boot boot_wish(void)
{
    struct seal_wish_secure_boot wish = {.version = 2, .digest_count = 1, .revoke_unused = true};
    state_key(wish.digests[0].bytes, 77);
    wish.digests[0].name = "key.pem";
    return wish;
}

static void must(int err, const struct seal_chip *chip, const struct seal_cause *cause)
{
    if (err != SEAL_OK) {
        fail_msg("%s from v%u: %s", chip->name, chip->first_revision, cause->text);
    }
}

/* Half of the ESP32-C2's key block alone is not the subject here. */
static const char *const allowed[] = {"C2-ONE-WRITE", NULL};

static void burn(struct seal_fuse_plan *plan, struct seal_efuse *state)
{
    struct seal_cause cause = {0};
    must(seal_fuse_plan_close(plan, allowed, &cause), plan->chip, &cause);
    *state = plan->after;
}

static struct seal_efuse with_key(const struct seal_chip *chip)
{
    struct seal_efuse state = state_of(chip, "");
    struct seal_fuse_plan plan;
    seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
    add_encryption_key(&plan);
    burn(&plan, &state);
    return state;
}

static void add_encryption(struct seal_efuse *state, enum seal_encryption_mode mode, uint32_t parts)
{
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    seal_fuse_plan_init(&plan, state, SEAL_PATH_UART);
    must(seal_flash_encryption_add(&plan, mode, parts, NULL, &cause), state->chip, &cause);
    burn(&plan, state);
}

/* --- lists --- */

static const struct seal_release_bit *find(const struct seal_release_bit *bits, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(bits[i].name, name) == 0) {
            return &bits[i];
        }
    }
    return NULL;
}

static size_t expect_each(const struct seal_chip *chip, const struct seal_release_bit *bits, size_t count,
                          const char *names, const char *format)
{
    char copy[256], name[64], *save = NULL;
    size_t found = 0;
    (void)snprintf(copy, sizeof copy, "%s", names);
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        bool checked = word[0] != '+';
        (void)snprintf(name, sizeof name, format, word + !checked);
        const struct seal_release_bit *bit = find(bits, count, name);
        if (bit == NULL || bit->checked != checked || bit->state != SEAL_RELEASE_MISSING) {
            fail_msg("%s from v%u: %s", chip->name, chip->first_revision, name);
        }
        found++;
    }
    return found;
}

static void list_of(const struct seal_chip *chip)
{
    const struct expected *want = expected_of(chip);
    struct seal_release_bit bits[SEAL_RELEASE_BITS];
    struct seal_efuse state = state_of(chip, "");
    size_t count = seal_flash_encryption_bits(&state, bits), found = 0;
    found += expect_each(chip, bits, count, want->fields, "%s");
    found += expect_each(chip, bits, count, want->protections, "WR_DIS of %s");
    found += expect_each(chip, bits, count, is(chip, "esp32") ? "FLASH_CRYPT_CNT" : "SPI_BOOT_CRYPT_CNT",
                         "%s odd");
    found += expect_each(chip, bits, count, is(chip, "esp32") ? "FLASH_CRYPT_CNT" : "SPI_BOOT_CRYPT_CNT",
                         "%s at its maximum, or locked");
    assert_non_null(find(bits, count, "a flash-encryption key"));
    assert_int_equal(count, found + 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(bits[i].why != NULL && bits[i].why[0] != '\0');
    }
    assert_false(seal_flash_encryption_released(&state));
    assert_false(seal_flash_encryption_on(&state));
}

static void every_chip_has_its_list(void **state)
{
    (void)state;
    state_each_chip(list_of);
}

/* --- release mode: holds, and no bit of it is superfluous --- */

static bool superfluous(const struct seal_efuse *state, unsigned bit)
{
    const struct seal_chip *chip = state->chip;
    const struct seal_efuse_field *mspi = seal_chip_field(chip, "SPI_DOWNLOAD_MSPI_DIS");
    bool unchecked = is(chip, "esp32c5") || is(chip, "esp32c61");
    return unchecked && mspi != NULL && mspi->bit == bit;
}

static void each_bit_counts(const struct seal_efuse *before, const struct seal_efuse *after,
                            bool (*released)(const struct seal_efuse *))
{
    unsigned bits = 0;
    for (unsigned bit = 0; bit < 32 * SEAL_EFUSE_WORDS; bit++) {
        struct seal_efuse less = *after;
        uint32_t mask = 1u << bit % 32;
        if ((after->words[0][bit / 32] & ~before->words[0][bit / 32] & mask) == 0) {
            continue;
        }
        less.words[0][bit / 32] &= ~mask;
        bits++;
        if (released(&less) != superfluous(after, bit)) {
            fail_msg("%s from v%u: BLOCK0 bit %u", after->chip->name, after->chip->first_revision, bit);
        }
    }
    assert_true(bits > 4);
}

static void release_of(const struct seal_chip *chip)
{
    struct seal_efuse before = with_key(chip), after = before;
    struct seal_fuse_plan plan;
    add_encryption(&after, SEAL_ENCRYPTION_RELEASE, SEAL_PART_ALL);
    assert_true(seal_flash_encryption_on(&after));
    assert_true(seal_flash_encryption_released(&after));
    each_bit_counts(&before, &after, seal_flash_encryption_released);

    seal_fuse_plan_init(&plan, &after, SEAL_PATH_UART);
    assert_int_equal(seal_flash_encryption_add(&plan, SEAL_ENCRYPTION_RELEASE, SEAL_PART_ALL, NULL, NULL),
                     SEAL_OK);
    burn(&plan, &after);
    assert_true(seal_fuse_plan_empty(&plan));
}

static void release_mode_holds_and_each_bit_counts(void **state)
{
    (void)state;
    state_each_chip(release_of);
}

/* --- development mode --- */

static void development_of(const struct seal_chip *chip)
{
    struct seal_efuse after = with_key(chip), before = after;
    const char *counter = is(chip, "esp32") ? "FLASH_CRYPT_CNT" : "SPI_BOOT_CRYPT_CNT";
    add_encryption(&after, SEAL_ENCRYPTION_DEVELOPMENT, SEAL_PART_ALL);
    assert_true(seal_flash_encryption_on(&after));
    assert_false(seal_flash_encryption_released(&after));
    assert_int_equal(seal_efuse_get_named(&after, counter), 1);
    assert_int_equal(seal_efuse_get_named(&after, "DIS_DOWNLOAD_MANUAL_ENCRYPT"), 0);
    assert_int_equal(seal_efuse_get_named(&after, "DISABLE_DL_ENCRYPT"), 0);
    assert_int_equal(seal_lockdown_state(&after, SEAL_WORD_JTAG, SEAL_WORD_OFF), SEAL_LOCK_OPEN);
    assert_int_equal(seal_efuse_get_named(&after, "WR_DIS"), seal_efuse_get_named(&before, "WR_DIS"));
    if (is(chip, "esp32")) {
        assert_int_equal(seal_efuse_get_named(&after, "FLASH_CRYPT_CONFIG"), 15);
    }
    /* encryption off and on again; and release mode is still within reach */
    state_set(&after, is(chip, "esp32") ? "FLASH_CRYPT_CNT=3" : "SPI_BOOT_CRYPT_CNT=3");
    assert_false(seal_flash_encryption_on(&after));
    add_encryption(&after, SEAL_ENCRYPTION_DEVELOPMENT, SEAL_PART_SWITCH);
    assert_int_equal(seal_efuse_get_named(&after, counter), 7);
    add_encryption(&after, SEAL_ENCRYPTION_RELEASE, SEAL_PART_ALL);
    assert_true(seal_flash_encryption_released(&after));
}

static void development_leaves_release_within_reach(void **state)
{
    (void)state;
    state_each_chip(development_of);
}

/* --- refusals --- */

static int try_encryption(const char *chip, const char *before, const struct seal_wish_lockdown *lockdown,
                          struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    struct seal_efuse state = state_of(seal_chip_find(chip), before);
    seal_fuse_plan_init(plan, &state, SEAL_PATH_UART);
    return seal_flash_encryption_add(plan, SEAL_ENCRYPTION_RELEASE, SEAL_PART_ALL, lockdown, cause);
}

#define KEYED "KEY_PURPOSE_0=4 KEY0=random RD_DIS.0 WR_DIS.23 WR_DIS.8"

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    const struct seal_wish_lockdown keep = {.jtag = SEAL_WORD_KEEP};
    const struct seal_wish_lockdown usb = {.jtag = SEAL_WORD_OFF, .usb_jtag = SEAL_WORD_KEEP};
    assert_int_equal(try_encryption("esp32c3", "", NULL, &plan, &cause), SEAL_ERR_STATE);
    assert_non_null(strstr(cause.text, "flash-encryption key"));
    assert_int_equal(try_encryption("esp32c3", KEYED " WR_DIS.4", NULL, &plan, &cause), SEAL_ERR_STATE);
    assert_non_null(strstr(cause.text, "SPI_BOOT_CRYPT_CNT"));
    assert_int_equal(try_encryption("esp32c3", KEYED " WR_DIS.2", NULL, &plan, &cause), SEAL_ERR_STATE);
    assert_int_equal(try_encryption("esp32c3", KEYED, &keep, &plan, &cause), SEAL_ERR_MISMATCH);
    assert_int_equal(try_encryption("esp32c3", KEYED, &usb, &plan, &cause), SEAL_ERR_MISMATCH);
    assert_int_equal(try_encryption("esp32s2", KEYED, &usb, &plan, &cause), SEAL_OK);
    assert_int_equal(seal_flash_encryption_add(&plan, SEAL_ENCRYPTION_NONE, SEAL_PART_ALL, NULL, &cause),
                     SEAL_ERR_USAGE);
    /* readable, and RD_DIS is locked: it stays readable for ever */
    assert_int_equal(try_encryption("esp32c3", "KEY_PURPOSE_0=4 KEY0=random WR_DIS.0", NULL, &plan, &cause),
                     SEAL_ERR_STATE);
    struct seal_efuse lost = state_of(seal_chip_find("esp32c3"), KEYED " WR_DIS.2");
    struct seal_release_bit bits[SEAL_RELEASE_BITS];
    size_t count = seal_flash_encryption_bits(&lost, bits);
    assert_int_equal(find(bits, count, "DIS_PAD_JTAG")->state, SEAL_RELEASE_LOST);
    assert_int_equal(find(bits, count, "WR_DIS of DIS_ICACHE")->state, SEAL_RELEASE_SET);
}

static void soft_jtag_is_enough_with_its_key(void **state)
{
    (void)state;
    const struct seal_wish_lockdown soft = {.jtag = SEAL_WORD_SOFT};
    struct seal_fuse_plan plan;
    struct seal_efuse after;
    struct seal_cause cause = {0};
    char burned[512];
    must(try_encryption("esp32c3", KEYED " KEY_PURPOSE_1=6 KEY1=random RD_DIS.1", &soft, &plan, &cause),
         seal_chip_find("esp32c3"), &cause);
    burn(&plan, &after);
    state_burns(&plan, burned, sizeof burned);
    assert_non_null(strstr(burned, "SOFT_DIS_JTAG=7"));
    assert_null(strstr(burned, "DIS_PAD_JTAG"));
    assert_true(seal_flash_encryption_released(&after));
    struct seal_efuse no_key = after;
    const struct seal_efuse_field *purpose = seal_chip_field(after.chip, "KEY_PURPOSE_1");
    no_key.words[0][purpose->bit / 32] &= ~(0xFu << purpose->bit % 32);
    assert_false(seal_flash_encryption_released(&no_key));
}

/* Level 1 first would put level 2 out of reach. */
static void the_level_is_the_one_that_was_asked_for(void **state)
{
    (void)state;
    for (unsigned level = 1; level <= 3; level++) {
        const struct seal_wish_lockdown wish = {.dpa =
                                                    (enum seal_word_value)(SEAL_WORD_LEVEL_LOW + level - 1)};
        struct seal_fuse_plan plan;
        struct seal_efuse after;
        struct seal_cause cause = {0};
        must(try_encryption("esp32c5", KEYED, &wish, &plan, &cause), seal_chip_find("esp32c5"), &cause);
        must(seal_lockdown_add(&plan, &wish, SEAL_WORDS_ALL, &cause), seal_chip_find("esp32c5"), &cause);
        burn(&plan, &after);
        assert_int_equal(seal_efuse_get_named(&after, "XTS_DPA_PSEUDO_LEVEL"), level);
        assert_true(seal_flash_encryption_released(&after));
    }
}

/* A counter that is odd and locked is as good as one at its maximum. */
static void a_locked_counter_is_enough(void **state)
{
    (void)state;
    struct seal_efuse after = state_of(seal_chip_find("esp32c3"), KEYED " SPI_BOOT_CRYPT_CNT=1 WR_DIS.4");
    add_encryption(&after, SEAL_ENCRYPTION_RELEASE, SEAL_PART_ALL);
    assert_int_equal(seal_efuse_get_named(&after, "SPI_BOOT_CRYPT_CNT"), 1);
    assert_true(seal_flash_encryption_released(&after));
}

/* --- whole sealings --- */

static struct seal_wish_lockdown doors_of(const struct seal_chip *chip)
{
    bool old = is(chip, "esp32");
    return (struct seal_wish_lockdown){.jtag = SEAL_WORD_OFF,
                                       .download = old ? SEAL_WORD_OFF : SEAL_WORD_SECURE};
}

static void check_sealed(const struct seal_efuse *after)
{
    struct seal_release_bit bits[SEAL_RELEASE_BITS];
    size_t count = seal_secure_boot_bits(after, bits);
    for (size_t i = 0; i < count; i++) {
        if (bits[i].state != SEAL_RELEASE_SET) {
            fail_msg("%s from v%u: %s", after->chip->name, after->chip->first_revision, bits[i].name);
        }
    }
    assert_true(seal_flash_encryption_released(after));
    assert_true(seal_secure_boot_on(after) && seal_secure_boot_released(after));
}

static void sealed_in_one(const struct seal_chip *chip)
{
    const struct seal_wish_secure_boot wish = boot_wish();
    const struct seal_wish_lockdown lockdown = doors_of(chip);
    struct seal_efuse state = state_of(chip, ""), again;
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    for (unsigned round = 0; round < 2; round++) {
        seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
        if (round == 0) {
            add_encryption_key(&plan);
        }
        must(seal_boot_slots_add(&plan, &wish, 0, NULL, &cause), chip, &cause);
        must(seal_boot_slots_add_revocation(&plan, &wish, &cause), chip, &cause);
        must(seal_flash_encryption_add(&plan, SEAL_ENCRYPTION_RELEASE, SEAL_PART_ALL, &lockdown, &cause),
             chip, &cause);
        must(seal_secure_boot_add(&plan, &wish, true, SEAL_PART_ALL, &lockdown, &cause), chip, &cause);
        must(seal_lockdown_add(&plan, &lockdown, SEAL_WORDS_ALL, &cause), chip, &cause);
        must(seal_fuse_plan_close(&plan, NULL, &cause), chip, &cause);
        assert_int_equal(seal_fuse_plan_empty(&plan), round == 1);
        again = state;
        state = plan.after;
    }
    check_sealed(&state);
    assert_memory_equal(again.words, state.words, sizeof state.words);
}

static void every_chip_is_sealed_in_one_plan(void **state)
{
    (void)state;
    state_each_chip(sealed_in_one);
}

/* Locking the curve also locks ECDSA_FORCE_USE_HARDWARE_K on the revisions that have no curve to choose
 * (ESP-IDF ecdsa_ll_is_configurable_curve_supported). */
static void the_curve_is_locked_where_it_can_be_chosen(void **state)
{
    (void)state;
    const unsigned revisions[] = {101, 102};
    for (size_t i = 0; i < 2; i++) {
        struct seal_release_bit bits[SEAL_RELEASE_BITS];
        struct seal_efuse chip = state_of(seal_chip_variant(seal_chip_find("esp32h2"), revisions[i]), "");
        size_t count = seal_secure_boot_bits(&chip, bits);
        assert_int_equal(find(bits, count, "WR_DIS of ECDSA_CURVE_MODE") != NULL, revisions[i] == 102);
    }
}

/* As a job does it: each step read back before the next. */
static void sealed_in_steps(const struct seal_chip *chip)
{
    const struct seal_wish_secure_boot wish = boot_wish();
    const struct seal_wish_lockdown lockdown = doors_of(chip);
    const uint32_t switches = SEAL_PART_FIELDS | SEAL_PART_SWITCH;
    struct seal_efuse state = state_of(chip, "");
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    for (unsigned step = 0; step < 6; step++) {
        seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
        int err = SEAL_OK, more = SEAL_OK;
        if (step == 0) {
            add_encryption_key(&plan);
        }
        if (step == (is(chip, "esp32c2") ? 0u : 1u)) { /* its one block is written once */
            err = seal_boot_slots_add(&plan, &wish, 0, NULL, &cause);
        } else if (step == 2) {
            err = seal_boot_slots_add_revocation(&plan, &wish, &cause);
            more = seal_secure_boot_add(&plan, &wish, true, switches, &lockdown, &cause);
        } else if (step == 3) {
            err = seal_flash_encryption_add(&plan, SEAL_ENCRYPTION_RELEASE, switches, &lockdown, &cause);
            more = seal_lockdown_add(&plan, &lockdown, SEAL_WORDS_ALL & ~SEAL_WORDS_DOORS, &cause);
        } else if (step == 4) {
            err = seal_flash_encryption_add(&plan, SEAL_ENCRYPTION_RELEASE,
                                            SEAL_PART_KEYS | SEAL_PART_PROTECT, &lockdown, &cause);
            more = seal_secure_boot_add(&plan, &wish, true, SEAL_PART_KEYS | SEAL_PART_PROTECT, &lockdown,
                                        &cause);
        } else if (step == 5) {
            err = seal_lockdown_add(&plan, &lockdown, SEAL_WORDS_DOORS, &cause);
        }
        must(err, chip, &cause);
        must(more, chip, &cause);
        must(seal_fuse_plan_close(&plan, NULL, &cause), chip, &cause);
        state = plan.after;
        assert_int_equal(seal_secure_boot_on(&state), step >= 2);
        assert_int_equal(seal_flash_encryption_on(&state), step >= 3);
    }
    check_sealed(&state);
}

static void every_chip_is_sealed_in_steps(void **state)
{
    (void)state;
    state_each_chip(sealed_in_steps);
}

static void boot_alone(const struct seal_chip *chip)
{
    const struct seal_wish_secure_boot wish = boot_wish();
    const struct seal_wish_lockdown lockdown = doors_of(chip);
    struct seal_efuse before = state_of(chip, ""), after;
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    seal_fuse_plan_init(&plan, &before, SEAL_PATH_UART);
    must(seal_boot_slots_add(&plan, &wish, 0, NULL, &cause), chip, &cause);
    burn(&plan, &before);
    seal_fuse_plan_init(&plan, &before, SEAL_PATH_UART);
    must(seal_secure_boot_add(&plan, &wish, true, SEAL_PART_ALL, NULL, &cause), chip, &cause);
    must(seal_lockdown_add(&plan, &lockdown, SEAL_WORDS_ALL, &cause), chip, &cause);
    burn(&plan, &after);

    assert_false(seal_flash_encryption_on(&after));
    assert_true(seal_secure_boot_released(&after));
    each_bit_counts(&before, &after, seal_secure_boot_released);
}

static void each_bit_of_secure_boot_counts(void **state)
{
    (void)state;
    state_each_chip(boot_alone);
}

static void development_boots_signed_and_stays_open(void **state)
{
    (void)state;
    const struct seal_wish_secure_boot wish = boot_wish();
    struct seal_efuse before = state_of(seal_chip_find("esp32c3"), "");
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    char burned[512];
    seal_fuse_plan_init(&plan, &before, SEAL_PATH_UART);
    must(seal_boot_slots_add(&plan, &wish, 0, NULL, &cause), before.chip, &cause);
    burn(&plan, &before);
    seal_fuse_plan_init(&plan, &before, SEAL_PATH_UART);
    must(seal_secure_boot_add(&plan, &wish, false, SEAL_PART_FIELDS | SEAL_PART_SWITCH, NULL, &cause),
         before.chip, &cause);
    burn(&plan, &before);
    state_burns(&plan, burned, sizeof burned);
    assert_string_equal(burned, "SECURE_BOOT_EN=1 DIS_DIRECT_BOOT=1");
}

static void wishes_that_a_chip_lacks(void **state)
{
    (void)state;
    struct seal_wish_secure_boot wish = boot_wish();
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    struct seal_efuse c3 = state_of(seal_chip_find("esp32c3"), ""),
                      c5 = state_of(seal_chip_find("esp32c5"), "");
    struct seal_efuse c2 = state_of(seal_chip_find("esp32c2"), "");
    seal_fuse_plan_init(&plan, &c3, SEAL_PATH_UART);
    wish.sha384 = true;
    assert_int_equal(seal_secure_boot_add(&plan, &wish, true, SEAL_PART_ALL, NULL, &cause),
                     SEAL_ERR_UNSUPPORTED);
    seal_fuse_plan_init(&plan, &c5, SEAL_PATH_UART);
    assert_int_equal(seal_secure_boot_add(&plan, &wish, true, SEAL_PART_FIELDS, NULL, &cause), SEAL_OK);
    struct seal_efuse after;
    burn(&plan, &after);
    assert_int_equal(seal_efuse_get_named(&after, "SECURE_BOOT_SHA384_EN"), 1);
    wish.sha384 = false;
    wish.aggressive_revoke = true;
    seal_fuse_plan_init(&plan, &c2, SEAL_PATH_UART);
    assert_int_equal(seal_secure_boot_add(&plan, &wish, true, SEAL_PART_ALL, NULL, &cause),
                     SEAL_ERR_UNSUPPORTED);
    wish.version = 1;
    assert_int_equal(seal_secure_boot_add(&plan, &wish, true, SEAL_PART_ALL, NULL, &cause),
                     SEAL_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_has_its_list),
        cmocka_unit_test(release_mode_holds_and_each_bit_counts),
        cmocka_unit_test(development_leaves_release_within_reach),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(soft_jtag_is_enough_with_its_key),
        cmocka_unit_test(the_level_is_the_one_that_was_asked_for),
        cmocka_unit_test(a_locked_counter_is_enough),
        cmocka_unit_test(every_chip_is_sealed_in_one_plan),
        cmocka_unit_test(every_chip_is_sealed_in_steps),
        cmocka_unit_test(the_curve_is_locked_where_it_can_be_chosen),
        cmocka_unit_test(each_bit_of_secure_boot_counts),
        cmocka_unit_test(development_boots_signed_and_stays_open),
        cmocka_unit_test(wishes_that_a_chip_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
