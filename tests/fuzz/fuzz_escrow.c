/* Bytes given as an escrow file, and as what is inside of one. */
#include "fuzz.h"

#include "../../src/crypto/escrow_der.h"

#include <espseal/escrow.h>

#include <string.h>

/* Made for this test; the corpus is wrapped for it. */
static const char recipient[] = "-----BEGIN PRIVATE KEY-----\n"
                                "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgyzTLd8LseHo0o5l4\n"
                                "8/SJ+2VFafVUuuWEzqxn3o2ZyuOhRANCAATirXAtm9/ej8OpJ2zEH+JfjcKmyvlE\n"
                                "Muiv6CogMXVIYqP7FVJEc8tqwKJ1HmYrhIUS8fl093g9RLN/QGcZhSeJ\n"
                                "-----END PRIVATE KEY-----\n";

static void try_file(const uint8_t *data, size_t len)
{
    static struct seal_key *key;
    struct seal_escrow escrow;
    struct seal_cause cause = {0};
    if (!key) {
        fuzz_require(seal_key_read(recipient, strlen(recipient), "key", NULL, &key, NULL) == SEAL_OK,
                     "the recipient's key is read");
    }
    int err = seal_escrow_unwrap(data, len, "file", key, &escrow, &cause);
    fuzz_require(err == SEAL_OK || cause.text[0], "a failure has a sentence");
    fuzz_require(err == SEAL_OK ? escrow.count > 0 : escrow.count == 0, "keys come with success alone");
}

static void try_der(const uint8_t *data, size_t len)
{
    struct seal_escrow escrow;
    if (seal_escrow_decode(data, len, &escrow) != SEAL_OK) {
        return;
    }
    fuzz_require(escrow.count > 0 && escrow.count <= SEAL_ESCROW_KEYS, "as many keys as there may be");
    struct seal_buf *again = seal_buf_new_secret();
    fuzz_require(again && seal_escrow_encode(&escrow, again) == SEAL_OK, "what is read is written");
    fuzz_require(seal_buf_len(again) == len && memcmp(seal_buf_ptr(again), data, len) == 0,
                 "there is one way to write it");
    seal_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_file(data, len);
    try_der(data, len);
    return 0;
}
