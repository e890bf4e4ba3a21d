/* The ROM's part of a boot, and the judgement of both. */
#include "boot_check_parts.h"

#include <stdio.h>
#include <string.h>

#define HEADER SEAL_IMAGE_HEADER_LEN
#define DIRECT_BOOT_MAGIC 0xAEDB041Du

const char *seal_boot_will_name(enum seal_boot_will will)
{
    static const char *const names[] = {[SEAL_WILL_UNKNOWN] = "unknown",
                                        [SEAL_WILL_BOOT] = "boots",
                                        [SEAL_WILL_REFUSE] = "refuses",
                                        [SEAL_WILL_LOOP] = "loops",
                                        [SEAL_WILL_DOWNLOAD] = "download"};
    return (size_t)will < sizeof names / sizeof names[0] ? names[will] : "unknown";
}

const char *seal_boot_mark_name(enum seal_boot_mark mark)
{
    static const char *const names[] = {[SEAL_MARK_OK] = "ok",
                                        [SEAL_MARK_NOTE] = "note",
                                        [SEAL_MARK_BAD] = "bad",
                                        [SEAL_MARK_UNKNOWN] = "unknown"};
    return (size_t)mark < sizeof names / sizeof names[0] ? names[mark] : "unknown";
}

void seal_boot_efuse_after(const struct seal_efuse *now, const struct seal_burn *burn,
                           struct seal_efuse *after)
{
    *after = *now;
    for (size_t block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            after->words[block][i] |= burn->words[block][i];
        }
    }
}

/* --- steps --- */

void boot_step(struct boot_view *view, enum seal_boot_mark mark, const char *name, const char *format, ...)
{
    struct seal_boot_report *report = view->report;
    if (report->count == SEAL_BOOT_STEPS) { /* a table full of apps that do not start: the last one stays */
        report->count--;
    }
    struct seal_boot_step *step = &report->steps[report->count++];
    va_list args;
    step->bootloader = view->bootloader;
    step->mark = mark;
    step->name = name;
    va_start(args, format);
    (void)vsnprintf(step->text, sizeof step->text, format, args);
    va_end(args);
}

void boot_decide(struct boot_view *view, enum seal_boot_will will, const char *name, const char *format, ...)
{
    struct seal_boot_report *report = view->report;
    const enum seal_boot_mark mark = will == SEAL_WILL_UNKNOWN ? SEAL_MARK_UNKNOWN
                                     : will == SEAL_WILL_BOOT || will == SEAL_WILL_DOWNLOAD ? SEAL_MARK_OK
                                                                                            : SEAL_MARK_BAD;
    va_list args;
    if (view->decided) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(report->why, sizeof report->why, format, args);
    va_end(args);
    boot_step(view, mark, name, "%s", report->why);
    view->decided = true;
    report->decided_by = will == SEAL_WILL_BOOT ? "" : name;
    *(view->bootloader ? &report->app : &report->rom) = will;
    report->verdict = will;
}

/* --- the chip --- */

bool boot_is_esp32(const struct boot_view *view)
{
    return view->chip->key_blocks == 0;
}

/* Whether this chip's ROM was watched booting. */
static bool is_measured(const struct boot_view *view)
{
    return view->chip->tested.rom >= SEAL_TESTED_EMULATOR;
}

int boot_revision(const struct boot_view *view)
{
    if (view->question->revision >= 0) {
        return view->question->revision;
    }
    const unsigned revision = seal_efuse_revision(view->efuse);
    /* One bit of the ESP32's revision is in no fuse, and so in no file. */
    const bool partly = view->chip->revision_register && view->efuse->revision_bits == 0;
    return partly && revision / 100 == 2 ? -1 : (int)revision;
}

static void check_download(struct boot_view *view)
{
    struct seal_boot_report *report = view->report;
    if (seal_efuse_get_named(view->efuse, "DIS_DOWNLOAD_MODE")) {
        boot_decide(
            view, SEAL_WILL_LOOP, "download",
            "the download mode is disabled: the ROM says so and resets, for as long as the pin is held");
        return;
    }
    if (seal_efuse_get_named(view->efuse, "UART_DOWNLOAD_DIS")) {
        boot_decide(view, SEAL_WILL_REFUSE, "download",
                    "the download mode is disabled: the ROM waits for a reset");
        return;
    }
    report->secure_download = seal_efuse_get_named(view->efuse, "ENABLE_SECURITY_DOWNLOAD");
    boot_decide(view, SEAL_WILL_DOWNLOAD, "download", "the ROM waits for a host, %s",
                report->secure_download ? "with the reduced command set of secure download mode"
                                        : "with all its commands");
}

/* esp-idf#13946: not measured, since the emulator does not model it. */
static void check_usb(struct boot_view *view)
{
    if (strcmp(view->chip->name, "esp32s3") == 0 && seal_efuse_get_named(view->efuse, "DIS_USB_JTAG") &&
        seal_efuse_get_named(view->efuse, "DIS_USB_SERIAL_JTAG")) {
        boot_decide(
            view, SEAL_WILL_UNKNOWN, "usb",
            "DIS_USB_JTAG and DIS_USB_SERIAL_JTAG are both burned: such chips were seen not to start");
    }
}

/* --- flash encryption --- */

static int look_through_hidden_key(struct boot_view *view)
{
    uint8_t raw[HEADER];
    int err = boot_read_raw(view, view->chip->bootloader_offset, raw, sizeof raw);
    if (err) {
        return err;
    }
    if (seal_is_filled(raw, 16, 0xFF)) {
        boot_decide(view, SEAL_WILL_LOOP, "header", "flash is erased at 0x%x, and decrypts to no image",
                    view->chip->bootloader_offset);
    } else if (seal_image_looks_like(raw, sizeof raw) &&
               (raw[12] | raw[13] << 8) == view->chip->image_chip_id) {
        boot_decide(
            view, SEAL_WILL_LOOP, "encryption",
            "the image at 0x%x is plaintext, and flash encryption is on: the ROM decrypts it to garbage",
            view->chip->bootloader_offset);
    } else {
        boot_decide(
            view, SEAL_WILL_UNKNOWN, "encryption",
            "the key is read-protected: whether flash is encrypted with it cannot be seen without it");
    }
    return SEAL_OK;
}

static int check_encryption(struct boot_view *view)
{
    const char *field = boot_is_esp32(view) ? "FLASH_CRYPT_CNT" : "SPI_BOOT_CRYPT_CNT";
    const unsigned count = (unsigned)__builtin_popcount(seal_efuse_get_named(view->efuse, field));
    view->report->encrypted = count % 2;
    if (!view->report->encrypted) {
        boot_step(view, SEAL_MARK_OK, "encryption", "flash encryption is off: %u bits of %s are set", count,
                  field);
        return SEAL_OK;
    }
    boot_step(view, SEAL_MARK_OK, "encryption", "flash encryption is on: %u bit%s of %s %s set", count,
              count == 1 ? "" : "s", field, count == 1 ? "is" : "are");
    int err = boot_key_open(view);
    if (err) {
        return err;
    }
    switch (view->key_state) {
    case BOOT_KEY_NONE:
        boot_decide(view, SEAL_WILL_REFUSE, "encryption",
                    "no eFuse block holds a flash-encryption key: the ROM reads garbage");
        return SEAL_OK;
    case BOOT_KEY_UNSURE:
        boot_decide(view, SEAL_WILL_UNKNOWN, "encryption",
                    "which flash-encryption key the chip takes cannot be told from its eFuses");
        return SEAL_OK;
    case BOOT_KEY_HIDDEN:
        return look_through_hidden_key(view);
    default:
        boot_step(view, SEAL_MARK_OK, "key", "the flash-encryption key is known");
        return SEAL_OK;
    }
}

/* --- secure boot --- */

/* With secure boot, a SHA-256 at the end is asked for whatever the header says, before any signature
 * (measured on ESP32-C3 and ESP32-S3); the ESP32 does not ask. */
static bool check_hash(struct boot_view *view, const struct seal_image *image)
{
    if (boot_is_esp32(view) || (image->has_hash && image->hash_ok)) {
        return true;
    }
    if (image->has_hash) {
        boot_decide(view, SEAL_WILL_REFUSE, "hash", "the SHA-256 at the end of the image is not its own");
    } else {
        boot_decide(view, is_measured(view) ? SEAL_WILL_REFUSE : SEAL_WILL_UNKNOWN, "hash",
                    "the image has no SHA-256 at its end, and this ROM wants one with secure boot");
    }
    return false;
}

static int check_v2(struct boot_view *view, const struct boot_image *image)
{
    const unsigned first = view->chip->secure_boot.first_revision;
    const int revision = boot_revision(view);
    if (view->chip->secure_boot.digests == 0 || (revision >= 0 && (unsigned)revision < first)) {
        boot_decide(view, SEAL_WILL_UNKNOWN, "secure boot",
                    "secure boot v2 is enabled, and the ROM of this revision of the %s does not have it",
                    view->chip->title);
        return SEAL_OK;
    }
    if (revision < 0) {
        boot_decide(view, SEAL_WILL_UNKNOWN, "secure boot",
                    "secure boot v2 is enabled, which v%u.%u has, and the file does not tell the revision",
                    first / 100, first % 100);
        return SEAL_OK;
    }
    boot_step(view, SEAL_MARK_OK, "secure boot", "secure boot v2 is enabled: the image must be signed");
    /* The ROM goes on to the next block even where there is one digest only (measured on the ESP32). */
    view->trust.slot_count = SEAL_BOOT_SLOTS;
    return check_hash(view, &image->parsed) ? boot_check_signature(view, image) : SEAL_OK;
}

static int check_secure_boot(struct boot_view *view, const struct boot_image *image)
{
    const bool v1 = boot_is_esp32(view) && seal_efuse_get_named(view->efuse, "ABS_DONE_0");
    seal_boot_trust_from_efuse(view->efuse, &view->trust);
    view->report->secure_boot = v1 || view->trust.enabled;
    if (v1) {
        return boot_check_v1(view, image);
    }
    if (!view->trust.enabled) {
        boot_step(view, SEAL_MARK_OK, "secure boot", "secure boot is off");
        return SEAL_OK;
    }
    return check_v2(view, image);
}

/* --- the image --- */

static void check_sums(struct boot_view *view, const struct seal_image *image)
{
    if (boot_is_esp32(view) && view->trust.enabled) {
        return; /* this ROM asks for the signature alone (measured) */
    }
    if (image->checksum != image->checksum_computed) {
        boot_decide(view, SEAL_WILL_REFUSE, "checksum", "the checksum of the image is 0x%02x, not 0x%02x",
                    image->checksum_computed, image->checksum);
        return;
    }
    boot_step(view, SEAL_MARK_OK, "checksum", "0x%02x", image->checksum);
    if (!image->has_hash || image->hash_ok) {
        boot_step(view, SEAL_MARK_OK, "hash",
                  image->has_hash ? "the SHA-256 at the end is right"
                                  : "the image has no SHA-256 at its end");
    } else if (is_measured(view)) {
        boot_step(view, SEAL_MARK_NOTE, "hash",
                  "the SHA-256 at the end is wrong, which this ROM does not mind");
    } else {
        boot_decide(view, SEAL_WILL_UNKNOWN, "hash",
                    "the SHA-256 at the end is wrong; what the ROM of the %s makes of it is not known",
                    view->chip->title);
    }
}

/* BOOTLOADER_ANTI_ROLLBACK_*: of the ESP32-C5 and ESP32-C61. */
static void check_bootloader_version(struct boot_view *view, const struct seal_image *image)
{
    unsigned least = (unsigned)__builtin_popcount(
        seal_efuse_get_named(view->efuse, "BOOTLOADER_ANTI_ROLLBACK_SECURE_VERSION") |
        seal_efuse_get_named(view->efuse, "BOOTLOADER_ANTI_ROLLBACK_SECURE_VERSION_LO") |
        seal_efuse_get_named(view->efuse, "BOOTLOADER_ANTI_ROLLBACK_SECURE_VERSION_HI") << 8);
    if (!seal_efuse_get_named(view->efuse, "BOOTLOADER_ANTI_ROLLBACK_EN")) {
        return;
    }
    if (!image->has_bootloader) {
        boot_decide(view, SEAL_WILL_UNKNOWN, "rollback",
                    "the ROM asks for the bootloader's secure version, and the image does not tell one");
    } else if (image->bootloader.secure_version < least) {
        boot_decide(view, SEAL_WILL_REFUSE, "rollback",
                    "the bootloader's secure version is %u, and eFuse asks for %u",
                    image->bootloader.secure_version, least);
    }
}

static void tell_no_image(struct boot_view *view, const uint8_t *header)
{
    const uint32_t offset = view->chip->bootloader_offset;
    if (seal_chip_field(view->chip, "DIS_DIRECT_BOOT") && seal_le32(header) == DIRECT_BOOT_MAGIC &&
        seal_le32(header + 4) == DIRECT_BOOT_MAGIC && !seal_efuse_get_named(view->efuse, "DIS_DIRECT_BOOT")) {
        boot_decide(view, SEAL_WILL_UNKNOWN, "header",
                    "0x%x holds code for direct boot, which is not judged here", offset);
        return;
    }
    boot_decide(view, SEAL_WILL_LOOP, "header",
                view->report->encrypted
                    ? "what is at 0x%x decrypts to no image: it begins with %02x instead of e9"
                    : "there is no image at 0x%x: it begins with %02x instead of e9",
                offset, header[0]);
}

static int check_image(struct boot_view *view, struct boot_image *image)
{
    uint8_t header[HEADER];
    const uint32_t offset = view->chip->bootloader_offset;
    const uint32_t size = view->question->flash_size;
    int err =
        boot_load(view, view->report->encrypted, offset, size > offset ? size - offset : 0, image, header);
    if (err) {
        return err;
    }
    if (header[0] != SEAL_IMAGE_MAGIC) {
        tell_no_image(view, header);
        return SEAL_OK;
    }
    boot_check_header(view, header);
    if (!view->decided && !image->whole) {
        boot_decide(view, SEAL_WILL_REFUSE, "segments", "the segments of the image reach beyond the flash");
    }
    if (!view->decided) {
        err = check_secure_boot(view, image);
    }
    if (!err && !view->decided) {
        check_sums(view, &image->parsed);
        check_bootloader_version(view, &image->parsed);
    }
    return err;
}

/* --- both stages --- */

/* Of the ESP32-C5, -C61 and -P4: where the ROM looks when the first bootloader is not to be had. */
static void check_recovery(struct boot_view *view)
{
    static const char prefix[] = "RECOVERY_BOOTLOADER_FLASH_SECTOR";
    const struct seal_efuse_controller *map = view->chip->efuse;
    bool set = false;
    for (size_t i = 0; i < map->field_count; i++) {
        set = set || (strncmp(map->fields[i].name, prefix, sizeof prefix - 1) == 0 &&
                      seal_efuse_get(view->efuse, &map->fields[i]));
    }
    if (set && (view->report->rom == SEAL_WILL_REFUSE || view->report->rom == SEAL_WILL_LOOP)) {
        view->decided = false;
        boot_decide(view, SEAL_WILL_UNKNOWN, "recovery",
                    "the eFuses name a recovery bootloader, which is not judged here");
    }
}

static int judge_rom(struct boot_view *view, struct boot_image *image)
{
    int err = SEAL_OK;
    if (view->question->download_strap) {
        check_download(view);
        return SEAL_OK;
    }
    check_usb(view);
    if (!view->decided) {
        err = check_encryption(view);
    }
    if (!err && !view->decided) {
        err = check_image(view, image);
        check_recovery(view);
    }
    if (!err && !view->decided) {
        boot_decide(view, SEAL_WILL_BOOT, "start", "the ROM starts the image at 0x%x, entry 0x%08x",
                    image->offset, image->parsed.entry);
    }
    return err;
}

int seal_boot_check(const struct seal_boot_question *question, struct seal_boot_report *report,
                    struct seal_cause *cause)
{
    struct boot_view view = {.question = question,
                             .efuse = question->efuse,
                             .chip = question->efuse->chip,
                             .report = report,
                             .cause = cause};
    struct boot_image image = {0};
    memset(report, 0, sizeof *report);
    report->decided_by = "";
    report->decided_at = view.chip->bootloader_offset;
    if (!view.chip->efuse) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the eFuses of the %s are not known", view.chip->title);
    }
    int err = judge_rom(&view, &image);
    if (!err && report->rom == SEAL_WILL_BOOT && !question->rom_only) {
        view.bootloader = true;
        view.decided = false;
        err = boot_check_app(&view, &image);
    }
    seal_buf_free(&image.bytes);
    seal_flash_crypt_free(&view.crypt);
    return err;
}
