/* Private keys that stay where they are: in a PKCS#11 token, a TPM, or what else OpenSSL opens as a store. */
#ifndef ESPSEAL_KEY_STORE_H
#define ESPSEAL_KEY_STORE_H

#include <espseal/key.h>

/*
 * True for what has the form of a URI ("pkcs11:token=ca;object=key", "handle:0x81000001", "file:/ca.key") and
 * is not the name of a file that is there. A scheme has at least two characters (RFC 3986 3.1).
 */
bool seal_key_is_uri(const char *text);

/*
 * Opens the one private key behind uri. It signs where it lives (seal_csr_new, seal_ca_new, seal_cert_issue);
 * what needs its secret numbers fails with SEAL_ERR_KEY: seal_key_rsa_numbers, seal_key_write_*,
 * seal_ds_encrypt.
 *
 * pkcs11: (RFC 7512) goes through OpenSSL's pkcs11 provider where it is installed, else through the pkcs11
 * engine (libp11). The URI must name its token (token, serial or slot-id): a PIN is not tried on whatever is
 * plugged in. Of its query pin-source (a file that only its owner may read) and module-path are known;
 * pin-value is refused, since arguments can be seen by everybody. handle: and object: go through the tpm2
 * provider. Everything else is a store that OpenSSL knows by its configuration.
 *
 * The PIN comes from pin-source, else from pin (NULL: none), is asked for only when the store wants it, and
 * is tried once. any_mode: pin-source may be readable by others. SEAL_ERR_USAGE (the URI), SEAL_ERR_NOT_FOUND
 * (no such token or key, neither provider nor engine), SEAL_ERR_PASSPHRASE (no PIN, or a wrong one),
 * SEAL_ERR_KEY (a key of a kind that cannot be used here, or more than one).
 */
int seal_key_open(const char *uri, const struct seal_passphrase *pin, bool any_mode, struct seal_key **key,
                  struct seal_cause *cause) SEAL_MUST_CHECK;

/* True for a key of seal_key_open whose secret numbers cannot be had. */
bool seal_key_is_remote(const struct seal_key *key);

#endif
