#include <espseal/cust_flash.h>

#include <espseal/hex.h>

#include <string.h>

enum {
    AT_DEVICE = 64,
    AT_CA = 2112,
    AT_SECRET = 6208,
    ROOM_DEVICE = AT_CA - AT_DEVICE,
    ROOM_CA = AT_SECRET - AT_CA,
    ROOM_SECRET = 4096,
    ROOM_IV = 16,
    C_PADDING = 16, /* between the end of the ciphertext and the IV */
    META = 8,
    AT_MAGIC_PLAIN = 3 * META,
    AT_IV_META = 3 * META,
    AT_MAGIC_DS = AT_IV_META + 12,
};
#define MAGIC 0x12345678u
#define CRC_START 0xFFFFFFFFu

static bool magic_at(const uint8_t *data, size_t len, size_t at)
{
    return len >= AT_DEVICE && seal_le32(data + at) == MAGIC;
}

bool seal_cust_flash_is(const uint8_t *data, size_t len)
{
    return magic_at(data, len, AT_MAGIC_PLAIN) || magic_at(data, len, AT_MAGIC_DS);
}

static uint16_t le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

struct source {
    const uint8_t *data;
    size_t len;
    struct seal_cause *cause;
};

static int take(const struct source *from, size_t meta, size_t at, size_t room, const char *name,
                struct seal_cust_flash_part *part)
{
    size_t len = le16(from->data + meta + 4);
    if (len > room || at + len > from->len) {
        return seal_fail(from->cause, SEAL_ERR_FORMAT,
                         "the %s of %zu bytes reaches beyond its place at 0x%zx", name, len, at);
    }
    *part = (struct seal_cust_flash_part){
        .data = len ? from->data + at : NULL,
        .len = len,
        .crc_ok = len == 0 || seal_le32(from->data + meta) == seal_crc32(CRC_START, from->data + at, len),
    };
    return SEAL_OK;
}

static int take_certs(const struct source *from, bool swapped, struct seal_cust_flash *out)
{
    out->swapped = swapped;
    int err = take(from, swapped ? META : 0, AT_DEVICE, ROOM_DEVICE, "device certificate", &out->device_cert);
    return err == SEAL_OK ? take(from, swapped ? 0 : META, AT_CA, ROOM_CA, "CA certificate", &out->ca_cert)
                          : err;
}

static bool certs_ok(const struct seal_cust_flash *in)
{
    return in->device_cert.crc_ok && in->ca_cert.crc_ok;
}

int seal_cust_flash_get(const uint8_t *data, size_t len, struct seal_cust_flash *out,
                        struct seal_cause *cause)
{
    const struct source from = {data, len, cause};
    struct seal_cust_flash other = {.ds = false};
    *out = (struct seal_cust_flash){.ds = !magic_at(data, len, AT_MAGIC_PLAIN)};
    if (!seal_cust_flash_is(data, len)) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "there is no cust_flash partition: its magic word is missing");
    }
    int err = take_certs(&from, false, out);
    if ((err != SEAL_OK || !certs_ok(out)) && take_certs(&from, true, &other) == SEAL_OK &&
        certs_ok(&other)) {
        other.ds = out->ds;
        *out = other;
        err = SEAL_OK;
    }
    if (err == SEAL_OK) {
        err = take(&from, (size_t)2 * META, AT_SECRET, ROOM_SECRET, out->ds ? "ciphertext" : "private key",
                   &out->secret);
    }
    if (err == SEAL_OK && out->ds) {
        out->rsa_bits = le16(data + AT_IV_META + 6);
        out->efuse_key = data[AT_IV_META + 8];
        err = take(&from, AT_IV_META, AT_SECRET + out->secret.len + C_PADDING, ROOM_IV, "IV", &out->iv);
    }
    return err;
}

static int put_part(uint8_t *place, size_t meta, size_t at, size_t room, const char *name,
                    const struct seal_cust_flash_part *part, struct seal_cause *cause)
{
    if (part->len > room) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "the %s has %zu bytes, and cust_flash room for %zu", name,
                         part->len, room);
    }
    if (part->len) {
        memcpy(place + at, part->data, part->len);
        seal_put_le32(place + meta, seal_crc32(CRC_START, part->data, part->len));
        seal_put_le16(place + meta + 4, (uint16_t)part->len);
    }
    return SEAL_OK;
}

int seal_cust_flash_put(const struct seal_cust_flash *in, struct seal_buf *out, struct seal_cause *cause)
{
    size_t before = seal_buf_len(out);
    uint8_t *place = seal_buf_reserve(out, SEAL_CUST_FLASH_SIZE);
    if (!place) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a partition");
    }
    memset(place, 0, AT_DEVICE);
    memset(place + AT_DEVICE, 0xFF, SEAL_CUST_FLASH_SIZE - AT_DEVICE);
    if (in->ca_cert.len == 0) {
        place[AT_CA] = 0;
    }
    seal_put_le32(place + (in->ds ? AT_MAGIC_DS : AT_MAGIC_PLAIN), MAGIC);
    int err = put_part(place, 0, AT_DEVICE, ROOM_DEVICE, "device certificate", &in->device_cert, cause);
    if (err == SEAL_OK) {
        err = put_part(place, META, AT_CA, ROOM_CA, "CA certificate", &in->ca_cert, cause);
    }
    if (err == SEAL_OK) {
        err = put_part(place, (size_t)2 * META, AT_SECRET, ROOM_SECRET, in->ds ? "ciphertext" : "private key",
                       &in->secret, cause);
    }
    if (err == SEAL_OK && in->ds) {
        err = put_part(place, AT_IV_META, AT_SECRET + in->secret.len + C_PADDING, ROOM_IV, "IV", &in->iv,
                       cause);
        seal_put_le16(place + AT_IV_META + 6, (uint16_t)in->rsa_bits);
        place[AT_IV_META + 8] = (uint8_t)in->efuse_key;
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}
