/* What a chip knows a signing key by. */
#include <espseal/digest.h>
#include <espseal/secure_cert_sign.h>
#include <espseal/signature_block.h>

int seal_public_digest(const struct seal_public *key, uint8_t sha256[static 32])
{
    struct seal_buf *part = seal_buf_new();
    int err = part ? seal_public_put(key, part) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_sha256(seal_buf_ptr(part), seal_buf_len(part), sha256);
    }
    seal_buf_free(&part);
    return err;
}
