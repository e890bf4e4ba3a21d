#include "security_words.h"

const struct cli_security_bit cli_security_bits[] = {
    {SEAL_SECURITY_SECURE_BOOT, "SECURE_BOOT_EN", "only signed images boot", "any image boots"},
    {SEAL_SECURITY_AGGRESSIVE_REVOKE, "SECURE_BOOT_AGGRESSIVE_REVOKE",
     "a digest is revoked as soon as an image fails its check",
     "digests are revoked by the application only"},
    {SEAL_SECURITY_SECURE_DOWNLOAD, "SECURE_DOWNLOAD_ENABLE",
     "the bootloader writes flash, and reads nothing back", "the bootloader reads and writes everything"},
    {SEAL_SECURITY_REVOKE0, "SECURE_BOOT_KEY_REVOKE0", "digest 0 is revoked", "digest 0 is not revoked"},
    {SEAL_SECURITY_REVOKE1, "SECURE_BOOT_KEY_REVOKE1", "digest 1 is revoked", "digest 1 is not revoked"},
    {SEAL_SECURITY_REVOKE2, "SECURE_BOOT_KEY_REVOKE2", "digest 2 is revoked", "digest 2 is not revoked"},
    {SEAL_SECURITY_SOFT_DIS_JTAG, "SOFT_DIS_JTAG", "JTAG is off; an HMAC key can reopen it",
     "JTAG is not switched off by software"},
    {SEAL_SECURITY_HARD_DIS_JTAG, "HARD_DIS_JTAG", "JTAG is off for good", "JTAG is not off for good"},
    {SEAL_SECURITY_DIS_USB, "DIS_USB", "USB is off", "USB is not off"},
    {SEAL_SECURITY_DIS_DOWNLOAD_DCACHE, "DIS_DOWNLOAD_DCACHE", "the data cache is off while downloading",
     "the data cache is on while downloading"},
    {SEAL_SECURITY_DIS_DOWNLOAD_ICACHE, "DIS_DOWNLOAD_ICACHE",
     "the instruction cache is off while downloading", "the instruction cache is on while downloading"},
    {0},
};

bool cli_flash_encryption_on(const struct seal_security_info *info)
{
    return __builtin_popcount(info->flash_crypt_count) % 2 == 1;
}

const char *cli_download_words(const struct seal_security_info *info)
{
    return info->flags & SEAL_SECURITY_SECURE_DOWNLOAD ? "secure (writes flash only)" : "open";
}

const char *cli_jtag_words(const struct seal_security_info *info)
{
    if (info->flags & SEAL_SECURITY_HARD_DIS_JTAG) {
        return "off for good";
    }
    return info->flags & SEAL_SECURITY_SOFT_DIS_JTAG ? "off, an HMAC key can reopen it" : "open";
}

const char *cli_flash_maker(uint8_t manufacturer)
{
    static const struct {
        uint8_t id;
        const char *name;
    } makers[] = {
        /* JEDEC JEP106, first bank */
        {0x01, "Spansion"}, {0x0b, "XTX"},        {0x1c, "EON"},  {0x20, "XMC"},     {0x46, "TH"},
        {0x5e, "Zbit"},     {0x68, "Boya"},       {0x85, "Puya"}, {0x9d, "ISSI"},    {0xba, "Zetta"},
        {0xc2, "Macronix"}, {0xc8, "GigaDevice"}, {0xcd, "TH"},   {0xef, "Winbond"},
    };
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        if (makers[i].id == manufacturer) {
            return makers[i].name;
        }
    }
    return "unknown maker";
}

void cli_put_flash_id(seal_json *object, const struct seal_flash_id *id)
{
    const uint8_t bytes[3] = {id->manufacturer, id->memory_type, id->capacity};
    seal_json_put_hex(object, "jedec_id", bytes, sizeof bytes);
    seal_json_put_text(object, "maker", cli_flash_maker(id->manufacturer));
    if (id->size) {
        seal_json_put_number(object, "size", id->size);
    } else {
        seal_json_put_null(object, "size");
    }
}

void cli_put_security_info(seal_json *object, const struct seal_security_info *info)
{
    seal_json_put_formatted(object, "flags", "0x%08x", info->flags);
    seal_json *bits = seal_json_put_object(object, "bits");
    for (const struct cli_security_bit *bit = cli_security_bits; bit->flag; bit++) {
        seal_json_put_bool(bits, bit->name, (info->flags & bit->flag) != 0);
    }
    seal_json_put_number(object, "flash_crypt_count", info->flash_crypt_count);
    seal_json_put_bool(object, "flash_encryption", cli_flash_encryption_on(info));
    seal_json *purposes = seal_json_put_array(object, "key_purposes");
    for (size_t i = 0; i < 6; i++) {
        seal_json_put_number(purposes, NULL, info->key_purposes[i]);
    }
    if (info->has_chip_id) {
        seal_json_put_number(object, "chip_id", info->chip_id);
        seal_json_put_number(object, "api_version", info->api_version);
    }
}
