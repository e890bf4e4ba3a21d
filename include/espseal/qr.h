/* QR codes (ISO/IEC 18004) of short texts, error correction level M, as a picture or for a terminal. */
#ifndef ESPSEAL_QR_H
#define ESPSEAL_QR_H

#include <espseal/buf.h>

enum seal_qr_form {
    SEAL_QR_SVG,      /* a scalable picture, 4 units a module, with the quiet zone of 4 modules */
    SEAL_QR_PNG,      /* a picture of 8 pixels a module, 1 byte a pixel, with the quiet zone */
    SEAL_QR_TERMINAL, /* UTF-8 half blocks, dark on light by SGR colours, with a quiet zone of 2 modules */
};

/* Appends the code of text (UTF-8, 8-bit mode, at most 2331 bytes) to out, which holds what the text holds.
 * SEAL_ERR_TOO_LONG, SEAL_ERR_NO_MEMORY. */
int seal_qr_encode(const char *text, enum seal_qr_form form, struct seal_buf *out,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
