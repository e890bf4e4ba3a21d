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
    /* of some chips only */
    {"BLK3_PART_RESERVE", "BLOCK3 is free", "part of BLOCK3 holds the factory's ADC calibration"},
    {"BOOTLOADER_ANTI_ROLLBACK_EN", "every bootloader version runs",
     "the ROM refuses bootloaders below the burned version"},
    {"BOOTLOADER_ANTI_ROLLBACK_UPDATE_IN_ROM", "the ROM leaves the version as it is",
     "the ROM raises the bootloader's version by itself"},
    {"BOOTLOADER_ANTI_ROLLBACK_SECURE_VERSION", "every bootloader version runs",
     "the lowest bootloader version that runs, in bits"},
    {"BOOTLOADER_ANTI_ROLLBACK_SECURE_VERSION_LO", "no version",
     "the lowest bootloader version that runs, low bits"},
    {"BOOTLOADER_ANTI_ROLLBACK_SECURE_VERSION_HI", "no version",
     "the lowest bootloader version that runs, high bit"},
    {"CHIP_CPU_FREQ_LOW", "rated for 240 MHz", "rated for 160 MHz, when CHIP_CPU_FREQ_RATED is set"},
    {"CHIP_CPU_FREQ_RATED", "the rated frequency is not told", "CHIP_CPU_FREQ_LOW tells the rated frequency"},
    {"CLK8M_FREQ", NULL, "factory: frequency of the internal 8 MHz clock"},
    {"CODING_SCHEME", NULL, "how BLOCK1 to BLOCK3 are coded"},
    {"CONSOLE_DEBUG_DISABLE", "without firmware the ROM starts a BASIC console", "no ROM console"},
    {"DCDC_VSET", NULL, "factory: voltage of the DC-DC converter"},
    {"DCDC_VSET_EN", "the DC-DC converter has its own voltage", "DCDC_VSET sets that voltage"},
    {"DISABLE_APP_CPU", "both cores work", "the second core is off"},
    {"DIS_APP_CPU", "both cores work", "the second core is off"},
    {"DISABLE_BT", "Bluetooth works", "Bluetooth is off"},
    {"DISABLE_DL_CACHE", "flash cache works in download mode", "no flash cache in download mode"},
    {"DISABLE_DL_ENCRYPT", "the loader may encrypt what it writes", "the loader cannot encrypt"},
    {"DISABLE_DL_DECRYPT", "the loader can read encrypted flash in the clear", "the loader cannot decrypt"},
    {"DISABLE_SDIO_HOST", "the SDIO host works", "the SDIO host is off"},
    {"DIS_BOOT_REMAP", "RAM may take the place of ROM", "no remapping of ROM to RAM"},
    {"DIS_CACHE", "the cache works", "the cache is off"},
    {"DIS_DCACHE", "data cache works", "data cache is off"},
    {"DIS_LEGACY_SPI_BOOT", "the old SPI boot mode works", "no old SPI boot mode"},
    {"DIS_SWD", "the super watchdog works", "no super watchdog"},
    {"DIS_WDT", "the watchdog works", "no watchdog"},
    {"DIS_WIFI6", "Wi-Fi 6 works", "no Wi-Fi 6"},
    {"ECC_FORCE_CONST_TIME", "software chooses", "the ECC unit always takes the same time"},
    {"HP_PWR_SRC_SEL", NULL, "what feeds the main power domain"},
    {"HUK_GEN_STATE", "no hardware key was made", "state of the key manager's hardware key"},
    {"KM_HUK_GEN_STATE", "no hardware key was made", "state of the key manager's hardware key"},
    {"HYS_EN_PAD", "pads follow the registers", "hysteresis of the pads is on"},
    {"HYS_EN_PAD0", "pads follow the registers", "hysteresis of pads 0 to 5"},
    {"HYS_EN_PAD1", "pads follow the registers", "hysteresis of pads 6 to 27"},
    {"KM_DEPLOY_ONLY_ONCE", "keys may be deployed again",
     "each bit: a key of the key manager goes in only once"},
    {"KM_DEPLOY_ONLY_ONCE_H", "keys may be deployed again", "the same for one more key"},
    {"KM_DISABLE_DEPLOY_MODE", "keys may be deployed", "each bit: no new key of that kind"},
    {"KM_DISABLE_DEPLOY_MODE_H", "keys may be deployed", "the same for one more kind"},
    {"KM_RND_SWITCH_CYCLE", NULL, "how often the key manager takes new random numbers"},
    {"KM_XTS_KEY_LENGTH_256", "flash is encrypted with a 256-bit key",
     "flash is encrypted with a 128-bit key"},
    {"XTS_KEY_LENGTH_256", NULL, "length of the flash encryption key"},
    {"PIN_POWER_SELECTION", NULL, "what feeds some pins"},
    {"POWERGLITCH_EN", "no detector of power glitches", "power glitches reset the chip"},
    {"POWERGLITCH_EN1", "no detector of power glitches", "each bit: a detector of power glitches is on"},
    {"PSRAM_CAP", NULL, "PSRAM in the package"},
    {"PSRAM_CAP_3", NULL, "PSRAM in the package, high bit"},
    {"PSRAM_TEMP", NULL, "temperature rating of that PSRAM"},
    {"PSRAM_VENDOR", NULL, "maker of that PSRAM"},
    {"PSRAM_VERSION", NULL, "version of that PSRAM"},
    {"PVT_100M_BIAS", NULL, "factory: voltage monitor, 100 MHz"},
    {"PVT_400M_BIAS", NULL, "factory: voltage monitor, 400 MHz"},
    {"PVT_40M_BIAS", NULL, "factory: voltage monitor, 40 MHz"},
    {"PVT_GLITCH_EN", "the voltage monitor looks for no glitches", "the voltage monitor looks for glitches"},
    {"PVT_GLITCH_MODE", NULL, "what it does about them"},
    {"PXA0_TIEH_SEL_0", NULL, "factory: power switch 0"},
    {"PXA0_TIEH_SEL_1", NULL, "factory: power switch 1"},
    {"PXA0_TIEH_SEL_2", NULL, "factory: power switch 2"},
    {"PXA0_TIEH_SEL_3", NULL, "factory: power switch 3"},
    {"REF_CURR_CODE", NULL, "factory: reference current"},
    {"REPEAT_DATA4", NULL, "reserved"},
    {"RES_TUNE_CODE", NULL, "factory: resistor trim"},
    {"RXIQ_0", NULL, "factory: radio trim"},
    {"RXIQ_1", NULL, "factory: radio trim"},
    {"RXIQ_VERSION", NULL, "version of that trim"},
    {"SWAP_UART_SDIO_EN", "UART and SDIO pins as in the datasheet", "UART and SDIO pins are exchanged"},
    {"TEMP", NULL, "temperature rating of the chip"},
    {"TRIM_N_BIAS", NULL, "factory: power amplifier trim"},
    {"TRIM_P_BIAS", NULL, "factory: power amplifier trim"},
    {"UART_PRINT_CHANNEL", NULL, "where the ROM prints"},
    {"VOL_LEVEL_HP_INV", NULL, "factory: core voltage at the highest frequency"},
    {"XTAL_48M_SEL", "a crystal of 40 MHz", "crystal: 48 MHz with an odd number of bits, else 40 MHz"},
    {"XTAL_48M_SEL_MODE", "a strapping pin tells the crystal", "XTAL_48M_SEL tells the crystal"},
    {"FLASH_CRYPT_CNT", "flash encryption is off",
     "flash encryption: on with an odd number of bits set, off with an even one"},
    {"FLASH_CRYPT_CONFIG", "keys are not tweaked by the address",
     "which parts of the key the flash address tweaks"},
    {"FLASH_ECC_EN", "no error correction in flash", "the flash corrects errors"},
    {"FLASH_ECC_MODE", NULL, "how it does that"},
    {"FLASH_PAGE_SIZE", NULL, "page size of the flash"},
    {"FLASH_TYPE", NULL, "data lines of the flash"},
    {"FLASH_VERSION", NULL, "flash in the package"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR", "no second bootloader", "flash sector of a second bootloader"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR_LO", "no second bootloader",
     "flash sector of a second bootloader, low bits"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR_HI", "no second bootloader",
     "flash sector of a second bootloader, high bits"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR_0_1", "no second bootloader",
     "flash sector of a second bootloader, bits 0 and 1"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR_2_2", "no second bootloader", "the same, bit 2"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR_3_6", "no second bootloader", "the same, bits 3 to 6"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR_7_7", "no second bootloader", "the same, bit 7"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR_8_10", "no second bootloader", "the same, bits 8 to 10"},
    {"RECOVERY_BOOTLOADER_FLASH_SECTOR_11_11", "no second bootloader", "the same, bit 11"},
    {"BLOCK0_VERSION", NULL, "version of the factory data in BLOCK0"},
    {"CHIP_PACKAGE", NULL, "package, low bits"},
    {"CHIP_PACKAGE_4BIT", NULL, "package, high bit"},
    {"CHIP_VER_REV1", "chip revision 0", "chip revision 1 or later"},
    {"CHIP_VER_REV2", "chip revision before 2", "chip revision 2 or later"},
    {"PA_TRIM_VERSION", NULL, "version of the power amplifier trim"},
    {"WAFER_VERSION_MAJOR_LO", NULL, "chip revision, major, low bits"},
    {"WAFER_VERSION_MAJOR_HI", NULL, "chip revision, major, high bit"},
    {"WAFER_VERSION_MINOR", NULL, "chip revision, minor"},
    {"HARD_DIS_JTAG", "JTAG is not switched off for good", "no JTAG, for good"},
    {"JTAG_DISABLE", "JTAG works", "no JTAG, for good"},
    {"STRAP_JTAG_SEL", "JTAG goes to USB", "a strapping pin selects JTAG on USB or pins"},
    {"CUSTOM_MAC_CRC", NULL, "check sum of CUSTOM_MAC"},
    {"CUSTOM_MAC_USED", "the factory MAC is used", "CUSTOM_MAC is used"},
    {"MAC_CRC", NULL, "check sum of MAC"},
    {"MAC_EXT", NULL, "middle of the 64-bit MAC (IEEE 802.15.4)"},
    {"MAC_VERSION", NULL, "what BLOCK3 holds"},
    {"ABS_DONE_0", "any firmware boots", "secure boot version 1"},
    {"ABS_DONE_1", "any firmware boots", "only signed firmware boots (secure boot version 2)"},
    {"BLOCK1", "free", "flash encryption key"},
    {"BLOCK2", "free", "secure boot: key (version 1) or digest (version 2)"},
    {"BLOCK3", "free", "custom MAC, calibration or application data"},
    {"CRYPT_DPA_ENABLE", "no defence against power analysis", "defence against power analysis is on"},
    {"SEC_DPA_LEVEL", "no defence against power analysis",
     "how strong the defence against power analysis is"},
    {"XTS_DPA_CLK_ENABLE", "no such defence for flash encryption",
     "flash encryption is defended against power analysis"},
    {"XTS_DPA_PSEUDO_LEVEL", "no such defence for flash encryption", "how strong that defence is"},
    {"DIS_DOWNLOAD_DCACHE", "data cache works in download mode", "no data cache in download mode"},
    {"ECDSA_CURVE_MODE", "the ECDSA unit takes P-256 only", "which curves the ECDSA unit takes"},
    {"ECDSA_DISABLE_P192", "the ECDSA unit takes P-192", "the ECDSA unit refuses P-192"},
    {"ECDSA_ENABLE_SOFT_K", "the ECDSA unit draws its own random numbers", "software may give them"},
    {"ECDSA_FORCE_USE_HARDWARE_K", "software may give the ECDSA unit's random numbers",
     "the ECDSA unit draws its own random numbers"},
    {"FORCE_DISABLE_SW_INIT_KEY", "software may give the key manager's first key", "it comes from the fuses"},
    {"FORCE_USE_KEY_MANAGER_KEY", "keys may come from the fuses",
     "each bit: that key comes from the key manager"},
    {"FORCE_USE_KEY_MANAGER_KEY_H", "keys may come from the fuses", "the same for one more key"},
    {"KEY_STATUS", NULL, "reserved for the use of BLOCK3"},
    {"LOCK_KM_KEY", "the key manager's keys can be changed", "the key manager's key is locked"},
    {"SECURE_BOOT_DISABLE_FAST_WAKE", "waking up may skip the check", "each wake-up checks the signature"},
    {"SECURE_BOOT_SHA384_EN", "secure boot hashes with SHA-256", "secure boot hashes with SHA-384"},
    {"SPI_DOWNLOAD_MSPI_DIS", "the loader reaches the flash bus", "no flash bus in download mode"},
    {"UART_DOWNLOAD_DIS", "the ROM loader (download mode) answers",
     "the ROM loader is off for good (revision 3)"},
    {"DIS_USB", "USB works", "USB is off"},
    {"DIS_USB_OTG", "USB OTG works", "USB OTG is off"},
    {"DIS_USB_DOWNLOAD_MODE", "the ROM loader answers on USB OTG", "no ROM loader on USB OTG"},
    {"DIS_USB_OTG_DOWNLOAD_MODE", "the ROM loader answers on USB OTG", "no ROM loader on USB OTG"},
    {"USB_DEVICE_EXCHG_PINS", "D+ and D- as in the datasheet", "D+ and D- are exchanged"},
    {"USB_OTG11_EXCHG_PINS", "D+ and D- as in the datasheet", "D+ and D- of USB OTG are exchanged"},
    {"USB_EXT_PHY_ENABLE", "the built-in USB transceiver", "an external USB transceiver"},
    {"USB_FORCE_NOPERSIST", "the USB bus is taken as powered when it is",
     "the USB bus is always taken as powered"},
    {"USB_PHY_SEL", NULL, "which USB has the built-in transceiver"},
    {"DOWNLOAD_MODE_XPD_ON", "flash power as it is", "flash is powered in download mode"},
    {"VDD_SPI_FORCE", "a strapping pin sets the flash voltage", "the fuses set the flash voltage"},
    {"VDD_SPI_TIEH", NULL, "that voltage"},
    {"VDD_SPI_XPD", "its regulator is off", "its regulator is on"},
    {"XPD_SDIO_FORCE", "a strapping pin sets the flash voltage", "the fuses set the flash voltage"},
    {"XPD_SDIO_REG", "its regulator is off", "its regulator is on"},
    {"XPD_SDIO_TIEH", NULL, "that voltage"},
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
    {"SECURE_BOOT_DIGEST", "secure boot, digest of the public key"},
    {"XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS", "flash encryption, made from half a block"},
    {"XTS_AES_128_PSRAM_KEY", "PSRAM encryption"},
    {"KM_INIT_KEY", "first key of the key manager"},
    {"ECDSA_KEY", "private key of the ECDSA unit"},
    {"ECDSA_KEY_P192", "private key of the ECDSA unit, P-192"},
    {"ECDSA_KEY_P256", "private key of the ECDSA unit, P-256"},
    {"ECDSA_KEY_P384_L", "private key of the ECDSA unit, P-384, low part"},
    {"ECDSA_KEY_P384_H", "private key of the ECDSA unit, P-384, high part"},
    {"RESERVED", "reserved"},
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
