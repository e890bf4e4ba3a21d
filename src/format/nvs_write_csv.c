#include <espseal/hex.h>
#include <espseal/nvs.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int put_text(struct seal_buf *out, const char *text, bool first)
{
    return seal_csv_put(out, text, strlen(text), first);
}

static int put_hex(struct seal_buf *out, const uint8_t *data, size_t len)
{
    char digits[3];
    int err = SEAL_OK;
    for (size_t i = 0; i < len && err == SEAL_OK; i++) {
        seal_hex_encode(data + i, 1, digits);
        err = seal_buf_put(out, digits, 2);
    }
    return err;
}

static int put_value(struct seal_buf *out, const struct seal_nvs_item *item)
{
    char number[24];
    if (item->type == SEAL_NVS_STRING) {
        const void *text = item->data;
        return seal_csv_put(out, text, item->len, false);
    }
    if (item->type == SEAL_NVS_BLOB) {
        int err = seal_buf_put_u8(out, ',');
        return err == SEAL_OK ? put_hex(out, item->data, item->len) : err;
    }
    bool has_sign = (unsigned)item->type & 0x10;
    (void)(has_sign ? snprintf(number, sizeof number, "%" PRId64, (int64_t)item->number)
                    : snprintf(number, sizeof number, "%" PRIu64, item->number));
    return put_text(out, number, false);
}

static int put_row(struct seal_buf *out, const char *key, const char *type, const char *encoding)
{
    int err = put_text(out, key, true);
    err = err == SEAL_OK ? put_text(out, type, false) : err;
    return err == SEAL_OK ? put_text(out, encoding, false) : err;
}

static int put_item(struct seal_buf *out, const struct seal_nvs_item *item)
{
    const char *encoding = item->type == SEAL_NVS_BLOB ? "hex2bin" : seal_nvs_type_name(item->type);
    int err = put_row(out, item->key, "data", encoding);
    err = err == SEAL_OK ? put_value(out, item) : err;
    return err == SEAL_OK ? seal_buf_put_u8(out, '\n') : err;
}

static int put_space(struct seal_buf *out, const char *name)
{
    int err = put_row(out, name, "namespace", "");
    return err == SEAL_OK ? seal_buf_put(out, ",\n", 2) : err;
}

/* Begins the namespaces that were begun before order, from the next on; *current is the last of them. */
static int begin_spaces(const struct seal_nvs *nvs, struct seal_buf *out, size_t order, size_t *next,
                        const char **current)
{
    const struct seal_nvs_space *space = NULL;
    int err = SEAL_OK;
    while (err == SEAL_OK && (space = seal_nvs_space_at(nvs, *next)) && space->order < order) {
        *current = space->name;
        err = put_space(out, space->name);
        ++*next;
    }
    return err;
}

int seal_nvs_write_csv(const struct seal_nvs *nvs, struct seal_buf *out)
{
    static const char header[] = "key,type,encoding,value\n";
    const struct seal_nvs_item *item = NULL;
    const char *current = "";
    size_t next = 0;
    int err = seal_buf_put(out, header, sizeof header - 1);
    for (size_t i = 0; err == SEAL_OK && (item = seal_nvs_item_at(nvs, i)); i++) {
        if (!*item->space) {
            continue;
        }
        err = begin_spaces(nvs, out, item->order, &next, &current);
        if (err == SEAL_OK && strcmp(current, item->space) != 0) {
            current = item->space;
            err = put_space(out, current);
        }
        err = err == SEAL_OK ? put_item(out, item) : err;
    }
    return err == SEAL_OK ? begin_spaces(nvs, out, SIZE_MAX, &next, &current) : err;
}
