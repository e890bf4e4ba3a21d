#include <espseal/manufacturing.h>
#include <espseal/nvs_crypt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item {
    char name[2 * SEAL_NVS_KEY_MAX + 2]; /* NAMESPACE:KEY */
    enum seal_nvs_made made;
};

struct seal_mfg {
    struct seal_mfg_device device;
    struct seal_buf *partition;
    struct item *items;
    size_t count, room;
};

static void name_item(char name[static 2 * SEAL_NVS_KEY_MAX + 2], const char *space, const char *key)
{
    (void)snprintf(name, 2 * SEAL_NVS_KEY_MAX + 2, "%.15s:%.15s", space, key);
}

static int note_item(void *ctx, const char *space, const char *key, enum seal_nvs_made made)
{
    struct seal_mfg *mfg = ctx;
    if (mfg->count == mfg->room) {
        size_t room = mfg->room ? 2 * mfg->room : 16;
        struct item *items = realloc(mfg->items, room * sizeof *items);
        if (!items) {
            return SEAL_ERR_NO_MEMORY;
        }
        mfg->items = items;
        mfg->room = room;
    }
    struct item *item = &mfg->items[mfg->count++];
    name_item(item->name, space, key);
    item->made = made;
    return SEAL_OK;
}

static int fill(void *ctx, const char *word, const char *argument, struct seal_buf *out,
                enum seal_nvs_made *made, struct seal_cause *cause)
{
    struct seal_mfg *mfg = ctx;
    return seal_mfg_fill(&mfg->device, word, argument, out, made, cause);
}

static int build(const struct seal_mfg_recipe *recipe, struct seal_mfg *mfg, size_t size,
                 struct seal_cause *cause)
{
    struct seal_nvs_writer *writer = NULL;
    const struct seal_nvs_csv how = {
        .read_file = recipe->read_file,
        .pmk = seal_wifi_pmk,
        .note = recipe->note,
        .ctx = recipe->ctx,
        .values = recipe->values,
        .values_row = mfg->device.row,
        .fill = fill,
        .put = note_item,
        .fill_ctx = mfg,
    };
    int err = seal_nvs_writer_new(size, recipe->version, 0, &writer, cause);
    if (err == SEAL_OK) {
        err = seal_nvs_put_csv(writer, recipe->tables, &how, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_writer_finish(writer, mfg->partition, cause);
    }
    seal_nvs_writer_free(&writer);
    return err;
}

int seal_mfg_new(const struct seal_mfg_recipe *recipe, const uint8_t mac[static 6], const char *chip,
                 size_t size, struct seal_mfg **out, struct seal_cause *cause)
{
    struct seal_mfg *mfg = calloc(1, sizeof *mfg);
    *out = NULL;
    if (!mfg || !(mfg->partition = seal_buf_new())) {
        free(mfg);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    mfg->device = (struct seal_mfg_device){.has_mac = true,
                                           .chip = chip,
                                           .serial = recipe->serial,
                                           .values = recipe->values,
                                           .derive_key = recipe->derive_key};
    memcpy(mfg->device.mac, mac, sizeof mfg->device.mac);
    int err = seal_mfg_find_row(&mfg->device, cause);
    if (err == SEAL_OK) {
        err = build(recipe, mfg, size, cause);
    }
    if (err == SEAL_OK) {
        *out = mfg;
    } else {
        seal_mfg_free(&mfg);
    }
    return err;
}

void seal_mfg_free(struct seal_mfg **mfg)
{
    if (*mfg) {
        seal_mfg_clear(&(*mfg)->device);
        seal_buf_free(&(*mfg)->partition);
        free((*mfg)->items);
        free(*mfg);
        *mfg = NULL;
    }
}

const struct seal_buf *seal_mfg_partition(const struct seal_mfg *mfg)
{
    return mfg->partition;
}

const struct seal_mfg_device *seal_mfg_device(const struct seal_mfg *mfg)
{
    return &mfg->device;
}

const char *seal_mfg_item(const struct seal_mfg *mfg, size_t index, enum seal_nvs_made *made)
{
    if (index >= mfg->count) {
        return NULL;
    }
    *made = mfg->items[index].made;
    return mfg->items[index].name;
}

/* --- what stands in flash --- */

/* What no row gives was derived from what rows give: the Wi-Fi entries. */
static enum seal_nvs_made made_of(const struct seal_mfg *mfg, const char *name)
{
    for (size_t i = 0; i < mfg->count; i++) {
        if (strcmp(mfg->items[i].name, name) == 0) {
            return mfg->items[i].made;
        }
    }
    return SEAL_NVS_MADE;
}

static const struct seal_nvs_item *find_item(const struct seal_nvs *nvs, const struct seal_nvs_item *like)
{
    const struct seal_nvs_item *item;
    for (size_t i = 0; (item = seal_nvs_item_at(nvs, i)); i++) {
        if (strcmp(item->key, like->key) == 0 && strcmp(item->space, like->space) == 0) {
            return item;
        }
    }
    return NULL;
}

static bool is_same(const struct seal_nvs_item *a, const struct seal_nvs_item *b, enum seal_nvs_made made)
{
    bool number = seal_nvs_type_is_number(a->type);
    if (a->type != b->type) {
        return false;
    }
    if (made != SEAL_NVS_GIVEN) {
        return number || made == SEAL_NVS_MADE_LOOSE || a->len == b->len;
    }
    return number ? a->number == b->number : a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int compare(const struct seal_mfg *mfg, const struct seal_nvs *wanted, const struct seal_nvs *there,
                   char *why, size_t size)
{
    const struct seal_nvs_item *item;
    for (size_t i = 0; (item = seal_nvs_item_at(wanted, i)); i++) {
        char name[2 * SEAL_NVS_KEY_MAX + 2];
        const struct seal_nvs_item *found = find_item(there, item);
        name_item(name, item->space, item->key);
        if (!found || !is_same(item, found, made_of(mfg, name))) {
            (void)snprintf(why, size, "%s %s", name, found ? "differs" : "is not there");
            return SEAL_ERR_MISMATCH;
        }
    }
    return SEAL_OK;
}

int seal_mfg_compare(const struct seal_mfg *mfg, const uint8_t *partition, size_t len, char *why, size_t size)
{
    struct seal_nvs *wanted = NULL, *there = NULL;
    char nowhere[80];
    why = why ? why : nowhere;
    size = why == nowhere ? sizeof nowhere : size;
    why[0] = '\0';
    int err = seal_nvs_read(seal_buf_ptr(mfg->partition), seal_buf_len(mfg->partition), &wanted, NULL);
    if (err == SEAL_OK) {
        err = seal_nvs_read(partition, len, &there, NULL);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_item_count(there) || seal_nvs_space_count(there)
                  ? compare(mfg, wanted, there, why, size)
                  : SEAL_ERR_MISMATCH;
    }
    seal_nvs_free(&wanted);
    seal_nvs_free(&there);
    return err;
}
