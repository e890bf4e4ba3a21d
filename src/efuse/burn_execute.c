/* Burning: one block at a time, and nothing believed that was not read back. */
#include "burner.h"

#include <espseal/secret.h>

#include <string.h>

/* Names the first word that differs; of a secret block only how many bits do. */
static int fail_verify(const struct burner *burner, struct seal_cause *cause)
{
    const struct seal_efuse_block *block = &burner->controller->blocks[burner->block];
    const uint32_t *got = burner->efuse->words[burner->block];

    for (uint32_t i = 0; i < block->words; i++) {
        uint32_t missing = burner->expected[i] & ~got[i], extra = got[i] & ~burner->expected[i];
        uint32_t address = burner->controller->base + block->read + 4 * i;
        if ((missing | extra) == 0)
            continue;
        seal_fail(cause, SEAL_ERR_VERIFY,
                  "%s word %u reads back wrong: %d bits did not burn, %d burned that "
                  "should not have",
                  block->name, (unsigned)i, __builtin_popcount(missing), __builtin_popcount(extra));
        if (!burner->secret)
            seal_cause_compare(cause, address, burner->expected[i], got[i]);
        return SEAL_ERR_VERIFY;
    }
    return 0;
}

static bool has_extra_bits(const struct burner *burner)
{
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        if (burner->efuse->words[burner->block][i] & ~burner->expected[i])
            return true;
    }
    return false;
}

/* Bits still to burn: in a coded block all of them again, since only the identical code word is safe. */
static bool bits_to_burn(const struct burner *burner, unsigned attempt, const uint32_t *wanted,
                         uint32_t *data)
{
    enum seal_efuse_coding coding = seal_efuse_block_coding(burner->efuse, burner->block);
    bool coded = coding == SEAL_CODING_RS || coding == SEAL_CODING_THREE_QUARTER;
    uint32_t any = 0;

    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        uint32_t missing = wanted[i] & ~burner->efuse->words[burner->block][i];
        any |= missing;
        data[i] = coded ? wanted[i] : missing;
    }
    /* Right only because the code corrected it: the bits that are weak get a second pulse. */
    return any != 0 || (coded && attempt > 0 && burner->efuse->errors[burner->block] > 0);
}

/* Before a second pulse: a first one whose command was bent may have burned another block than the one named.
 */
static int check_other_blocks(const struct burner *burner, struct seal_cause *cause)
{
    struct seal_efuse now = *burner->efuse;
    uint32_t others = burner->efuse->loaded & ~(1u << burner->block);
    int err = others != 0 ? seal_efuse_read(burner->loader, others, &now, cause) : 0;

    for (unsigned id = 0; id < SEAL_EFUSE_BLOCKS && err == 0; id++) {
        if ((others >> id & 1) != 0 &&
            !seal_equal(now.words[id], burner->efuse->words[id], sizeof now.words[id])) {
            err = seal_fail(cause, SEAL_ERR_VERIFY, "%s changed while %s was to be burned",
                            burner->controller->blocks[id].name,
                            burner->controller->blocks[burner->block].name);
            seal_hint(
                cause,
                "the command was damaged on its way; espseal efuse summary shows what stands there now");
        }
    }
    seal_cleanse(&now, sizeof now);
    return err;
}

static int burn_words(struct burner *burner, const uint32_t *wanted, struct seal_cause *cause)
{
    uint32_t data[SEAL_EFUSE_WORDS];
    int err = 0;

    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++)
        burner->expected[i] = burner->efuse->words[burner->block][i] | wanted[i];
    for (unsigned attempt = 0; attempt < 2 && bits_to_burn(burner, attempt, wanted, data); attempt++) {
        burner->pulses++;
        err = attempt > 0 ? check_other_blocks(burner, cause) : 0;
        if (err != 0)
            break;
        err = burner_pulse(burner, data, cause);
        if (err != 0 || has_extra_bits(burner))
            break;
    }
    if (err == 0)
        err = fail_verify(burner, cause);
    seal_cleanse(data, sizeof data);
    seal_cleanse(burner->expected, sizeof burner->expected);
    return err;
}

static bool opens_secure_download(const struct burner *burner, const uint32_t *wanted)
{
    const struct seal_efuse_field *field = seal_chip_field(burner->chip, "ENABLE_SECURITY_DOWNLOAD");
    return field != NULL && field->block == burner->block && (wanted[field->bit / 32] >> field->bit % 32 & 1);
}

/* From the read command on the chip refuses to show its registers, and its ROM restarts: the flag is the
 * proof. */
static int verify_secure_download(struct burner *burner, const uint32_t *wanted, int err,
                                  struct seal_cause *cause)
{
    bool expected = err == SEAL_ERR_ROM_REFUSED || err == SEAL_ERR_ROM || err == SEAL_ERR_LINK ||
                    err == SEAL_ERR_TIMEOUT || err == SEAL_ERR_PROTOCOL;

    if (!expected) {
        return err;
    }
    err = seal_loader_refresh_security_info(burner->loader, cause);
    if (err == 0 && !seal_loader_secure_download(burner->loader)) {
        err = seal_fail(cause, SEAL_ERR_VERIFY,
                        "the chip refuses registers, but is not in secure download mode");
    }
    for (size_t i = 0; err == 0 && i < SEAL_EFUSE_WORDS; i++) {
        burner->efuse->words[burner->block][i] |= wanted[i];
    }
    return err;
}

/*
 * What protection would lock is burned and verified before the protection is; read-protection before
 * write-protection, since bit 0 of WR_DIS locks RD_DIS.
 */
static int burn_block(struct burner *burner, const uint32_t *wanted, struct seal_cause *cause)
{
    uint32_t phases[BURN_PHASES][SEAL_EFUSE_WORDS];
    int err = 0;

    burner_split(burner, wanted, phases);
    for (size_t phase = 0; phase < BURN_PHASES && err == 0; phase++) {
        burner->last = phase == BURN_DOORS && opens_secure_download(burner, phases[phase]);
        err = burn_words(burner, phases[phase], cause);
        if (err != 0 && burner->last) {
            err = verify_secure_download(burner, phases[phase], err, cause);
        }
    }
    seal_cleanse(phases, sizeof phases);
    return err;
}

static int choose_timing(struct burner *burner, struct seal_cause *cause)
{
    unsigned mhz = 0;
    int err = seal_loader_crystal(burner->loader, &mhz, cause);

    for (const struct seal_efuse_timing *t = burner->controller->timings; t != NULL && t->mhz != 0; t++) {
        if (t->mhz == mhz) {
            burner->timing = t->sets;
            break;
        }
    }
    return err;
}

/* What the chip no longer shows is not kept here either. Where a block has a bit for each half (ESP32-C2),
 * the other half stays. */
static void forget_protected_blocks(struct seal_efuse *efuse)
{
    const uint32_t hidden = seal_efuse_get_named(efuse, "RD_DIS");
    for (unsigned id = 0; id < efuse->chip->efuse->block_count; id++) {
        const struct seal_efuse_block *block = &efuse->chip->efuse->blocks[id];
        const size_t parts = 1u + block->read_disable_more, words = SEAL_EFUSE_WORDS / parts;
        for (size_t part = 0; part < parts && block->read_disable >= 0; part++) {
            if (hidden >> ((size_t)block->read_disable + part) & 1) {
                seal_cleanse(efuse->words[id] + part * words, words * sizeof *efuse->words[id]);
            }
        }
    }
}

/* The plan is made from what was read without a checksum: it is read once more. */
static int look_again(const struct burner *burner, const struct seal_burn *burn, struct seal_cause *cause)
{
    const struct seal_efuse *seen = burner->efuse;
    struct seal_efuse now = {.chip = seen->chip};
    uint32_t mask = 0;
    for (unsigned block = 0; block < burner->controller->block_count; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            mask |= (burn->words[block][i] & ~seen->words[block][i] ? 1u : 0u) << block;
        }
    }
    int err = mask ? seal_efuse_read(burner->loader, mask | 1, &now, cause) : 0; /* BLOCK0: the coding */
    for (unsigned block = 0; err == 0 && block < burner->controller->block_count; block++) {
        if ((mask >> block & 1) &&
            memcmp(now.words[block], seen->words[block], sizeof now.words[block]) != 0) {
            err = seal_fail(cause, SEAL_ERR_VERIFY, "%s reads otherwise than when the burn was planned",
                            burner->controller->blocks[block].name);
            seal_hint(cause, "nothing was burned; the line may be bad: run the same command again");
        }
    }
    seal_cleanse(&now, sizeof now);
    return err;
}

int seal_burn_execute(struct seal_loader *loader, struct seal_efuse *efuse, const struct seal_burn *burn,
                      unsigned *burned, struct seal_cause *cause)
{
    struct burner burner = {
        .loader = loader, .controller = efuse->chip->efuse, .chip = efuse->chip, .efuse = efuse};
    int err;

    *burned = 0;
    err = seal_burn_check(efuse, burn, cause);
    if (err == 0)
        err = seal_loader_require_registers(loader, "burn eFuses", cause);
    if (err == 0)
        err = look_again(&burner, burn, cause);
    if (err == 0)
        err = choose_timing(&burner, cause);
    for (size_t left = err == 0 ? burner.controller->block_count : 0; left > 0 && err == 0; left--) {
        burner.block = (unsigned)(left - 1);
        burner.secret = burn->secret[burner.block];
        burner.pulses = 0;
        err = burn_block(&burner, burn->words[burner.block], cause);
        *burned += burner.pulses > 0;
    }
    if (err == 0)
        forget_protected_blocks(efuse);
    return err;
}
