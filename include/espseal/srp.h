/*
 * Wi-Fi provisioning with security 2: SRP-6a (RFC 5054, the 3072-bit group, g = 5) with SHA-512. The device
 * keeps salt and verifier and never the password (ESP-IDF protocomm, esp_srp.c; vectors/srp).
 */
#ifndef ESPSEAL_SRP_H
#define ESPSEAL_SRP_H

#include <espseal/err.h>

#define SEAL_SRP_VERIFIER_MAX 384
#define SEAL_SRP_SALT_LEN 16 /* what ESP-IDF's tools make; any length from 1 on works */

/* Random bytes, the first of which is not zero: ESP-IDF's tools lose leading zeroes, so that such a salt
 * means the same to everybody. */
int seal_srp_salt(uint8_t *salt, size_t len) SEAL_MUST_CHECK;

/*
 * verifier = g^x mod N with x = SHA512(salt | SHA512(user ":" password)), big-endian without leading zero
 * bytes, *len long. All 64 bytes of the inner digest are hashed, as the device does; ESP-IDF's srp6a.py drops
 * its leading zeroes and is wrong for one password in 256. SEAL_ERR_CRYPTO, SEAL_ERR_NO_MEMORY.
 */
int seal_srp_verifier(const char *user, const char *password, const uint8_t *salt, size_t salt_len,
                      uint8_t verifier[static SEAL_SRP_VERIFIER_MAX], size_t *len) SEAL_MUST_CHECK;

#endif
