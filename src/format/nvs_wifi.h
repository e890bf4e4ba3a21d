/*
 * Inside the format layer: the entries that ESP-IDF's Wi-Fi driver keeps beside a network's name and
 * password, and that nvs_partition_gen.py 0.2.0 adds by itself (measured: vectors/nvs/wifi_special_keys).
 */
#ifndef ESPSEAL_NVS_WIFI_H
#define ESPSEAL_NVS_WIFI_H

#include <espseal/nvs.h>

struct seal_nvs_wifi {
    const struct seal_nvs_csv *how;
    bool station_done, access_point_done;
    unsigned given;                     /* bits of those entries that a row gives itself */
    const char *ssid, *password, *mode; /* borrowed; NULL: not yet seen */
};

/* A row gives this key. To be called for every row before the first _before. */
void seal_nvs_wifi_has(struct seal_nvs_wifi *wifi, const char *key);

/* Put what goes before and after the entry of key. */
int seal_nvs_wifi_before(struct seal_nvs_wifi *wifi, struct seal_nvs_writer *writer, const char *key,
                         const char *value, struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_nvs_wifi_after(struct seal_nvs_wifi *wifi, struct seal_nvs_writer *writer, const char *key,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
