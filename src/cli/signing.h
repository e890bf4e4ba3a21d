/* What the commands that sign share: a key here, or two steps with a signature that was made elsewhere. */
#ifndef ESPSEAL_CLI_SIGNING_H
#define ESPSEAL_CLI_SIGNING_H

#include "cli.h"

#include <espseal/sign.h>

struct cli_signing {
    const char *what; /* "a partition" */
    const uint8_t *message;
    size_t len;
    size_t most; /* signatures in all */
    /* seal_sign, or another function that signs with a key here */
    int (*sign)(const struct seal_key *key, const void *message, size_t len, struct seal_signature *out,
                struct seal_cause *cause);
    struct seal_signature signatures[SEAL_SIGNATURE_KEYS_MAX];
    size_t count; /* those that were there before are kept */
};

size_t cli_count_of(const struct cli_run *run, const char *option);
/* --key, --signature with --public-key, or --to-be-signed, and --out where it is needed. */
int cli_signing_check(const struct cli_run *run, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Adds the signatures that were asked for. */
int cli_signing_collect(struct cli_run *run, struct cli_signing *signing,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
/* --to-be-signed: the message into a file. */
int cli_signing_hand_out(const struct cli_run *run, const struct cli_signing *signing, bool secret,
                         struct seal_cause *cause) SEAL_MUST_CHECK;
/* The scheme and key digest of each, into an array "signatures". */
int cli_signing_put(seal_json *root, const struct cli_signing *signing) SEAL_MUST_CHECK;

#define CLI_SIGNING_OPTIONS                                                                                  \
    {.name = "key",                                                                                          \
     .value = "FILE|URI",                                                                                    \
     .summary = "a private key that signs, or the pkcs11: URI of one; up to three times",                    \
     .repeat = true},                                                                                        \
        {.name = "to-be-signed",                                                                             \
         .value = "FILE",                                                                                    \
         .summary = "write the bytes to be signed elsewhere, and stop"},                                     \
        {.name = "signature",                                                                                \
         .value = "FILE",                                                                                    \
         .summary = "a signature made elsewhere; up to three times",                                         \
         .repeat = true},                                                                                    \
        {.name = "public-key",                                                                               \
         .value = "FILE",                                                                                    \
         .summary = "the public key or certificate of each --signature",                                     \
         .repeat = true},                                                                                    \
        {.name = "passphrase-file",                                                                          \
         .value = "FILE",                                                                                    \
         .summary = "its first line opens encrypted private keys"},                                          \
        {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "its first line is the PIN of a token"},        \
        {.name = "insecure-permissions", .summary = "take secret files that others can read"},               \
    {                                                                                                        \
        .name = "force", .summary = "replace a file that exists"                                             \
    }

#endif
