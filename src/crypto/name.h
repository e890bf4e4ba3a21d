/* Distinguished names and times as people read them. */
#ifndef ESPSEAL_NAME_H
#define ESPSEAL_NAME_H

#include <espseal/err.h>

#include <openssl/x509.h>

/* RFC 2253, UTF-8; every control character and byte that is not UTF-8 as \XX; cut at a character. */
void seal_name_print(const X509_NAME *name, char *text, size_t size);

/* "2026-11-21T02:30:00Z" and seconds since 1970. SEAL_ERR_FORMAT. */
int seal_time_print(const ASN1_TIME *time, char text[static 24], int64_t *unix_time) SEAL_MUST_CHECK;

#endif
