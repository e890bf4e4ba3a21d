/* Every check of the audit: a device that passes it, one that fails it, and what cannot be read. */
#include "audit_rig.h"

/* zero is the common case */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define FE "KEY_PURPOSE_0=4 KEY0=random RD_DIS.0 WR_DIS.23 WR_DIS.8 SPI_BOOT_CRYPT_CNT=7"
#define SB "DIGEST1 KEY_PURPOSE_1=9 WR_DIS.24 WR_DIS.9 SECURE_BOOT_EN=1"
#define ALL (FLASH_WHOLE | FLASH_SIGNED)

static const struct row {
    const char *id;
    enum seal_audit_verdict verdict;
    const char *fuses;
    unsigned flash, how;
    const char *chip;           /* NULL: ESP32-C3 */
    const char *says;           /* in the evidence; NULL: anything */
    const char *config, *value; /* of the firmware's options */
} rows[] = {
    {"SB-ENABLED", SEAL_AUDIT_PASS, SB, 0, 0},
    {"SB-ENABLED", SEAL_AUDIT_FAIL, "", 0, 0},
    {"SB-ENABLED", SEAL_AUDIT_FAIL, "SECURE_BOOT_EN=1", 0, 0, "esp32c5", "from v0.1"},
    {"SB-ENABLED", SEAL_AUDIT_PASS, "ABS_DONE_1=1", 0, 0, "esp32"},
    {"SB-ENABLED", SEAL_AUDIT_UNKNOWN, "ABS_DONE_1=1", 0, RIG_FILE, "esp32"},
    {"SB-ENABLED", SEAL_AUDIT_PASS, "", 0, RIG_NO_FUSES},
    {"SB-ENABLED", SEAL_AUDIT_UNKNOWN, "", 0, RIG_SILENT},
    {"SB-DIGEST", SEAL_AUDIT_PASS, SB, 0, 0},
    {"SB-DIGEST", SEAL_AUDIT_FAIL, "SECURE_BOOT_EN=1", 0, 0},
    {"SB-DIGEST", SEAL_AUDIT_FAIL, SB " SECURE_BOOT_KEY_REVOKE0=1", 0, 0, NULL, "revoked"},
    {"SB-DIGEST", SEAL_AUDIT_FAIL, SB " RD_DIS.1", 0, 0, NULL, "read-protected"},
    {"SB-DIGEST", SEAL_AUDIT_PASS, "DIGEST0 ABS_DONE_1=1", 0, 0, "esp32"},
    {"SB-DIGEST", SEAL_AUDIT_PASS, "DIGEST0 SECURE_BOOT_EN=1", 0, 0, "esp32c2"},
    {"SB-DIGEST", SEAL_AUDIT_FAIL, "DIGEST0 SECURE_BOOT_EN=1 RD_DIS.1", 0, 0, "esp32c2"},
    {"SB-DIGEST", SEAL_AUDIT_UNKNOWN, "", 0, RIG_NO_FUSES},
    {"SB-DIGEST", SEAL_AUDIT_NOT_APPLICABLE, "", 0, 0},
    {"SB-DIGEST-WR", SEAL_AUDIT_PASS, SB, 0, 0},
    {"SB-DIGEST-WR", SEAL_AUDIT_FAIL, "DIGEST1 KEY_PURPOSE_1=9 SECURE_BOOT_EN=1", 0, 0},
    {"SB-UNUSED", SEAL_AUDIT_PASS, SB " SECURE_BOOT_KEY_REVOKE1=1 SECURE_BOOT_KEY_REVOKE2=1", 0, 0},
    {"SB-UNUSED", SEAL_AUDIT_FAIL, SB " SECURE_BOOT_KEY_REVOKE1=1", 0, 0, NULL, "slot 2 is not"},
    {"SB-UNUSED", SEAL_AUDIT_NOT_APPLICABLE, "DIGEST0 ABS_DONE_1=1", 0, 0, "esp32"},
    {"SB-RD-DIS", SEAL_AUDIT_PASS, SB " WR_DIS.0", 0, 0},
    {"SB-RD-DIS", SEAL_AUDIT_FAIL, SB, 0, 0},
    {"SB-RELEASE", SEAL_AUDIT_PASS, SB " ENABLE_SECURITY_DOWNLOAD=1", 0, RIG_RELEASE},
    {"SB-RELEASE", SEAL_AUDIT_FAIL, SB, 0, 0},
    {"SB-RELEASE", SEAL_AUDIT_PASS, "DIGEST0 WR_DIS.8 ABS_DONE_1=1 UART_DOWNLOAD_DIS=1", 0, RIG_RELEASE,
     "esp32"},
    {"SB-RELEASE", SEAL_AUDIT_UNKNOWN, "", 0, RIG_NO_FUSES},
    {"SB-IMAGES", SEAL_AUDIT_PASS, SB, ALL, 0},
    {"SB-IMAGES", SEAL_AUDIT_FAIL, SB, FLASH_WHOLE, 0},
    {"SB-IMAGES", SEAL_AUDIT_FAIL, SB " SECURE_BOOT_KEY_REVOKE0=1", ALL, 0},
    {"SB-IMAGES", SEAL_AUDIT_FAIL, SB " RD_DIS.1", ALL, 0},
    {"SB-IMAGES", SEAL_AUDIT_PASS, FE " " SB, ALL | FLASH_CIPHER, 0},
    {"SB-IMAGES", SEAL_AUDIT_PASS, FE " " SB, ALL | FLASH_CIPHER, RIG_HIDE | RIG_GIVE_KEY},
    {"SB-IMAGES", SEAL_AUDIT_UNKNOWN, FE " " SB, ALL | FLASH_CIPHER, RIG_HIDE, NULL, "--flash-key"},
    {"SB-IMAGES", SEAL_AUDIT_UNKNOWN, SB, ALL, RIG_NO_FLASH},
    {"SB-IMAGES", SEAL_AUDIT_FAIL, "BLOCK2=random ABS_DONE_0=1", FLASH_WHOLE, 0, "esp32"},
    {"SB-SCHEME", SEAL_AUDIT_PASS, SB, ALL, 0},
    {"SB-SCHEME", SEAL_AUDIT_FAIL, "ABS_DONE_0=1", 0, 0, "esp32"},
    {"SB-SCHEME", SEAL_AUDIT_UNKNOWN, SB, 0, 0, "esp32c5"},
    {"SB-SCHEME", SEAL_AUDIT_UNKNOWN, "", 0, RIG_SILENT},
    {"BOOT", SEAL_AUDIT_PASS, "", FLASH_WHOLE, 0},
    {"BOOT", SEAL_AUDIT_PASS, "", FLASH_WHOLE, RIG_LIVE},
    {"BOOT", SEAL_AUDIT_FAIL, "", FLASH_TABLE, 0},
    {"BOOT", SEAL_AUDIT_FAIL, "", FLASH_WHOLE | FLASH_OTHER, 0, NULL, "chip"},
    {"BOOT", SEAL_AUDIT_UNKNOWN, "", 0, RIG_NO_FLASH},
    {"FE-ENABLED", SEAL_AUDIT_PASS, FE, 0, 0},
    {"FE-ENABLED", SEAL_AUDIT_FAIL, "", 0, 0},
    {"FE-ENABLED", SEAL_AUDIT_FAIL, "SPI_BOOT_CRYPT_CNT=3", 0, 0},
    {"FE-ENABLED", SEAL_AUDIT_PASS, "", 0, RIG_NO_FUSES},
    {"FE-ENABLED", SEAL_AUDIT_UNKNOWN, "", 0, RIG_SILENT},
    {"FE-RELEASE", SEAL_AUDIT_PASS, FE, 0, RIG_RELEASE},
    {"FE-RELEASE", SEAL_AUDIT_FAIL, FE, 0, 0},
    {"FE-KEY", SEAL_AUDIT_PASS, FE, 0, 0},
    {"FE-KEY", SEAL_AUDIT_PASS, FE, 0, RIG_HIDE},
    {"FE-KEY", SEAL_AUDIT_FAIL, "KEY_PURPOSE_0=4 KEY0=random WR_DIS.23 WR_DIS.8 SPI_BOOT_CRYPT_CNT=7", 0, 0},
    {"FE-KEY", SEAL_AUDIT_FAIL, "SPI_BOOT_CRYPT_CNT=7", 0, 0},
    {"FE-KEY", SEAL_AUDIT_FAIL, FE " KEY_PURPOSE_2=4 KEY2=random RD_DIS.2 WR_DIS.25 WR_DIS.10", 0, 0, NULL,
     "do not make one key"},
    {"FE-KEY", SEAL_AUDIT_PASS, "BLOCK1=random RD_DIS.0 WR_DIS.7 FLASH_CRYPT_CNT=1", 0, 0, "esp32"},
    {"FE-KEY", SEAL_AUDIT_FAIL, "BLOCK1=random WR_DIS.7 FLASH_CRYPT_CNT=1", 0, 0, "esp32"},
    {"FE-KEY", SEAL_AUDIT_NOT_APPLICABLE, "", 0, 0, "esp32"},
    {"FE-KEY", SEAL_AUDIT_NOT_APPLICABLE, "", 0, 0, "esp32c2"},
    {"FE-KEY", SEAL_AUDIT_FAIL, "KEY0=random XTS_KEY_LENGTH_256=1 RD_DIS.0 WR_DIS.7 SPI_BOOT_CRYPT_CNT=7", 0,
     0, "esp32c2", "upper half"},
    {"FE-KEY", SEAL_AUDIT_FAIL,
     "KEY_PURPOSE_0=2 KEY0=random RD_DIS.0 WR_DIS.23 WR_DIS.8 SPI_BOOT_CRYPT_CNT=7", 0, 0, "esp32s3",
     "do not make one key"},
    {"FE-KEY", SEAL_AUDIT_PASS,
     "KEY_PURPOSE_0=2 KEY0=random RD_DIS.0 WR_DIS.23 WR_DIS.8 KEY_PURPOSE_1=3 KEY1=random RD_DIS.1 WR_DIS.24 "
     "WR_DIS.9 SPI_BOOT_CRYPT_CNT=7",
     0, 0, "esp32s3"},
    {"FE-KEY", SEAL_AUDIT_UNKNOWN, "SPI_BOOT_CRYPT_CNT=7 FORCE_USE_KEY_MANAGER_KEY=2", 0, 0, "esp32p4"},
    {"FE-PLAINTEXT", SEAL_AUDIT_PASS, FE, FLASH_WHOLE | FLASH_CIPHER, 0},
    {"FE-PLAINTEXT", SEAL_AUDIT_PASS, FE, FLASH_WHOLE | FLASH_CIPHER, RIG_LIVE},
    {"FE-PLAINTEXT", SEAL_AUDIT_PASS, "BLOCK1=random FLASH_CRYPT_CNT=1 FLASH_CRYPT_CONFIG=15",
     FLASH_WHOLE | FLASH_CIPHER, 0, "esp32"},
    {"FE-PLAINTEXT", SEAL_AUDIT_FAIL, FE, FLASH_WHOLE, 0, NULL, "bootloader is in the clear"},
    {"FE-PLAINTEXT", SEAL_AUDIT_FAIL, FE, FLASH_WHOLE | FLASH_REST, 0, NULL,
     "factory is in the clear at 0x10000"},
    {"FE-PLAINTEXT", SEAL_AUDIT_FAIL, FE, FLASH_TABLE, RIG_HIDE, NULL, "partition table is in the clear"},
    {"FE-PLAINTEXT", SEAL_AUDIT_FAIL, FE, FLASH_WHOLE | FLASH_CIPHER | FLASH_KEYS_PLAIN, 0, NULL, "nvs_keys"},
    {"FE-PLAINTEXT", SEAL_AUDIT_UNKNOWN, FE, FLASH_WHOLE | FLASH_CIPHER, RIG_HIDE, NULL, "--flash-key"},
    {"FE-PLAINTEXT", SEAL_AUDIT_UNKNOWN, FE, FLASH_WHOLE | FLASH_CIPHER | FLASH_CUT, 0, NULL, "was not read"},
    {"FE-PLAINTEXT", SEAL_AUDIT_UNKNOWN, FE, 0, RIG_NO_FLASH},
    {"DPA-LEVEL", SEAL_AUDIT_PASS, "XTS_DPA_PSEUDO_LEVEL=1", 0, 0, "esp32c5"},
    {"DPA-LEVEL", SEAL_AUDIT_FAIL, "", 0, 0, "esp32c5"},
    {"DPA-LEVEL", SEAL_AUDIT_NOT_APPLICABLE, "", 0, 0},
    {"ID-PERIPHERAL", SEAL_AUDIT_PASS, "", FLASH_TABLE | FLASH_DS, 0},
    {"ID-PERIPHERAL", SEAL_AUDIT_FAIL, "", FLASH_TABLE | FLASH_CERT | FLASH_KEY, 0},
    {"ID-PERIPHERAL", SEAL_AUDIT_NOT_APPLICABLE, "", FLASH_TABLE, 0},
    {"ID-PERIPHERAL", SEAL_AUDIT_UNKNOWN, "", FLASH_TABLE, RIG_NO_FLASH},
    {"ID-PERIPHERAL", SEAL_AUDIT_UNKNOWN, FE, FLASH_TABLE | FLASH_CIPHER, RIG_HIDE},
    {"ID-KEY", SEAL_AUDIT_PASS, "KEY_PURPOSE_0=7 KEY0=random RD_DIS.0 WR_DIS.23 WR_DIS.8", 0, 0},
    {"ID-KEY", SEAL_AUDIT_FAIL, "KEY_PURPOSE_0=7 KEY0=random", 0, 0, NULL, "is readable and writable"},
    {"ID-KEY", SEAL_AUDIT_NOT_APPLICABLE, "", 0, 0},
    {"ID-CERT", SEAL_AUDIT_PASS, "", FLASH_TABLE | FLASH_CERT, 0, NULL, "CN=audit"},
    {"ID-CERT", SEAL_AUDIT_FAIL, "", FLASH_TABLE | FLASH_CERT_BAD, 0},
    {"ID-PROOF", SEAL_AUDIT_PASS, "", FLASH_TABLE | FLASH_DS, RIG_PROVEN},
    {"ID-PROOF", SEAL_AUDIT_FAIL, "", FLASH_TABLE | FLASH_DS, RIG_DISPROVEN},
    {"ID-PROOF", SEAL_AUDIT_UNKNOWN, "", FLASH_TABLE | FLASH_DS, 0},
    {"ID-LEAK", SEAL_AUDIT_PASS, "", FLASH_TABLE | FLASH_DS, 0},
    {"ID-LEAK", SEAL_AUDIT_FAIL, "", FLASH_TABLE | FLASH_DS | FLASH_KEY, 0},
    {"FW-MEMPROT", SEAL_AUDIT_PASS, "", 0, 0, "esp32c6", NULL, "CONFIG_ESP_SYSTEM_PMP_IDRAM_SPLIT", "y"},
    {"FW-MEMPROT", SEAL_AUDIT_FAIL, "", 0, 0, "esp32c6", NULL, "CONFIG_OTHER", "y"},
    {"FW-MEMPROT", SEAL_AUDIT_UNKNOWN, "", 0, 0, "esp32c6"},
    {"FW-TLS", SEAL_AUDIT_PASS, "", 0, 0, NULL, NULL, "CONFIG_OTHER", "y"},
    {"FW-TLS", SEAL_AUDIT_FAIL, "", 0, 0, NULL, NULL, "CONFIG_ESP_TLS_INSECURE", "y"},
    {"FW-STACK", SEAL_AUDIT_PASS, "", 0, 0, NULL, NULL, "CONFIG_COMPILER_STACK_CHECK", "y"},
    {"FW-STACK", SEAL_AUDIT_FAIL, "", 0, 0, NULL, NULL, "CONFIG_OTHER", "y"},
    {"DBG-JTAG", SEAL_AUDIT_PASS, "DIS_PAD_JTAG=1", 0, 0},
    {"DBG-JTAG", SEAL_AUDIT_FAIL, "", 0, 0},
    {"DBG-JTAG", SEAL_AUDIT_PASS, "JTAG_DISABLE=1", 0, 0, "esp32"},
    {"DBG-USB-JTAG", SEAL_AUDIT_PASS, "DIS_USB_JTAG=1", 0, 0},
    {"DBG-USB-JTAG", SEAL_AUDIT_FAIL, "DIS_PAD_JTAG=1", 0, 0},
    {"DBG-USB-JTAG", SEAL_AUDIT_NOT_APPLICABLE, "", 0, 0, "esp32"},
    {"DBG-SOFT", SEAL_AUDIT_PASS, "SOFT_DIS_JTAG=7", 0, 0},
    {"DBG-SOFT", SEAL_AUDIT_PASS, "SOFT_DIS_JTAG=7 KEY_PURPOSE_0=6 KEY0=random RD_DIS.0 WR_DIS.23", 0, 0},
    {"DBG-SOFT", SEAL_AUDIT_FAIL, "SOFT_DIS_JTAG=7 KEY_PURPOSE_0=6 KEY0=random", 0, 0},
    {"DBG-SOFT", SEAL_AUDIT_FAIL, "SOFT_DIS_JTAG=1", 0, 0, NULL, "one more bit"},
    {"DBG-SOFT", SEAL_AUDIT_NOT_APPLICABLE, "", 0, 0},
    {"DBG-SOFT", SEAL_AUDIT_UNKNOWN, "", 0, RIG_NO_FUSES},
    {"DBG-ROM-LOG", SEAL_AUDIT_PASS, "UART_PRINT_CONTROL=3", 0, 0},
    {"DBG-ROM-LOG", SEAL_AUDIT_FAIL, "", 0, 0},
    {"DL-MODE", SEAL_AUDIT_PASS, "DIS_DOWNLOAD_MODE=1", 0, 0},
    {"DL-MODE", SEAL_AUDIT_PASS, "ENABLE_SECURITY_DOWNLOAD=1", 0, 0},
    {"DL-MODE", SEAL_AUDIT_PASS, "", 0, RIG_NO_FUSES},
    {"DL-MODE", SEAL_AUDIT_FAIL, "", 0, 0},
    {"DL-MODE", SEAL_AUDIT_PASS, "UART_DOWNLOAD_DIS=1", 0, 0, "esp32"},
    {"DL-MODE", SEAL_AUDIT_UNKNOWN, "UART_DOWNLOAD_DIS=1", 0, RIG_FILE, "esp32"},
    {"DL-USB", SEAL_AUDIT_PASS, "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE=1", 0, 0},
    {"DL-USB", SEAL_AUDIT_FAIL, "", 0, 0},
    {"DL-FORCED", SEAL_AUDIT_PASS, "DIS_FORCE_DOWNLOAD=1", 0, 0},
    {"DL-FORCED", SEAL_AUDIT_FAIL, "", 0, 0},
    {"DL-DIRECT", SEAL_AUDIT_PASS, "DIS_DIRECT_BOOT=1", 0, 0},
    {"DL-DIRECT", SEAL_AUDIT_FAIL, "", 0, 0},
    {"DL-LEGACY", SEAL_AUDIT_PASS, "CONSOLE_DEBUG_DISABLE=1", 0, 0, "esp32"},
    {"DL-LEGACY", SEAL_AUDIT_FAIL, "", 0, 0, "esp32"},
    {"NVS-ENCRYPTED", SEAL_AUDIT_PASS, "", FLASH_TABLE | FLASH_NVS_ENC, 0},
    {"NVS-ENCRYPTED", SEAL_AUDIT_FAIL, "", FLASH_TABLE | FLASH_NVS, 0},
    {"NVS-ENCRYPTED", SEAL_AUDIT_NOT_APPLICABLE, "", FLASH_TABLE, 0},
    {"NVS-ENCRYPTED", SEAL_AUDIT_UNKNOWN, "", FLASH_TABLE | FLASH_NVS_BAD, 0, NULL,
     "nvs is damaged at 0x9000"},
    {"NVS-ENCRYPTED", SEAL_AUDIT_UNKNOWN, FE, FLASH_TABLE | FLASH_NVS | FLASH_CIPHER, RIG_HIDE, NULL,
     "--flash-key"},
    {"NVS-ENCRYPTED", SEAL_AUDIT_UNKNOWN, "", FLASH_TABLE | FLASH_NVS, RIG_NO_FLASH},
    {"NVS-KEY", SEAL_AUDIT_PASS, "KEY_PURPOSE_0=8 KEY0=random RD_DIS.0 WR_DIS.23", 0, 0},
    {"NVS-KEY", SEAL_AUDIT_FAIL, "KEY_PURPOSE_0=8 KEY0=random", 0, 0},
    {"NVS-CREDENTIALS", SEAL_AUDIT_PASS, "", FLASH_TABLE | FLASH_NVS, 0},
    {"NVS-CREDENTIALS", SEAL_AUDIT_FAIL, "", FLASH_TABLE | FLASH_PSWD, 0, NULL, "nvs.net80211:sta.pswd"},
    {"NVS-CREDENTIALS", SEAL_AUDIT_UNKNOWN, "", FLASH_TABLE | FLASH_NVS | FLASH_TORN, 0, NULL,
     "is damaged at"},
    {"SECRETS", SEAL_AUDIT_PASS, "", FLASH_TABLE, 0},
    {"SECRETS", SEAL_AUDIT_FAIL, "", FLASH_TABLE | FLASH_PEM, 0, NULL, "0x44000"},
    {"SECRETS", SEAL_AUDIT_UNKNOWN, "", FLASH_TABLE, RIG_LIVE, NULL, "--whole-flash"},
    {"SECRETS", SEAL_AUDIT_UNKNOWN, "", FLASH_TABLE | FLASH_CUT, 0, NULL, "the file ends"},
    {"AR-ENABLED", SEAL_AUDIT_PASS, "SECURE_VERSION=1", 0, 0},
    {"AR-ENABLED", SEAL_AUDIT_FAIL, "", 0, 0},
    {"AR-VERSION", SEAL_AUDIT_PASS, "SECURE_VERSION=1", FLASH_WHOLE | FLASH_NEWER, 0},
    {"AR-VERSION", SEAL_AUDIT_FAIL, "SECURE_VERSION=1", FLASH_WHOLE, 0},
    {"AR-VERSION", SEAL_AUDIT_UNKNOWN, "SECURE_VERSION=1", 0, RIG_NO_FLASH},
    {"OTA-SLOTS", SEAL_AUDIT_PASS, "", FLASH_TABLE, 0},
    {"OTA-SLOTS", SEAL_AUDIT_FAIL, "", FLASH_TABLE | FLASH_SINGLE, 0},
    {"NET-BUNDLE", SEAL_AUDIT_PASS, "", FLASH_WHOLE | FLASH_BUNDLE, 0},
    {"NET-BUNDLE", SEAL_AUDIT_UNKNOWN, "", FLASH_WHOLE, 0},
    {"NET-BUNDLE", SEAL_AUDIT_FAIL, "", 0, 0, NULL, NULL, "CONFIG_OTHER", "y"},
    {"CHIP-REVISION", SEAL_AUDIT_PASS, "", 0, 0},
    {"CHIP-REVISION", SEAL_AUDIT_FAIL, "", 0, 0, "esp32c5"},
    {"CHIP-REVISION", SEAL_AUDIT_PASS, "", 0, 0, "esp32"},
    {"CHIP-REVISION", SEAL_AUDIT_UNKNOWN, "", 0, RIG_FILE, "esp32"},
    {"EFUSE-ERRORS", SEAL_AUDIT_PASS, "", 0, 0},
    {"EFUSE-ERRORS", SEAL_AUDIT_FAIL, "", 0, RIG_ERRORS},
    {"EFUSE-ERRORS", SEAL_AUDIT_NOT_APPLICABLE, "", 0, RIG_FILE},
    {"EFUSE-STRAY", SEAL_AUDIT_PASS, FE, 0, 0},
    {"EFUSE-STRAY", SEAL_AUDIT_FAIL, "KEY_PURPOSE_2=8", 0, 0, NULL, "has a purpose and no key"},
    {"EFUSE-STRAY", SEAL_AUDIT_FAIL, "KEY3=random", 0, 0, NULL, "neither set nor locked"},
    {"EFUSE-STRAY", SEAL_AUDIT_PASS, "KEY3=random WR_DIS.11", 0, 0},
    {"EFUSE-STRAY", SEAL_AUDIT_NOT_APPLICABLE, "KEY0=random", 0, 0, "esp32c2"},
    {"EFUSE-PURPOSES", SEAL_AUDIT_PASS, FE, 0, 0},
    {"EFUSE-PURPOSES", SEAL_AUDIT_FAIL, "KEY_PURPOSE_2=8 KEY2=random", 0, 0, NULL, "can still be changed"},
};

static struct seal_audit *look(struct rig *rig, unsigned how)
{
    struct seal_audit *audit = NULL;
    struct seal_cause cause = {0};
    if (seal_audit_new(&rig->source, &audit, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    audit->proven = how & RIG_PROVEN;
    audit->proof_failed = how & RIG_DISPROVEN;
    strcpy(audit->proof_problem, how & RIG_DISPROVEN ? "the signature is wrong" : "");
    assert_int_equal(seal_audit_run(audit), SEAL_OK);
    return audit;
}

static const struct seal_audit_result *result_of(const struct seal_audit *audit, const char *id)
{
    for (size_t i = 0; i < seal_audit_count(audit); i++) {
        if (strcmp(seal_audit_result(audit, i)->check->id, id) == 0) {
            return seal_audit_result(audit, i);
        }
    }
    fail_msg("there is no check %s", id);
    return NULL;
}

static bool holds(const struct row *row)
{
    struct rig rig;
    seal_json *config = NULL;
    rig_open(&rig, row->chip ? row->chip : "esp32c3", row->fuses, row->flash, row->how);
    if (row->config) {
        config = seal_json_object_new();
        seal_json_put_text(config, row->config, row->value);
        rig.source.sdkconfig = config;
    }
    struct seal_audit *audit = look(&rig, row->how);
    const struct seal_audit_result *result = result_of(audit, row->id);
    bool good = result->verdict == row->verdict && result->evidence[0] &&
                (!row->says || strstr(result->evidence, row->says));
    if (!good) {
        print_error("row %zu, %s with \"%s\": %s, not %s: %s\n", (size_t)(row - rows), row->id, row->fuses,
                    seal_audit_verdict_name(result->verdict), seal_audit_verdict_name(row->verdict),
                    result->evidence);
    }
    seal_audit_free(&audit);
    seal_json_free(&config);
    rig_close(&rig);
    return good;
}

static void verdicts(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wrong += !holds(&rows[i]);
    }
    assert_int_equal(wrong, 0);
}

/* FE-UNIQUE needs records: keys_are_compared. */
static void every_check_passes_and_fails(void **state)
{
    (void)state;
    for (const struct seal_audit_check *check = seal_audit_checks; check->id; check++) {
        unsigned seen = strcmp(check->id, "FE-UNIQUE") == 0 ? 3 : 0;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            if (strcmp(rows[i].id, check->id) == 0 && rows[i].verdict <= SEAL_AUDIT_FAIL) {
                seen |= 1u << rows[i].verdict;
            }
        }
        if (seen != 3) {
            fail_msg("%s has no row that %s", check->id, seen & 1 ? "fails" : "passes");
        }
        assert_ptr_equal(seal_audit_find(check->id), check);
        assert_true(check->goal && check->title && check->explains && check->consequence && check->remedy &&
                    check->guide && check->look);
    }
    assert_null(seal_audit_find("NO-SUCH"));
}

/* Of a chip of which nothing can be read, nothing passes but what the ROM tells. */
static void nothing_read_nothing_passed(void **state)
{
    (void)state;
    for (size_t i = 0; seal_chips[i]; i++) {
        struct rig rig;
        if (!seal_chips[i]->efuse) {
            continue;
        }
        rig_open(&rig, seal_chips[i]->name, "", 0, RIG_SILENT | RIG_NO_FLASH);
        struct seal_audit *audit = look(&rig, 0);
        for (size_t k = 0; k < seal_audit_count(audit); k++) {
            const struct seal_audit_result *result = seal_audit_result(audit, k);
            if (result->verdict == SEAL_AUDIT_PASS || result->verdict == SEAL_AUDIT_FAIL) {
                fail_msg("%s, %s: %s: %s", rig.source.chip->name, result->check->id,
                         seal_audit_verdict_name(result->verdict), result->evidence);
            }
        }
        seal_audit_free(&audit);
        rig_close(&rig);
    }
}

static seal_json *record(const char *mac, const uint8_t *key, size_t len)
{
    uint8_t digest[32];
    seal_json *one = seal_json_object_new();
    seal_json_put_text(one, "mac", mac);
    assert_int_equal(seal_sha256(key, len, digest), SEAL_OK);
    seal_json_put_hex(seal_json_put_object(seal_json_put_object(one, "sealing"), "flash_encryption"),
                      "key_sha256", digest, sizeof digest);
    return one;
}

static enum seal_audit_verdict unique(struct rig *rig)
{
    struct seal_audit *audit = look(rig, 0);
    enum seal_audit_verdict verdict = result_of(audit, "FE-UNIQUE")->verdict;
    seal_audit_free(&audit);
    return verdict;
}

static void keys_are_compared(void **state)
{
    (void)state;
    static const uint8_t other[32] = {1, 2, 3};
    struct rig rig;
    rig_open(&rig, "esp32c3", FE, 0, 0);
    assert_int_equal(unique(&rig), SEAL_AUDIT_UNKNOWN);
    seal_json *records = seal_json_array_new(), *one = record("00:00:00:00:00:00", rig.key, rig.key_len);
    seal_json_put(records, NULL, &one);
    rig.source.records = records;
    assert_int_equal(unique(&rig), SEAL_AUDIT_UNKNOWN); /* its own only */
    one = record("00:00:00:00:00:02", other, sizeof other);
    seal_json_put(records, NULL, &one);
    assert_int_equal(unique(&rig), SEAL_AUDIT_PASS);
    memset(rig.efuse.words[seal_chip_key_block(rig.efuse.chip, 0)], 0, 32); /* hidden: its own record tells */
    assert_int_equal(unique(&rig), SEAL_AUDIT_PASS);
    one = record("00:00:00:00:00:03", rig.key, rig.key_len);
    seal_json_put(records, NULL, &one);
    assert_int_equal(unique(&rig), SEAL_AUDIT_FAIL);
    seal_json_free(&records);
    rig_close(&rig);
}

static void each_sector_is_read_once(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, "esp32c3", SB, ALL | FLASH_DS | FLASH_NVS, RIG_LIVE);
    struct seal_audit *audit = look(&rig, 0);
    size_t sectors = 0;
    for (size_t i = 0; i < RIG_FLASH / 4096; i++) {
        sectors += audit->cached[i];
    }
    assert_int_equal(rig.reads, sectors * 4096);
    assert_true(rig.reads < 0x20000);
    seal_audit_free(&audit);
    rig_close(&rig);
}

static void a_wrong_key_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    struct seal_audit *audit = NULL;
    struct seal_cause cause = {0};
    rig_open(&rig, "esp32c3", FE, 0, RIG_WRONG_KEY);
    assert_int_equal(seal_audit_new(&rig.source, &audit, &cause), SEAL_ERR_MISMATCH);
    assert_null(audit);
    rig_close(&rig);
}

static void levels_and_acceptances(void **state)
{
    (void)state;
    struct rig rig;
    size_t missed, after;
    rig_open(&rig, "esp32c3", "", FLASH_WHOLE | FLASH_PEM, 0);
    struct seal_audit *audit = look(&rig, 0);
    assert_true(seal_audit_meets(audit, SEAL_AUDIT_DEVELOPMENT, &missed));
    assert_false(seal_audit_meets(audit, SEAL_AUDIT_PRODUCTION, &missed));
    assert_int_equal(seal_audit_accept(audit, "SECRETS", "a test key"), SEAL_OK);
    assert_int_equal(seal_audit_accept(audit, "SECRETS", "a test key, again"), SEAL_OK);
    assert_int_equal(seal_audit_accept(audit, "NO-SUCH", "?"), SEAL_ERR_NOT_FOUND);
    assert_false(seal_audit_meets(audit, SEAL_AUDIT_PRODUCTION, &after));
    assert_int_equal(after, missed - 1);
    assert_string_equal(result_of(audit, "SECRETS")->accepted, "a test key, again");
    assert_null(seal_audit_result(audit, seal_audit_count(audit)));
    seal_audit_free(&audit);
    rig_close(&rig);
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(seal_secret_init(NULL), SEAL_OK);
    rig_start();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rig_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(every_check_passes_and_fails),
        cmocka_unit_test(nothing_read_nothing_passed),
        cmocka_unit_test(keys_are_compared),
        cmocka_unit_test(each_sector_is_read_once),
        cmocka_unit_test(a_wrong_key_is_refused),
        cmocka_unit_test(levels_and_acceptances),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
