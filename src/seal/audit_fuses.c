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
    bool unsure = exit.state == SEAL_EXIT_UNKNOWN ||
                  (strcmp(exit.fuse, "UART_DOWNLOAD_DIS") == 0 && audit_revision_unsure(audit));
    return unsure ? SEAL_AUDIT_UNKNOWN : exit.state == SEAL_EXIT_OPEN ? SEAL_AUDIT_FAIL : SEAL_AUDIT_PASS;
}

/* Several ways of one kind: the worst counts. */
static enum seal_audit_verdict judge_ways(const struct seal_audit *audit, const enum seal_exit_way *ways,
                                          size_t count, struct seal_audit_note *note)
{
    enum seal_audit_verdict worst = SEAL_AUDIT_NOT_APPLICABLE;
    if (!exit_of(audit, ways[0]).name[0]) {
        return audit_unknown(note, NO_FUSES);
    }
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

/* The ESP32 and ESP32-C2 have blocks with fixed jobs. */
static bool has_purposes(const struct seal_audit *audit)
{
    return audit_has_field(audit, "KEY_PURPOSE_0");
}

static void find_blocks(const struct seal_audit *audit, const char *prefix, struct key_blocks *found)
{
    found->count = 0;
    for (unsigned key = 0; has_purposes(audit) && key < audit->efuse.chip->key_blocks && key < 6; key++) {
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

/* What a release needs of the key's blocks: there, unreadable, unwritable. */
enum seal_audit_verdict audit_fe_key(const struct seal_audit *audit, struct seal_audit_note *note)
{
    struct seal_release_bit list[SEAL_RELEASE_BITS];
    bool good = true;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    if (audit->key_state == BOOT_KEY_NONE && audit_flash_encryption_on(audit) == 0) {
        return audit_not_applicable(note, "flash encryption is off and has no key");
    }
    if (seal_efuse_get_named(&audit->efuse, "FORCE_USE_KEY_MANAGER_KEY")) {
        return audit_unknown(note, "the key manager holds keys, which no fuse tells of");
    }
    size_t count = seal_flash_encryption_bits(&audit->efuse, list);
    for (size_t i = 0; i < count; i++) {
        if (list[i].part == SEAL_PART_KEYS) {
            audit_note(note, "%s is %s", list[i].name, list[i].state == SEAL_RELEASE_SET ? "set" : "missing");
            good = good && list[i].state == SEAL_RELEASE_SET;
        }
    }
    if (audit->key_state == BOOT_KEY_UNSURE) {
        audit_note(note, "the blocks do not make one key: the chip takes one, and the others are lost");
        good = false;
    }
    return good ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
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
    const struct seal_efuse_field *field = seal_chip_field(audit->source.chip, "SOFT_DIS_JTAG");
    struct key_blocks jtag, all;
    uint32_t soft;
    if (!field) {
        return audit_not_applicable(note, "this chip has no SOFT_DIS_JTAG");
    }
    if (!audit_fuse(audit, "SOFT_DIS_JTAG", &soft)) {
        return audit_unknown(note, NO_FUSES);
    }
    struct seal_exit exit = exit_of(audit, SEAL_EXIT_TOKEN_JTAG);
    if (__builtin_popcount(soft) % 2 == 0 || exit.state == SEAL_EXIT_CLOSED) {
        return audit_not_applicable(note, exit.says);
    }
    audit_note(note, "SOFT_DIS_JTAG = %u", soft);
    if (soft != (1u << field->bits) - 1 && seal_efuse_field_writable(&audit->efuse, field)) {
        audit_note(note, "one more bit of it opens JTAG again");
        return SEAL_AUDIT_FAIL;
    }
    audit_note(note, "%s", exit.says);
    find_blocks(audit, "HMAC_DOWN_JTAG", &jtag);
    find_blocks(audit, "HMAC_DOWN_ALL", &all);
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

/* The bit that tells v3 from v2 of an ESP32 is in a register, which no file holds. */
bool audit_revision_unsure(const struct seal_audit *audit)
{
    return audit->source.efuse && audit->efuse.chip->revision_register && audit->efuse.revision_bits == 0 &&
           seal_efuse_revision(&audit->efuse) / 100 == 2;
}

enum seal_audit_verdict audit_chip_revision(const struct seal_audit *audit, struct seal_audit_note *note)
{
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    unsigned revision = seal_efuse_revision(&audit->efuse);
    unsigned first = audit->efuse.chip->secure_boot.first_revision;
    if (audit_revision_unsure(audit)) {
        return audit_unknown(note, "a file does not tell v2 from v3 of this chip; give it with --revision");
    }
    audit_note(note, "%s v%u.%u", audit->efuse.chip->title, revision / 100, revision % 100);
    if (revision >= first) {
        return SEAL_AUDIT_PASS;
    }
    audit_note(note, "before v%u.%u its ROM has no Secure Boot v2", first / 100, first % 100);
    if (strcmp(audit->efuse.chip->name, "esp32") == 0) { /* Espressif's advisories of those numbers */
        audit_note(note, "and glitches of the supply read protected keys and get past secure boot "
                         "(CVE-2019-15894, CVE-2019-17391)");
    }
    return SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_efuse_errors(const struct seal_audit *audit, struct seal_audit_note *note)
{
    bool good = true;
    if (!audit->source.efuse) {
        return audit_unknown(note, NO_FUSES);
    }
    if (audit->source.path == SEAL_PATH_FILE) {
        return audit_not_applicable(note, "a file has no error counters; ask the chip");
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

/* What is wrong with a key block; NULL: nothing. */
static const char *stray(const struct seal_audit *audit, unsigned key, unsigned id)
{
    unsigned value = seal_efuse_key_purpose(&audit->efuse, key);
    bool blank = seal_efuse_block_blank(&audit->efuse, id);
    if (!seal_chip_purpose_by_value(audit->efuse.chip, value)) {
        return "has a purpose that does not exist";
    }
    if (!seal_efuse_block_readable(&audit->efuse, id)) {
        return NULL;
    }
    if (value != SEAL_PURPOSE_USER) {
        return blank ? "has a purpose and no key" : NULL;
    }
    return !blank && seal_efuse_key_purpose_writable(&audit->efuse, key)
               ? "holds data whose purpose is neither set nor locked"
               : NULL;
}

/* The checks of key blocks speak of purposes, which the ESP32 and the ESP32-C2 have not. */
static bool purposes_known(const struct seal_audit *audit, struct seal_audit_note *note,
                           enum seal_audit_verdict *verdict)
{
    if (!audit->source.efuse) {
        *verdict = audit_unknown(note, NO_FUSES);
        return false;
    }
    if (!has_purposes(audit)) {
        *verdict = audit_not_applicable(note, "the key blocks of this chip have no purposes");
        return false;
    }
    return true;
}

enum seal_audit_verdict audit_efuse_stray(const struct seal_audit *audit, struct seal_audit_note *note)
{
    enum seal_audit_verdict verdict;
    bool good = true;
    if (!purposes_known(audit, note, &verdict)) {
        return verdict;
    }
    for (unsigned key = 0; key < audit->efuse.chip->key_blocks; key++) {
        int id = seal_chip_key_block(audit->efuse.chip, key);
        const char *wrong = id < 0 ? NULL : stray(audit, key, (unsigned)id);
        if (wrong) {
            audit_note(note, "%s %s", block_of(audit, (unsigned)id)->name, wrong);
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
    enum seal_audit_verdict verdict;
    bool good = true;
    if (!purposes_known(audit, note, &verdict)) {
        return verdict;
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
    if (note->len == 0) {
        audit_note(note, "no key block is in use");
    }
    return good ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}
