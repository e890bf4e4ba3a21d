/* Signature sectors of Secure Boot v2: what they cover, and putting them together. */
#include <espseal/secure_boot.h>

#include <string.h>

int seal_boot_message(const uint8_t *data, size_t len, bool unpadded, struct seal_buf *out,
                      struct seal_cause *cause)
{
    size_t signed_len = 0;
    if (len == 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "there is nothing to sign: the file is empty");
    }
    if (seal_boot_find_signatures(data, len, &signed_len, NULL) == SEAL_OK) {
        int err =
            seal_fail(cause, SEAL_ERR_STATE, "it is signed already, over the first %zu bytes", signed_len);
        seal_hint(cause, "--append adds a signature, --replace takes the place of those that are there");
        return err;
    }
    int err = seal_buf_put(out, data, len);
    if (err == SEAL_OK && !unpadded) {
        err = seal_buf_put_fill(out, 0xFF, (SEAL_BOOT_SECTOR - len % SEAL_BOOT_SECTOR) % SEAL_BOOT_SECTOR);
    }
    return err;
}

static int check_signature(const uint8_t *message, size_t len, const struct seal_signature *signatures,
                           size_t index, struct seal_cause *cause)
{
    uint8_t digest[48];
    const struct seal_signature *signature = &signatures[index];
    int err = seal_sign_verify(signature, message, len);
    if (err == SEAL_OK) {
        err = seal_sign_digest(signature->key.scheme, message, len, digest);
    }
    if (err == SEAL_ERR_MISMATCH ||
        (err == SEAL_OK && memcmp(digest, signature->digest, sizeof digest) != 0)) {
        return seal_fail(cause, SEAL_ERR_MISMATCH, "signature %zu is not one of its key over this image",
                         index);
    }
    for (size_t i = 0; i < index && err == SEAL_OK; i++) {
        if (memcmp(&signatures[i].key, &signature->key, sizeof signature->key) == 0) {
            err = seal_fail(cause, SEAL_ERR_STATE, "signatures %zu and %zu are of the same key", i, index);
            seal_hint(cause, "a second one of the same key would only take the place of another key's");
        }
    }
    return err;
}

int seal_boot_attach(const uint8_t *message, size_t len, const struct seal_signature *signatures,
                     size_t count, struct seal_buf *out, struct seal_cause *cause)
{
    size_t before = seal_buf_len(out);
    if (count == 0 || count > SEAL_SIGNATURE_KEYS_MAX) {
        return seal_fail(cause, SEAL_ERR_USAGE, "an image takes one to %d signatures, not %zu",
                         SEAL_SIGNATURE_KEYS_MAX, count);
    }
    int err = seal_buf_put(out, message, len);
    for (size_t i = 0; i < count && err == SEAL_OK; i++) {
        err = check_signature(message, len, signatures, i, cause);
        if (err == SEAL_OK) {
            err = seal_signature_block_put(&signatures[i], out);
        }
    }
    if (err == SEAL_OK) {
        err = seal_buf_put_fill(out, 0xFF, before + len + SEAL_BOOT_SECTOR - seal_buf_len(out));
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}
