/* What an audit reads of the flash: each sector once, the partition table, and what should be encrypted. */
#include "audit.h"

#include <espseal/digest.h>
#include <espseal/flash_key.h>
#include <espseal/flash_layout.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 4096, CHI_SQUARE = 700, KEYS_LEN = 0x100 };

/* The sectors that are not there yet, each run of them in one piece. */
static int fill(struct seal_audit *audit, uint32_t first, uint32_t end, struct seal_cause *cause)
{
    const struct seal_audit_source *source = &audit->source;
    int err = SEAL_OK;
    if (!audit->cache) {
        audit->cache = calloc(1, source->flash_size);
        audit->cached = calloc(source->flash_size / SECTOR + 1, sizeof *audit->cached);
    }
    if (!audit->cache || !audit->cached) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an audit");
    }
    for (uint32_t at = first; err == SEAL_OK && at < end; at++) {
        uint32_t stop = at;
        while (stop < end && !audit->cached[stop]) {
            stop++;
        }
        uint32_t to = stop * SECTOR < source->flash_size ? stop * SECTOR : source->flash_size;
        if (stop > at) {
            err = source->read(source->read_ctx, at * SECTOR, audit->cache + at * SECTOR, to - at * SECTOR,
                               cause);
            memset(audit->cached + at, err == SEAL_OK, stop - at);
            at = stop;
        }
    }
    return err;
}

bool audit_has_flash(const struct seal_audit *audit)
{
    return audit->source.flash || audit->source.read;
}

int audit_fetch(struct seal_audit *audit, uint32_t offset, uint8_t *data, size_t len, bool *done,
                struct seal_cause *cause)
{
    const struct seal_audit_source *source = &audit->source;
    int err = SEAL_OK;
    *done = false;
    if (!audit_has_flash(audit) || offset > source->flash_size || len > source->flash_size - offset) {
        return SEAL_OK;
    }
    if (!source->flash) {
        err = fill(audit, offset / SECTOR, (uint32_t)((offset + len + SECTOR - 1) / SECTOR), cause);
    }
    *done = err == SEAL_OK;
    if (*done) {
        memcpy(data, (source->flash ? source->flash : audit->cache) + offset, len);
        audit->touched += len;
        if (audit->touched >= SEAL_RELEASE_STEP) {
            seal_release_to(&source->release, source->flash_size);
            audit->touched = 0;
        }
    }
    bool place = err == SEAL_ERR_STATE || err == SEAL_ERR_UNSUPPORTED || err == SEAL_ERR_ROM ||
                 err == SEAL_ERR_ROM_REFUSED;
    return place ? SEAL_OK : err;
}

bool audit_looks_random(const uint8_t *data, size_t len)
{
    uint64_t counts[256] = {0}, sum = 0;
    while (len > 0 && data[len - 1] == 0xFF) {
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        counts[data[i]]++;
    }
    for (size_t i = 0; i < 256; i++) {
        sum += counts[i] * counts[i];
    }
    return len > 0 &&
           sum * 256 / len < len + CHI_SQUARE; /* 255 on average; on the ESP32, which repeats a block, 510 */
}

int audit_decrypt(struct seal_audit *audit, uint32_t offset, uint8_t *data, size_t len)
{
    struct seal_flash_crypt *crypt = NULL;
    uint32_t config = SEAL_FLASH_CRYPT_CONFIG;
    (void)audit_fuse(audit, "FLASH_CRYPT_CONFIG", &config);
    int err =
        seal_flash_crypt_for(audit->source.chip, audit->key, audit->key_len, "the key", config, &crypt, NULL);
    if (err == SEAL_OK) {
        err = seal_flash_decrypt(crypt, offset, data, data, len, NULL);
    }
    seal_flash_crypt_free(&crypt);
    return err;
}

uint32_t audit_table_offset(const struct seal_audit *audit)
{
    return audit->source.table_offset ? audit->source.table_offset : SEAL_PARTITION_TABLE_OFFSET;
}

/* In the clear, or behind the key. */
static int decode_table(struct seal_audit *audit, uint8_t *raw, struct seal_cause *why)
{
    int err = seal_partition_table_decode(raw, SEAL_PARTITION_TABLE_SIZE, seal_md5, &audit->table, why);
    audit->table_plain = err == SEAL_OK;
    if (err != SEAL_OK && err != SEAL_ERR_NOT_FOUND && audit->key_len &&
        audit_flash_encryption_on(audit) == 1 &&
        audit_decrypt(audit, audit_table_offset(audit), raw, SEAL_PARTITION_TABLE_SIZE) == SEAL_OK) {
        err = seal_partition_table_decode(raw, SEAL_PARTITION_TABLE_SIZE, seal_md5, &audit->table, why);
    }
    return err;
}

int audit_read_table(struct seal_audit *audit, struct seal_cause *cause)
{
    uint8_t raw[SEAL_PARTITION_TABLE_SIZE];
    struct seal_cause why = {0};
    bool done;
    int err = audit_fetch(audit, audit_table_offset(audit), raw, sizeof raw, &done, cause);
    if (err != SEAL_OK || !done) {
        (void)snprintf(audit->table_problem, sizeof audit->table_problem, "the partition table was not read");
        return err;
    }
    bool hidden = audit_flash_encryption_on(audit) == 1 && !audit->key_len &&
                  audit_looks_random(raw, SEAL_PARTITION_TABLE_SIZE);
    err = decode_table(audit, raw, &why);
    audit->table_state = err == SEAL_OK              ? AUDIT_READ
                         : err == SEAL_ERR_NOT_FOUND ? AUDIT_ABSENT
                         : hidden                    ? AUDIT_UNREAD
                                                     : AUDIT_DAMAGED;
    if (err != SEAL_OK) {
        (void)snprintf(audit->table_problem, sizeof audit->table_problem, "%.150s",
                       audit->table_state == AUDIT_ABSENT ? "there is no partition table"
                       : hidden ? "the partition table is encrypted; give the key with --flash-key"
                                : why.text);
    }
    return SEAL_OK;
}

/* Of a sector that is not erased. */
static bool is_plain(const struct audit_stretch *stretch, const uint8_t *data, size_t len)
{
    return seal_image_looks_like(data, len) || !audit_looks_random(data, len) ||
           (stretch->keys && seal_is_filled(data + KEYS_LEN, len - KEYS_LEN, 0xFF));
}

/* The first sector, and all of them where that costs nothing. */
static int look(struct seal_audit *audit, struct audit_stretch *stretch, struct seal_cause *cause)
{
    uint8_t data[SECTOR];
    bool done = true;
    int err = SEAL_OK;
    for (uint32_t at = 0; err == SEAL_OK && done && at + SECTOR <= stretch->size; at += SECTOR) {
        err = audit_fetch(audit, stretch->offset + at, data, sizeof data, &done, cause);
        if (!done) {
            stretch->content = AUDIT_CONTENT_UNREAD;
        } else if (seal_is_filled(data, sizeof data, 0xFF)) {
            stretch->content = at == 0 ? AUDIT_CONTENT_ERASED : stretch->content;
        } else if (is_plain(stretch, data, sizeof data)) {
            stretch->content = AUDIT_CONTENT_PLAIN;
            stretch->plain_at = stretch->offset + at;
            break;
        } else {
            stretch->content = AUDIT_CONTENT_ENCRYPTED;
        }
        if (!audit->source.flash) {
            break;
        }
    }
    return err;
}

int audit_read_stretches(struct seal_audit *audit, struct seal_cause *cause)
{
    uint32_t start = audit->source.chip->bootloader_offset, table = audit_table_offset(audit);
    int err = SEAL_OK;
    if (audit_flash_encryption_on(audit) != 1 || !audit_has_flash(audit)) {
        return SEAL_OK;
    }
    audit->stretches[audit->stretch_count++] =
        (struct audit_stretch){.name = "bootloader", .offset = start, .size = table - start};
    audit->stretches[audit->stretch_count++] =
        (struct audit_stretch){.name = "partition table", .offset = table, .size = SECTOR};
    for (size_t i = 0; audit->table_state == AUDIT_READ && i < audit->table.count; i++) {
        const struct seal_partition *one = &audit->table.entries[i];
        if (seal_partition_is_encrypted(one) && audit->stretch_count < AUDIT_STRETCHES) {
            audit->stretches[audit->stretch_count++] =
                (struct audit_stretch){.name = one->name,
                                       .offset = one->offset,
                                       .size = one->size,
                                       .keys = one->type == SEAL_PARTITION_DATA && one->subtype == 4};
        }
    }
    for (size_t i = 0; err == SEAL_OK && i < audit->stretch_count; i++) {
        err = look(audit, &audit->stretches[i], cause);
    }
    if (audit->table_plain && audit->stretches[1].content != AUDIT_CONTENT_UNREAD) {
        audit->stretches[1].content = AUDIT_CONTENT_PLAIN;
        audit->stretches[1].plain_at = table;
    }
    return err;
}
