/*
 * Anti-rollback: SECURE_VERSION as a thermometer, whose count of bits is the version below which the
 * bootloader starts no app. Pure. ESP-IDF 6.2 components/efuse/src/esp_efuse_fields.c
 * (esp_efuse_update_secure_version: the lowest n bits; no coding scheme on the ESP32), bootloader_common.c.
 */
#ifndef ESPSEAL_ANTI_ROLLBACK_H
#define ESPSEAL_ANTI_ROLLBACK_H

#include <espseal/fuse_plan.h>
#include <espseal/image.h>

/* The highest version that the chip's field can hold: ESP32 32, C2 4, C5 9, others 16. */
unsigned seal_anti_rollback_max(const struct seal_chip *chip);
/* The version in force. */
unsigned seal_anti_rollback_version(const struct seal_efuse *state);

/*
 * Adds version to a plan, after the app that shall boot was looked at: its secure_version must be no less, or
 * the device would refuse it. app NULL: there is no app to look at (the caller answers for it). A version
 * that is in force already adds nothing. SEAL_ERR_TOO_LONG (more than the field holds), SEAL_ERR_MISMATCH
 * (the app is older, or no app), SEAL_ERR_STATE (the version would fall, write-protected, a coding scheme on
 * the ESP32).
 */
int seal_anti_rollback_add(struct seal_fuse_plan *plan, unsigned version, const struct seal_image *app,
                           struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
