/* FIELD=VALUE: text into the bits of a field. */
#include "fuse_bits.h"

#include <espseal/buf.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse_value(const struct seal_efuse_field *field, const char *what, const char *hint,
                        struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "that is no value for %s: %s", field->name, what);
    seal_hint(cause, "%s=%s", field->name, hint);
    return err;
}

int fuse_parse_mac(const char *text, uint8_t mac[static 6]);

int fuse_parse_mac(const char *text, uint8_t mac[static 6])
{
    if (strlen(text) != 17) {
        return SEAL_ERR_FORMAT;
    }
    for (size_t i = 0; i < 6; i++) {
        char pair[3] = {text[3 * i], text[3 * i + 1], '\0'};
        if ((i < 5 && text[3 * i + 2] != ':') || seal_hex_decode(pair, mac + i, 1) != SEAL_OK) {
            return SEAL_ERR_FORMAT;
        }
    }
    return SEAL_OK;
}

int seal_fuse_plan_mac(struct seal_fuse_plan *plan, const uint8_t mac[static 6], struct seal_cause *cause)
{
    const struct seal_efuse_field *field = seal_chip_field(plan->chip, "CUSTOM_MAC");
    const struct seal_efuse_field *crc = seal_chip_field(plan->chip, "CUSTOM_MAC_CRC");
    const struct seal_efuse_field *version = seal_chip_field(plan->chip, "MAC_VERSION");
    if (field == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no eFuse for a custom MAC address",
                         plan->chip->title);
    }
    if (mac[0] & 1) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT,
                            "a device's MAC address is unicast: 0x%02x at its front is odd", mac[0]);
        seal_hint(cause, "a locally administered address begins with 02, 06, 0a or 0e");
        return err;
    }
    const struct seal_efuse_field *used = seal_chip_field(plan->chip, "CUSTOM_MAC_USED"); /* ESP32-C2 */
    int err = fuse_plan_claim_field(plan, field, mac, cause);
    if (err == SEAL_OK && used != NULL) {
        err = fuse_plan_claim_number(plan, used, 1, cause);
    }
    if (err == SEAL_OK && crc != NULL && version != NULL) { /* ESP32: the MAC in BLOCK3 counts with both */
        uint8_t sum = 0;
        for (size_t i = 0; i < 6; i++) { /* CRC-8, reflected 0x8c (chips.json esp32_mac_crc8) */
            sum ^= mac[i];
            for (unsigned bit = 0; bit < 8; bit++) {
                sum = (uint8_t)(sum >> 1 ^ (sum & 1 ? 0x8c : 0));
            }
        }
        err = fuse_plan_claim_number(plan, crc, sum, cause);
        if (err == SEAL_OK) {
            err = fuse_plan_claim_number(plan, version, 1, cause);
        }
    }
    return err;
}

static int take_mac(struct seal_fuse_plan *plan, const struct seal_efuse_field *field, const char *value,
                    struct seal_cause *cause)
{
    uint8_t mac[6];
    if (strcmp(field->name, "CUSTOM_MAC") != 0) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "%s is burned by the factory", field->name);
    }
    if (fuse_parse_mac(value, mac) != SEAL_OK) {
        return refuse_value(field, "a MAC address has six bytes in hex with colons", "02:00:00:12:34:56",
                            cause);
    }
    return seal_fuse_plan_mac(plan, mac, cause);
}

/* Hex digits in stored order; with 0x one big number, whose last byte is stored first. */
static int take_bytes(struct seal_fuse_plan *plan, const struct seal_efuse_field *field, const char *value,
                      struct seal_cause *cause)
{
    uint8_t bytes[32], turned[32];
    size_t len = (field->bits + 7u) / 8;
    bool number = strncmp(value, "0x", 2) == 0;
    const char *digits = number ? value + 2 : value;
    size_t given = strlen(digits);
    if (given != 2 * len) {
        return seal_fail(cause, given % 2 == 1 ? SEAL_ERR_FORMAT : SEAL_ERR_KEY,
                         given % 2 == 1 ? "%s: an odd number of hex digits (%zu); %zu bytes have %zu"
                                        : "%s: %zu hex digits; its %zu bytes have %zu",
                         field->name, given, len, 2 * len);
    }
    if (seal_hex_decode(digits, bytes, len) != SEAL_OK) {
        return refuse_value(field, "there is more than hex digits in it", "HEX", cause);
    }
    for (size_t i = 0; i < len; i++) {
        turned[i] = number ? bytes[len - 1 - i] : bytes[i];
    }
    int err = fuse_plan_claim_field(plan, field, turned, cause);
    if (err == SEAL_OK && plan->chip->efuse->blocks[field->block].key >= 0) {
        plan->want.secret[field->block] = true;
    }
    seal_cleanse(bytes, sizeof bytes);
    seal_cleanse(turned, sizeof turned);
    return err;
}

static bool is_counter(const struct seal_efuse_field *field)
{
    return field->type == SEAL_FIELD_BITCOUNT || strcmp(field->name, "SECURE_VERSION") == 0 ||
           strcmp(field->name, "SPI_BOOT_CRYPT_CNT") == 0 || strcmp(field->name, "FLASH_CRYPT_CNT") == 0;
}

/* Without a value: a flag is set, a counter counts. */
static int take_nothing(struct seal_fuse_plan *plan, const struct seal_efuse_field *field,
                        struct seal_cause *cause)
{
    if (is_counter(field)) {
        uint32_t now = seal_efuse_get(&plan->before, field);
        for (unsigned bit = 0; bit < field->bits && bit < 32; bit++) {
            if ((now >> bit & 1) == 0) {
                return fuse_plan_claim_number(plan, field, now | 1u << bit, cause);
            }
        }
        return seal_fail(cause, SEAL_ERR_STATE, "%s is used up: all of its %u bits are set", field->name,
                         (unsigned)field->bits);
    }
    if (field->bits == 1) {
        return fuse_plan_claim_number(plan, field, 1, cause);
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "%s needs a value", field->name);
    seal_hint(cause, "%s=VALUE, up to 0x%x", field->name,
              field->bits < 32 ? (1u << field->bits) - 1 : 0xFFFFFFFFu);
    return err;
}

/* The ESP32's pads 32 and 33 are kept as 30 and 31, which are no pads. */
static int esp32_pad(const struct seal_efuse_field *field, uint32_t *value, struct seal_cause *cause)
{
    if (*value == 30 || *value == 31 || *value > 33) {
        return refuse_value(field, "pads are 0 to 29, 32 and 33", "PAD", cause);
    }
    *value -= *value >= 32 ? 2 : 0;
    return SEAL_OK;
}

static int take_purpose(struct seal_fuse_plan *plan, const struct seal_efuse_field *field, const char *value,
                        struct seal_cause *cause)
{
    const struct seal_key_purpose *purpose = seal_chip_purpose(plan->chip, value);
    const struct seal_efuse_field *high;
    char name[40];
    uint32_t number = 0;
    if (purpose != NULL) {
        number = purpose->value;
    } else if (seal_parse_u32(value, 0xFF, &number) != SEAL_OK) {
        return refuse_value(field, "neither a number nor a key purpose of this chip", "HMAC_UP", cause);
    }
    (void)snprintf(name, sizeof name, "%s_H", field->name);
    high = seal_chip_field(plan->chip, name);
    if (high != NULL && number >> field->bits <= 1) { /* ESP32-P4 from v3.0: the fifth bit is elsewhere */
        int err = fuse_plan_claim_number(plan, high, number >> field->bits, cause);
        if (err != SEAL_OK) {
            return err;
        }
        number &= (1u << field->bits) - 1;
    }
    return fuse_plan_claim_number(plan, field, number, cause);
}

/* Where a field that is kept in parts has this one: NAME_LO, NAME_HI, or NAME_3_6 for bits 3 to 6. -1: not a
 * part. */
static int part_shift(const struct seal_chip *chip, const char *name, const struct seal_efuse_field *field)
{
    size_t len = strlen(name);
    char low[64];
    if (strncmp(field->name, name, len) != 0 || field->name[len] != '_') {
        return -1;
    }
    const char *suffix = field->name + len + 1;
    if (strcmp(suffix, "LO") == 0) {
        return 0;
    }
    if (strcmp(suffix, "HI") == 0) {
        (void)snprintf(low, sizeof low, "%.50s_LO", name);
        const struct seal_efuse_field *first = seal_chip_field(chip, low);
        return first != NULL ? first->bits : -1;
    }
    char *middle;
    char *end;
    unsigned long from = strtoul(suffix, &middle, 10);
    if (middle == suffix || *middle != '_') {
        return -1;
    }
    unsigned long to = strtoul(middle + 1, &end, 10);
    return *end == '\0' && end != middle + 1 && to < 32 && from <= to ? (int)from : -1;
}

static int take_parts(struct seal_fuse_plan *plan, const char *name, const char *value,
                      struct seal_cause *cause)
{
    uint32_t number = 0, taken = 0;
    int err =
        value != NULL && seal_parse_u32(value, 0xFFFFFFFF, &number) == SEAL_OK ? SEAL_OK : SEAL_ERR_FORMAT;
    unsigned parts = 0;
    for (size_t i = 0; i < plan->chip->efuse->field_count && (err == SEAL_OK || parts == 0); i++) {
        const struct seal_efuse_field *field = &plan->chip->efuse->fields[i];
        int shift = part_shift(plan->chip, name, field);
        if (shift >= 0 && field->bits < 32) {
            uint32_t mask = (1u << field->bits) - 1;
            parts++;
            taken |= mask << shift;
            if (err == SEAL_OK) {
                err = fuse_plan_claim_number(plan, field, number >> shift & mask, cause);
            }
        }
    }
    if (parts == 0) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no eFuse field %s", plan->chip->title,
                         name);
    }
    if (err == SEAL_ERR_FORMAT) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "that is no value for %s: not a number", name);
    }
    if (err == SEAL_OK && (number & ~taken) != 0) {
        err = seal_fail(cause, SEAL_ERR_TOO_LONG, "0x%x does not fit into %s", (unsigned)number, name);
    }
    return err;
}

int seal_fuse_plan_field(struct seal_fuse_plan *plan, const char *name, const char *value,
                         struct seal_cause *cause)
{
    const struct seal_efuse_field *field = seal_fuse_plan_find_field(plan->chip, name);
    uint32_t number = 0;
    if (field == NULL) {
        return take_parts(plan, name, value, cause);
    }
    if (value == NULL) {
        return take_nothing(plan, field, cause);
    }
    if (field->type == SEAL_FIELD_MAC_ADDRESS) {
        return take_mac(plan, field, value, cause);
    }
    if (field->type == SEAL_FIELD_BYTES || field->bits > 32) {
        return take_bytes(plan, field, value, cause);
    }
    if (field->type == SEAL_FIELD_KEY_PURPOSE) {
        return take_purpose(plan, field, value, cause);
    }
    if (seal_parse_u32(value, 0xFFFFFFFF, &number) != SEAL_OK) {
        return refuse_value(field, "not a number (decimal, or hex with 0x)", "1", cause);
    }
    if (strcmp(plan->chip->name, "esp32") == 0 && strncmp(field->name, "SPI_PAD_CONFIG_", 15) == 0) {
        int err = esp32_pad(field, &number, cause);
        if (err != SEAL_OK) {
            return err;
        }
    }
    return fuse_plan_claim_number(plan, field, number, cause);
}
