/* Bytes given as a pre-encrypted image: what is told of it, and what opens with a key of either scheme. */
#include "fuzz.h"

#include <espseal/ota.h>

#include <string.h>

/* Made for this test; the corpus is encrypted for it. */
static const char recipient[] = "-----BEGIN EC PRIVATE KEY-----\n"
                                "MHcCAQEEICtsZJ+qQMmiOamUWZCYAmCOXG/OKkhlk2X/X/BKxeCOoAoGCCqGSM49\n"
                                "AwEHoUQDQgAETvo9OIMTaClqZTTJap0fRSgSopjOi07562YzoXKcya2i691lK37d\n"
                                "Y2eRjMI5XoXopnyk1vshpvaaqG1RJfELjg==\n"
                                "-----END EC PRIVATE KEY-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct seal_key *key;
    struct seal_ota_info info;
    struct seal_cause cause = {0};
    struct seal_buf *plain = seal_buf_new();
    if (!key) {
        fuzz_require(seal_key_read(recipient, strlen(recipient), "key", NULL, &key, NULL) == SEAL_OK,
                     "the recipient's key is read");
    }
    int looked = seal_ota_look(data, len, "image", &info, &cause);
    fuzz_require(looked == SEAL_OK || cause.text[0], "a failure has a sentence");
    fuzz_require(looked != SEAL_OK || info.ciphertext_len == len - SEAL_OTA_HEADER_LEN,
                 "what is there is told");
    cause = (struct seal_cause){0};
    int err = plain ? seal_ota_decrypt(key, data, len, plain, &cause) : SEAL_ERR_NO_MEMORY;
    fuzz_require(err == SEAL_OK || cause.text[0] || !plain, "a failure has a sentence");
    fuzz_require(err != SEAL_OK || (looked == SEAL_OK && seal_buf_len(plain) == info.image_len),
                 "what opens is as long as its header says");
    fuzz_require(err == SEAL_OK || !plain || seal_buf_len(plain) == 0, "nothing comes of a failure");
    seal_buf_free(&plain);
    return 0;
}
