/* What is inside an escrow file: the DER that escrow.h gives the ASN.1 of. */
#ifndef ESPSEAL_ESCROW_DER_H
#define ESPSEAL_ESCROW_DER_H

#include <espseal/escrow.h>

/* Appends to out, which should be secret. SEAL_ERR_USAGE: no key, or a chip without a name. */
int seal_escrow_encode(const struct seal_escrow *escrow, struct seal_buf *out) SEAL_MUST_CHECK;
/* Takes exactly what _encode makes. SEAL_ERR_FORMAT; *escrow may be half filled then. */
int seal_escrow_decode(const uint8_t *der, size_t len, struct seal_escrow *escrow) SEAL_MUST_CHECK;

#endif
