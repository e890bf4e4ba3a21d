/* Checks of the ways in, of key blocks, and of the fuses as a whole. */
#include "audit.h"

#include <string.h>

#define NO_FUSES "the eFuses cannot be read"

static const struct seal_efuse_block *block_of(const struct seal_audit *audit, unsigned id)
{
    return &audit->efuse.chip->efuse->blocks[id];
}

/* --- the ways in --- */

static struct seal_exit exit_of(const struct seal_audit *audit, enum seal_exit_way way)
{
    struct seal_exit exits[SEAL_EXITS];
    if (audit->source.efuse) {
        seal_last_exits(&audit->efuse, exits);
    } else if (audit->source.info && audit->source.info->valid) {
        seal_last_exits_told(audit->source.chip, audit->source.info, seal_exit_of_path(audit->source.path),
                             exits);
    } else {
        return (struct seal_exit){
            .way = way, .state = SEAL_EXIT_UNKNOWN, .name = "", .fuse = "", .says = NO_FUSES};
    }
    return exits[way];
}

static enum seal_audit_verdict judge_way(const struct seal_audit *audit, enum seal_exit_way way,
                                         struct seal_audit_note *note)
{
    struct seal_exit exit = exit_of(audit, way);
    if (exit.state == SEAL_EXIT_NONE) {
        return SEAL_AUDIT_NOT_APPLICABLE;
    }
    audit_note(note, "%s is %s%s%s: %s", exit.name, seal_exit_state_name(exit.state),
               exit.fuse[0] ? " by " : "", exit.fuse, exit.says);
    return exit.state == SEAL_EXIT_UNKNOWN ? SEAL_AUDIT_UNKNOWN
           : exit.state == SEAL_EXIT_OPEN  ? SEAL_AUDIT_FAIL
                                           : SEAL_AUDIT_PASS;
}

/* Several ways of one kind: the worst counts. */
static enum seal_audit_verdict judge_ways(const struct seal_audit *audit, const enum seal_exit_way *ways,
                                          size_t count, struct seal_audit_note *note)
{
    enum seal_audit_verdict worst = SEAL_AUDIT_NOT_APPLICABLE;
    for (size_t i = 0; i < count; i++) {
        enum seal_audit_verdict one = judge_way(audit, ways[i], note);
        if (one == SEAL_AUDIT_FAIL || worst == SEAL_AUDIT_NOT_APPLICABLE ||
            (one == SEAL_AUDIT_UNKNOWN && worst != SEAL_AUDIT_FAIL)) {
            worst = one;
        }
    }
    if (worst == SEAL_AUDIT_NOT_APPLICABLE) {
        audit_note(note, "this chip has no such way");
    }
    return worst;
}

enum seal_audit_verdict audit_dbg_jtag(const struct seal_audit *audit, struct seal_audit_note *note)
{
    return judge_ways(audit, (const enum seal_exit_way[]){SEAL_EXIT_PAD_JTAG}, 1, note);
}

enum seal_audit_verdict audit_dbg_usb_jtag(const struct seal_audit *audit, struct seal_audit_note *note)
{
    return judge_ways(audit, (const enum seal_exit_way[]){SEAL_EXIT_USB_JTAG}, 1, note);
}

enum seal_audit_verdict audit_dl_mode(const struct seal_audit *audit, struct seal_audit_note *note)
{
    return judge_ways(audit, (const enum seal_exit_way[]){SEAL_EXIT_UART}, 1, note);
}

enum seal_audit_verdict audit_dl_usb(const struct seal_audit *audit, struct seal_audit_note *note)
{
    return judge_ways(audit, (const enum seal_exit_way[]){SEAL_EXIT_USB_SERIAL_JTAG, SEAL_EXIT_USB_OTG}, 2,
                      note);
}

enum seal_audit_verdict audit_dl_forced(const struct seal_audit *audit, struct seal_audit_note *note)
{
    return judge_ways(audit, (const enum seal_exit_way[]){SEAL_EXIT_FORCED}, 1, note);
}

enum seal_audit_verdict audit_dl_direct(const struct seal_audit *audit, struct seal_audit_note *note)
{
    return judge_ways(audit, (const enum seal_exit_way[]){SEAL_EXIT_DIRECT_BOOT, SEAL_EXIT_BOOT_REMAP}, 2,
                      note);
}

enum seal_audit_verdict audit_dl_legacy(const struct seal_audit *audit, struct seal_audit_note *note)
{
    return judge_ways(audit, (const enum seal_exit_way[]){SEAL_EXIT_LEGACY_SPI_BOOT, SEAL_EXIT_ROM_BASIC}, 2,
                      note);
}

/* --- key blocks --- */

struct key_blocks { /* those of purposes whose name begins so */
    unsigned ids[6];
    size_t count;
};

static void find_blocks(const struct seal_audit *audit, const char *prefix, struct key_blocks *found)
{
    found->count = 0;
    for (unsigned key = 0; key < audit->efuse.chip->key_blocks && key < 6; key++) {
        const struct seal_key_purpose *purpose =
            seal_chip_purpose_by_value(audit->efuse.chip, seal_efuse_key_purpose(&audit->efuse, key));
        int id = seal_chip_key_block(audit->efuse.chip, key);
        if (purpose && id >= 0 && strncmp(purpose->name, prefix, strlen(prefix)) == 0) {
            found->ids[found->count++] = (unsigned)id;
        }
    }
}

/* Unreadable and unwritable, every one of them. */
static bool protected(const struct seal_audit *audit, const struct key_blocks *blocks,
                      struct seal_audit_note *note)
{
    bool all = true;
    for (size_t i = 0; i < blocks->count; i++) {
        bool readable = seal_efuse_block_readable(&audit->efuse, blocks->ids[i]);
        bool writable = seal_efuse_block_writable(&audit->efuse, blocks->ids[i]);
        audit_note(note, "%s is %s and %s", block_of(audit, blocks->ids[i])->name,
                   readable ? "readable" : "read-protected", writable ? "writable" : "write-protected");
        if (readable && seal_efuse_block_blank(&audit->efuse, blocks->ids[i])) {
            audit_note(note, "it is empty");
        }
        all = all && !readable && !writable;
    }
    return all;
}

/* ESP32: the key stands in BLOCK1, without a purpose. */
static void encryption_key_blocks(const struct seal_audit *audit, struct key_blocks *blocks)
{
    find_blocks(audit, "XTS_AES_", blocks);
    int id = seal_chip_block(audit->efuse.chip, "BLOCK1");
    if (audit_has_field(audit, "FLASH_CRYPT_CNT") && id >= 0) {
        *blocks = (struct key_blocks){.ids = {(unsigned)id}, .count = 1};
    }
}

enum seal_audit_verdict audit_fe_key(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct key_blocks blocks;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    encryption_key_blocks(audit, &blocks);
    if (audit_flash_encryption_on(audit) == 0 && blocks.count == 0) {
        return audit_not_applicable(note, "flash encryption is off and has no key");
    }
    if (audit_flash_encryption_on(audit) == 0 && audit_has_field(audit, "FLASH_CRYPT_CNT") &&
        seal_efuse_block_readable(&audit->efuse, blocks.ids[0]) &&
        seal_efuse_block_blank(&audit->efuse, blocks.ids[0])) {
        return audit_not_applicable(note, "flash encryption is off and has no key");
    }
    if (blocks.count == 0) {
        audit_note(note, "no key block has the purpose of a flash encryption key");
        return SEAL_AUDIT_FAIL;
    }
    return protected(audit, &blocks, note) ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_id_key_protected(const struct seal_audit *audit, struct seal_audit_note *note)
{
    static const char *const purposes[] = {"HMAC_DOWN_DIGITAL_SIGNATURE", "HMAC_DOWN_ALL", "ECDSA_KEY"};
    size_t found = 0;
    bool all = true;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++) {
        struct key_blocks blocks;
        find_blocks(audit, purposes[i], &blocks);
        found += blocks.count;
        all = protected(audit, &blocks, note) && all;
    }
    if (found == 0) {
        return audit_not_applicable(note, "no key block holds an identity");
    }
    return all ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_nvs_key(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct key_blocks blocks;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    find_blocks(audit, "HMAC_UP", &blocks);
    if (blocks.count == 0) {
        return audit_not_applicable(note, "no key block has the purpose HMAC_UP");
    }
    return protected(audit, &blocks, note) ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_dbg_soft(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct key_blocks jtag, all;
    uint32_t soft;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    find_blocks(audit, "HMAC_DOWN_JTAG", &jtag);
    find_blocks(audit, "HMAC_DOWN_ALL", &all);
    bool odd = audit_fuse(audit, "SOFT_DIS_JTAG", &soft) && __builtin_popcount(soft) % 2;
    struct seal_exit pads = exit_of(audit, SEAL_EXIT_PAD_JTAG);
    if (!odd || pads.state == SEAL_EXIT_CLOSED) {
        return audit_not_applicable(note, "JTAG is not soft-disabled");
    }
    audit_note(note, "SOFT_DIS_JTAG = %u", soft);
    if (jtag.count + all.count == 0) {
        audit_note(note, "no key lets anybody reopen it");
        return SEAL_AUDIT_PASS;
    }
    bool good = protected(audit, &jtag, note);
    return protected(audit, &all, note) && good ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_dbg_rom_log(const struct seal_audit *audit, struct seal_audit_note *note)
{
    uint32_t value;
    if (audit_has_field(audit, "UART_PRINT_CONTROL")) {
        if (!audit_fuse(audit, "UART_PRINT_CONTROL", &value)) {
            return audit_unknown(note, NO_FUSES);
        }
        audit_note(note, "UART_PRINT_CONTROL = %u", value);
        return value == 3 ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
    }
    return audit_not_applicable(note, "this chip's eFuses do not control the ROM's log");
}

enum seal_audit_verdict audit_dpa_level(const struct seal_audit *audit, struct seal_audit_note *note)
{
    uint32_t value;
    if (!audit_has_field(audit, "XTS_DPA_PSEUDO_LEVEL")) {
        return audit_not_applicable(note, "this chip has no pseudo-rounds");
    }
    if (!audit_fuse(audit, "XTS_DPA_PSEUDO_LEVEL", &value)) {
        return audit_unknown(note, NO_FUSES);
    }
    audit_note(note, "XTS_DPA_PSEUDO_LEVEL = %u", value);
    return value > 0 ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

/* --- the fuses as a whole --- */

enum seal_audit_verdict audit_chip_revision(const struct seal_audit *audit, struct seal_audit_note *note)
{
    /* ESP32 before v3.0: a glitch of the supply reads protected keys and gets past secure boot
     * (CVE-2019-15894, CVE-2019-17391; Espressif "ESP32 ECO and Workarounds"). ESP32-P4 v1.0: the ROM's own
     * encryption can write what it cannot decrypt (espressif/esp-idf#19028). */
    static const struct {
        const char *chip;
        unsigned first_good;
        const char *why;
    } known[] = {
        {"esp32", 300,
         "glitches of the supply get past secure boot and read protected keys (CVE-2019-15894, "
         "CVE-2019-17391)"},
        {"esp32p4", 101,
         "the ROM's own encryption can write what it cannot decrypt (espressif/esp-idf#19028)"},
    };
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    unsigned revision = seal_efuse_revision(&audit->efuse);
    audit_note(note, "%s v%u.%u", audit->efuse.chip->title, revision / 100, revision % 100);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].chip, audit->efuse.chip->name) == 0 && revision < known[i].first_good) {
            audit_note(note, "before v%u.%u %s", known[i].first_good / 100, known[i].first_good % 100,
                       known[i].why);
            return SEAL_AUDIT_FAIL;
        }
    }
    return SEAL_AUDIT_PASS;
}

enum seal_audit_verdict audit_efuse_errors(const struct seal_audit *audit, struct seal_audit_note *note)
{
    bool good = true;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    for (unsigned id = 0; id < audit->efuse.chip->efuse->block_count; id++) {
        if (audit->efuse.errors[id] || audit->efuse.error_fail[id]) {
            audit_note(note, "%s: %u error%s%s", block_of(audit, id)->name, audit->efuse.errors[id],
                       audit->efuse.errors[id] == 1 ? "" : "s",
                       audit->efuse.error_fail[id] ? ", not correctable" : "");
            good = false;
        }
    }
    if (good) {
        audit_note(note, "no block reports an error");
    }
    return good ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_efuse_stray(const struct seal_audit *audit, struct seal_audit_note *note)
{
    bool good = true;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    for (unsigned key = 0; key < audit->efuse.chip->key_blocks; key++) {
        int id = seal_chip_key_block(audit->efuse.chip, key);
        const struct seal_key_purpose *purpose =
            seal_chip_purpose_by_value(audit->efuse.chip, seal_efuse_key_purpose(&audit->efuse, key));
        if (id < 0 || audit_has_field(audit, "FLASH_CRYPT_CNT") ||
            !seal_efuse_block_readable(&audit->efuse, (unsigned)id)) {
            continue;
        }
        bool blank = seal_efuse_block_blank(&audit->efuse, (unsigned)id);
        bool user = seal_efuse_key_purpose(&audit->efuse, key) == SEAL_PURPOSE_USER;
        if (!purpose || blank == !user) {
            audit_note(note, "%s %s", block_of(audit, (unsigned)id)->name,
                       !purpose ? "has a purpose that does not exist"
                       : user   ? "holds data without a purpose"
                                : "has a purpose and no key");
            good = false;
        }
    }
    if (good) {
        audit_note(note, "every key block that can be read is either used or empty");
    }
    return good ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_efuse_purposes(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct key_blocks xts128, xts;
    bool good = true;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    if (audit_has_field(audit, "FLASH_CRYPT_CNT")) {
        return audit_not_applicable(note, "the key blocks of this chip have no purposes");
    }
    for (unsigned key = 0; key < audit->efuse.chip->key_blocks; key++) {
        unsigned value = seal_efuse_key_purpose(&audit->efuse, key);
        const struct seal_key_purpose *purpose = seal_chip_purpose_by_value(audit->efuse.chip, value);
        if (value != SEAL_PURPOSE_USER) {
            bool writable = seal_efuse_key_purpose_writable(&audit->efuse, key);
            audit_note(note, "BLOCK_KEY%u: %s%s", key, purpose ? purpose->name : "unknown",
                       writable ? ", which can still be changed" : "");
            good = good && !writable;
        }
    }
    find_blocks(audit, "XTS_AES_128_KEY", &xts128);
    find_blocks(audit, "XTS_AES_", &xts);
    if (xts128.count > 1 || (xts128.count == 1 && xts.count > 1)) {
        audit_note(note,
                   "more than one key of flash encryption: the chip takes the first and the others are lost");
        good = false;
    }
    if (note->len == 0) {
        audit_note(note, "no key block is in use");
    }
    return good ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}
