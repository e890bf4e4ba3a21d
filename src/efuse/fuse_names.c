/* Names that other tools and older documents use for fields: the alternative names of espefuse 5.3.1. */
#include "fuse_bits.h"

#include <string.h>

static const struct {
    const char *other, *name;
} aliases[] = {
    {"CHIP_VER_DIS_APP_CPU", "DISABLE_APP_CPU"},
    {"CHIP_VER_DIS_BT", "DISABLE_BT"},
    {"CHIP_VER_DIS_CACHE", "DIS_CACHE"},
    {"CHIP_VER_PKG", "CHIP_PACKAGE"},
    {"CHIP_VER_PKG_4BIT", "CHIP_PACKAGE_4BIT"},
    {"CK8M_FREQ", "CLK8M_FREQ"},
    {"DISABLE_JTAG", "JTAG_DISABLE"},
    {"DIS_CAN", "DIS_TWAI"},
    {"DIS_LEGACY_SPI_BOOT", "DIS_DIRECT_BOOT"},
    {"DIS_USB", "DIS_USB_OTG"},
    {"DIS_USB_DEVICE", "DIS_USB_SERIAL_JTAG"},
    {"DIS_USB_DOWNLOAD_MODE", "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE"},
    {"DIS_USB_PRINT", "DIS_USB_SERIAL_JTAG_ROM_PRINT"},
    {"DPA_SEC_LEVEL", "SEC_DPA_LEVEL"},
    {"ENABLE_CUSTOM_MAC", "CUSTOM_MAC_USED"},
    {"ENCRYPT_CONFIG", "FLASH_CRYPT_CONFIG"},
    {"ENCRYPT_FLASH_KEY", "BLOCK1"},
    {"EXT_PHY_ENABLE", "USB_EXT_PHY_ENABLE"},
    {"HARD_DIS_JTAG", "DIS_PAD_JTAG"},
    {"KEY0", "BLOCK_KEY0"},
    {"KEY0", "BLOCK_KEY0_HI_128"},
    {"KEY0", "BLOCK_KEY0_LOW_128"},
    {"KEY0_PURPOSE", "KEY_PURPOSE_0"},
    {"KEY1", "BLOCK_KEY1"},
    {"KEY1_PURPOSE", "KEY_PURPOSE_1"},
    {"KEY2", "BLOCK_KEY2"},
    {"KEY2_PURPOSE", "KEY_PURPOSE_2"},
    {"KEY3", "BLOCK_KEY3"},
    {"KEY3_PURPOSE", "KEY_PURPOSE_3"},
    {"KEY4", "BLOCK_KEY4"},
    {"KEY4_PURPOSE", "KEY_PURPOSE_4"},
    {"KEY5", "BLOCK_KEY5"},
    {"KEY5_PURPOSE", "KEY_PURPOSE_5"},
    {"MAC_CUSTOM", "CUSTOM_MAC"},
    {"MAC_CUSTOM_CRC", "CUSTOM_MAC_CRC"},
    {"MAC_CUSTOM_VER", "MAC_VERSION"},
    {"MAC_CUSTOM_VER", "BLOCK3"},
    {"MAC_FACTORY", "MAC"},
    {"MAC_FACTORY_CRC", "MAC_CRC"},
    {"SDIO_FORCE", "XPD_SDIO_FORCE"},
    {"SDIO_TIEH", "XPD_SDIO_TIEH"},
    {"SECURE_BOOT_KEY", "BLOCK2"},
    {"SYS_DATA_PART2", "BLOCK_SYS_DATA2"},
    {"UART_PRINT_CHANNEL", "DIS_USB_SERIAL_JTAG_ROM_PRINT"},
    {"USER_DATA", "BLOCK_USR_DATA"},
    {"USER_DATA_MAC_CUSTOM", "CUSTOM_MAC"},
};

const struct seal_efuse_field *seal_fuse_plan_find_field(const struct seal_chip *chip, const char *name)
{
    const struct seal_efuse_field *field = seal_chip_field(chip, name);
    for (size_t i = 0; field == NULL && i < sizeof aliases / sizeof aliases[0]; i++) {
        if (strcmp(aliases[i].other, name) == 0) {
            field = seal_chip_field(chip, aliases[i].name);
        }
    }
    return field;
}
