/* Whatever a bundle says of itself, every entry lies within it, and building it again gives the same bytes.
 */
#include "fuzz.h"

#include <espseal/trust.h>

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_bundle bundle;
    char subject[64], key[24];
    if (seal_bundle_parse(data, size, "fuzz", &bundle, NULL) != SEAL_OK) {
        return 0;
    }
    fuzz_require(bundle.len <= size && bundle.count > 0, "a bundle within its bytes");
    bool twice = false;
    for (size_t i = 0; i < bundle.count; i++) {
        const struct seal_bundle_entry *entry = &bundle.entries[i];
        fuzz_require(entry->name >= data && entry->key + entry->key_len <= data + bundle.len,
                     "an entry within");
        if (seal_bundle_describe(entry, subject, sizeof subject, key) == SEAL_OK) {
            fuzz_require(strlen(subject) < sizeof subject, "a name that ends");
        }
        twice = twice || (i > 0 && entry->name_len == entry[-1].name_len &&
                          memcmp(entry->name, entry[-1].name, entry->name_len) == 0);
    }
    struct seal_buf *out = seal_buf_new();
    size_t count = bundle.count;
    fuzz_require(seal_bundle_build(bundle.entries, &count, bundle.form, out, NULL) == SEAL_OK, "built again");
    fuzz_require(twice ||
                     (seal_buf_len(out) == bundle.len && memcmp(seal_buf_ptr(out), data, bundle.len) == 0),
                 "the same bytes");
    seal_buf_free(&out);
    seal_bundle_free(&bundle);
    return 0;
}
