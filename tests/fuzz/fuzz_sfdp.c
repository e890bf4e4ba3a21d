/* Whatever a flash chip tells of itself, nothing is read beyond it and sizes stay sizes. */
#include "fuzz.h"

#include <espseal/sfdp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_sfdp sfdp;
    if (size < SEAL_SFDP_HEADER_LEN) {
        return 0;
    }
    fuzz_require(seal_sfdp_header(data, &sfdp) == sfdp.present, "one verdict");
    fuzz_require(sfdp.basic_len <= SEAL_SFDP_BASIC_LEN, "a table that fits");
    fuzz_require(sfdp.basic_offset <= 0xFFFFFF, "an address of three bytes");
    size_t len = size - SEAL_SFDP_HEADER_LEN;
    seal_sfdp_basic(data + SEAL_SFDP_HEADER_LEN, len < SEAL_SFDP_BASIC_LEN ? len : SEAL_SFDP_BASIC_LEN,
                    &sfdp);
    fuzz_require(sfdp.page_size <= 0x8000, "a page size of four bits");
    return 0;
}
