#include "nvs_wifi.h"

#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

enum { LARGEST = 140, PMK_INFO = 132, PMK_AT = 100, PMK_LEN = 32 };

static const struct extra {
    const char *key;
    uint8_t len, fill;
    bool station;
} extras[] = {
    {"sta.apinfo", LARGEST, 0xFF, true},
    {"sta.pmk", PMK_LEN, 0x00, true},
    {"sta.apsw", 2, 0x00, true},
    {"ap.pmk_info", PMK_INFO, 0x00, false},
};

enum { EXTRAS = sizeof extras / sizeof extras[0], ACCESS_POINT = EXTRAS - 1 };

static void note(const struct seal_nvs_wifi *wifi, const char *text)
{
    if (wifi->how->note) {
        wifi->how->note(wifi->how->ctx, text);
    }
}

void seal_nvs_wifi_has(struct seal_nvs_wifi *wifi, const char *key)
{
    for (size_t i = 0; i < EXTRAS; i++) {
        if (strcmp(extras[i].key, key) == 0) {
            wifi->given |= 1u << i;
        }
    }
}

static int put_access_point(struct seal_nvs_wifi *wifi, struct seal_nvs_writer *writer,
                            struct seal_cause *cause)
{
    uint8_t info[PMK_INFO] = {0};
    wifi->access_point_done = true;
    int err = wifi->how->pmk(wifi->password, wifi->ssid, info + PMK_AT);
    err = err == SEAL_OK
              ? seal_nvs_put_bytes(writer, extras[ACCESS_POINT].key, SEAL_NVS_BLOB, info, sizeof info, cause)
              : seal_fail(cause, err, "%s", seal_strerror(err));
    if (err == SEAL_OK) {
        note(wifi, "added ap.pmk_info for the access point of ap.ssid, as nvs_partition_gen.py does");
    }
    seal_cleanse(info, sizeof info);
    return err;
}

int seal_nvs_wifi_before(struct seal_nvs_wifi *wifi, struct seal_nvs_writer *writer, const char *key,
                         const char *value, struct seal_cause *cause)
{
    const char **kept = strcmp(key, "ap.ssid") == 0       ? &wifi->ssid
                        : strcmp(key, "ap.passwd") == 0   ? &wifi->password
                        : strcmp(key, "ap.authmode") == 0 ? &wifi->mode
                                                          : NULL;
    if (wifi->how->no_wifi || !kept || *value == '\0' || (kept == &wifi->mode && strcmp(value, "0") == 0)) {
        return SEAL_OK;
    }
    *kept = value;
    bool due = wifi->ssid && wifi->password && wifi->mode && !wifi->access_point_done;
    return due && wifi->how->pmk && !(wifi->given & 1u << ACCESS_POINT)
               ? put_access_point(wifi, writer, cause)
               : SEAL_OK;
}

int seal_nvs_wifi_after(struct seal_nvs_wifi *wifi, struct seal_nvs_writer *writer, const char *key,
                        struct seal_cause *cause)
{
    char added[64] = "";
    uint8_t bytes[LARGEST];
    if (wifi->how->no_wifi || wifi->station_done ||
        (strcmp(key, "sta.ssid") != 0 && strcmp(key, "sta.pswd") != 0)) {
        return SEAL_OK;
    }
    wifi->station_done = true;
    for (size_t i = 0; i < EXTRAS; i++) {
        if (!extras[i].station || wifi->given & 1u << i) {
            continue;
        }
        memset(bytes, extras[i].fill, sizeof bytes);
        int err = seal_nvs_put_bytes(writer, extras[i].key, SEAL_NVS_BLOB, bytes, extras[i].len, cause);
        if (err != SEAL_OK) {
            return err;
        }
        size_t used = strlen(added);
        (void)snprintf(added + used, sizeof added - used, "%s %s", used ? "," : "", extras[i].key);
    }
    if (added[0]) {
        char text[160];
        (void)snprintf(text, sizeof text, "added%s beside %.15s, as nvs_partition_gen.py does", added, key);
        note(wifi, text);
    }
    return SEAL_OK;
}
