#include "efuse_words.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *unset; /* what 0 means; NULL: set says what the field is, whatever its value */
    const char *set;
} words[] = {
    {"WR_DIS", "nothing is write-protected", "each bit write-protects other fields: those without W"},
    {"RD_DIS", "every key block can be read", "each bit hides a key block from software: those without R"},
    {"DIS_ICACHE", "instruction cache works", "instruction cache is off"},
    {"DIS_TWAI", "CAN controller works", "CAN controller is off"},
    {"DIS_DIRECT_BOOT", "code without an image header may boot from flash", "direct boot is off"},
    {"ERR_RST_ENABLE", "factory: no reset on a fuse error", "factory: fuse errors reset the chip"},
    {"DIS_USB_JTAG", "USB can debug the chip (JTAG)", "no JTAG over USB"},
    {"DIS_USB_SERIAL_JTAG", "the built-in USB port works", "the built-in USB port is off"},
    {"USB_EXCHG_PINS", "D+ and D- as in the datasheet", "D+ and D- are exchanged"},
    {"DIS_USB_SERIAL_JTAG_ROM_PRINT", "the ROM prints on USB", "the ROM does not print on USB"},
    {"DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE", "the ROM loader answers on USB", "no ROM loader on USB"},
    {"DIS_DOWNLOAD_ICACHE", "cache works in download mode", "no cache in download mode"},
    {"DIS_FORCE_DOWNLOAD", "firmware may restart into the loader", "firmware cannot force download mode"},
    {"DIS_DOWNLOAD_MANUAL_ENCRYPT", "the loader may encrypt what it writes",
     "the loader cannot encrypt what it writes"},
    {"SPI_BOOT_CRYPT_CNT", "flash encryption is off",
     "flash encryption: on with 1 or 3 bits set, off with 2"},
    {"SECURE_BOOT_KEY_REVOKE0", "secure boot accepts digest 0", "digest 0 is revoked"},
    {"SECURE_BOOT_KEY_REVOKE1", "secure boot accepts digest 1", "digest 1 is revoked"},
    {"SECURE_BOOT_KEY_REVOKE2", "secure boot accepts digest 2", "digest 2 is revoked"},
    {"SECURE_BOOT_EN", "any firmware boots", "only signed firmware boots (secure boot)"},
    {"SECURE_BOOT_AGGRESSIVE_REVOKE", "a failed check revokes nothing",
     "a key whose signature fails is revoked at once"},
    {"DIS_DOWNLOAD_MODE", "the ROM loader (download mode) answers", "the ROM loader is off for good"},
    {"ENABLE_SECURITY_DOWNLOAD", "the loader reads registers and memory",
     "the loader only writes flash (secure download mode)"},
    {"SECURE_VERSION", "anti-rollback: every version runs",
     "anti-rollback: versions below this many bits do not run"},
    {"SOFT_DIS_JTAG", "JTAG is not switched off by software",
     "JTAG off with 1 or 3 bits set; an HMAC key can reopen it"},
    {"DIS_PAD_JTAG", "JTAG on the pins works", "no JTAG on the pins, for good"},
    {"JTAG_SEL_ENABLE", "JTAG goes to USB", "a strapping pin selects JTAG on USB or pins"},
    {"VDD_SPI_AS_GPIO", "VDD_SPI feeds the flash", "VDD_SPI is an ordinary pin"},
    {"WDT_DELAY_SEL", NULL, "boot watchdog timeout, slow clock cycles"},
    {"FLASH_TPUW", NULL, "waiting time after the flash's power-up, ms"},
    {"UART_PRINT_CONTROL", NULL, "ROM messages on the UART"},
    {"FORCE_SEND_RESUME", "no resume command to flash at boot",
     "the ROM sends a resume command to flash at boot"},
    {"FLASH_CAP", NULL, "flash in the package"},
    {"FLASH_TEMP", NULL, "temperature rating of that flash"},
    {"FLASH_VENDOR", NULL, "maker of that flash"},
    {"DISABLE_WAFER_VERSION_MAJOR", "software checks the chip revision",
     "software ignores the chip revision"},
    {"DISABLE_BLK_VERSION_MAJOR", "software checks the fuse version", "software ignores the fuse version"},
    {"WAFER_VERSION_MINOR_LO", NULL, "chip revision, minor, low bits"},
    {"WAFER_VERSION_MINOR_HI", NULL, "chip revision, minor, high bit"},
    {"WAFER_VERSION_MAJOR", NULL, "chip revision, major"},
    {"PKG_VERSION", NULL, "package"},
    {"BLK_VERSION_MINOR", NULL, "version of the factory data, minor"},
    {"BLK_VERSION_MAJOR", NULL, "version of the factory data, major"},
    {"OPTIONAL_UNIQUE_ID", "none", "number of this very chip"},
    {"MAC", NULL, "factory MAC address"},
    {"CUSTOM_MAC", "none: the factory MAC is used", "MAC address for firmware that asks for it"},
    {"BLOCK_USR_DATA", "free for the application", "application data"},
    {"BLOCK_SYS_DATA2", "free", "system data"},
};

static const struct {
    const char *name, *meaning;
} purposes[] = {
    {"USER", "free, or the application's own"},
    {"XTS_AES_128_KEY", "flash encryption"},
    {"XTS_AES_256_KEY_1", "flash encryption, first half"},
    {"XTS_AES_256_KEY_2", "flash encryption, second half"},
    {"HMAC_DOWN_ALL", "HMAC for JTAG and Digital Signature"},
    {"HMAC_DOWN_JTAG", "HMAC that reopens JTAG"},
    {"HMAC_DOWN_DIGITAL_SIGNATURE", "HMAC that unlocks the device's RSA key (Digital Signature)"},
    {"HMAC_UP", "HMAC for firmware"},
    {"SECURE_BOOT_DIGEST0", "secure boot, digest of the first public key"},
    {"SECURE_BOOT_DIGEST1", "secure boot, digest of the second public key"},
    {"SECURE_BOOT_DIGEST2", "secure boot, digest of the third public key"},
};

static const char *table_meaning(const struct seal_efuse_field *field, uint32_t value)
{
    for (const struct seal_efuse_value *v = field->values; v != NULL && v->meaning != NULL; v++) {
        if (v->value == value)
            return v->meaning;
    }
    return "";
}

void cli_efuse_meaning(const struct seal_efuse_field *field, uint32_t value, char *text, size_t size)
{
    const char *table = table_meaning(field, value), *word = NULL;
    bool named = false; /* the word says what the field is, the table what the value is */

    for (size_t i = 0; i < sizeof words / sizeof words[0] && word == NULL; i++) {
        if (strcmp(words[i].name, field->name) != 0)
            continue;
        named = words[i].unset == NULL && table[0] != '\0';
        word = value == 0 && words[i].unset != NULL ? words[i].unset : words[i].set;
    }
    if (named) {
        (void)snprintf(text, size, "%s: %s", word, table);
    } else {
        (void)snprintf(text, size, "%s", word != NULL ? word : table);
    }
}

const char *cli_efuse_purpose_meaning(const char *purpose)
{
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++) {
        if (strcmp(purposes[i].name, purpose) == 0)
            return purposes[i].meaning;
    }
    return "";
}

bool cli_efuse_is_factory(const struct seal_efuse_field *field)
{
    return field->category == SEAL_FIELD_CALIBRATION || field->category == SEAL_FIELD_IDENTITY ||
           field->category == SEAL_FIELD_SPI_PAD || field->category == SEAL_FIELD_FLASH ||
           strcmp(field->name, "MAC") == 0 || strcmp(field->name, "MAC_CRC") == 0 ||
           strcmp(field->name, "MAC_EXT") == 0;
}
