/* What is asked of a device beyond its identity, and its words. */
#include <espseal/sealing.h>

static bool locks(enum seal_word_value word)
{
    return word != SEAL_WORD_UNSAID && word != SEAL_WORD_KEEP;
}

static bool asks_lockdown(const struct seal_wish_lockdown *wish)
{
    const enum seal_word_value words[] = {wish->jtag,        wish->usb_jtag,        wish->usb_serial,
                                          wish->usb_otg,     wish->download,        wish->rom_log,
                                          wish->direct_boot, wish->legacy_spi_boot, wish->dpa};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (locks(words[i])) {
            return true;
        }
    }
    return false;
}

bool seal_sealing_asked(const struct seal_sealing *sealing)
{
    return sealing->secure_boot.version != 0 || sealing->flash_encryption.mode != SEAL_ENCRYPTION_NONE ||
           sealing->nvs.scheme != SEAL_NVS_PLAIN || sealing->nvs.data || sealing->manufacturing ||
           sealing->anti_rollback.asked || asks_lockdown(&sealing->lockdown);
}

const char *seal_encryption_mode_name(enum seal_encryption_mode mode)
{
    static const char *const names[] = {"none", "development", "release"};
    return names[mode];
}

const char *seal_nvs_scheme_name(enum seal_nvs_scheme scheme)
{
    static const char *const names[] = {"plain", "flash", "hmac"};
    return names[scheme];
}
