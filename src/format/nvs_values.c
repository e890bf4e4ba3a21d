/* One device's row in a table of per-device values. */
#include <espseal/nvs.h>

#include <ctype.h>
#include <string.h>

enum { MAC_DIGITS = 12 };

/* The hex digits of a MAC in lower case; false when text is none. */
static bool normal_mac(const char *text, char digits[static MAC_DIGITS + 1])
{
    size_t count = 0;
    for (; *text; text++) {
        if (*text == ':' || *text == '-') {
            continue;
        }
        if (!isxdigit((unsigned char)*text) || count == MAC_DIGITS) {
            return false;
        }
        digits[count++] = (char)tolower((unsigned char)*text);
    }
    digits[count] = '\0';
    return count == MAC_DIGITS;
}

static bool is_same(bool mac, const char *wanted, const char *text)
{
    char a[MAC_DIGITS + 1];
    char b[MAC_DIGITS + 1];
    return mac ? normal_mac(wanted, a) && normal_mac(text, b) && strcmp(a, b) == 0
               : strcmp(wanted, text) == 0;
}

int seal_nvs_find_device(const struct seal_csv *values, const char *column, const char *wanted, size_t *row,
                         struct seal_cause *cause)
{
    size_t at;
    char digits[MAC_DIGITS + 1];
    bool mac = strcmp(column, "mac") == 0;
    bool found = false;
    int err = seal_csv_need_column(values, column, &at, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (mac && !normal_mac(wanted, digits)) {
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
