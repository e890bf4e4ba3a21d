/* Distinguished names and times as people write and read them. */
#ifndef ESPSEAL_NAME_H
#define ESPSEAL_NAME_H

#include <espseal/err.h>

#include <openssl/x509.h>

/* "/CN=device/O=Example"; a backslash takes the next character as it is. SEAL_ERR_USAGE names the part. */
int seal_name_parse(const char *text, X509_NAME **name, struct seal_cause *cause) SEAL_MUST_CHECK;

/* RFC 2253, UTF-8; every control character and byte that is not UTF-8 as \XX; cut at a character. */
void seal_name_print(const X509_NAME *name, char *text, size_t size);

/* "2026-11-21T02:30:00Z" and seconds since 1970. SEAL_ERR_FORMAT. */
int seal_time_print(const ASN1_TIME *time, char text[static 24], int64_t *unix_time) SEAL_MUST_CHECK;

#endif
