/* efuse burn-digest: the digest of a public key for secure boot. */
#include "fuse.h"

#include <espseal/boot_check.h>
#include <espseal/secret.h>
#include <espseal/secure_boot.h>

#include <stdio.h>
#include <string.h>

static const char *const slots[] = {"0", "1", "2", NULL};

/* The first slot that no key block has, or that has this digest already, after what is planned. */
static void choose_slot(const struct cli_fuse *fuse, const uint8_t *digest, char *purpose, size_t size)
{
    struct seal_efuse planned;
    seal_boot_efuse_after(&fuse->plan.before, &fuse->plan.want, &planned);
    for (unsigned slot = 0; slot < 3; slot++) {
        bool free = true;
        (void)snprintf(purpose, size, "SECURE_BOOT_DIGEST%u", slot);
        const struct seal_key_purpose *wanted = seal_chip_purpose(fuse->state.chip, purpose);
        for (unsigned key = 0; wanted != NULL && key < fuse->state.chip->key_blocks; key++) {
            unsigned block = (unsigned)seal_chip_key_block(fuse->state.chip, key);
            uint32_t first = (uint32_t)digest[0] | (uint32_t)digest[1] << 8 | (uint32_t)digest[2] << 16 |
                             (uint32_t)digest[3] << 24;
            bool has = seal_efuse_key_purpose(&planned, key) == wanted->value;
            free = free && (!has || planned.words[block][0] == first);
        }
        if (free) {
            break;
        }
    }
    seal_cleanse(&planned, sizeof planned);
}

static const char *fixed_purpose(const struct seal_chip *chip)
{
    return strcmp(chip->name, "esp32") == 0     ? "secure_boot_v2"
           : strcmp(chip->name, "esp32c2") == 0 ? "SECURE_BOOT_DIGEST"
                                                : NULL;
}

static int add_digest(struct cli_fuse *fuse, struct cli_run *segment, const uint8_t *digest,
                      struct seal_cause *cause)
{
    char purpose[24];
    const char *slot = cli_text(segment, "slot"), *fixed = fixed_purpose(fuse->state.chip);
    struct seal_fuse_key key = {.block = SEAL_PLAN_KEY_AUTO,
                                .purpose = fixed != NULL ? fixed : purpose,
                                .data = digest,
                                .len = 32,
                                .keep_writable = cli_flag(segment, "keep-writable")};
    uint32_t blocks = 0;
    unsigned number = 0;
    if (slot != NULL) {
        (void)snprintf(purpose, sizeof purpose, "SECURE_BOOT_DIGEST%.1s", slot);
    } else {
        choose_slot(fuse, digest, purpose, sizeof purpose);
    }
    if (cli_text(segment, "block") != NULL) {
        int err = cli_fuse_block(fuse, cli_text(segment, "block"), &number, cause);
        if (err != SEAL_OK) {
            return err;
        }
        key.block = (int)number;
    }
    return seal_fuse_plan_key(&fuse->plan, &key, &blocks, cause);
}

int cli_fuse_add_digest(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    struct seal_public key;
    uint8_t digest[32];
    int err = cli_read_public(segment, cli_text(segment, "key"), NULL, &key, cause);
    if (err == SEAL_OK) {
        err = seal_boot_scheme_check(fuse->state.chip, key.scheme, true, cause);
    }
    if (err == SEAL_OK && seal_boot_scheme_check(fuse->state.chip, key.scheme, false, NULL) != SEAL_OK) {
        cli_warn(fuse->run, "ESP-IDF marks secure boot with ECDSA as not working for some inputs on the %s",
                 fuse->state.chip->title);
    }
    if (err == SEAL_OK) {
        err = seal_public_digest(&key, digest);
    }
    return err == SEAL_OK ? add_digest(fuse, segment, digest, cause) : err;
}

static const struct cli_option options[] = {
    {.name = "key",
     .value = "FILE",
     .summary = "the public key, or the private one, PEM or DER",
     .required = true},
    {.name = "slot",
     .value = "N",
     .summary = "which of the three digests it becomes",
     .choices = slots,
     .fallback = "the first free one"},
    {.name = "block", .value = "BLOCK", .summary = "the key block for it", .fallback = "the first free one"},
    {.name = "keep-writable", .summary = "leave out the write-protection of the block"},
    CLI_FUSE_OPTIONS,
};

const struct cli_command cli_command_efuse_burn_digest = {
    .name = "efuse burn-digest",
    .summary = "register a public key for secure boot",
    .description =
        "Burns the digest of a public key, by which secure boot v2 knows the keys that sign firmware. The "
        "block is write-protected and stays readable, as the ROM must read it. Secure boot itself is "
        "switched on by efuse burn SECURE_BOOT_EN=1, after that.",
    .examples = "espseal efuse burn-digest --port /dev/ttyUSB0 --key signing.pem --dry-run",
    .options = options,
    .device = true,
    .offline = true,
    .chains = true,
    .danger = CLI_BURNS,
    .run = cli_fuse_run,
};
