/* Inside the format layer: the value of an NVS row, decoded from its text by its encoding. */
#ifndef ESPSEAL_NVS_VALUE_H
#define ESPSEAL_NVS_VALUE_H

#include <espseal/nvs.h>

struct seal_nvs_value {
    enum seal_nvs_type type;
    uint64_t number;        /* of a number */
    struct seal_buf *bytes; /* of a string or blob; freed by the caller */
};

/*
 * Decodes len bytes of text. value->bytes is NULL after a failure. SEAL_ERR_FORMAT, SEAL_ERR_TOO_LONG,
 * SEAL_ERR_NO_MEMORY; a message never holds the value itself, which may be a secret.
 */
int seal_nvs_value_decode(const char *encoding, const char *text, size_t len, struct seal_nvs_value *value,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
