#include <espseal/sfdp.h>

#include <espseal/buf.h>

#include <string.h>

#define DENSITY_IS_POWER (1u << 31)
#define FAST_READ_1_4_4 (1u << 21)
#define FAST_READ_1_1_4 (1u << 22)

bool seal_sfdp_header(const uint8_t data[static SEAL_SFDP_HEADER_LEN], struct seal_sfdp *sfdp)
{
    static const char signature[4] = {'S', 'F', 'D', 'P'};
    memset(sfdp, 0, sizeof *sfdp);
    /* The first parameter header is the basic table's: id 00, and FF in its other byte since JESD216A. */
    if (memcmp(data, signature, sizeof signature) != 0 || data[8] != 0) {
        return false;
    }
    const size_t len = (size_t)data[11] * 4;
    sfdp->present = true;
    sfdp->minor = data[4];
    sfdp->major = data[5];
    sfdp->basic_offset = seal_le32(data + 12) & 0xFFFFFF;
    sfdp->basic_len = (uint8_t)(len < SEAL_SFDP_BASIC_LEN ? len : SEAL_SFDP_BASIC_LEN);
    return true;
}

static uint64_t size_of(uint32_t density)
{
    if (density & DENSITY_IS_POWER) {
        const uint32_t bits = density & ~DENSITY_IS_POWER;
        return bits >= 3 && bits < 64 ? (uint64_t)1 << (bits - 3) : 0;
    }
    return ((uint64_t)density + 1) / 8;
}

void seal_sfdp_basic(const uint8_t *data, size_t len, struct seal_sfdp *sfdp)
{
    uint32_t word;
    size_t at = 0;
    if (!seal_get_le32(data, len, &at, &word)) {
        return;
    }
    sfdp->erase_4k = (word & 3) == 1;
    sfdp->address_4 = ((word >> 17) & 3) != 0;
    sfdp->quad_io = word & FAST_READ_1_4_4;
    sfdp->quad_output = word & FAST_READ_1_1_4;
    if (seal_get_le32(data, len, &at, &word)) {
        sfdp->size = size_of(word);
    }
    at = 40; /* the eleventh word */
    if (seal_get_le32(data, len, &at, &word)) {
        sfdp->page_size = 1u << ((word >> 4) & 0xF);
    }
}
