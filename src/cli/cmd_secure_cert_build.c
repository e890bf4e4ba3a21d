/* secure-cert build: an esp_secure_cert partition as a file, from certificates and a key. */
#include "build_rows.h"
#include "identity.h"

#include <espseal/digest.h>
#include <espseal/file.h>
#include <espseal/identity_partition.h>
#include <espseal/secure_cert_legacy.h>
#include <espseal/secure_cert_sign.h>

#include <stdio.h>
#include <string.h>

struct inputs {
    const struct seal_chip *chip;
    struct seal_cert *ca_cert, *device_cert;
    struct seal_key *key;
    struct seal_ds_params ds;
    uint32_t efuse_key;
};

struct made { /* what comes out, and what it may fill */
    struct seal_buf *partition;
    struct cli_room room;
    const char *storage;
    bool open; /* a private key stands in it for everybody */
};

static const char *const formats[] = {"tlv", "cust_flash", "nvs", NULL};
static const char *const storages[] = {"plaintext", "ds", "ecdsa", "hmac-encrypted", "hmac-derived", NULL};

static enum seal_storage storage_of(const struct cli_run *run)
{
    const char *text = cli_text(run, "key-storage");
    if (!text) {
        return SEAL_STORAGE_NONE;
    }
    return strcmp(text, "ds") == 0      ? SEAL_STORAGE_DS
           : strcmp(text, "ecdsa") == 0 ? SEAL_STORAGE_ECDSA
                                        : SEAL_STORAGE_PLAINTEXT;
}

/* --- what goes with what --- */

static int need(const struct cli_run *run, const char *option, const char *value, struct seal_cause *cause)
{
    if (cli_text(run, option)) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "--key-storage %s needs --%s %s", cli_text(run, "key-storage"),
                        option, value);
    seal_hint(cause, "espseal %s --help", cli_command_name(run));
    return err;
}

static int forbid(const struct cli_run *run, const char *option, const char *with, struct seal_cause *cause)
{
    return cli_text(run, option)
               ? seal_fail(cause, SEAL_ERR_USAGE, "--%s has no meaning without %s", option, with)
               : SEAL_OK;
}

static int check_peripheral_options(const struct cli_run *run, enum seal_storage storage,
                                    struct seal_cause *cause)
{
    int err = need(run, "private-key", "FILE", cause);
    if (err == SEAL_OK && storage != SEAL_STORAGE_PLAINTEXT) {
        err = need(run, "chip", "CHIP", cause);
    }
    if (err == SEAL_OK && storage != SEAL_STORAGE_PLAINTEXT) {
        err = need(run, "efuse-key", "N", cause);
    }
    if (err == SEAL_OK && storage == SEAL_STORAGE_DS) {
        err = need(run, "hmac-key", "FILE", cause);
    }
    return err;
}

static int check_options(const struct cli_run *run, enum seal_storage storage, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (storage == SEAL_STORAGE_NONE && cli_text(run, "private-key")) {
        err =
            seal_fail(cause, SEAL_ERR_USAGE, "--private-key needs --key-storage: where shall the key live?");
        seal_hint(cause, "ds or ecdsa keep it out of the flash; plaintext writes it there");
        return err;
    }
    if (storage != SEAL_STORAGE_NONE) {
        err = check_peripheral_options(run, storage, cause);
    }
    if (err == SEAL_OK && storage != SEAL_STORAGE_DS) {
        err = forbid(run, "hmac-key", "--key-storage ds", cause);
    }
    if (err == SEAL_OK && storage != SEAL_STORAGE_DS) {
        err = forbid(run, "iv", "--key-storage ds", cause);
    }
    if (err == SEAL_OK && storage != SEAL_STORAGE_DS && storage != SEAL_STORAGE_ECDSA) {
        err = forbid(run, "efuse-key", "--key-storage ds or ecdsa", cause);
    }
    return err;
}

/* --- what was given --- */

static void warn_validity(const struct cli_run *run, const char *path, const struct seal_cert *cert)
{
    struct seal_cert_info info;
    enum seal_cert_validity validity = seal_cert_validity(cert);
    if (validity != SEAL_CERT_VALID && seal_cert_info(cert, &info) == SEAL_OK) {
        bool expired = validity == SEAL_CERT_EXPIRED;
        cli_warn(run, "%s %s %s", path, expired ? "expired on" : "is not valid before",
                 expired ? info.not_after : info.not_before);
    }
}

static int read_cert(struct cli_run *run, const char *option, struct seal_cert **cert,
                     struct seal_cause *cause)
{
    const char *path = cli_text(run, option);
    int err = path ? cli_read_cert(run, path, cert, cause) : SEAL_OK;
    if (path && err == SEAL_OK) {
        warn_validity(run, path, *cert);
    }
    return err;
}

static int read_key(struct cli_run *run, struct inputs *in, struct seal_cause *cause)
{
    const char *path = cli_text(run, "private-key");
    int err = path ? cli_read_key(run, path, "passphrase-file", &in->key, cause) : SEAL_OK;
    if (path && err == SEAL_OK && in->device_cert) {
        err = seal_cert_matches_key(in->device_cert, in->key, cause);
    }
    return err;
}

static int check_ecdsa(const struct inputs *in, struct seal_cause *cause)
{
    if (in->chip->ecdsa_curves[0] == 0) {
        int err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no ECDSA peripheral", in->chip->title);
        seal_hint(cause, "espseal chip list shows what the chips have");
        return err;
    }
    if (!seal_chip_has_ecdsa(in->chip, seal_key_nist_bits(in->key))) {
        return seal_fail(cause, SEAL_ERR_KEY, "the %s's ECDSA peripheral takes no %s key", in->chip->title,
                         seal_key_describe(in->key));
    }
    return SEAL_OK;
}

static int encrypt_ds(const struct cli_run *run, struct inputs *in, struct seal_cause *cause)
{
    uint8_t iv[SEAL_DS_IV_LEN];
    struct seal_buf *hmac_key = NULL;
    int err = cli_require_ds(in->chip, cause);
    if (err == SEAL_OK) {
        err = cli_ds_iv(run, iv, cause);
    }
    if (err == SEAL_OK) {
        err = cli_read_hmac_key(run, &hmac_key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_ds_encrypt(in->key, in->chip->ds_max_bits, seal_buf_ptr(hmac_key), iv, &in->ds, cause);
    }
    seal_buf_free(&hmac_key);
    return err;
}

static int read_inputs(struct cli_run *run, enum seal_storage storage, struct inputs *in,
                       struct seal_cause *cause)
{
    int err = cli_find_chip(cli_text(run, "chip"), &in->chip, cause);
    if (err == SEAL_OK) {
        uint32_t last = in->chip && in->chip->key_blocks ? in->chip->key_blocks - 1u : 5;
        err = cli_number(run, "efuse-key", last, 0, &in->efuse_key, cause);
    }
    if (err == SEAL_OK) {
        err = read_cert(run, "ca-cert", &in->ca_cert, cause);
    }
    if (err == SEAL_OK) {
        err = read_cert(run, "device-cert", &in->device_cert, cause);
    }
    if (err == SEAL_OK) {
        err = read_key(run, in, cause);
    }
    if (err == SEAL_OK && storage == SEAL_STORAGE_DS) {
        err = encrypt_ds(run, in, cause);
    }
    if (err == SEAL_OK && storage == SEAL_STORAGE_ECDSA) {
        err = check_ecdsa(in, cause);
    }
    return err;
}

/* --- what comes out --- */

static int report(struct cli_run *run, const struct made *made)
{
    const struct seal_buf *partition = made->partition;
    char place[40] = "";
    const char *path = cli_text(run, "out");
    if (made->open) {
        cli_warn(run,
                 "%s holds the PRIVATE KEY IN CLEAR: whoever has this file, or reads the device's flash, "
                 "has the key",
                 path);
    }
    if (!cli_json(run)) {
        if (made->room.offset) {
            (void)snprintf(place, sizeof place, ", for 0x%x (%u bytes)", made->room.offset, made->room.size);
        }
        cli_say(run, "wrote %s: %zu bytes, key storage %s%s", path, seal_buf_len(partition), made->storage,
                place);
        return SEAL_OK;
    }
    uint8_t sha256[32];
    int err = seal_sha256(seal_buf_ptr(partition), seal_buf_len(partition), sha256);
    if (err != SEAL_OK) {
        return err;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", path);
    seal_json_put_number(root, "size", (double)seal_buf_len(partition));
    seal_json_put_hex(root, "sha256", sha256, sizeof sha256);
    seal_json_put_text(root, "key_storage", made->storage);
    seal_json_put_bool(root, "private_key_in_clear", made->open);
    if (made->room.offset) {
        seal_json_put_number(root, "offset", (double)made->room.offset);
        seal_json_put_number(root, "partition_size", (double)made->room.size);
    }
    return cli_emit_json(run, &root);
}

/* Only an encrypted flash keeps such a key from whoever holds the device. */
static int check_production(const struct cli_run *run, bool open, struct seal_cause *cause)
{
    if (!open || !cli_flag(run, "production") || cli_flag(run, "flash-encryption")) {
        return SEAL_OK;
    }
    int err =
        seal_fail(cause, SEAL_ERR_RULE,
                  "a private key in clear is refused in production on a device without flash encryption");
    seal_hint(
        cause,
        "ds or ecdsa keep the key in a peripheral; --flash-encryption says that the flash is encrypted");
    return err;
}

static enum seal_cert_format format_of(const struct cli_run *run)
{
    const char *text = cli_text(run, "format");
    return !text || strcmp(text, "tlv") == 0 ? SEAL_CERT_TLV
           : strcmp(text, "nvs") == 0        ? SEAL_CERT_NVS
                                             : SEAL_CERT_CUST_FLASH;
}

/* With --sign-key the signature takes the place of the integrity entry, which then follows it. */
static int sign(struct cli_run *run, const struct made *made, struct seal_cause *cause)
{
    struct seal_key *keys[SEAL_SIGNATURE_KEYS_MAX] = {NULL};
    struct seal_buf *out = seal_buf_new_secret();
    struct seal_buf *partition = made->partition;
    size_t count = 0;
    const char *path;
    int err = out ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    while (err == SEAL_OK && (path = cli_text_at(run, "sign-key", count))) {
        err = count == SEAL_SIGNATURE_KEYS_MAX
                  ? seal_fail(cause, SEAL_ERR_USAGE, "a partition takes at most %d signatures",
                              SEAL_SIGNATURE_KEYS_MAX)
                  : cli_read_key(run, path, "passphrase-file", &keys[count], cause);
        count += err == SEAL_OK;
    }
    if (err == SEAL_OK && count) {
        err = seal_secure_cert_sign(seal_buf_ptr(partition), seal_buf_len(partition), keys, count,
                                    made->room.size, out, cause);
    }
    if (err == SEAL_OK && count) {
        seal_buf_truncate(partition, 0);
        err = seal_buf_put(partition, seal_buf_ptr(out), seal_buf_len(out));
    }
    for (size_t i = 0; i < SEAL_SIGNATURE_KEYS_MAX; i++) {
        seal_key_free(&keys[i]);
    }
    seal_buf_free(&out);
    return err;
}

static int convert(struct cli_run *run, struct seal_buf *partition, struct seal_cause *cause)
{
    enum seal_cert_format format = format_of(run);
    struct seal_buf *out = seal_buf_new_secret();
    int err = out ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    if (format != SEAL_CERT_TLV && err == SEAL_OK) {
        err = cli_text(run, "sign-key")
                  ? seal_fail(cause, SEAL_ERR_USAGE, "only partitions in the format tlv can be signed")
                  : seal_secure_cert_from_tlv(seal_buf_ptr(partition), seal_buf_len(partition), format, out,
                                              cause);
    }
    if (format != SEAL_CERT_TLV && err == SEAL_OK) {
        seal_buf_truncate(partition, 0);
        err = seal_buf_put(partition, seal_buf_ptr(out), seal_buf_len(out));
    }
    seal_buf_free(&out);
    return err;
}

/* The formats before TLV have sizes of their own, which a table may be too small for. */
static int check_room(const struct made *made, struct seal_cause *cause)
{
    size_t len = seal_buf_len(made->partition);
    if (!made->room.offset || len <= made->room.size) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_TOO_LONG,
                        "%zu bytes do not fit into the table's esp_secure_cert of %u", len, made->room.size);
    seal_hint(cause, "give it 0x%zx bytes in the table", (len + 0xFFF) / 0x1000 * 0x1000);
    return err;
}

static int finish(struct cli_run *run, struct made *made, struct seal_cause *cause)
{
    struct seal_buf *partition = made->partition;
    int err = check_production(run, made->open, cause);
    if (err == SEAL_OK) {
        err = sign(run, made, cause);
    }
    if (err == SEAL_OK) {
        err = convert(run, partition, cause);
    }
    if (err == SEAL_OK) {
        err = check_room(made, cause);
    }
    if (err == SEAL_OK) {
        err = seal_file_write(cli_text(run, "out"), seal_buf_ptr(partition), seal_buf_len(partition),
                              cli_out_flags(run, made->open), cause);
    }
    return err == SEAL_OK ? report(run, made) : err;
}

static int build(struct cli_run *run, enum seal_storage storage, const struct inputs *in, struct made *made,
                 struct seal_cause *cause)
{
    const struct seal_partition_spec spec = {
        .storage = storage,
        .ca_cert = in->ca_cert,
        .device_cert = in->device_cert,
        .key = in->key,
        .ds = &in->ds,
        .efuse_key = in->efuse_key,
        .no_integrity = cli_flag(run, "no-integrity") || cli_text(run, "sign-key"),
    };
    made->storage = seal_storage_name(storage);
    made->open = storage == SEAL_STORAGE_PLAINTEXT;
    return seal_partition_build(&spec, made->partition, cause);
}

static int build_plain(struct cli_run *run, struct made *made, struct seal_cause *cause)
{
    enum seal_storage storage = storage_of(run);
    struct inputs in = {0};
    int err = check_options(run, storage, cause);
    if (err == SEAL_OK) {
        err = read_inputs(run, storage, &in, cause);
    }
    if (err == SEAL_OK) {
        err = build(run, storage, &in, made, cause);
    }
    seal_cert_free(&in.ca_cert);
    seal_cert_free(&in.device_cert);
    seal_key_free(&in.key);
    return err;
}

static int run_build(struct cli_run *run, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (cli_json(run) && strcmp(cli_text(run, "out"), "-") == 0) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--out - and --json would both write to standard output");
    }
    if (err == SEAL_OK) {
        err = seal_file_check_writable(cli_text(run, "out"), cli_out_flags(run, true), cause);
    }
    struct made made = {.partition = err == SEAL_OK ? seal_buf_new_secret() : NULL,
                        .storage = cli_text(run, "key-storage")};
    made.storage = made.storage ? made.storage : "as the rows say";
    if (err == SEAL_OK) {
        err = made.partition ? cli_partition_room(run, &made.room, cause) : SEAL_ERR_NO_MEMORY;
    }
    if (err == SEAL_OK) {
        err = cli_build_wants_rows(run)
                  ? cli_build_rows(run, made.partition, made.room.size, &made.open, cause)
                  : build_plain(run, &made, cause);
    }
    if (err == SEAL_OK) {
        err = finish(run, &made, cause);
    }
    seal_buf_free(&made.partition);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the partition; - is standard output",
     .required = true},
    {.name = "csv", .value = "FILE", .summary = "rows in the CSV of configure_esp_secure_cert.py"},
    {.name = "entries", .value = "FILE", .summary = "the same rows as JSON"},
    {.name = "base-dir",
     .value = "DIR",
     .summary = "paths in rows are relative to it",
     .fallback = "the folder of the rows"},
    {.name = "ca-cert", .value = "FILE", .summary = "certificate that the device trusts, PEM or DER"},
    {.name = "device-cert", .value = "FILE", .summary = "the device's own certificate, PEM or DER"},
    {.name = "private-key", .value = "FILE", .summary = "the device's private key, PEM or DER"},
    {.name = "key-storage",
     .value = "WHERE",
     .summary = "where the private key lives: in clear or encrypted in this partition, in a peripheral, or "
                "derived on the device",
     .choices = storages},
    {.name = "chip", .letter = 'c', .value = "CHIP", .summary = "the chip whose peripheral holds the key"},
    {.name = "efuse-key", .value = "N", .summary = "the eFuse key block BLOCK_KEYn, 0 to 5"},
    {.name = "hmac-key", .value = "FILE", .summary = "ds, hmac-*: the 32 bytes that this block holds"},
    {.name = "iv",
     .value = "HEX",
     .summary = "ds: 16 bytes, for a result that can be repeated",
     .fallback = "random"},
    {.name = "salt", .value = "HEX", .summary = "hmac-derived: the salt of the key", .fallback = "random"},
    CLI_ROOM_OPTIONS,
    {.name = "sign-key",
     .value = "FILE",
     .summary = "sign with this private key, a file or in a token; up to three times",
     .repeat = true},
    {.name = "format",
     .value = "FORMAT",
     .summary = "tlv, or one of the formats of esp_secure_cert_mgr before 2.0",
     .choices = formats,
     .fallback = "tlv"},
    {.name = "no-integrity", .summary = "leave out the entry with the SHA-256 of the partition"},
    {.name = "allow-private-key", .summary = "write a private key that no plaintext row put there"},
    {.name = "production", .summary = "refuse a private key in clear"},
    {.name = "flash-encryption",
     .summary = "with --production: the flash is encrypted, a key in clear may be there"},
    {.name = "passphrase-file", .value = "FILE", .summary = "its first line opens an encrypted private key"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "PIN of the token that --sign-key names"},
    {.name = "insecure-permissions", .summary = "take secret files that others can read"},
    {.name = "force", .summary = "replace a file that exists"},
    {0},
};

const struct cli_command cli_command_secure_cert_build = {
    .name = "secure-cert build",
    .summary = "make an esp_secure_cert partition",
    .description =
        "Writes the partition that Espressif's esp_secure_cert_mgr reads on the device, in its TLV format "
        "and "
        "only as long as it is (--size bytes at most, or what a partition table gives it).\n\n"
        "What shall stand in it is said by options, or row by row: --csv takes the CSV of "
        "configure_esp_secure_cert.py with the columns tlv_type, tlv_subtype, data_value, data_type, "
        "priv_key_type, algorithm, key_size, efuse_id and efuse_key, --entries takes an array of JSON "
        "objects "
        "with these members; the options' entries stand before theirs. espseal-secure-cert(7) describes "
        "every "
        "column.\n\n"
        "With ds the RSA key is encrypted for the Digital Signature peripheral of a chip whose BLOCK_KEYn "
        "holds "
        "the HMAC key. With ecdsa the EC key itself is in BLOCK_KEYn, and the partition only says so: unlike "
        "the reference tool, which writes the private key into flash here, espseal writes an empty entry. "
        "Both "
        "partitions are searched for the private key before they are written, and refused if it is there.\n\n"
        "With hmac-encrypted the key stands in the partition, encrypted with AES-GCM under the key of the "
        "HMAC_UP block; with hmac-derived nothing but a salt does, of which the device makes its P-256 key "
        "with that block.\n\n"
        "With plaintext the private key is in the partition for everybody to read who has the flash; the "
        "file "
        "gets mode 0600.\n\n"
        "A private key must match the device certificate. A certificate that is not valid now gives a "
        "warning.",
    .examples =
        "# certificates only\n"
        "espseal secure-cert build --ca-cert ca.pem --device-cert dev.pem --out esp_secure_cert.bin\n"
        "# a key for the Digital Signature peripheral\n"
        "espseal secure-cert build --ca-cert ca.pem --device-cert dev.pem --private-key key.pem "
        "--key-storage ds --chip esp32c3 --efuse-key 1 --hmac-key hmac.bin --out esp_secure_cert.bin\n"
        "# whatever the rows say\n"
        "espseal secure-cert build --csv esp_secure_cert.csv --chip esp32s3 --out esp_secure_cert.bin",
    .options = options,
    .run = run_build,
};
