/* Between ota.c and ota_key.c: the AES key of an image, and how it travels. */
#ifndef ESPSEAL_OTA_KEY_H
#define ESPSEAL_OTA_KEY_H

#include "crypto.h"

#include <espseal/ota.h>

enum { OTA_WRAPPED_LEN = 384, OTA_ECIES_USED = 64 + SEAL_OTA_SALT_LEN, OTA_KEY_LEN = 32 };

/* Chooses the AES key of an image and writes what the device needs to find it. key is to be cleansed. */
int ota_wrap(const struct seal_public *to, const struct seal_ota_fixed *fixed,
             uint8_t wrapped[static OTA_WRAPPED_LEN], uint8_t key[static OTA_KEY_LEN],
             struct seal_cause *cause) SEAL_MUST_CHECK;
int ota_unwrap(const struct seal_key *with, const uint8_t wrapped[static OTA_WRAPPED_LEN],
               uint8_t key[static OTA_KEY_LEN], struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
