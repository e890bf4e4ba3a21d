/* Walks a partition, looks everything up in it, and writes its entries again, which must give the same bytes.
 */
#include "fuzz.h"

#include <espseal/secure_cert.h>

#include <string.h>

static void check_entry(const uint8_t *data, size_t size, const struct seal_tlv_entry *entry)
{
    fuzz_require(entry->offset + entry->size <= size, "an entry lies within the data");
    fuzz_require(entry->data == data + entry->offset + 12, "its data too");
    fuzz_require(entry->length + (size_t)16 <= entry->size, "a length within the entry");
}

/* An entry with a right CRC whose reserved bytes and padding are zero must come out as it went in. */
static void rewrite(const uint8_t *data, const struct seal_tlv_entry *entry)
{
    struct seal_buf *out = seal_buf_new();
    const uint8_t *header = data + entry->offset;
    int err = seal_tlv_put(out, entry->type, entry->subtype, entry->flags, entry->data, entry->length, NULL);
    if (entry->size > SEAL_SECURE_CERT_MAX) {
        fuzz_require(err == SEAL_ERR_TOO_LONG && seal_buf_len(out) == 0, "too long is refused whole");
    } else {
        fuzz_require(err == SEAL_OK && seal_buf_len(out) == entry->size, "the same size");
        fuzz_require(memcmp(seal_buf_ptr(out) + 8, header + 8, 4 + (size_t)entry->length) == 0,
                     "the same bytes");
    }
    seal_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_tlv_entry entry;
    struct seal_tlv_entry found;
    enum seal_tlv_end end;
    size_t offset = 0;
    size_t last = 0;
    while (seal_tlv_next(data, size, &offset, &entry, &end)) {
        check_entry(data, size, &entry);
        fuzz_require(entry.offset == last && offset == last + entry.size, "entries follow each other");
        last = offset;
        rewrite(data, &entry);
        if (seal_tlv_find(data, size, entry.type, entry.subtype, &found)) {
            fuzz_require(found.offset <= entry.offset, "the first one is found");
        }
    }
    fuzz_require(seal_tlv_used(data, size) == last, "used is the end of the walk");
    for (unsigned subtype = 0; subtype < 3; subtype++) {
        struct seal_tlv_ds ds;
        if (seal_tlv_get_ds(data, size, (uint8_t)subtype, &ds, NULL) == SEAL_OK) {
            fuzz_require(ds.c >= data && ds.c + ds.c_len <= data + size, "c lies within the data");
            fuzz_require(ds.efuse_key <= 5 && ds.rsa_bits >= 1024 && ds.rsa_bits <= 4096, "DS makes sense");
        }
        unsigned key;
        (void)seal_tlv_get_ecdsa(data, size, (uint8_t)subtype, &key);
        fuzz_require(key <= 5, "the ECDSA key's block is one of six");
    }
    return 0;
}
