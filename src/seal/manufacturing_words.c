/* What stands for the words in braces of a template, for one device. */
#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/manufacturing.h>
#include <espseal/secret.h>
#include <espseal/wifi_prov.h>

#include <stdio.h>
#include <string.h>

static int find(const struct seal_mfg_device *device, const char *column, const char *wanted, size_t *row,
                struct seal_cause *cause)
{
    int err = seal_nvs_find_device(device->values, column, wanted, row, cause);
    if (err == SEAL_ERR_NOT_FOUND) {
        seal_hint(cause, "add a row for this device");
    }
    return err;
}

static int no_column(const struct seal_mfg_device *device, struct seal_cause *cause)
{
    const char *name = seal_csv_name(device->values);
    bool serial = seal_csv_column(device->values, "serial") != SEAL_CSV_NONE;
    bool mac = seal_csv_column(device->values, "mac") != SEAL_CSV_NONE;
    if (serial || mac) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "%s tells devices by %s, which is not known", name,
                            serial ? "serial" : "mac");
        seal_hint(cause, serial ? "give --serial TEXT" : "give --mac MAC");
        return err;
    }
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s has neither a column mac nor a column serial", name);
    seal_hint(cause, "its first row names the columns");
    return err;
}

static int check_same_row(const struct seal_mfg_device *device, size_t other, struct seal_cause *cause)
{
    if (other == device->row) {
        return SEAL_OK;
    }
    int err =
        seal_fail(cause, SEAL_ERR_FORMAT, "%s has this MAC in line %zu and the serial %.40s in line %zu",
                  seal_csv_name(device->values), seal_csv_line(device->values, device->row), device->serial,
                  seal_csv_line(device->values, other));
    seal_hint(cause, "the serial belongs to another device, or the MAC does");
    return err;
}

static const char *column(const struct seal_mfg_device *device, const char *heading)
{
    return device->values
               ? seal_csv_cell(device->values, device->row, seal_csv_column(device->values, heading))
               : NULL;
}

static int learn_from_row(struct seal_mfg_device *device, struct seal_cause *cause)
{
    const char *mac = column(device, "mac");
    if (!device->serial) {
        device->serial = column(device, "serial");
    }
    if (device->has_mac || !mac || !*mac) {
        return SEAL_OK;
    }
    if (seal_mac_parse(mac, device->mac) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s line %zu: \"%.40s\" is no MAC",
                         seal_csv_name(device->values), seal_csv_line(device->values, device->row), mac);
    }
    device->has_mac = true;
    return SEAL_OK;
}

int seal_mfg_find_row(struct seal_mfg_device *device, struct seal_cause *cause)
{
    char mac[13];
    size_t row = 0;
    int err = SEAL_OK;
    if (!device->values) {
        return SEAL_OK;
    }
    bool by_mac = device->has_mac && seal_csv_column(device->values, "mac") != SEAL_CSV_NONE;
    bool by_serial = device->serial && seal_csv_column(device->values, "serial") != SEAL_CSV_NONE;
    if (!by_mac && !by_serial) {
        return no_column(device, cause);
    }
    if (by_mac) {
        seal_hex_encode(device->mac, sizeof device->mac, mac);
        err = find(device, "mac", mac, &device->row, cause);
    }
    if (err == SEAL_OK && by_serial) {
        err = find(device, "serial", device->serial, &row, cause);
    }
    if (err == SEAL_OK && by_serial && by_mac) {
        err = check_same_row(device, row, cause);
    } else if (err == SEAL_OK && by_serial) {
        device->row = row;
    }
    return err == SEAL_OK ? learn_from_row(device, cause) : err;
}

/* --- words --- */

struct asked {
    struct seal_mfg_device *device;
    const char *argument;
    struct seal_buf *out;
    struct seal_cause *cause;
};

static int put(const struct asked *asked, const char *text)
{
    return seal_buf_put(asked->out, text, strlen(text));
}

static int put_hex(const struct asked *asked, const uint8_t *data, size_t len)
{
    char *place = (char *)seal_buf_reserve(asked->out, 2 * len + 1);
    if (!place) {
        return SEAL_ERR_NO_MEMORY;
    }
    seal_hex_encode(data, len, place);
    seal_buf_truncate(asked->out, seal_buf_len(asked->out) - 1);
    return SEAL_OK;
}

static int unknown(const struct asked *asked, const char *word, const char *hint)
{
    int err = seal_fail(asked->cause, SEAL_ERR_FORMAT, "nobody told what stands for {%s}", word);
    seal_hint(asked->cause, "%s", hint);
    return err;
}

static int put_mac(const struct asked *asked)
{
    return asked->device->has_mac ? put_hex(asked, asked->device->mac, 6)
                                  : unknown(asked, "mac", "give --mac MAC");
}

static int put_chip(const struct asked *asked)
{
    return asked->device->chip ? put(asked, asked->device->chip)
                               : unknown(asked, "chip", "provision knows it; here name it in the template");
}

static int put_serial(const struct asked *asked)
{
    return asked->device->serial
               ? put(asked, asked->device->serial)
               : unknown(asked, "serial", "give --serial TEXT, or a column serial in the table of values");
}

static int put_name(const struct asked *asked)
{
    char name[SEAL_PROV_NAME_MAX + 1];
    if (!asked->device->has_mac) {
        return unknown(asked, "name", "give --mac MAC");
    }
    seal_prov_name(asked->device->mac, name);
    return put(asked, name);
}

static int put_random(const struct asked *asked)
{
    uint8_t bytes[SEAL_MFG_RANDOM_MAX];
    uint32_t count = 0;
    if (!asked->argument || seal_parse_u32(asked->argument, sizeof bytes, &count) != SEAL_OK || count == 0) {
        int err = seal_fail(asked->cause, SEAL_ERR_FORMAT, "{random:N} needs a number of bytes, 1 to %zu",
                            sizeof bytes);
        seal_hint(asked->cause, "{random:16} is 32 hex digits");
        return err;
    }
    int err = seal_random(bytes, count);
    err = err == SEAL_OK ? put_hex(asked, bytes, count) : err;
    seal_cleanse(bytes, sizeof bytes);
    return err;
}

static int put_hmac(const struct asked *asked)
{
    const struct seal_mfg_device *device = asked->device;
    uint8_t text[6 + 64], mac[32];
    const size_t len = asked->argument ? strlen(asked->argument) : 0;
    if (!device->derive_key || !device->has_mac) {
        return unknown(asked, "hmac", "give --derive-key FILE, and the device's MAC");
    }
    if (len == 0 || len > sizeof text - 6) {
        return unknown(asked, "hmac", "it needs a label: {hmac:ap-password}");
    }
    memcpy(text, device->mac, 6);
    memcpy(text + 6, asked->argument, len);
    int err = seal_hmac_sha256(seal_buf_ptr(device->derive_key), seal_buf_len(device->derive_key), text,
                               6 + len, mac);
    err = err == SEAL_OK ? put_hex(asked, mac, sizeof mac) : err;
    seal_cleanse(mac, sizeof mac);
    return err;
}

static int need_pop(struct seal_mfg_device *device)
{
    const char *given = column(device, "pop");
    if (device->pop) {
        return SEAL_OK;
    }
    device->pop = seal_buf_new_secret();
    device->pop_made = !given;
    int err = !device->pop ? SEAL_ERR_NO_MEMORY
              : given      ? seal_buf_put(device->pop, given, strlen(given) + 1)
                           : seal_prov_pop(device->pop);
    if (err != SEAL_OK) {
        seal_buf_free(&device->pop);
    }
    return err;
}

static const char *pop_of(const struct seal_mfg_device *device)
{
    return (const char *)seal_buf_ptr(device->pop);
}

static int need_verifier(struct seal_mfg_device *device)
{
    int err = need_pop(device);
    if (err != SEAL_OK || device->verifier_len) {
        return err;
    }
    err = seal_srp_salt(device->salt, sizeof device->salt);
    return err == SEAL_OK ? seal_srp_verifier(SEAL_PROV_USER, pop_of(device), device->salt,
                                              sizeof device->salt, device->verifier, &device->verifier_len)
                          : err;
}

static int put_pop(const struct asked *asked)
{
    int err = need_pop(asked->device);
    return err == SEAL_OK ? put(asked, pop_of(asked->device)) : err;
}

static int put_salt(const struct asked *asked)
{
    int err = need_verifier(asked->device);
    return err == SEAL_OK ? put_hex(asked, asked->device->salt, sizeof asked->device->salt) : err;
}

static int put_verifier(const struct asked *asked)
{
    int err = need_verifier(asked->device);
    return err == SEAL_OK ? put_hex(asked, asked->device->verifier, asked->device->verifier_len) : err;
}

static const struct {
    const char *word;
    int (*put)(const struct asked *asked);
    enum seal_nvs_made made;
} words[] = {
    {"mac", put_mac, SEAL_NVS_GIVEN},
    {"chip", put_chip, SEAL_NVS_GIVEN},
    {"serial", put_serial, SEAL_NVS_GIVEN},
    {"name", put_name, SEAL_NVS_GIVEN},
    {"random", put_random, SEAL_NVS_MADE},
    {"hmac", put_hmac, SEAL_NVS_GIVEN},
    {"pop", put_pop, SEAL_NVS_MADE},
    {"sec2_salt", put_salt, SEAL_NVS_MADE},
    {"sec2_verifier", put_verifier, SEAL_NVS_MADE_LOOSE},
};

/* A device would go without its value. */
static bool is_empty(const struct seal_mfg_device *device, const char *heading)
{
    const char *cell = column(device, heading);
    return device->values && seal_csv_column(device->values, heading) != SEAL_CSV_NONE && (!cell || !*cell);
}

int seal_mfg_fill(void *ctx, const char *word, const char *argument, struct seal_buf *out,
                  enum seal_nvs_made *made, struct seal_cause *cause)
{
    const struct asked asked = {.device = ctx, .argument = argument, .out = out, .cause = cause};
    const char *cell = strcmp(word, "mac") == 0 || argument ? NULL : column(asked.device, word);
    const char *needed = strncmp(word, "sec2_", 5) == 0 ? "pop" : word;
    if (is_empty(asked.device, needed)) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s line %zu has nothing in the column %.40s",
                         seal_csv_name(asked.device->values),
                         seal_csv_line(asked.device->values, asked.device->row), needed);
    }
    if (cell && strcmp(word, "pop") == 0) {
        int err = need_pop(asked.device); /* for the label */
        return err == SEAL_OK ? put(&asked, cell) : err;
    }
    if (cell) {
        return put(&asked, cell);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, word) == 0) {
            *made = words[i].made;
            return words[i].put(&asked);
        }
    }
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "there is no word {%.40s}", word);
    seal_hint(cause,
              "{mac} {chip} {serial} {name} {random:N} {hmac:LABEL} {pop} {sec2_salt} {sec2_verifier}, "
              "and the columns of the table of values");
    return err;
}

int seal_mfg_label(const struct seal_mfg_device *device, const char *transport, struct seal_buf *payload,
                   struct seal_cause *cause)
{
    char name[SEAL_PROV_NAME_MAX + 1];
    if (!device->pop) {
        return SEAL_ERR_NOT_FOUND;
    }
    if (!device->has_mac) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "the label needs the device's MAC");
        seal_hint(cause, "give --mac MAC, or a column mac in the table of values");
        return err;
    }
    seal_prov_name(device->mac, name);
    int err = seal_prov_payload(name, device->verifier_len ? SEAL_PROV_USER : NULL, pop_of(device), transport,
                                payload);
    return err == SEAL_OK ? err : seal_fail(cause, err, "cannot make the label's text");
}

void seal_mfg_clear(struct seal_mfg_device *device)
{
    seal_buf_free(&device->pop);
    seal_cleanse(device->salt, sizeof device->salt);
    seal_cleanse(device->verifier, sizeof device->verifier);
    device->verifier_len = 0;
}
