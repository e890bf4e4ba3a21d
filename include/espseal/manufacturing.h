/*
 * Manufacturing data: the NVS partition of one device, from a template (a table as nvs.h reads it, with words
 * in braces), a table of values with a row for each device, and values that are made on the spot.
 *
 * Words: {mac} (12 hex digits, lower case), {chip}, {serial}, {name} (what a phone sees while provisioning),
 * {random:N} (hex of N random bytes), {hmac:LABEL} (64 hex digits, HMAC-SHA256 of MAC and label), {pop},
 * {sec2_salt} and {sec2_verifier} (Wi-Fi provisioning, both hex), and the columns of the table of values,
 * which go before all but {mac}.
 */
#ifndef ESPSEAL_MANUFACTURING_H
#define ESPSEAL_MANUFACTURING_H

#include <espseal/nvs.h>
#include <espseal/srp.h>

#define SEAL_MFG_RANDOM_MAX 1024 /* N of {random:N} */

struct seal_mfg_device { /* what stands for the words; borrowed but for what is made */
    bool has_mac;
    uint8_t mac[6];
    const char *chip, *serial;     /* NULL: not known */
    const struct seal_csv *values; /* NULL: none */
    size_t row;
    const struct seal_buf *derive_key; /* of {hmac:LABEL}; NULL: none */

    /* made when a word first asks for it; the same from then on */
    struct seal_buf *pop; /* secret, with a NUL */
    bool pop_made;        /* else it stands in values */
    uint8_t salt[SEAL_SRP_SALT_LEN], verifier[SEAL_SRP_VERIFIER_MAX];
    size_t verifier_len; /* 0: not asked for, security 1 */
};

/*
 * Finds the row of the device: by MAC where values has that column, and by serial where it has that one and
 * serial is known; both must be the same row. Fills in what the row tells and the caller did not know:
 * serial, MAC. values NULL: nothing is done. SEAL_ERR_NOT_FOUND: there is no row (file and device are named).
 * SEAL_ERR_FORMAT: neither column, or two rows. SEAL_ERR_USAGE: nothing is known that a row could be found
 * by.
 */
int seal_mfg_find_row(struct seal_mfg_device *device, struct seal_cause *cause) SEAL_MUST_CHECK;

/* struct seal_nvs_csv.fill with a struct seal_mfg_device. SEAL_ERR_FORMAT: a word that is not known, or has
 * no value here, or a wrong argument. */
int seal_mfg_fill(void *device, const char *word, const char *argument, struct seal_buf *out,
                  enum seal_nvs_made *made, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Appends the text of the label's QR code, and a NUL, to payload (which should be secret). SEAL_ERR_NOT_FOUND
 * when no word asked for a proof of possession; SEAL_ERR_FORMAT when the MAC is not known.
 */
int seal_mfg_label(const struct seal_mfg_device *device, const char *transport, struct seal_buf *payload,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
/* Zeroes what was made. */
void seal_mfg_clear(struct seal_mfg_device *device);

struct seal_mfg_recipe {                  /* what the partitions of all devices are made from; borrowed */
    const struct seal_csv *const *tables; /* the template, NULL-terminated */
    const struct seal_csv *values;        /* NULL: none */
    const struct seal_buf *derive_key;    /* NULL: none */
    const char *serial;                   /* NULL: not given */
    const char *partition;                /* its name in the partition table, or its offset in flash */
    unsigned version;                     /* of the NVS format, 1 or 2 */
    int (*read_file)(void *ctx, const char *path, struct seal_buf **out, struct seal_cause *cause);
    void (*note)(void *ctx, const char *text); /* NULL: nobody is told */
    void *ctx;
};

struct seal_mfg; /* the partition of one device */

/*
 * Builds a partition of size bytes. What seal_nvs_put_csv and seal_mfg_find_row return. *out is NULL after a
 * failure.
 */
int seal_mfg_new(const struct seal_mfg_recipe *recipe, const uint8_t mac[static 6], const char *chip,
                 size_t size, struct seal_mfg **out, struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_mfg_free(struct seal_mfg **mfg);
/* Borrowed: the partition in the clear; the device; "NAMESPACE:KEY" of a row's item, NULL past the end. */
const struct seal_buf *seal_mfg_partition(const struct seal_mfg *mfg);
const struct seal_mfg_device *seal_mfg_device(const struct seal_mfg *mfg);
const char *seal_mfg_item(const struct seal_mfg *mfg, size_t index, enum seal_nvs_made *made);

/*
 * Whether a partition in the clear was made from the same template and values: each item is there, and is the
 * same, or was made; what a device added does not matter. why (NULL allowed) gets the first item that is not
 * as it should be, "wifi:pop differs", or "" when it holds nothing at all. SEAL_ERR_MISMATCH.
 */
int seal_mfg_compare(const struct seal_mfg *mfg, const uint8_t *partition, size_t len, char *why,
                     size_t size) SEAL_MUST_CHECK;

#endif
