/* SECURE_VERSION: the lowest n bits. */
#include <espseal/anti_rollback.h>

#include <stdio.h>

static const struct seal_efuse_field *version_of(const struct seal_chip *chip)
{
    return seal_chip_field(chip, "SECURE_VERSION");
}

unsigned seal_anti_rollback_max(const struct seal_chip *chip)
{
    return version_of(chip)->bits;
}

unsigned seal_anti_rollback_version(const struct seal_efuse *state)
{
    return (unsigned)__builtin_popcount(seal_efuse_get(state, version_of(state->chip)));
}

static int check_app(unsigned version, const struct seal_image *app, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (app != NULL && !app->has_app) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH,
                        "the image has no app description, so that nothing tells its secure version");
        seal_hint(cause, "give the app that shall boot, not a bootloader");
    } else if (app != NULL && app->app.secure_version < version) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH,
                        "the app has the secure version %u: with %u in the eFuses it would never boot",
                        (unsigned)app->app.secure_version, version);
        seal_hint(cause, "set CONFIG_BOOTLOADER_APP_SECURE_VERSION=%u and build it again", version);
    }
    return err;
}

static int check_chip(const struct seal_efuse *state, unsigned version, struct seal_cause *cause)
{
    unsigned most = seal_anti_rollback_max(state->chip), now = seal_anti_rollback_version(state);
    unsigned block = version_of(state->chip)->block;
    if (version > most) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "SECURE_VERSION of the %s counts to %u, not to %u",
                         state->chip->title, most, version);
    }
    if (version < now) {
        return seal_fail(cause, SEAL_ERR_STATE,
                         "SECURE_VERSION is %u already and cannot become %u: a version never falls", now,
                         version);
    }
    /* BLOCK3 of the ESP32: a coded block is written once, and a version is not */
    if (version > now && state->chip->efuse->blocks[block].coding == SEAL_CODING_BY_SCHEME &&
        seal_efuse_block_coding(state, block) != SEAL_CODING_NONE) {
        return seal_fail(cause, SEAL_ERR_STATE,
                         "anti-rollback needs the coding scheme none, and this chip has another one");
    }
    return SEAL_OK;
}

int seal_anti_rollback_add(struct seal_fuse_plan *plan, unsigned version, const struct seal_image *app,
                           struct seal_cause *cause)
{
    const struct seal_efuse_field *field = version_of(plan->chip);
    char bits[16];
    int err = check_app(version, app, cause);
    if (err == SEAL_OK) {
        err = check_chip(&plan->before, version, cause);
    }
    if (err == SEAL_OK && version > seal_anti_rollback_version(&plan->before)) {
        /* what is set stays: a thermometer with a gap counts all the same */
        uint32_t value = seal_efuse_get(&plan->before, field);
        for (unsigned i = 0; (unsigned)__builtin_popcount(value) < version; i++) {
            value |= 1u << i;
        }
        (void)snprintf(bits, sizeof bits, "0x%x", (unsigned)value);
        err = seal_fuse_plan_field(plan, field->name, bits, cause);
    }
    return err;
}
