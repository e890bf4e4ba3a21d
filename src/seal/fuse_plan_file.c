/* A plan of an eFuse operation: its hash, its JSON, and whether one that was saved still holds. */
#include <espseal/fuse_plan_file.h>

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

#define FORMAT "espseal fuse plan 1"

static int put_words(struct seal_buf *text, const uint32_t words[][SEAL_EFUSE_WORDS])
{
    int err = SEAL_OK;
    for (size_t block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS && err == SEAL_OK; i++) {
            err = seal_buf_put_le32(text, words[block][i]);
        }
    }
    return err;
}

static int put_state(struct seal_buf *text, const struct seal_efuse *state)
{
    uint8_t mac[6];
    seal_efuse_mac(state, mac);
    int err = seal_buf_put(text, FORMAT, sizeof FORMAT);
    if (err == SEAL_OK) {
        err = seal_buf_put(text, state->chip->name, strlen(state->chip->name) + 1);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(text, mac, sizeof mac);
    }
    return err == SEAL_OK ? put_words(text, (const uint32_t(*)[SEAL_EFUSE_WORDS])state->words) : err;
}

static int hash(struct seal_buf *text, int err, uint8_t sha256[static 32])
{
    return err == SEAL_OK ? seal_sha256(seal_buf_ptr(text), seal_buf_len(text), sha256) : err;
}

int seal_fuse_state_hash(const struct seal_efuse *state, uint8_t sha256[static 32])
{
    struct seal_buf *text = seal_buf_new_secret();
    int err = text != NULL ? put_state(text, state) : SEAL_ERR_NO_MEMORY;
    err = hash(text, err, sha256);
    seal_buf_free(&text);
    return err;
}

int seal_fuse_plan_hash(const struct seal_fuse_plan *plan, uint8_t sha256[static 32])
{
    struct seal_buf *text = seal_buf_new_secret();
    int err = text != NULL ? put_state(text, &plan->before) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = put_words(text, (const uint32_t(*)[SEAL_EFUSE_WORDS])plan->burn.words);
    }
    if (err == SEAL_OK) { /* keys that nobody can read are part of what was asked for */
        err = put_words(text, (const uint32_t(*)[SEAL_EFUSE_WORDS])plan->want.words);
    }
    err = hash(text, err, sha256);
    seal_buf_free(&text);
    return err;
}

/* --- to JSON --- */

static void put_line(void *ctx, const char *text)
{
    seal_json_put_text(ctx, NULL, text);
}

static void put_block_words(seal_json *entry, const char *key, const uint32_t *words, size_t count)
{
    seal_json *list = seal_json_put_array(entry, key);
    for (size_t i = 0; i < count; i++) {
        seal_json_put_formatted(list, NULL, "%08x", (unsigned)words[i]);
    }
}

static void put_block(seal_json *list, const struct seal_fuse_plan *plan, unsigned block)
{
    uint32_t missing[SEAL_EFUSE_WORDS];
    size_t words = plan->chip->efuse->blocks[block].words;
    unsigned bits = 0;
    seal_fuse_plan_missing(plan, block, missing);
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        bits += (unsigned)__builtin_popcount(missing[i]);
    }
    if (bits > 0) {
        seal_json *entry = seal_json_put_object(list, NULL);
        seal_json_put_text(entry, "block", plan->chip->efuse->blocks[block].name);
        seal_json_put_number(entry, "bits_to_set", bits);
        seal_json_put_bool(entry, "secret", plan->burn.secret[block]);
        if (!plan->burn.secret[block]) {
            put_block_words(entry, "now", plan->before.words[block], words);
            put_block_words(entry, "set", missing, words);
            put_block_words(entry, "after", plan->after.words[block], words);
        }
    }
    seal_cleanse(missing, sizeof missing);
}

static void put_findings(seal_json *root, const struct seal_fuse_plan *plan)
{
    seal_json *list = seal_json_put_array(root, "allowed");
    for (size_t i = 0; i < plan->finding_count; i++) {
        seal_json *entry = seal_json_put_object(list, NULL);
        seal_json_put_text(entry, "rule", plan->findings[i].rule->name);
        seal_json_put_text(entry, "sentence", plan->findings[i].rule->sentence);
        seal_json_put_text(entry, "detail", plan->findings[i].detail);
    }
}

int seal_fuse_plan_to_json(const struct seal_fuse_plan *plan, seal_json **operations, seal_json **json)
{
    uint8_t state_sha256[32], plan_sha256[32], mac[6];
    char summary[320], text[SEAL_MAC_TEXT];
    *json = NULL;
    int err = seal_fuse_state_hash(&plan->before, state_sha256);
    if (err == SEAL_OK) {
        err = seal_fuse_plan_hash(plan, plan_sha256);
    }
    seal_json *root = err == SEAL_OK ? seal_json_object_new() : NULL;
    if (root == NULL) {
        return err != SEAL_OK ? err : SEAL_ERR_NO_MEMORY;
    }
    seal_efuse_mac(&plan->before, mac);
    seal_fuse_plan_summary(plan, summary, sizeof summary);
    seal_json_put_text(root, "format", FORMAT);
    seal_json_put_text(root, "chip", plan->chip->name);
    seal_json_put_text(root, "mac", seal_mac_text(mac, text));
    seal_json_put_hex(root, "state_sha256", state_sha256, sizeof state_sha256);
    seal_json_put_hex(root, "plan_sha256", plan_sha256, sizeof plan_sha256);
    seal_json_put_text(root, "summary", summary);
    if (*operations != NULL) {
        seal_json_put(root, "operations", operations);
    }
    seal_json *blocks = seal_json_put_array(root, "blocks");
    for (size_t left = plan->chip->efuse->block_count; left > 0; left--) {
        put_block(blocks, plan, (unsigned)(left - 1));
    }
    seal_fuse_plan_each_change(plan, put_line, seal_json_put_array(root, "changes"));
    seal_fuse_plan_each_closed(plan, put_line, seal_json_put_array(root, "closes"));
    seal_fuse_plan_each_phase(plan, put_line, seal_json_put_array(root, "order"));
    seal_fuse_plan_each_no_return(plan, put_line, seal_json_put_array(root, "no_return"));
    put_findings(root, plan);
    *json = root;
    return SEAL_OK;
}

/* --- from JSON --- */

static int get_hash(const seal_json *root, const char *key, uint8_t *sha256, struct seal_cause *cause)
{
    const char *text = seal_json_text(seal_json_get(root, key));
    if (text == NULL || strlen(text) != 64 || seal_hex_decode(text, sha256, 32) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the plan has no %s", key);
    }
    return SEAL_OK;
}

static bool is_list_of_words(const seal_json *operations)
{
    bool good = seal_json_len(operations) > 0;
    for (size_t i = 0; i < seal_json_len(operations); i++) {
        const seal_json *words = seal_json_at(operations, i);
        good = good && seal_json_len(words) > 0;
        for (size_t w = 0; w < seal_json_len(words); w++) {
            good = good && seal_json_text(seal_json_at(words, w)) != NULL;
        }
    }
    return good;
}

static int take(struct seal_fuse_saved *saved, struct seal_cause *cause)
{
    const char *format = seal_json_text(seal_json_get(saved->root, "format"));
    const char *chip = seal_json_text(seal_json_get(saved->root, "chip"));
    if (format == NULL || strcmp(format, FORMAT) != 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "this is no plan that --plan-out wrote");
    }
    saved->chip = chip != NULL ? seal_chip_find(chip) : NULL;
    saved->operations = seal_json_get(saved->root, "operations");
    saved->allowed = seal_json_get(saved->root, "allowed");
    if (saved->chip == NULL || !is_list_of_words(saved->operations)) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the plan names no %s",
                         saved->chip == NULL ? "chip that espseal knows" : "operations");
    }
    int err = get_hash(saved->root, "state_sha256", saved->state_sha256, cause);
    return err != SEAL_OK ? err : get_hash(saved->root, "plan_sha256", saved->plan_sha256, cause);
}

int seal_fuse_saved_read(const char *text, size_t len, struct seal_fuse_saved *saved,
                         struct seal_cause *cause)
{
    *saved = (struct seal_fuse_saved){0};
    int err = seal_json_parse(text, len, &saved->root, cause);
    if (err == SEAL_OK) {
        err = take(saved, cause);
    }
    if (err != SEAL_OK) {
        seal_fuse_saved_free(saved);
    }
    return err;
}

void seal_fuse_saved_free(struct seal_fuse_saved *saved)
{
    seal_json_free(&saved->root);
    *saved = (struct seal_fuse_saved){0};
}

int seal_fuse_saved_check_state(const struct seal_fuse_saved *saved, const struct seal_efuse *state,
                                struct seal_cause *cause)
{
    uint8_t sha256[32];
    int err = seal_fuse_state_hash(state, sha256);
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "the state of the chip could not be hashed");
    }
    if (memcmp(sha256, saved->state_sha256, sizeof sha256) != 0) {
        err = seal_fail(
            cause, SEAL_ERR_STATE,
            "the plan was made for another chip, or for another state of this one; nothing was burned");
        seal_hint(cause, "plan anew with --plan-out, and look at what has changed");
    }
    return err;
}

int seal_fuse_saved_check(const struct seal_fuse_saved *saved, const struct seal_fuse_plan *plan,
                          struct seal_cause *cause)
{
    uint8_t sha256[32];
    int err = seal_fuse_saved_check_state(saved, &plan->before, cause);
    if (err != SEAL_OK) {
        return err;
    }
    err = seal_fuse_plan_hash(plan, sha256);
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "the plan could not be hashed");
    }
    if (memcmp(sha256, saved->plan_sha256, sizeof sha256) != 0) {
        err =
            seal_fail(cause, SEAL_ERR_STATE,
                      "the plan would burn other bits than when it was saved: a file that it names changed");
        seal_hint(cause, "plan anew with --plan-out; nothing was burned");
    }
    return err;
}
