/* A table of NVS entries is refused, or makes a partition that is read without a complaint. */
#include "fuzz.h"

#include <espseal/nvs.h>

#include <string.h>

static int read_file(void *ctx, const char *path, struct seal_buf **out, struct seal_cause *cause)
{
    (void)ctx;
    (void)cause;
    *out = seal_buf_new();
    return *out ? seal_buf_put(*out, path, strlen(path)) : SEAL_ERR_NO_MEMORY;
}

static int pmk(const char *passphrase, const char *ssid, uint8_t out[static 32])
{
    memset(out, passphrase[0] ^ ssid[0], 32);
    return SEAL_OK;
}

static void check(struct seal_nvs_writer *writer)
{
    struct seal_nvs *nvs = NULL;
    struct seal_buf *out = seal_buf_new();
    fuzz_require(out && seal_nvs_writer_finish(writer, out, NULL) == SEAL_OK, "a partition is finished");
    fuzz_require(seal_nvs_read(seal_buf_ptr(out), seal_buf_len(out), &nvs, NULL) == SEAL_OK, "it is read");
    fuzz_require(seal_nvs_finding_count(nvs) == 0, "without a finding");
    seal_nvs_free(&nvs);
    seal_buf_free(&out);
}

/* The first byte chooses the version and whether the table is also that of the devices' values. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_csv *csv = NULL;
    struct seal_nvs_writer *writer = NULL;
    struct seal_cause cause = {0};
    if (size == 0 || seal_csv_parse(data + 1, size - 1, "fuzz", SEAL_CSV_COMMENTS, &csv, NULL) != SEAL_OK) {
        return 0;
    }
    const struct seal_csv *const tables[] = {csv, NULL};
    const struct seal_nvs_csv how = {
        .read_file = read_file,
        .pmk = pmk,
        .values = (data[0] & 2) && seal_csv_rows(csv) ? csv : NULL,
    };
    fuzz_require(seal_nvs_writer_new(0x4000, 1 + (data[0] & 1), 0, &writer, NULL) == SEAL_OK, "a writer");
    if (seal_nvs_put_csv(writer, tables, &how, &cause) == SEAL_OK) {
        check(writer);
    } else {
        fuzz_require(cause.text[0] != '\0', "a failure that says why");
    }
    seal_nvs_writer_free(&writer);
    seal_csv_free(&csv);
    return 0;
}
