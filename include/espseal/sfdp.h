/* What a flash chip tells about itself: Serial Flash Discoverable Parameters (JEDEC JESD216). Pure. */
#ifndef ESPSEAL_SFDP_H
#define ESPSEAL_SFDP_H

#include <espseal/err.h>

#define SEAL_SFDP_HEADER_LEN 16u /* the SFDP header and that of the basic table, which is the first */
#define SEAL_SFDP_BASIC_LEN 64u  /* as much of the basic table as is looked at */

struct seal_sfdp {
    bool present;
    uint8_t major, minor;
    uint32_t basic_offset; /* of the basic table */
    uint8_t basic_len;     /* bytes of it, at most SEAL_SFDP_BASIC_LEN */
    uint64_t size;         /* bytes; 0: not told */
    bool erase_4k;
    bool address_4;            /* can take addresses of four bytes */
    bool quad_output, quad_io; /* fast reads 1-1-4 and 1-4-4 */
    uint32_t page_size;        /* bytes; 0: not told */
};

/* Reads the headers: present, the version, and where the basic table is. false when data is no SFDP. */
bool seal_sfdp_header(const uint8_t data[static SEAL_SFDP_HEADER_LEN], struct seal_sfdp *sfdp);
/* Reads the basic table, basic_len bytes. */
void seal_sfdp_basic(const uint8_t *data, size_t len, struct seal_sfdp *sfdp);

#endif
