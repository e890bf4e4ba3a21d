#include <espseal/profile_file.h>

#include <string.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define OBJECT(of, ...)                                                                                      \
    {                                                                                                        \
        .pattern = of, .type = SEAL_PROFILE_OBJECT, __VA_ARGS__                                              \
    }
#define TEXT(of, ...)                                                                                        \
    {                                                                                                        \
        .pattern = of, .type = SEAL_PROFILE_TEXT, __VA_ARGS__                                                \
    }
#define FILE_NAME(of, ...)                                                                                   \
    {                                                                                                        \
        .pattern = of, .type = SEAL_PROFILE_FILE, __VA_ARGS__                                                \
    }
#define CHOICE(of, words, ...)                                                                               \
    {                                                                                                        \
        .pattern = of, .type = SEAL_PROFILE_CHOICE, .choices = words, __VA_ARGS__                            \
    }
#define BOOL(of, ...)                                                                                        \
    {                                                                                                        \
        .pattern = of, .type = SEAL_PROFILE_BOOL, .fallback = "false", __VA_ARGS__                           \
    }
#define NUMBER(of, ...)                                                                                      \
    {                                                                                                        \
        .pattern = of, .type = SEAL_PROFILE_NUMBER, __VA_ARGS__                                              \
    }

#define AUTO WORDS("auto")
#define GENERATE .choices = WORDS("generate"), .fallback = "generate"
#define DOOR(of, ...) CHOICE(of, WORDS("keep", "off"), .fallback = "keep", __VA_ARGS__)

enum { LARGEST_KEY_BLOCK = 5, LARGEST_DAYS = 36500, LARGEST_VERSION = 32 };

const struct seal_profile_word seal_profile_words[] = {
    TEXT("$schema", .help = "the JSON Schema of profiles, for editors"),
    CHOICE("chip",
           WORDS("esp32", "esp32c2", "esp32c3", "esp32c5", "esp32c6", "esp32c61", "esp32h2", "esp32p4",
                 "esp32s2", "esp32s3"),
           .required = true, .option = "chip", .help = "the chip that this is for; any other is refused"),
    CHOICE("mode", WORDS("development", "production"), .required = true, .option = "mode",
           .help = "production protects keys and locks doors for ever; development leaves keys readable"),
    CHOICE("storage", WORDS("ds", "ecdsa", "plaintext"), .fallback = "ds", .option = "storage",
           .help = "where the device's private key lives"),
    TEXT("allow[]", .most = 32, .option = "allow", .help = "a rule to override, by its name in the refusal"),

    FILE_NAME(
        "serials", .option = "serials",
        .help =
            "CSV with the columns serial and mac: gives each device its {serial}, and notes its MAC there"),
    NUMBER("table_offset", .min = 0x1000, .max = 0x3fff000, .fallback = "0x8000", .option = "table-offset",
           .help = "of the partition table in flash: the bootloader's CONFIG_PARTITION_TABLE_OFFSET"),

    OBJECT("firmware[]", .most = 32, .help = "images to write; signed already where secure boot wants that"),
    NUMBER("firmware[].offset", .max = UINT32_MAX - 4095, .required = true,
           .help = "in flash, a multiple of 4096, such as \"0x10000\""),
    FILE_NAME("firmware[].file", .required = true, .help = "the image"),

    OBJECT("identity", .help = "key and certificate of the device; without it neither is touched"),
    TEXT("identity.subject", .option = "subject",
         .help = "make key and certificate for this name; {mac}, {serial} and {chip} are filled in"),
    TEXT("identity.san[]", .most = 32, .option = "san",
         .help = "alternative name: DNS:name, URI:uri, IP:address or email:address"),
    TEXT("identity.eku[]", .most = 32, .option = "eku",
         .help = "extended key usage: clientAuth, serverAuth, ..., an OID, or none"),
    TEXT("identity.serial", .option = "serial",
         .help = "the device's serial number, for {serial}; else that of its row in manufacturing.values"),
    CHOICE("identity.key_type", WORDS("rsa:2048", "rsa:3072", "rsa:4096", "ec:p256", "ec:p384", "ec:p192"),
           .fallback = "rsa:2048", .option = "key-type",
           .help = "type of the key that is made; with storage ecdsa ec:p256 when not said"),
    NUMBER("identity.days", .min = 1, .max = LARGEST_DAYS, .fallback = "3650", .option = "days",
           .help = "validity of the certificate that is made"),
    FILE_NAME("identity.ca_cert", .option = "ca-cert",
              .help = "certificate of the CA; intermediate ones may follow it"),
    FILE_NAME("identity.ca_key", .option = "ca-key",
              .help = "key of the CA, a file or in a token: signs the certificate here"),
    BOOL("identity.foreign_ca", .option = "foreign-ca",
         .help = "ca_cert is for what the device talks to, and did not sign its certificate"),
    FILE_NAME("identity.device_cert", .option = "device-cert",
              .help = "the device's certificate; without private_key for the key in the chip"),
    FILE_NAME("identity.private_key", .option = "private-key",
              .help = "the device's private key, when it exists already"),
    TEXT("identity.sign_cmd", .option = "sign-cmd",
         .help = "command that signs elsewhere: reads the request, writes the certificate"),
    TEXT("identity.cmp", .option = "cmp", .help = "URL of the CMP server that gives the certificate"),
    TEXT("identity.cmp_ref", .option = "cmp-ref", .help = "its name of the shared secret"),
    FILE_NAME("identity.cmp_secret_file", .option = "cmp-secret-file",
              .help = "the secret shared with it, first line"),
    FILE_NAME("identity.cmp_cert", .option = "cmp-cert",
              .help = "or a certificate that signs the messages to it"),
    FILE_NAME("identity.cmp_key", .option = "cmp-key", .help = "the key of cmp_cert, a file or in a token"),
    BOOL("identity.cmp_update", .option = "cmp-update",
         .help = "key update: the new key takes the place of cmp_cert's"),
    BOOL("identity.any_subject", .option = "any-subject",
         .help = "a CA elsewhere may write another subject: what it wrote is taken"),
    BOOL("identity.csr_only", .option = "csr-only",
         .help = "two runs: key and request now, device_cert later"),
    FILE_NAME("identity.csr_out", .option = "csr-out", .help = "write the certification request there"),
    NUMBER("identity.efuse_key", .max = LARGEST_KEY_BLOCK, .choices = AUTO, .fallback = "auto",
           .option = "efuse-key", .help = "BLOCK_KEYn for the device's key; auto: the first free one"),
    FILE_NAME("identity.hmac_key", .option = "hmac-key",
              .help = "burn these 32 bytes instead of a random key"),
    NUMBER("identity.offset", .max = UINT32_MAX - 4095, .choices = AUTO, .fallback = "0xd000",
           .option = "offset", .help = "of esp_secure_cert in flash; auto: from the partition table"),
    FILE_NAME("identity.passphrase_file", .option = "passphrase-file",
              .help = "passphrase of private_key, first line"),
    FILE_NAME("identity.ca_passphrase_file", .option = "ca-passphrase-file",
              .help = "passphrase of ca_key, first line"),
    FILE_NAME("identity.pin_file", .option = "pin-file",
              .help = "PIN of the token that ca_key names, first line"),

    OBJECT("secure_boot", .help = "the chip starts only what was signed with these keys"),
    NUMBER("secure_boot.version", .choices = WORDS("1", "2"), .required = true,
           .help = "scheme of secure boot; 1 is for the ESP32 only"),
    OBJECT("secure_boot.digests[]", .most = 3, .help = "keys to trust, one slot each"),
    FILE_NAME("secure_boot.digests[].key",
              .help = "the key, its public half or a certificate: the digest is made here"),
    FILE_NAME("secure_boot.digests[].file", .help = "the digest itself, 32 bytes"),
    FILE_NAME("secure_boot.v1_key", GENERATE,
              .help = "version 1: 32 bytes, the key of the bootloader digest"),
    BOOL("secure_boot.revoke_unused", .help = "close the slots without a digest for ever"),
    BOOL("secure_boot.aggressive_revoke",
         .help = "one failed signature check at boot revokes the key that failed"),
    BOOL("secure_boot.sha384", .help = "images are signed with ECDSA P-384"),
    BOOL("secure_boot.allow_unsigned_firmware",
         .help = "do not ask that the images in flash verify; they will not start"),

    OBJECT("flash_encryption", .help = "flash holds ciphertext; the key is in the chip only"),
    CHOICE("flash_encryption.mode", WORDS("development", "release"), .required = true,
           .help = "release: nobody can write plaintext or read the key any more"),
    FILE_NAME("flash_encryption.key", GENERATE, .help = "generate: random, for this device only"),
    NUMBER("flash_encryption.size", .choices = WORDS("128", "256", "512"),
           .help = "bits of the key; 128 is the ESP32-C2's half block, 512 is XTS-AES-256"),
    FILE_NAME("flash_encryption.escrow_to",
              .help = "certificate: the key is kept, wrapped so that only its owner can read it"),

    OBJECT("nvs_encryption", .help = "entries of the NVS partition are encrypted"),
    CHOICE(
        "nvs_encryption.scheme", WORDS("flash", "hmac"), .required = true,
        .help =
            "flash: keys in a partition under flash encryption; hmac: derived from an HMAC key in the chip"),
    NUMBER("nvs_encryption.efuse_key", .max = LARGEST_KEY_BLOCK, .choices = AUTO, .fallback = "auto",
           .help = "BLOCK_KEYn of the HMAC key; firmware must be built with the same number"),
    FILE_NAME("nvs_encryption.key", GENERATE,
              .help = "32 bytes of the HMAC key, or 64 of the keys partition"),
    FILE_NAME("nvs_encryption.data", .help = "a plain NVS partition to encrypt and write"),

    OBJECT("manufacturing", .help = "an NVS partition of the device's own, made of a template"),
    FILE_NAME("manufacturing.template", .required = true, .option = "nvs-template",
              .help = "NVS table, with words in braces: {mac}, {serial}, {random:16}, {pop} and so on"),
    FILE_NAME("manufacturing.values", .option = "nvs-values",
              .help = "CSV with a row per device, found by its MAC or serial"),
    TEXT("manufacturing.partition", .fallback = "nvs", .option = "nvs-partition",
         .help = "its name in the partition table, or its offset"),
    NUMBER("manufacturing.version", .choices = WORDS("1", "2"), .fallback = "2", .option = "nvs-version",
           .help = "of the NVS format; 1 is for ESP-IDF before 4.0"),
    FILE_NAME("manufacturing.derive_key", .option = "derive-key",
              .help = "32 bytes, the key of {hmac:LABEL}"),
    CHOICE("manufacturing.transport", WORDS("ble", "softap"), .fallback = "ble", .option = "transport",
           .help = "on the label: how a phone reaches the device"),

    OBJECT("anti_rollback", .help = "older firmware is refused"),
    NUMBER("anti_rollback.secure_version", .min = 1, .max = LARGEST_VERSION, .required = true,
           .help = "least version that may start; each step burns a bit"),

    OBJECT("lockdown", .help = "doors that are closed for ever"),
    CHOICE("lockdown.jtag", WORDS("keep", "off", "soft"), .fallback = "keep",
           .help = "soft: an HMAC token opens it again"),
    FILE_NAME("lockdown.jtag_key", GENERATE, .help = "jtag soft: 32 bytes, the key of the token"),
    DOOR("lockdown.usb_jtag", .help = "JTAG over the chip's own USB"),
    DOOR("lockdown.usb_serial", .help = "console and download over the chip's own USB-Serial/JTAG"),
    DOOR("lockdown.usb_otg", .help = "download over the chip's own USB OTG"),
    CHOICE("lockdown.download", WORDS("keep", "secure", "off"), .fallback = "keep",
           .help = "the ROM's download mode; secure: flash can be written, nothing read; off: no way back"),
    DOOR("lockdown.forced_download", .help = "firmware that sends the ROM into its download mode"),
    DOOR("lockdown.rom_log", .help = "what the ROM prints at boot"),
    DOOR("lockdown.rom_basic", .help = "the BASIC interpreter of the ESP32's ROM"),
    DOOR("lockdown.direct_boot", .help = "starting code from flash that is no image"),
    DOOR("lockdown.boot_remap", .help = "starting code from RAM instead of ROM"),
    DOOR("lockdown.legacy_spi_boot", .help = "the boot mode of old flash images"),
    CHOICE("lockdown.dpa", WORDS("keep", "low", "medium", "high"), .fallback = "keep",
           .help = "noise against power analysis of AES: level of the pseudo rounds"),

    OBJECT("record", .help = "what is kept of a run"),
    FILE_NAME("record.out", .option = "out",
              .help = "folder for certificate, partition and receipt; {mac} is filled in"),
    FILE_NAME("record.seen", .option = "seen",
              .help = "list of public keys and their devices; a key of another device is refused"),
    BOOL("record.keep_secrets", .option = "keep-secrets",
         .help = "development only: keep private key and HMAC key as well"),
    {0},
};

const struct seal_profile_word *seal_profile_word(const char *pattern)
{
    for (const struct seal_profile_word *word = seal_profile_words; word->pattern; word++) {
        if (strcmp(word->pattern, pattern) == 0) {
            return word;
        }
    }
    return NULL;
}

bool seal_profile_is_list(const struct seal_profile_word *word)
{
    return word->most > 0;
}

const struct seal_profile_word *seal_profile_member(const char *object, size_t *index, char name[static 32])
{
    size_t len = strlen(object);
    for (const struct seal_profile_word *word; (word = &seal_profile_words[*index])->pattern;) {
        ++*index;
        bool inside = strncmp(word->pattern, object, len) == 0 && (len == 0 || word->pattern[len] == '.');
        const char *last = word->pattern + len + (len > 0);
        size_t last_len = inside ? strcspn(last, ".[") : 0;
        const char *behind = inside ? last + last_len : "";
        if (inside && last_len < 32 && (behind[0] == '\0' || strcmp(behind, "[]") == 0)) {
            memcpy(name, last, last_len);
            name[last_len] = '\0';
            return word;
        }
    }
    return NULL;
}
