/* Growable byte buffers that zero themselves whenever memory leaves them. */
#ifndef ESPSEAL_BUF_H
#define ESPSEAL_BUF_H

#include <espseal/err.h>

struct seal_buf;

/* A new empty buffer; NULL only when memory is out. secret places it in OpenSSL's secure heap. */
struct seal_buf *seal_buf_new(void);
struct seal_buf *seal_buf_new_secret(void);

/* Zeroes, frees and NULLs. NULL and pointer to NULL are allowed. */
void seal_buf_free(struct seal_buf **buf);

/* Borrowed view; valid until the next call that changes buf. ptr is never NULL, even when len is 0. */
const uint8_t *seal_buf_ptr(const struct seal_buf *buf);
uint8_t *seal_buf_mutable(struct seal_buf *buf);
size_t seal_buf_len(const struct seal_buf *buf);

/* Append. SEAL_ERR_NO_MEMORY, or SEAL_ERR_TOO_LONG beyond 64 MiB (the largest flash is 32 MiB). */
int seal_buf_put(struct seal_buf *buf, const void *data, size_t len) SEAL_MUST_CHECK;
int seal_buf_put_u8(struct seal_buf *buf, uint8_t value) SEAL_MUST_CHECK;
int seal_buf_put_le16(struct seal_buf *buf, uint16_t value) SEAL_MUST_CHECK;
int seal_buf_put_le32(struct seal_buf *buf, uint32_t value) SEAL_MUST_CHECK;
int seal_buf_put_fill(struct seal_buf *buf, uint8_t value, size_t count) SEAL_MUST_CHECK;

/* Appends len uninitialised bytes and hands out the place; NULL when it cannot. */
uint8_t *seal_buf_reserve(struct seal_buf *buf, size_t len);

/* Shortens to len bytes (zeroing the rest); len beyond the end is ignored. */
void seal_buf_truncate(struct seal_buf *buf, size_t len);

/* Drops count bytes from the front. */
void seal_buf_consume(struct seal_buf *buf, size_t count);

/*
 * Bounds-checked little-endian readers for bytes from outside: read at *offset and advance it.
 * false (and nothing changed) when fewer bytes are left.
 */
bool seal_get_u8(const uint8_t *data, size_t len, size_t *offset, uint8_t *value);
bool seal_get_le16(const uint8_t *data, size_t len, size_t *offset, uint16_t *value);
bool seal_get_le32(const uint8_t *data, size_t len, size_t *offset, uint32_t *value);

/*
 * Whether each of len bytes is value (erased flash: 0xFF; blank fuses: 0); true when len is 0. Takes as long
 * whatever the bytes are, so that it can be asked of a secret.
 */
bool seal_is_filled(const void *data, size_t len, uint8_t value);

/* Little-endian words in memory of known size. */
uint32_t seal_le32(const uint8_t bytes[static 4]);
void seal_put_le32(uint8_t bytes[static 4], uint32_t value);
void seal_put_le16(uint8_t bytes[static 2], uint16_t value);

#endif
