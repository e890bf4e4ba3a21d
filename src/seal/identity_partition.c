#include <espseal/identity_partition.h>

#include <espseal/digest.h>

#include <string.h>

static const char *const storage_names[] = {
    [SEAL_STORAGE_NONE] = "none",
    [SEAL_STORAGE_PLAINTEXT] = "plaintext",
    [SEAL_STORAGE_DS] = "ds",
    [SEAL_STORAGE_ECDSA] = "ecdsa",
};

const char *seal_storage_name(enum seal_storage storage)
{
    return storage_names[storage];
}

/* A PEM text is stored with its NUL, for parsers on the device that want a string. */
static int put_text(struct seal_buf *out, enum seal_tlv_type type, bool der, struct seal_buf *text,
                    struct seal_cause *cause)
{
    if (!der) {
        int err = seal_buf_put_u8(text, 0);
        if (err != SEAL_OK) {
            return seal_fail(cause, err, "%s", seal_strerror(err));
        }
    }
    return seal_tlv_put(out, (uint8_t)type, 0, 0, seal_buf_ptr(text), seal_buf_len(text), cause);
}

static int put_cert(struct seal_buf *out, enum seal_tlv_type type, const struct seal_cert *cert,
                    struct seal_cause *cause)
{
    if (!cert) {
        return SEAL_OK;
    }
    struct seal_buf *text = seal_buf_new();
    bool der = seal_cert_was_der(cert);
    int err = text ? seal_cert_write(cert, der, text, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a certificate");
    if (err == SEAL_OK) {
        err = put_text(out, type, der, text, cause);
    }
    seal_buf_free(&text);
    return err;
}

static int put_plaintext_key(struct seal_buf *out, const struct seal_key *key, struct seal_cause *cause)
{
    struct seal_buf *text = seal_buf_new_secret();
    bool der = seal_key_was_der(key);
    int err = text ? seal_key_write_traditional(key, der, text, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a key");
    if (err == SEAL_OK) {
        err = put_text(out, SEAL_TLV_PRIV_KEY, der, text, cause);
    }
    seal_buf_free(&text);
    return err;
}

static int put_integrity(struct seal_buf *out, struct seal_cause *cause)
{
    uint8_t sha256[32];
    int err = seal_sha256(seal_buf_ptr(out), seal_buf_len(out), sha256);
    return err ? seal_fail(cause, err, "cannot hash the partition")
               : seal_tlv_put_integrity(out, 0, sha256, cause);
}

static int put_peripheral(const struct seal_partition_spec *spec, struct seal_buf *out,
                          struct seal_cause *cause)
{
    if (spec->storage == SEAL_STORAGE_DS) {
        const struct seal_ds_params *ds = spec->ds;
        return seal_tlv_put_ds(out, 0, ds->rsa_bits, ds->iv, ds->c, ds->c_len, spec->efuse_key, cause);
    }
    if (spec->storage == SEAL_STORAGE_ECDSA) {
        return seal_tlv_put_sec_cfg(out, 0, spec->efuse_key, cause);
    }
    return SEAL_OK;
}

static int put_key(const struct seal_partition_spec *spec, struct seal_buf *out, struct seal_cause *cause)
{
    if (spec->storage == SEAL_STORAGE_PLAINTEXT) {
        return put_plaintext_key(out, spec->key, cause);
    }
    if (spec->storage == SEAL_STORAGE_ECDSA) {
        return seal_tlv_put(out, SEAL_TLV_PRIV_KEY, 0, SEAL_TLV_FLAG_ECDSA_PERIPHERAL, NULL, 0, cause);
    }
    return SEAL_OK;
}

static int put_entries(const struct seal_partition_spec *spec, struct seal_buf *out, struct seal_cause *cause)
{
    int err = put_peripheral(spec, out, cause);
    if (err == SEAL_OK) {
        err = put_cert(out, SEAL_TLV_CA_CERT, spec->ca_cert, cause);
    }
    if (err == SEAL_OK) {
        err = put_cert(out, SEAL_TLV_DEV_CERT, spec->device_cert, cause);
    }
    if (err == SEAL_OK) {
        err = put_key(spec, out, cause);
    }
    if (err == SEAL_OK && !spec->no_integrity) {
        err = put_integrity(out, cause);
    }
    return err;
}

static int check_no_secret(const struct seal_partition_spec *spec, const struct seal_buf *out,
                           struct seal_cause *cause)
{
    static const char marker[] = "PRIVATE KEY-----";
    const uint8_t *data = seal_buf_ptr(out);
    size_t len = seal_buf_len(out);
    bool found = memmem(data, len, marker, sizeof marker - 1) != NULL;
    if (!found && spec->key) {
        int err = seal_key_occurs_in(spec->key, data, len, &found);
        if (err != SEAL_OK) {
            return seal_fail(cause, err, "cannot make sure that the private key is not in the partition");
        }
    }
    return found ? seal_fail(cause, SEAL_ERR_SECRET_FOUND,
                             "a private key stands in a partition whose key storage is \"%s\"",
                             seal_storage_name(spec->storage))
                 : SEAL_OK;
}

static int check_spec(const struct seal_partition_spec *spec, const struct seal_buf *out,
                      struct seal_cause *cause)
{
    if (seal_buf_len(out) != 0) {
        return seal_fail(cause, SEAL_ERR_INTERNAL, "a partition is built into a buffer that is not empty");
    }
    if (spec->storage == SEAL_STORAGE_PLAINTEXT && !spec->key) {
        return seal_fail(cause, SEAL_ERR_USAGE, "there is no private key to store as plaintext");
    }
    if (spec->storage == SEAL_STORAGE_DS && !spec->ds) {
        return seal_fail(cause, SEAL_ERR_USAGE, "there are no DS parameters to store");
    }
    if (spec->storage == SEAL_STORAGE_DS && spec->key && seal_key_bits(spec->key) != spec->ds->rsa_bits) {
        return seal_fail(cause, SEAL_ERR_MISMATCH, "the DS parameters are for RSA-%u, the key is %s",
                         spec->ds->rsa_bits, seal_key_describe(spec->key));
    }
    return SEAL_OK;
}

int seal_partition_build(const struct seal_partition_spec *spec, struct seal_buf *out,
                         struct seal_cause *cause)
{
    int err = check_spec(spec, out, cause);
    if (err != SEAL_OK) {
        return err;
    }
    err = put_entries(spec, out, cause);
    if (err == SEAL_OK && spec->storage != SEAL_STORAGE_PLAINTEXT) {
        err = check_no_secret(spec, out, cause);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, 0);
    }
    return err;
}
