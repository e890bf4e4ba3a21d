/* What a device and its label need for ESP-IDF's unified provisioning, beside salt and verifier (srp.h). */
#ifndef ESPSEAL_WIFI_PROV_H
#define ESPSEAL_WIFI_PROV_H

#include <espseal/buf.h>

#define SEAL_PROV_NAME_MAX 32     /* bytes of the name of the service, an SSID */
#define SEAL_PROV_USER "wifiprov" /* of security 2, as ESP-IDF's examples have it */

/* Appends a random proof of possession and a NUL: 12 letters and digits, 60 bits, none of which looks like
 * another on a label. SEAL_ERR_CRYPTO, SEAL_ERR_NO_MEMORY. */
int seal_prov_pop(struct seal_buf *pop) SEAL_MUST_CHECK;

/* PROV_ and the last three bytes of the MAC, as ESP-IDF's examples name their service. */
void seal_prov_name(const uint8_t mac[static 6], char name[static SEAL_PROV_NAME_MAX + 1]);

/*
 * Appends the QR code's text and a NUL: {"ver":"v1","name":...,"username":...,"pop":...,"transport":...}, as
 * ESP-IDF's examples print it and Espressif's apps read it. user NULL: security 1, which has none. transport
 * is "ble" or "softap". SEAL_ERR_NO_MEMORY, SEAL_ERR_TOO_LONG.
 */
int seal_prov_payload(const char *name, const char *user, const char *pop, const char *transport,
                      struct seal_buf *payload) SEAL_MUST_CHECK;

#endif
