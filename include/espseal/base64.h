/* Base64 (RFC 4648 section 4) as people and files write it. */
#ifndef ESPSEAL_BASE64_H
#define ESPSEAL_BASE64_H

#include <espseal/buf.h>

/*
 * Appends what len characters of text stand for; blanks and line breaks between them are skipped, padding is
 * needed. SEAL_ERR_FORMAT: another character, missing or misplaced padding, bits set behind the last byte.
 * SEAL_ERR_NO_MEMORY. out is unchanged after a failure.
 */
int seal_base64_decode(const char *text, size_t len, struct seal_buf *out) SEAL_MUST_CHECK;

/* Appends the Base64 text of len bytes, without line breaks and NUL. */
int seal_base64_encode(const void *data, size_t len, struct seal_buf *out) SEAL_MUST_CHECK;

#endif
