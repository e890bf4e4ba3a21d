/* The HMAC accelerator (ESP32-C3 TRM, chapter "HMAC Accelerator"; steps: facts/peripherals.json). */
#include "sim_parts.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <string.h>

enum {
    SET_START = 0x40,
    PARA_PURPOSE = 0x44,
    PARA_KEY = 0x48,
    PARA_FINISH = 0x4c,
    MESSAGE_ONE = 0x50,
    MESSAGE_ING = 0x54,
    MESSAGE_END = 0x58,
    RESULT_FINISH = 0x5c,
    INVALIDATE_JTAG = 0x60,
    INVALIDATE_DS = 0x64,
    QUERY_ERROR = 0x68,
    WR_MESSAGE = 0x80,
    RD_RESULT = 0xc0,
    MESSAGE_PAD = 0xf0,
    ONE_BLOCK = 0xf4,
};

bool sim_hmac_open(struct sim_hmac *hmac)
{
    hmac->message = seal_buf_new();
    return hmac->message;
}

void sim_hmac_close(struct sim_hmac *hmac)
{
    seal_buf_free(&hmac->message);
    seal_cleanse(hmac, sizeof *hmac);
}

void sim_hmac_reset(struct sim_hmac *hmac)
{
    struct seal_buf *message = hmac->message;
    seal_buf_truncate(message, 0);
    seal_cleanse(hmac, sizeof *hmac);
    hmac->message = message;
}

static void key_bytes(const struct sim_chip *chip, unsigned block, uint8_t key[static 32])
{
    for (size_t i = 0; i < SIM_WORDS; i++) {
        seal_put_le32(key + 4 * i, chip->efuse.loaded[block][i]);
    }
}

/* The fuse must hold the same purpose, or the one that stands for both downstream uses. */
static bool may_use(const struct sim_chip *chip, unsigned purpose, unsigned key)
{
    uint32_t fuse = sim_efuse_key_purpose(chip, key);
    bool downstream = purpose == SEAL_PURPOSE_HMAC_DOWN_DS || purpose == SEAL_PURPOSE_HMAC_DOWN_JTAG;
    return key < chip->chip->key_blocks && seal_chip_key_block(chip->chip, key) >= 0 &&
           (fuse == purpose || (downstream && fuse == SEAL_PURPOSE_HMAC_DOWN_ALL));
}

static void configure(struct sim_chip *chip)
{
    struct sim_hmac *hmac = &chip->hmac;
    hmac->error = !may_use(chip, hmac->purpose, hmac->key);
    hmac->configured = !hmac->error;
    hmac->last_block = false;
    seal_buf_truncate(hmac->message, 0);
    if (hmac->configured && hmac->purpose == SEAL_PURPOSE_HMAC_DOWN_DS) {
        key_bytes(chip, (unsigned)seal_chip_key_block(chip->chip, hmac->key), hmac->ds_key);
        hmac->has_ds_key = true;
    }
}

/* The length that software put behind its padding counts the block of the inner key too. */
static size_t padded_length(const uint8_t *message, size_t len)
{
    uint64_t bits = 0;
    for (size_t i = 8; i > 0 && len >= 64; i--) {
        bits = bits << 8 | message[len - i];
    }
    return bits >= 512 && (bits - 512) / 8 <= len - 9 ? (size_t)((bits - 512) / 8) : len;
}

static void finish(struct sim_chip *chip, bool padded)
{
    struct sim_hmac *hmac = &chip->hmac;
    uint8_t key[32];
    const uint8_t *message = seal_buf_ptr(hmac->message);
    size_t len = seal_buf_len(hmac->message);
    if (!hmac->configured || hmac->purpose != SEAL_PURPOSE_HMAC_UP) {
        return;
    }
    key_bytes(chip, (unsigned)seal_chip_key_block(chip->chip, hmac->key), key);
    if (padded && len) {
        len = padded_length(message, len);
    }
    sim_chip_fail(chip, seal_hmac_sha256(key, sizeof key, message, len, hmac->result));
    seal_cleanse(key, sizeof key);
}

static void take_block(struct sim_chip *chip)
{
    struct sim_hmac *hmac = &chip->hmac;
    if (hmac->configured) {
        sim_chip_fail(chip, seal_buf_put(hmac->message, hmac->block, sizeof hmac->block));
    }
    if (hmac->last_block) {
        finish(chip, true);
    }
}

uint32_t sim_hmac_read_register(const struct sim_hmac *hmac, uint32_t offset)
{
    if (offset == QUERY_ERROR) {
        return hmac->error;
    }
    if (offset >= RD_RESULT && offset < RD_RESULT + sizeof hmac->result) {
        return seal_le32(hmac->result + (offset - RD_RESULT));
    }
    return 0; /* never busy: it is done before the next register access */
}

static void start(struct sim_hmac *hmac)
{
    hmac->error = hmac->configured = false;
    seal_buf_truncate(hmac->message, 0);
}

void sim_hmac_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value)
{
    struct sim_hmac *hmac = &chip->hmac;
    if (offset >= WR_MESSAGE && offset < WR_MESSAGE + sizeof hmac->block) {
        seal_put_le32(hmac->block + (offset - WR_MESSAGE), value);
        return;
    }
    switch (offset) {
    case SET_START:
        start(hmac);
        break;
    case PARA_PURPOSE:
        hmac->purpose = value & 0xF;
        break;
    case PARA_KEY:
        hmac->key = value & 0x7;
        break;
    case PARA_FINISH:
        configure(chip);
        break;
    case MESSAGE_ONE:
        take_block(chip);
        break;
    case MESSAGE_PAD:
        hmac->last_block = true;
        break;
    case MESSAGE_END:
        finish(chip, false);
        break;
    case ONE_BLOCK:
        finish(chip, true);
        break;
    case RESULT_FINISH:
        seal_cleanse(hmac->result, sizeof hmac->result);
        break;
    case INVALIDATE_DS:
        seal_cleanse(hmac->ds_key, sizeof hmac->ds_key);
        hmac->has_ds_key = false;
        break;
    case MESSAGE_ING: /* the next block follows by itself */
    case INVALIDATE_JTAG:
    default:
        break;
    }
}
