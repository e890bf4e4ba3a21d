/* The Digital Signature peripheral (ESP32-C3 TRM, chapter "Digital Signature"; steps:
 * facts/peripherals.json). */
#include "sim_parts.h"

#include <espseal/secret.h>

#include <string.h>

enum {
    Y = 0x000,
    M = 0x200,
    RB = 0x400,
    BOX = 0x600,
    IV = 0x630,
    X = 0x800,
    Z = 0xa00,
    SET_START = 0xe00,
    SET_CONTINUE = 0xe04,
    SET_FINISH = 0xe08,
    QUERY_BUSY = 0xe0c,
    QUERY_CHECK = 0xe14,
    BOX_LEN = 48,
    AREA = 0x200,
    CHECK_AT_RESET = 3,
};

void sim_ds_reset(struct sim_ds *ds)
{
    seal_cleanse(ds, sizeof *ds);
    ds->check = CHECK_AT_RESET;
}

static void sign(struct sim_chip *chip)
{
    struct sim_ds *ds = &chip->ds;
    struct seal_ds_params params = {.rsa_bits = chip->chip->ds_max_bits};
    size_t number = chip->chip->ds_max_bits / 8;
    params.c_len = 3 * number + BOX_LEN;
    if (params.c_len > sizeof params.c || number > AREA) {
        return;
    }
    memcpy(params.iv, ds->memory + IV, sizeof params.iv);
    memcpy(params.c, ds->memory + Y, number);
    memcpy(params.c + number, ds->memory + M, number);
    memcpy(params.c + 2 * number, ds->memory + RB, number);
    memcpy(params.c + 3 * number, ds->memory + BOX, BOX_LEN);
    unsigned check = CHECK_AT_RESET;
    if (seal_ds_compute(&params, chip->chip->ds_max_bits, chip->hmac.ds_key, ds->memory + X, ds->memory + Z,
                        &check) != SEAL_OK &&
        check == 0) {
        check = CHECK_AT_RESET;
    }
    ds->check = check;
    seal_cleanse(&params, sizeof params);
}

uint32_t sim_ds_read_register(const struct sim_ds *ds, uint32_t offset)
{
    if (offset >= Z && offset < Z + AREA) {
        return seal_le32(ds->memory + offset); /* the other areas are write-only */
    }
    if (offset == QUERY_BUSY) {
        return ds->waiting_for_key;
    }
    return offset == QUERY_CHECK ? ds->check : 0; /* QUERY_KEY_WRONG 0: HMAC was never started */
}

void sim_ds_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value)
{
    struct sim_ds *ds = &chip->ds;
    if (offset < Z) {
        seal_put_le32(ds->memory + offset, value);
        return;
    }
    switch (offset) {
    case SET_START:
        ds->started = chip->hmac.has_ds_key;
        ds->waiting_for_key = !ds->started;
        break;
    case SET_CONTINUE:
        if (ds->started) {
            sign(chip);
        }
        break;
    case SET_FINISH:
        ds->started = ds->waiting_for_key = false;
        memset(ds->memory + Z, 0, AREA);
        break;
    default:
        break;
    }
}
