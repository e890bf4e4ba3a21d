/* What the commands about identities share: checked output files, passphrases for new keys, DS inputs. */
#ifndef ESPSEAL_CLI_IDENTITY_H
#define ESPSEAL_CLI_IDENTITY_H

#include "cli.h"

enum { CLI_PASSPHRASE_SIZE = 512 };

/* SEAL_FILE_* for writing: secret or not, and --force. */
int cli_out_flags(const struct cli_run *run, bool secret);

/* Fails early, before keys are made, when the file that option names could not be written. */
int cli_check_out(const struct cli_run *run, const char *option, bool secret,
                  struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_write_out(const struct cli_run *run, const char *option, const struct seal_buf *data, bool secret,
                  struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The passphrase for a new key: the first line of --passphrase-file, or with --encrypt typed twice; "" when
 * neither was given. The caller cleanses it. SEAL_ERR_PASSPHRASE.
 */
int cli_new_passphrase(struct cli_run *run, const char *what, char passphrase[static CLI_PASSPHRASE_SIZE],
                       struct seal_cause *cause) SEAL_MUST_CHECK;

/* The first line of the secret file that option names, without its end; *line is a secret buffer. */
int cli_read_secret_line(struct cli_run *run, const char *option, struct seal_buf **line,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* Makes a key of --TYPE_OPTION and writes it to --OUT_OPTION with that passphrase. */
int cli_make_key(struct cli_run *run, const char *type_option, const char *out_option,
                 const char *fallback_type, struct seal_key **key, struct seal_cause *cause) SEAL_MUST_CHECK;

/* What an option that may be repeated was given, NULL-terminated, into list of size: SEAL_ERR_USAGE when it
 * does not fit. */
int cli_list(const struct cli_run *run, const char *option, const char **list, size_t size,
             struct seal_cause *cause) SEAL_MUST_CHECK;
enum { CLI_NAMES = 65 }; /* for --san and --eku */
#define CLI_EKU_SUMMARY "extended key usage: clientAuth, serverAuth, ..., an OID, or none"

/* --days: 1..36500. */
int cli_days(const struct cli_run *run, unsigned fallback, unsigned *days,
             struct seal_cause *cause) SEAL_MUST_CHECK;

/* Members that tell a key or a certificate, and the same as lines for people. */
int cli_put_key(seal_json *object, const struct seal_key *key) SEAL_MUST_CHECK;
void cli_put_cert(seal_json *object, const struct seal_cert_info *info);
int cli_say_key(const struct cli_run *run, const char *path, const struct seal_key *key) SEAL_MUST_CHECK;
void cli_say_cert(const struct cli_run *run, const char *path, const struct seal_cert_info *info);

/* Inputs of the DS peripheral: --hmac-key, or another option with such a key (32 bytes; *key is a secret
 * buffer), --iv (random when not given). */
int cli_require_ds(const struct seal_chip *chip, struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_read_hmac_key(const struct cli_run *run, struct seal_buf **key,
                      struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_read_hmac_key_of(const struct cli_run *run, const char *option, struct seal_buf **key,
                         struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_ds_iv(const struct cli_run *run, uint8_t iv[static 16], struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
