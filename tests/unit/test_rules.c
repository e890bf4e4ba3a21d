/* Every rule has a burn that trips it and one that passes, and is overridden by its name only. */
#include "unit.h"

#include <espseal/hex.h>
#include <espseal/rules.h>

#include <stdlib.h>
#include <string.h>

/* before and burn: words "FIELD=0x1", "KEY0=random|zero|ones|count", "BLOCK2=random", "WR_DIS.8" (one bit).
 */
struct rule_case {
    const char *rule;
    bool trips;
    const char *chip, *before, *burn;
    enum seal_path path;
    const char *zeroes; /* fields that shall be 0 */
};

#define DS "KEY_PURPOSE_0=7 KEY0=random"
#define XTS "KEY_PURPOSE_0=4 KEY0=random"
#define DIGEST "KEY_PURPOSE_1=9 KEY1=random"

static const struct rule_case cases[] = {
    {"FE-NO-KEY", true, "esp32c3", "", "SPI_BOOT_CRYPT_CNT=1", 0, NULL},
    {"FE-NO-KEY", true, "esp32c3", "KEY_PURPOSE_0=4", "SPI_BOOT_CRYPT_CNT=7", 0, NULL},
    {"FE-NO-KEY", true, "esp32s3", "KEY_PURPOSE_0=2 KEY0=random", "SPI_BOOT_CRYPT_CNT=1", 0, NULL},
    {"FE-NO-KEY", true, "esp32", "", "FLASH_CRYPT_CNT=1", 0, NULL},
    {"FE-NO-KEY", true, "esp32c2", "", "SPI_BOOT_CRYPT_CNT=1", 0, NULL},
    {"FE-NO-KEY", false, "esp32c3", XTS, "SPI_BOOT_CRYPT_CNT=1", 0, NULL},
    {"FE-NO-KEY", false, "esp32c3", "", XTS " SPI_BOOT_CRYPT_CNT=1 RD_DIS.0", 0, NULL},
    {"FE-NO-KEY", false, "esp32c3", "KEY_PURPOSE_0=4 RD_DIS.0", "SPI_BOOT_CRYPT_CNT=1", 0, NULL},
    {"FE-NO-KEY", false, "esp32c3", "SPI_BOOT_CRYPT_CNT=1", "SPI_BOOT_CRYPT_CNT=3", 0, NULL},
    {"FE-NO-KEY", false, "esp32", "BLOCK1=random", "FLASH_CRYPT_CNT=1", 0, NULL},
    {"FE-NO-KEY", false, "esp32c2", "KEY0=random", "SPI_BOOT_CRYPT_CNT=1", 0, NULL},
    {"FE-MIXED-KEYS", true, "esp32c3", XTS, "KEY_PURPOSE_1=4 KEY1=random", 0, NULL},
    {"FE-MIXED-KEYS", true, "esp32s3", XTS, "KEY_PURPOSE_1=2 KEY1=random", 0, NULL},
    {"FE-MIXED-KEYS", false, "esp32s3", "", "KEY_PURPOSE_0=2 KEY0=random KEY_PURPOSE_1=3 KEY1=random", 0,
     NULL},
    {"KEY-WEAK", true, "esp32c3", "", "KEY_PURPOSE_0=8 WR_DIS.23", 0, NULL},
    {"KEY-WEAK", true, "esp32c3", "", "KEY_PURPOSE_0=8 KEY0=ones", 0, NULL},
    {"KEY-WEAK", true, "esp32c3", "", "KEY_PURPOSE_0=8 KEY0=count", 0, NULL},
    {"KEY-WEAK", true, "esp32c3", "KEY_PURPOSE_0=8", "KEY0=text", 0, NULL},
    {"KEY-WEAK", false, "esp32c3", "", "KEY_PURPOSE_0=8 KEY0=random WR_DIS.23", 0, NULL},
    {"KEY-WEAK", false, "esp32c3", "", "KEY0=count", 0, NULL},
    {"KEY-XTS-BLOCK", true, "esp32c3", "", "KEY_PURPOSE_5=4 KEY5=random", 0, NULL},
    {"KEY-XTS-BLOCK", true, "esp32h2", "", "KEY_PURPOSE_5=1 KEY5=random", 0, NULL},
    {"KEY-XTS-BLOCK", false, "esp32c3", "", "KEY_PURPOSE_4=4 KEY4=random", 0, NULL},
    {"KEY-XTS-BLOCK", false, "esp32s2", "", "KEY_PURPOSE_5=4 KEY5=random", 0, NULL},
    {"KEY-IN-USE", true, "esp32c3", "KEY0=count", "KEY0=random", 0, NULL},
    {"KEY-IN-USE", true, "esp32c3", "RD_DIS.0", "KEY0=random", 0, NULL},
    {"KEY-IN-USE", false, "esp32c3", "KEY1=count", "KEY0=random", 0, NULL},
    {"KEY-IN-USE", false, "esp32c3", "KEY0=random", "KEY0=random", 0, NULL},
    {"PURPOSE-CLEAR", true, "esp32c3", "KEY_PURPOSE_0=5", "KEY_PURPOSE_0=4", 0, "KEY_PURPOSE_0=1"},
    {"PURPOSE-CLEAR", false, "esp32c3", "KEY_PURPOSE_0=4", "KEY_PURPOSE_0=5", 0, "KEY_PURPOSE_0=2"},
    {"FIELD-CLEAR", true, "esp32c3", "WDT_DELAY_SEL=3", "", 0, "WDT_DELAY_SEL=1"},
    {"FIELD-CLEAR", false, "esp32c3", "WDT_DELAY_SEL=2", "", 0, "WDT_DELAY_SEL=1"},
    {"ROLLBACK-FALLS", true, "esp32c3", "SECURE_VERSION=7", "", 0, "SECURE_VERSION=4"},
    {"ROLLBACK-FALLS", false, "esp32c3", "SECURE_VERSION=7", "SECURE_VERSION=0xf", 0,
     "SECURE_VERSION=0xfff0"},
    {"RS-WRITTEN", true, "esp32c3", "BLOCK3=count", "BLOCK3=random", 0, NULL},
    {"RS-WRITTEN", false, "esp32c3", "", "BLOCK3=random", 0, NULL},
    {"RS-WRITTEN", false, "esp32", "BLOCK3=count", "BLOCK3=random", 0, NULL},
    {"SB-NO-DIGEST", true, "esp32c3", "", "SECURE_BOOT_EN=1", 0, NULL},
    {"SB-NO-DIGEST", true, "esp32c3", DIGEST " SECURE_BOOT_KEY_REVOKE0=1", "SECURE_BOOT_EN=1", 0, NULL},
    {"SB-NO-DIGEST", true, "esp32c3", DIGEST " RD_DIS.1", "SECURE_BOOT_EN=1", 0, NULL},
    {"SB-NO-DIGEST", true, "esp32", "", "ABS_DONE_1=1", 0, NULL},
    {"SB-NO-DIGEST", true, "esp32c2", "", "SECURE_BOOT_EN=1", 0, NULL},
    {"SB-NO-DIGEST", false, "esp32c3", DIGEST, "SECURE_BOOT_EN=1", 0, NULL},
    {"SB-NO-DIGEST", false, "esp32c3", "", DIGEST " SECURE_BOOT_EN=1", 0, NULL},
    {"SB-NO-DIGEST", false, "esp32", "BLOCK2=random", "ABS_DONE_1=1", 0, NULL},
    {"SB-NO-DIGEST", false, "esp32c2", "KEY0=random", "SECURE_BOOT_EN=1", 0, NULL},
    {"SB-DIGEST-HIDDEN", true, "esp32c3", DIGEST, "RD_DIS.1", 0, NULL},
    {"SB-DIGEST-HIDDEN", true, "esp32c3", "RD_DIS.1", "KEY_PURPOSE_1=9", 0, NULL},
    {"SB-DIGEST-HIDDEN", true, "esp32", "BLOCK2=random ABS_DONE_1=1", "RD_DIS.1", 0, NULL},
    {"SB-DIGEST-HIDDEN", false, "esp32c3", DIGEST, "RD_DIS.0", 0, NULL},
    {"SB-DIGEST-ZERO", true, "esp32c3", "", "KEY_PURPOSE_1=9 WR_DIS.24", 0, NULL},
    {"SB-DIGEST-ZERO", true, "esp32c3", "", "KEY_PURPOSE_1=9 KEY1=ones", 0, NULL},
    {"SB-DIGEST-ZERO", false, "esp32c3", "", DIGEST " WR_DIS.24", 0, NULL},
    {"SB-LOCKS-RDDIS", true, "esp32c3", DS, DIGEST " SECURE_BOOT_EN=1", 0, NULL},
    {"SB-LOCKS-RDDIS", false, "esp32c3", DS, DIGEST " SECURE_BOOT_EN=1 RD_DIS.0", 0, NULL},
    {"SB-LOCKS-RDDIS", false, "esp32c3", "", DIGEST " SECURE_BOOT_EN=1", 0, NULL},
    {"SB-REVOKE-LAST", true, "esp32c3", DIGEST " SECURE_BOOT_EN=1", "SECURE_BOOT_KEY_REVOKE0=1", 0, NULL},
    {"SB-REVOKE-LAST", true, "esp32c3", "SECURE_BOOT_KEY_REVOKE0=1 SECURE_BOOT_KEY_REVOKE1=1",
     "SECURE_BOOT_KEY_REVOKE2=1", 0, NULL},
    {"SB-REVOKE-LAST", false, "esp32c3", DIGEST " SECURE_BOOT_EN=1", "SECURE_BOOT_KEY_REVOKE1=1", 0, NULL},
    {"SB-REVISION", true, "esp32", "BLOCK2=random", "ABS_DONE_1=1", 0, NULL},
    {"SB-REVISION", true, "esp32c3", DIGEST, "SECURE_BOOT_EN=1", 0, NULL},
    {"SB-REVISION", false, "esp32c3", DIGEST " WAFER_VERSION_MINOR_LO=3", "SECURE_BOOT_EN=1", 0, NULL},
    {"HIDES-NOTHING", true, "esp32c3", "", "RD_DIS.2", 0, NULL},
    {"HIDES-NOTHING", false, "esp32c3", DS, "RD_DIS.0", 0, NULL},
    {"RDDIS-LOCK", true, "esp32c3", DS, "WR_DIS.0", 0, NULL},
    {"RDDIS-LOCK", false, "esp32c3", DS " RD_DIS.0", "WR_DIS.0", 0, NULL},
    {"DOORS-EARLY", true, "esp32c3", DS, "ENABLE_SECURITY_DOWNLOAD=1", 0, NULL},
    {"DOORS-EARLY", true, "esp32c3", "KEY_PURPOSE_3=9", "DIS_DOWNLOAD_MODE=1", 0, NULL},
    {"DOORS-EARLY", false, "esp32c3", DS, "RD_DIS.0 ENABLE_SECURITY_DOWNLOAD=1", 0, NULL},
    {"LINK-CUT", true, "esp32c3", "", "DIS_USB_SERIAL_JTAG=1", SEAL_PATH_USB_SERIAL_JTAG, NULL},
    {"LINK-CUT", true, "esp32s3", "", "DIS_USB_OTG=1", SEAL_PATH_USB_OTG, NULL},
    {"LINK-CUT", false, "esp32c3", "", "DIS_USB_SERIAL_JTAG=1", SEAL_PATH_UART, NULL},
    {"USB-BOTH-CLOSED", true, "esp32s3", "DIS_USB_JTAG=1", "DIS_USB_SERIAL_JTAG=1", 0, NULL},
    {"USB-BOTH-CLOSED", false, "esp32s3", "", "DIS_USB_SERIAL_JTAG=1", 0, NULL},
    {"CACHE-OFF", true, "esp32c3", "", "DIS_ICACHE=1", 0, NULL},
    {"CACHE-OFF", true, "esp32s3", "", "DIS_DCACHE=1", 0, NULL},
    {"CACHE-OFF", true, "esp32", "", "DIS_CACHE=1", 0, NULL},
    {"CACHE-OFF", false, "esp32c3", "DIS_ICACHE=1", "DIS_DOWNLOAD_ICACHE=1 WR_DIS.2", 0, NULL},
    {"FLASH-VOLTAGE", true, "esp32", "", "XPD_SDIO_FORCE=1 XPD_SDIO_REG=1", 0, NULL},
    {"FLASH-VOLTAGE", true, "esp32s3", "", "VDD_SPI_FORCE=1", 0, NULL},
    {"FLASH-VOLTAGE", false, "esp32", "", "XPD_SDIO_FORCE=1 XPD_SDIO_REG=1 XPD_SDIO_TIEH=1", 0, NULL},
    {"REVISION-UNKNOWN", true, "esp32c3", "WAFER_VERSION_MAJOR=3", "DIS_PAD_JTAG=1", 0, NULL},
    {"REVISION-UNKNOWN", false, "esp32c3", "WAFER_VERSION_MAJOR=1", "DIS_PAD_JTAG=1", 0, NULL},
    {"CODING-SCHEME", true, "esp32", "BLOCK1=random", "CODING_SCHEME=1", 0, NULL},
    {"CODING-SCHEME", true, "esp32", "CODING_SCHEME=1", "ABS_DONE_1=1", 0, NULL},
    {"CODING-SCHEME", false, "esp32", "", "CODING_SCHEME=1", 0, NULL},
    {"C2-ONE-WRITE", true, "esp32c2", "", "KEY0=low", 0, NULL},
    {"C2-ONE-WRITE", false, "esp32c2", "", "KEY0=random", 0, NULL},
    {"ECDSA-CURVE", true, "esp32c61", "", "KEY_PURPOSE_0=1 KEY0=random", 0, "none"},
    {"ECDSA-CURVE", false, "esp32c5", "", "KEY_PURPOSE_0=1 KEY0=random", 0, NULL},
    {"ECDSA-HALF", true, "esp32c5", "", "KEY_PURPOSE_0=17 KEY0=random", 0, NULL},
    {"ECDSA-HALF", false, "esp32c5", "", "KEY_PURPOSE_0=17 KEY0=random KEY_PURPOSE_1=18 KEY1=random", 0,
     NULL},
    {"PURPOSE-UNKNOWN", true, "esp32c3", "", "KEY_PURPOSE_0=15", 0, NULL},
    {"PURPOSE-UNKNOWN", true, "esp32c3", "", "KEY_PURPOSE_0=1", 0, NULL},
    {"PURPOSE-UNKNOWN", false, "esp32c3", "", "KEY_PURPOSE_0=8", 0, NULL},
};

static void fill(uint32_t words[SEAL_EFUSE_WORDS], const char *how)
{
    uint32_t state = 12345;
    for (uint32_t i = 0; i < 32; i++) {
        state = state * 1664525u + 1013904223u;
        uint32_t byte = strcmp(how, "ones") == 0    ? 0xff
                        : strcmp(how, "count") == 0 ? i
                        : strcmp(how, "text") == 0  ? (uint32_t) "password"[i % 8]
                        : strcmp(how, "zero") == 0  ? 0
                                                    : state >> 24;
        if (strcmp(how, "low") == 0 && i >= 16) {
            byte = 0;
        }
        words[i / 4] |= byte << 8 * (i % 4);
    }
}

static void set_word(const struct seal_chip *chip, struct seal_burn *burn, char *word)
{
    char *sign = strpbrk(word, "=.");
    uint32_t value = 0;
    assert_non_null(sign);
    char kind = *sign;
    *sign = '\0';
    int block = seal_chip_block(chip, word);
    if (block >= 0) {
        fill(burn->words[block], sign + 1);
        return;
    }
    assert_int_equal(seal_parse_u32(sign + 1, 0xFFFFFFFF, &value), 0);
    struct seal_cause cause = {0};
    if (seal_burn_field(chip, burn, word, kind == '.' ? 1u << value : value, &cause) != 0) {
        fail_msg("%s", cause.text);
    }
}

static struct seal_burn parse(const struct seal_chip *chip, const char *text)
{
    struct seal_burn burn = {0};
    char *copy = strdup(text), *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        set_word(chip, &burn, word);
    }
    free(copy);
    return burn;
}

/* The ESP32-C61 without its peripheral: no chip of the tables has a purpose of a curve that it lacks. */
static struct seal_chip without_ecdsa;

static void make_view(const struct rule_case *c, struct seal_efuse *before, struct seal_burn *burn,
                      struct seal_burn *zeroes, struct seal_rule_view *view)
{
    const struct seal_chip *chip = seal_chip_find(c->chip);
    bool strip = c->zeroes != NULL && strcmp(c->zeroes, "none") == 0;
    if (strip) {
        without_ecdsa = *chip;
        memset(without_ecdsa.ecdsa_curves, 0, sizeof without_ecdsa.ecdsa_curves);
        chip = &without_ecdsa;
    }
    struct seal_burn held = parse(chip, c->before);
    *before = (struct seal_efuse){.chip = chip, .loaded = ~0u};
    memcpy(before->words, held.words, sizeof before->words);
    *burn = parse(chip, c->burn);
    *zeroes = parse(chip, c->zeroes != NULL && !strip ? c->zeroes : "");
    seal_rule_view_make(before, burn, (const uint32_t(*)[SEAL_EFUSE_WORDS])zeroes->words, c->path, view);
}

static void every_case_trips_or_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct seal_rule *rule = seal_rule_find(cases[i].rule);
        struct seal_rule_view view;
        struct seal_efuse before;
        struct seal_burn burn, zeroes;
        char detail[160] = "";
        assert_non_null(rule);
        make_view(&cases[i], &before, &burn, &zeroes, &view);
        if (rule->trips(&view, detail, sizeof detail) != cases[i].trips) {
            fail_msg("%s on the %s: \"%s\" after \"%s\" should%s trip", cases[i].rule, cases[i].chip,
                     cases[i].burn, cases[i].before, cases[i].trips ? "" : " not");
        }
        assert_int_equal(detail[0] != '\0', cases[i].trips);
    }
}

static void every_rule_has_both(void **state)
{
    (void)state;
    for (const struct seal_rule *rule = seal_rules; rule->name != NULL; rule++) {
        unsigned seen[2] = {0};
        assert_non_null(rule->sentence);
        assert_non_null(rule->reason);
        assert_non_null(rule->source);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            seen[cases[i].trips] += strcmp(cases[i].rule, rule->name) == 0;
        }
        if (seen[0] == 0 || seen[1] == 0) {
            fail_msg("%s has %u cases that trip and %u that pass", rule->name, seen[1], seen[0]);
        }
    }
}

static void count_reports(void *ctx, const struct seal_rule *rule, const char *detail, bool allowed)
{
    unsigned *counts = ctx;
    (void)rule;
    assert_true(detail[0] != '\0');
    counts[allowed]++;
}

static void a_rule_is_overridden_by_its_name_only(void **state)
{
    static const char *const other[] = {"FE-NO-KEY", NULL}, *const own[] = {"SB-NO-DIGEST", NULL};
    static const char *const absolute[] = {"RS-WRITTEN", NULL}, *const unknown[] = {"ALL", NULL};
    const struct rule_case c = {
        "", true, "esp32c3", "WAFER_VERSION_MINOR_LO=3", "SECURE_BOOT_EN=1", SEAL_PATH_UART, NULL};
    struct seal_rule_view view;
    struct seal_efuse before;
    struct seal_burn burn, zeroes;
    struct seal_cause cause = {0};
    unsigned counts[2] = {0};
    (void)state;
    make_view(&c, &before, &burn, &zeroes, &view);
    assert_int_equal(seal_rules_check(&view, NULL, NULL, NULL, &cause), SEAL_ERR_RULE);
    assert_non_null(strstr(cause.text, "SB-NO-DIGEST"));
    assert_non_null(strstr(cause.hint, "--allow SB-NO-DIGEST"));
    assert_int_equal(seal_rules_check(&view, other, count_reports, counts, &cause), SEAL_ERR_RULE);
    assert_int_equal(seal_rules_check(&view, own, count_reports, counts, &cause), 0);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 1);
    assert_int_equal(seal_rules_check(&view, absolute, NULL, NULL, &cause), SEAL_ERR_USAGE);
    assert_int_equal(seal_rules_check(&view, unknown, NULL, NULL, &cause), SEAL_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_trips_or_passes),
        cmocka_unit_test(every_rule_has_both),
        cmocka_unit_test(a_rule_is_overridden_by_its_name_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
