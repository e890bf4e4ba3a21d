/* Whatever lies in flash, judging it ends, with a verdict that has its reason, and never reads beyond. */
#include "fuzz.h"

#include <espseal/boot_check.h>

#include <string.h>

static const uint8_t *flash;
static size_t flash_size;

static int read_flash(void *ctx, uint32_t offset, uint8_t *data, size_t len, struct seal_cause *cause)
{
    (void)ctx;
    (void)cause;
    fuzz_require(offset <= flash_size && len <= flash_size - offset, "a read within the flash");
    memcpy(data, flash + offset, len);
    return SEAL_OK;
}

/* The first byte says which chip and which of its fuses are burned. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const chips[] = {"esp32c3", "esp32", "esp32c2", "esp32c61"};
    struct seal_efuse efuse = {.loaded = ~0u};
    struct seal_boot_report report;
    struct seal_cause cause = {0};
    struct seal_burn burn = {0};
    if (size == 0) {
        return 0;
    }
    const uint8_t flags = data[0];
    efuse.chip = seal_chip_find(chips[flags & 3]);
    flash = data + 1;
    flash_size = size - 1;
    const char *const secure = (flags & 3) == 1 ? "ABS_DONE_1" : "SECURE_BOOT_EN";
    const char *const counter = (flags & 3) == 1 ? "FLASH_CRYPT_CNT" : "SPI_BOOT_CRYPT_CNT";
    int err = flags & 4 ? seal_burn_field(efuse.chip, &burn, secure, 1, &cause) : SEAL_OK;
    err = !err && flags & 8 ? seal_burn_field(efuse.chip, &burn, counter, 1, &cause) : err;
    err = !err && flags & 16 ? seal_burn_field(efuse.chip, &burn, "RD_DIS", 1, &cause) : err;
    fuzz_require(err == SEAL_OK, "fields that the chips have");
    struct seal_efuse after;
    seal_boot_efuse_after(&efuse, &burn, &after);
    const struct seal_boot_question question = {.efuse = &after,
                                                .read = read_flash,
                                                .flash_size = (uint32_t)flash_size,
                                                .key = (const uint8_t *)"a key of 32 bytes, for a fuzzer.",
                                                .key_len = (flags & 3) == 2 ? 16 : 32,
                                                .revision = flags & 32 ? 300 : -1,
                                                .download_strap = (flags & 0xC0) == 0xC0};
    err = seal_boot_check(&question, &report, &cause);
    fuzz_require(err == SEAL_OK, "a verdict on any flash");
    fuzz_require(report.count > 0 && report.count <= SEAL_BOOT_STEPS, "a number of steps in range");
    fuzz_require(report.why[0] != '\0', "a reason");
    fuzz_require(report.decided_by != NULL, "a name of what decided");
    return 0;
}
