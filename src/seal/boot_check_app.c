/* ESP-IDF's second stage bootloader: which app it chooses, and whether it starts it (bootloader_utility.c).
 */
#include "boot_check_parts.h"

#include <espseal/digest.h>
#include <espseal/partition_table.h>

#include <stdio.h>
#include <string.h>

enum {
    SUBTYPE_FACTORY = 0x00,
    SUBTYPE_OTA = 0x10,
    SUBTYPE_TEST = 0x20,
    SUBTYPE_OTADATA = 0x00,
    OTA_SLOTS = 16,
    OTA_INVALID = 3,
    OTA_ABORTED = 4,
};
#define OTA_SECTOR 0x1000u
#define ERASED UINT32_MAX

struct choice {
    const struct seal_partition *factory, *test, *otadata, *ota[OTA_SLOTS];
    unsigned ota_count;
};

static int read_table(struct boot_view *view, uint32_t offset, struct seal_partition_table *table,
                      bool *found)
{
    uint8_t bytes[SEAL_PARTITION_TABLE_SIZE];
    struct seal_cause why;
    int err = boot_read(view, view->report->encrypted, offset, bytes, sizeof bytes);
    *found = !err && seal_partition_table_decode(bytes, sizeof bytes, seal_md5, table, &why) == SEAL_OK;
    return err;
}

static void sort_apps(const struct seal_partition_table *table, struct choice *choice)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct seal_partition *entry = &table->entries[i];
        if (entry->type == SEAL_PARTITION_DATA && entry->subtype == SUBTYPE_OTADATA) {
            choice->otadata = entry;
        } else if (entry->type != SEAL_PARTITION_APP) {
            continue;
        } else if (entry->subtype == SUBTYPE_FACTORY) {
            choice->factory = entry;
        } else if (entry->subtype == SUBTYPE_TEST) {
            choice->test = entry;
        } else if (entry->subtype >= SUBTYPE_OTA && entry->subtype < SUBTYPE_OTA + OTA_SLOTS) {
            choice->ota[entry->subtype - SUBTYPE_OTA] = entry;
            choice->ota_count++;
        }
    }
}

/* CRC-32 of esp_rom_crc32_le(UINT32_MAX, &sequence, 4): the usual one begun with all ones after its
 * inversion. */
static uint32_t sequence_crc(uint32_t sequence)
{
    uint32_t crc = 0;
    for (unsigned bit = 0; bit < 32; bit++) {
        crc ^= sequence >> bit & 1;
        crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

struct otadata {
    uint32_t sequence[2], state[2];
    bool valid[2];
};

static int read_otadata(struct boot_view *view, const struct seal_partition *partition, struct otadata *data)
{
    int err = SEAL_OK;
    for (size_t i = 0; i < 2 && !err; i++) {
        uint8_t entry[32];
        err = boot_read(view, view->report->encrypted, partition->offset + (uint32_t)i * OTA_SECTOR, entry,
                        sizeof entry);
        data->sequence[i] = seal_le32(entry);
        data->state[i] = seal_le32(entry + 24);
        data->valid[i] = data->sequence[i] != ERASED && data->state[i] != OTA_INVALID &&
                         data->state[i] != OTA_ABORTED &&
                         seal_le32(entry + 28) == sequence_crc(data->sequence[i]);
    }
    return err;
}

/* The slot that it tries first: -1 is the factory app. */
static int select_slot(struct boot_view *view, const struct choice *choice, int *slot)
{
    struct otadata data = {0};
    *slot = -1;
    if (!choice->otadata || choice->ota_count == 0) {
        boot_step(view, SEAL_MARK_OK, "choice", "there is no OTA data or no OTA slot: the factory app first");
        return SEAL_OK;
    }
    int err = read_otadata(view, choice->otadata, &data);
    if (err) {
        return err;
    }
    if (!data.valid[0] && !data.valid[1]) {
        *slot = choice->factory ? -1 : 0;
        boot_step(view, SEAL_MARK_OK, "choice", "the OTA data names no slot: %s first",
                  choice->factory ? "the factory app" : "ota_0");
        return SEAL_OK;
    }
    const size_t newest = data.valid[0] && (!data.valid[1] || data.sequence[0] >= data.sequence[1]) ? 0 : 1;
    *slot = (int)((data.sequence[newest] - 1) % choice->ota_count);
    boot_step(view, SEAL_MARK_OK, "choice", "the OTA data names slot %d (sequence %u): that first", *slot,
              data.sequence[newest]);
    return SEAL_OK;
}

/* --- one app --- */

static void check_revision(struct boot_view *view, const struct seal_image *image)
{
    const int revision = boot_revision(view);
    const unsigned least = image->min_revision ? image->min_revision : image->min_revision_legacy * 100u;
    const bool limited = image->max_revision != 0 && image->max_revision != 0xFFFF;
    if (revision < 0 && (least > 200 || limited)) {
        boot_decide(view, SEAL_WILL_UNKNOWN, "revision",
                    "the app is for certain revisions, and the file does not tell the chip's");
    } else if (revision >= 0 && (unsigned)revision < least) {
        boot_decide(view, SEAL_WILL_REFUSE, "revision",
                    "the app needs revision v%u.%u, and the chip is v%u.%u", least / 100, least % 100,
                    (unsigned)revision / 100, (unsigned)revision % 100);
    } else if (limited && revision > image->max_revision) {
        boot_decide(view, SEAL_WILL_REFUSE, "revision",
                    "the app is for revisions up to v%u.%u, and the chip is v%u.%u",
                    image->max_revision / 100u, image->max_revision % 100u, (unsigned)revision / 100,
                    (unsigned)revision % 100);
    } else {
        boot_step(view, SEAL_MARK_OK, "revision", "the app takes this revision of the chip");
    }
}

static void check_rollback(struct boot_view *view, const struct seal_image *image)
{
    const unsigned least = (unsigned)__builtin_popcount(seal_efuse_get_named(view->efuse, "SECURE_VERSION"));
    if (least == 0) {
        return;
    }
    if (image->has_app && image->app.secure_version >= least) {
        boot_step(view, SEAL_MARK_OK, "rollback", "secure version %u, and eFuse asks for %u",
                  image->app.secure_version, least);
        return;
    }
    boot_decide(
        view, SEAL_WILL_REFUSE, "rollback",
        "the app's secure version is %u, and eFuse asks for %u: a bootloader with anti-rollback refuses it",
        image->has_app ? image->app.secure_version : 0, least);
}

static int check_content(struct boot_view *view, const struct boot_image *image)
{
    const struct seal_image *parsed = &image->parsed;
    check_revision(view, parsed);
    if (!view->decided && parsed->checksum != parsed->checksum_computed) {
        boot_decide(view, SEAL_WILL_REFUSE, "checksum", "the checksum of the app is 0x%02x, not 0x%02x",
                    parsed->checksum_computed, parsed->checksum);
    }
    if (!view->decided && parsed->has_hash && !parsed->hash_ok) {
        boot_decide(view, SEAL_WILL_REFUSE, "hash", "the SHA-256 at the end of the app is not its own");
    }
    if (!view->decided) {
        boot_step(view, SEAL_MARK_OK, "hash", "checksum and SHA-256 are right");
    }
    int err = SEAL_OK;
    if (!view->decided && view->trust.enabled) {
        seal_boot_trust_from_efuse(view->efuse, &view->trust);
        err = boot_check_signature(view, image);
    }
    if (!err && !view->decided) {
        check_rollback(view, parsed);
    }
    return err;
}

static int try_app(struct boot_view *view, const struct seal_partition *partition)
{
    uint8_t header[SEAL_IMAGE_HEADER_LEN];
    struct boot_image image = {0};
    int err = boot_load(view, view->report->encrypted, partition->offset, partition->size, &image, header);
    view->decided = false;
    boot_step(view, SEAL_MARK_OK, "app", "%s at 0x%x", partition->name, partition->offset);
    if (!err && header[0] != SEAL_IMAGE_MAGIC) {
        boot_decide(view, SEAL_WILL_REFUSE, "header", "%s holds no image: it begins with %02x instead of e9",
                    partition->name, header[0]);
    } else if (!err) {
        boot_check_header(view, header);
    }
    if (!err && !view->decided && !image.whole) {
        boot_decide(view, SEAL_WILL_REFUSE, "segments", "the image in %s reaches beyond its partition",
                    partition->name);
    }
    if (!err && !view->decided) {
        err = check_content(view, &image);
    }
    if (!err && !view->decided) {
        boot_decide(view, SEAL_WILL_BOOT, "start", "the bootloader starts %s at 0x%x", partition->name,
                    partition->offset);
        (void)snprintf(view->report->app_name, sizeof view->report->app_name, "%s", partition->name);
        view->report->app_offset = partition->offset;
    }
    seal_buf_free(&image.bytes);
    return err;
}

/* From the chosen slot down to the factory app, then the slots above it, then the test app. */
static int try_apps(struct boot_view *view, const struct choice *choice, int first)
{
    const struct seal_partition *order[OTA_SLOTS + 2];
    size_t count = 0;
    int err = SEAL_OK;
    for (int slot = first; slot >= 0; slot--) {
        order[count++] = choice->ota[slot];
    }
    order[count++] = choice->factory;
    for (int slot = first + 1; slot < OTA_SLOTS; slot++) {
        order[count++] = choice->ota[slot];
    }
    order[count++] = choice->test;
    struct seal_boot_report *report = view->report;
    const char *decided_by = NULL;
    uint32_t decided_at = 0;
    char why[sizeof report->why];
    for (size_t i = 0; i < count && !err; i++) {
        if (!order[i]) {
            continue;
        }
        report->decided_at = order[i]->offset;
        err = try_app(view, order[i]);
        if (report->app != SEAL_WILL_REFUSE) {
            return err; /* it starts this one, or what it does cannot be known */
        }
        if (!decided_by) {
            decided_by = report->decided_by;
            decided_at = order[i]->offset;
            memcpy(why, report->why, sizeof why);
        }
    }
    if (decided_by) { /* none starts: what is wrong with the first says more than the last */
        report->decided_by = decided_by;
        report->decided_at = decided_at;
        memcpy(report->why, why, sizeof why);
    }
    return err;
}

int boot_check_app(struct boot_view *view, const struct boot_image *image)
{
    struct seal_partition_table table;
    struct choice choice = {0};
    bool found = false;
    int slot = -1;
    const uint32_t offset =
        view->question->table_offset ? view->question->table_offset : SEAL_PARTITION_TABLE_OFFSET;
    int err = read_table(view, offset, &table, &found);
    if (err) {
        return err;
    }
    if (!found && !image->parsed.has_bootloader) {
        boot_step(
            view, SEAL_MARK_NOTE, "table",
            "the image does not say that it is ESP-IDF's bootloader, and there is no partition table: what "
            "it does is its own");
        return SEAL_OK;
    }
    view->report->app_asked = true;
    view->report->decided_at = offset;
    if (!found) {
        boot_decide(view, SEAL_WILL_REFUSE, "table", "there is no valid partition table at 0x%x", offset);
        return SEAL_OK;
    }
    boot_step(view, SEAL_MARK_OK, "table", "%zu partitions at 0x%x", table.count, offset);
    sort_apps(&table, &choice);
    err = select_slot(view, &choice, &slot);
    if (!err) {
        err = try_apps(view, &choice, slot);
    }
    if (!err && !view->decided) {
        boot_decide(view, SEAL_WILL_REFUSE, "choice", "the partition table has no app");
    }
    return err;
}
