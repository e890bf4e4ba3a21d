#include <espseal/flash_layout.h>

#include <string.h>

#define SECTOR 4096u
#define FLASH_END (UINT64_C(1) << 32)

enum { DATA_OTA = 0x00, DATA_NVS = 0x02, DATA_NVS_KEYS = 0x04, DATA_TEE_OTA = 0x90 };

static const struct {
    uint8_t type;
    int subtype; /* -1: all */
    bool encrypted;
    const char *why;
} kinds[] = {
    {SEAL_PARTITION_APP, -1, true, "applications always are"},
    {SEAL_PARTITION_BOOTLOADER, -1, true, "bootloaders always are"},
    {SEAL_PARTITION_TABLE, -1, true, "partition tables always are"},
    {SEAL_PARTITION_DATA, DATA_OTA, true, "OTA data always are"},
    {SEAL_PARTITION_DATA, DATA_TEE_OTA, true, "OTA data always are"},
    {SEAL_PARTITION_DATA, DATA_NVS_KEYS, true, "NVS keys always are"},
    {SEAL_PARTITION_DATA, DATA_NVS, false, "NVS encrypts itself"},
};

static bool judge(const struct seal_partition *partition, const char **why)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].type == partition->type &&
            (kinds[i].subtype < 0 || kinds[i].subtype == partition->subtype)) {
            *why = kinds[i].why;
            return kinds[i].encrypted;
        }
    }
    const bool flagged = (partition->flags & SEAL_PARTITION_ENCRYPTED) != 0;
    *why = flagged ? "it has the flag \"encrypted\"" : "it has no flag \"encrypted\"";
    return flagged;
}

bool seal_partition_is_encrypted(const struct seal_partition *partition)
{
    const char *why;
    return judge(partition, &why);
}

static uint32_t table_offset(const struct seal_flash_layout *layout)
{
    return layout->table_offset ? layout->table_offset : SEAL_PARTITION_TABLE_OFFSET;
}

/*
 * Where the encrypted bytes in front of the table begin. The ESP32 has the digest of Secure Boot v1 at 0;
 * what the ESP32-C5 and -P4 keep in front of their bootloaders at 0x2000 is not theirs.
 */
static uint32_t boot_begin(const struct seal_flash_layout *layout)
{
    return strcmp(layout->chip->name, "esp32") == 0 ? 0 : layout->chip->bootloader_offset;
}

static uint64_t partition_end(const struct seal_partition *partition)
{
    return (uint64_t)partition->offset + partition->size;
}

/* Narrows the span around `at` to one side of the bound. */
static void cut(struct seal_flash_span *span, uint32_t at, uint64_t bound)
{
    if (bound <= at && bound > span->begin) {
        span->begin = bound;
    } else if (bound > at && bound < span->end) {
        span->end = bound;
    }
}

void seal_flash_layout_at(const struct seal_flash_layout *layout, uint32_t at, struct seal_flash_span *span)
{
    const uint32_t boot = boot_begin(layout);
    const uint32_t table = table_offset(layout);
    const uint64_t bounds[] = {boot, table, (uint64_t)table + SECTOR};
    *span = (struct seal_flash_span){
        .end = FLASH_END, .part = SEAL_FLASH_PART_NONE, .why = "it is in no partition"};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        cut(span, at, bounds[i]);
    }
    for (size_t i = 0; i < layout->table->count; i++) {
        const struct seal_partition *partition = &layout->table->entries[i];
        cut(span, at, partition->offset);
        cut(span, at, partition_end(partition));
        if (at >= partition->offset && at < partition_end(partition) && !span->partition) {
            span->partition = partition;
            span->part = SEAL_FLASH_PART_PARTITION;
            span->encrypted = judge(partition, &span->why);
        }
    }
    if (at >= boot && at < table) {
        span->part = SEAL_FLASH_PART_BOOTLOADER;
    } else if (at >= table && at < (uint64_t)table + SECTOR) {
        span->part = SEAL_FLASH_PART_TABLE;
    } else {
        return;
    }
    span->partition = NULL;
    span->encrypted = true;
    span->why =
        span->part == SEAL_FLASH_PART_TABLE ? "the partition table always is" : "the bootloader always is";
}

size_t seal_flash_layout_count(const struct seal_flash_layout *layout, uint32_t offset, size_t len)
{
    size_t count = 0;
    struct seal_flash_span span;
    const uint64_t end = (uint64_t)offset + len < FLASH_END ? (uint64_t)offset + len : FLASH_END;
    for (uint64_t at = offset; at < end; at = span.end) {
        seal_flash_layout_at(layout, (uint32_t)at, &span);
        count += span.encrypted ? (size_t)((span.end < end ? span.end : end) - at) : 0;
    }
    return count;
}

/* --- checks --- */

static bool overlap(uint64_t begin, uint64_t end, uint64_t other_begin, uint64_t other_end)
{
    return begin < other_end && other_begin < end;
}

static int check_partition(const struct seal_flash_layout *layout, const struct seal_partition *partition,
                           struct seal_cause *cause)
{
    const bool boots =
        partition->type == SEAL_PARTITION_BOOTLOADER || partition->type == SEAL_PARTITION_TABLE;
    const uint32_t table = table_offset(layout);
    if (!boots &&
        overlap(partition->offset, partition_end(partition), boot_begin(layout), (uint64_t)table + SECTOR)) {
        return seal_fail(
            cause, SEAL_ERR_FORMAT,
            "the partition \"%s\" at 0x%x overlaps the bootloader or the partition table at 0x%x, "
            "which are encrypted",
            partition->name, partition->offset, table);
    }
    for (const struct seal_partition *other = layout->table->entries; other < partition; other++) {
        if (overlap(partition->offset, partition_end(partition), other->offset, partition_end(other)) &&
            (seal_partition_is_encrypted(partition) || seal_partition_is_encrypted(other))) {
            return seal_fail(cause, SEAL_ERR_FORMAT,
                             "the partitions \"%s\" and \"%s\" overlap, and are not both plain", other->name,
                             partition->name);
        }
    }
    return SEAL_OK;
}

int seal_flash_layout_check(const struct seal_flash_layout *layout, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; !err && i < layout->table->count; i++) {
        err = check_partition(layout, &layout->table->entries[i], cause);
    }
    return err;
}

static int fail_length(const char *name, uint64_t begin, size_t len, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_FORMAT,
                        "%s: %zu bytes at 0x%x are to be encrypted, and are no multiple of 16", name, len,
                        (uint32_t)begin);
    seal_hint(cause, "fill the file up to a multiple of 16 bytes with what its reader expects there");
    return err;
}

int seal_flash_layout_check_file(const struct seal_flash_layout *layout, const char *name, uint32_t offset,
                                 size_t len, struct seal_cause *cause)
{
    struct seal_flash_span span;
    const uint64_t end = (uint64_t)offset + len;
    if (end > FLASH_END) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%s reaches beyond 4 GiB", name);
    }
    seal_flash_layout_at(layout, offset, &span);
    if (span.partition && end > partition_end(span.partition)) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG,
                         "%s (%zu bytes at 0x%x) reaches beyond the partition \"%s\", which ends at 0x%x",
                         name, len, offset, span.partition->name, (uint32_t)partition_end(span.partition));
    }
    for (uint64_t at = offset; at < end; at = span.end) {
        seal_flash_layout_at(layout, (uint32_t)at, &span);
        const uint64_t part = (span.end < end ? span.end : end) - at;
        if (span.encrypted && (at % SEAL_FLASH_CRYPT_BLOCK || part % SEAL_FLASH_CRYPT_BLOCK)) {
            return fail_length(name, at, (size_t)part, cause);
        }
    }
    return SEAL_OK;
}

/* --- the bytes --- */

typedef int (*turn_fn)(const struct seal_flash_crypt *crypt, uint32_t address, const uint8_t *in,
                       uint8_t *out, size_t len, struct seal_cause *cause);

static int turn(const struct seal_flash_layout *layout, const struct seal_flash_crypt *crypt,
                turn_fn turn_span, uint32_t offset, uint8_t *data, size_t len, size_t *turned,
                struct seal_cause *cause)
{
    int err = SEAL_OK;
    struct seal_flash_span span;
    const uint64_t end = (uint64_t)offset + len;
    *turned = 0;
    for (uint64_t at = offset; !err && at < end; at = span.end) {
        seal_flash_layout_at(layout, (uint32_t)at, &span);
        const size_t part = (size_t)((span.end < end ? span.end : end) - at);
        if (span.encrypted) {
            uint8_t *place = data + (at - offset);
            err = turn_span(crypt, (uint32_t)at, place, place, part, cause);
            *turned += part;
        }
    }
    return err;
}

int seal_flash_layout_encrypt(const struct seal_flash_layout *layout, const struct seal_flash_crypt *crypt,
                              const char *name, uint32_t offset, uint8_t *data, size_t len, size_t *encrypted,
                              struct seal_cause *cause)
{
    size_t turned = 0;
    int err = seal_flash_layout_check_file(layout, name, offset, len, cause);
    if (!err) {
        err = turn(layout, crypt, seal_flash_encrypt, offset, data, len, encrypted ? encrypted : &turned,
                   cause);
    }
    return err;
}

int seal_flash_layout_decrypt(const struct seal_flash_layout *layout, const struct seal_flash_crypt *crypt,
                              const char *name, uint32_t offset, uint8_t *data, size_t len, size_t *decrypted,
                              struct seal_cause *cause)
{
    size_t turned = 0;
    int err = seal_flash_layout_check_file(layout, name, offset, len, cause);
    if (!err) {
        err = turn(layout, crypt, seal_flash_decrypt, offset, data, len, decrypted ? decrypted : &turned,
                   cause);
    }
    return err;
}
