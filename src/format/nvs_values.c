/* One device's row in a table of per-device values. */
#include <espseal/hex.h>
#include <espseal/nvs.h>

#include <string.h>

static bool is_same(bool mac, const char *wanted, const char *text)
{
    uint8_t a[6], b[6];
    return mac ? seal_mac_parse(wanted, a) == SEAL_OK && seal_mac_parse(text, b) == SEAL_OK &&
                     memcmp(a, b, sizeof a) == 0
               : strcmp(wanted, text) == 0;
}

int seal_nvs_find_device(const struct seal_csv *values, const char *column, const char *wanted, size_t *row,
                         struct seal_cause *cause)
{
    size_t at;
    uint8_t bytes[6];
    bool mac = strcmp(column, "mac") == 0;
    bool found = false;
    int err = seal_csv_need_column(values, column, &at, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (mac && seal_mac_parse(wanted, bytes) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_USAGE, "\"%.40s\" is no MAC: it should have 12 hex digits", wanted);
    }
    for (size_t i = 0; i < seal_csv_rows(values); i++) {
        const char *text = seal_csv_cell(values, i, at);
        if (!text || !is_same(mac, wanted, text)) {
            continue;
        }
        if (found) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "%s has the %s %.40s in line %zu and in line %zu",
                             seal_csv_name(values), column, wanted, seal_csv_line(values, *row),
                             seal_csv_line(values, i));
        }
        found = true;
        *row = i;
    }
    return found ? SEAL_OK
                 : seal_fail(cause, SEAL_ERR_NOT_FOUND, "%s has no row with the %s %.40s",
                             seal_csv_name(values), column, wanted);
}
