/*
 * What makes flash encryption and secure boot more than switched on: the bits that ESP-IDF's release
 * predicates ask for (esp_flash_encryption_cfg_verify_release_mode, esp_secure_boot_cfg_verify_release_mode),
 * each by name and state, and the missing ones into a plan. Pure: looks at snapshots.
 *
 * Facts: ESP-IDF 6.2, components/bootloader_support/src/{flash_encrypt,secure_boot}.c (the predicates),
 * src/<chip>/{flash_encryption,secure_boot}_secure_features.c (what the bootloader burns, in which order),
 * src/flash_encryption/flash_encrypt.c (the counter goes to its maximum), components/soc/<chip>/include/soc/
 * soc_caps.h (which predicate lines a chip has), bootloader/Kconfig.projbuild
 * SECURE_FLASH_SKIP_WRITE_PROTECTION_CACHE (why a development device keeps DIS_ICACHE writable).
 */
#ifndef ESPSEAL_RELEASE_H
#define ESPSEAL_RELEASE_H

#include <espseal/fuse_plan.h>
#include <espseal/sealing.h>

/*
 * The parts of a feature, in the order of burning. Parts may share a plan: within one, fields come before
 * read-protections, and those before write-protections.
 */
enum seal_part {
    SEAL_PART_KEYS = 1,    /* read- and write-protection of the feature's key blocks and their purposes */
    SEAL_PART_FIELDS = 2,  /* bits of download mode, boot and JTAG */
    SEAL_PART_SWITCH = 4,  /* the counter, SECURE_BOOT_EN, ABS_DONE_n */
    SEAL_PART_PROTECT = 8, /* write-protections, which lock other fields as well: with or after lockdown and
                              the switches of both features */
    SEAL_PART_ALL = 15,
    SEAL_PART_DOORS = 16, /* of a list only: the download mode, which lockdown burns */
};

enum seal_release_state {
    SEAL_RELEASE_SET,
    SEAL_RELEASE_MISSING,
    SEAL_RELEASE_LOST, /* missing, and can never be set: write-protected, or bits would have to fall */
};

#define SEAL_RELEASE_BITS 32

struct seal_release_bit {
    char name[56];   /* "DIS_DOWNLOAD_ICACHE", "WR_DIS of DIS_ICACHE", "RD_DIS of BLOCK_KEY0" */
    const char *why; /* what is open without it, lower case, no full stop */
    enum seal_part part;
    enum seal_release_state state;
    bool checked;     /* ESP-IDF's predicate looks at it; else its bootloader burns it all the same */
    bool development; /* belongs to development mode too */
};

/* --- flash encryption --- */

/* Every bit of the chip's list, in the order of the parts. Returns their number. */
size_t seal_flash_encryption_bits(const struct seal_efuse *state,
                                  struct seal_release_bit bits[static SEAL_RELEASE_BITS]);
/* The counter's count of bits is odd. */
bool seal_flash_encryption_on(const struct seal_efuse *state);
/* ESP-IDF's predicate holds: every checked bit is set. */
bool seal_flash_encryption_released(const struct seal_efuse *state);

/*
 * Adds what is missing of the parts to a plan. DEVELOPMENT: the counter's next bit when it is even, what the
 * ESP32's cipher needs (FLASH_CRYPT_CONFIG 15), read-back in download mode closed, the key's protections; the
 * download mode can still write encrypted, and no write-protection is burned that would forbid release mode
 * later. RELEASE: everything of the list, with the counter at its maximum. JTAG closes as lockdown says, by
 * off or soft; unsaid: off. lockdown may be NULL. Doors (download mode) are lockdown's.
 * SEAL_ERR_USAGE (mode NONE), SEAL_ERR_MISMATCH (release with jtag or usb_jtag: keep), SEAL_ERR_STATE (a bit
 * is lost, no key block of the purpose), errors of seal_lockdown_add.
 */
int seal_flash_encryption_add(struct seal_fuse_plan *plan, enum seal_encryption_mode mode, uint32_t parts,
                              const struct seal_wish_lockdown *lockdown,
                              struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- secure boot --- */

size_t seal_secure_boot_bits(const struct seal_efuse *state,
                             struct seal_release_bit bits[static SEAL_RELEASE_BITS]);
bool seal_secure_boot_on(const struct seal_efuse *state); /* SECURE_BOOT_EN, ABS_DONE_0 or ABS_DONE_1 */
bool seal_secure_boot_released(const struct seal_efuse *state);

/*
 * Adds the enabling of secure boot to a plan, whose digests are in the chip or in the plan (boot_slots.h):
 * the switch, what the bootloader burns with it (direct boot, boot remap and legacy SPI boot off; aggressive
 * revoke and SECURE_BOOT_SHA384_EN where wished), and as SEAL_PART_PROTECT the write-protection of RD_DIS,
 * after which no key can be read-protected any more: rule RDDIS-LOCK refuses a plan that comes too early.
 * release: also JTAG as for flash encryption, and the ESP32's BASIC interpreter. SEAL_ERR_UNSUPPORTED
 * (version or sha384 on this chip), and as seal_flash_encryption_add.
 */
int seal_secure_boot_add(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish, bool release,
                         uint32_t parts, const struct seal_wish_lockdown *lockdown,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
