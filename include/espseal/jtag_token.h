/*
 * The token that reopens JTAG where it was closed by SOFT_DIS_JTAG: HMAC-SHA256 of 32 zero bytes under the
 * key of purpose HMAC_DOWN_JTAG (or HMAC_DOWN_ALL). Firmware hands it to esp_hmac_jtag_enable; it lasts until
 * the next reset. ESP-IDF docs peripherals/hmac "JTAG enables", examples/security/hmac_soft_jtag; TRM chapter
 * HMAC Accelerator, "JTAG Enable".
 */
#ifndef ESPSEAL_JTAG_TOKEN_H
#define ESPSEAL_JTAG_TOKEN_H

#include <espseal/err.h>

#define SEAL_JTAG_KEY_LEN 32
#define SEAL_JTAG_TOKEN_LEN 32

/* key: in the order of a key file. The token is as secret as the key: secret memory, cleanse it.
 * SEAL_ERR_CRYPTO. */
int seal_jtag_token(const uint8_t key[static SEAL_JTAG_KEY_LEN], uint8_t token[static SEAL_JTAG_TOKEN_LEN],
                    struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
