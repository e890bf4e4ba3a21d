/*
 * Every run of espefuse's virtual chips (tests/vectors/efuse, made by compact.py there): the same operations
 * through our plan give the same fuses, or the difference has a name and a reason here.
 */
#include "unit.h"

#include "efuse_differences.h"

#include <espseal/buf.h>
#include <espseal/file.h>
#include <espseal/fuse_plan.h>
#include <espseal/hex.h>
#include <espseal/secure_boot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILES 256
#define MAX_WORDS 64
#define MAX_PUTS 8

struct file {
    const char *name;
    uint8_t *data;
    size_t len;
};

struct put {
    unsigned block;
    const char *data, *rs;
};

struct walk {
    struct file files[MAX_FILES];
    size_t file_count;
    const char *case_name, *run_name;
    const struct seal_chip *chip; /* with the table of the case's revision */
    bool fixed_variant;
    struct seal_efuse state;
    bool diverged; /* an operation of this run has another outcome: its image is not compared */
    unsigned runs, compared, ops, programmed;
};

static void differ(struct walk *walk, const char *name, const char *what)
{
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        if (strcmp(differences[i].name, name) == 0) {
            differences[i].seen++;
            return;
        }
    }
    fail_msg("%s %s: a difference without a name: %s (%s)", walk->case_name, walk->run_name, name, what);
}

static const struct file *find_file(const struct walk *walk, const char *name)
{
    for (size_t i = 0; i < walk->file_count; i++) {
        if (strcmp(walk->files[i].name, name) == 0) {
            return &walk->files[i];
        }
    }
    return NULL;
}

/* --- one operation of the reference into our plan --- */

static bool option(char **words, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static size_t values(char **words, size_t count)
{
    size_t n = 0;
    while (n < count && strncmp(words[n], "--", 2) != 0) {
        n++;
    }
    return n;
}

static int burn_fields(struct seal_fuse_plan *plan, char **words, size_t count, struct seal_cause *cause)
{
    int err = SEAL_OK;
    count = values(words, count);
    for (size_t i = 0; i < count && err == SEAL_OK; i += 2) {
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        if (value == NULL && count > 1) {
            return seal_fail(cause, SEAL_ERR_USAGE, "a field without a value among others");
        }
        err = seal_fuse_plan_field(plan, words[i], value, cause);
    }
    return err;
}

static int burn_key(const struct walk *walk, struct seal_fuse_plan *plan, struct seal_fuse_key *key,
                    const char *path, struct seal_cause *cause)
{
    const struct file *file = find_file(walk, path);
    struct seal_key *pem = NULL;
    uint8_t scalar[48];
    uint32_t blocks;
    int err = SEAL_OK;
    if (file == NULL) {
        return seal_fail(cause, SEAL_ERR_NOT_FOUND, "no file %s", path);
    }
    key->data = file->data;
    key->len = file->len;
    if (strncmp(key->purpose, "ECDSA_", 6) == 0 && strstr(path, ".pem") != NULL) {
        err = seal_key_read(file->data, file->len, path, NULL, &pem, cause);
        if (err == SEAL_OK) {
            key->data = scalar;
            err = seal_key_ec_scalar(pem, scalar, &key->len, cause);
        }
    }
    if (err == SEAL_OK) {
        err = seal_fuse_plan_key(plan, key, &blocks, cause);
    }
    seal_key_free(&pem);
    return err;
}

static int burn_keys(const struct walk *walk, struct seal_fuse_plan *plan, char **words, size_t count,
                     struct seal_cause *cause)
{
    bool esp32 = strcmp(plan->chip->name, "esp32") == 0;
    size_t used = values(words, count), step = esp32 ? 2 : 3;
    bool open = option(words, count, "--no-protect-key");
    int err = used % step == 0 ? SEAL_OK : seal_fail(cause, SEAL_ERR_USAGE, "not in groups");
    for (size_t i = 0; i < used && err == SEAL_OK; i += step) {
        struct seal_fuse_key key = {.block = seal_chip_block(plan->chip, words[i]),
                                    .purpose = esp32 ? words[i] : words[i + 2],
                                    .keep_readable = open || option(words, count, "--no-read-protect"),
                                    .keep_writable = open || option(words, count, "--no-write-protect")};
        if (esp32 && strncmp(words[i], "BLOCK", 5) == 0) {
            key.purpose = "USER";
        }
        if (key.block < 0 && key.purpose != words[i]) {
            return seal_fail(cause, SEAL_ERR_USAGE, "no block %s", words[i]);
        }
        err = burn_key(walk, plan, &key, words[i + 1], cause);
    }
    return err;
}

static int burn_digests(const struct walk *walk, struct seal_fuse_plan *plan, char **words, size_t count,
                        struct seal_cause *cause)
{
    bool esp32 = strcmp(plan->chip->name, "esp32") == 0, c2 = strcmp(plan->chip->name, "esp32c2") == 0;
    size_t used = values(words, count), step = esp32 || c2 ? 1 : 3;
    int err = used % step == 0 ? SEAL_OK : seal_fail(cause, SEAL_ERR_USAGE, "not in groups");
    for (size_t i = 0; i < used && err == SEAL_OK; i += step) {
        const struct file *file = find_file(walk, words[i + (step == 3)]);
        uint8_t digest[32];
        uint32_t blocks;
        struct seal_public public;
        struct seal_fuse_key key = {.block = step == 3 ? seal_chip_block(plan->chip, words[i])
                                                       : SEAL_PLAN_KEY_AUTO,
                                    .purpose = esp32 ? "secure_boot_v2"
                                               : c2  ? "SECURE_BOOT_DIGEST"
                                                     : words[i + 2],
                                    .data = digest,
                                    .len = 32,
                                    .keep_writable = option(words, count, "--no-write-protect") ||
                                                     option(words, count, "--no-protect-key")};
        const struct seal_key_purpose *purpose = seal_chip_purpose(plan->chip, key.purpose);
        if (file == NULL || (step == 3 && (key.block < 0 || purpose == NULL || !purpose->digest))) {
            return seal_fail(cause, SEAL_ERR_USAGE, "not a digest");
        }
        err = seal_boot_key_read(file->data, file->len, "key", NULL, &public, cause);
        if (err == SEAL_OK) {
            err = seal_public_digest(&public, digest);
        }
        if (err == SEAL_OK) {
            err = seal_fuse_plan_key(plan, &key, &blocks, cause);
        }
    }
    return err;
}

static int burn_data(const struct walk *walk, struct seal_fuse_plan *plan, char **words, size_t count,
                     struct seal_cause *cause)
{
    size_t used = values(words, count);
    uint32_t offset = 0;
    bool part = option(words, count, "--offset");
    int err = SEAL_OK;
    if (part && seal_parse_u32(words[count - 1], 255, &offset) != SEAL_OK) {
        return SEAL_ERR_USAGE;
    }
    for (size_t i = 0; i + 1 < used && err == SEAL_OK; i += 2) {
        const struct file *file = find_file(walk, words[i + 1]);
        int block = seal_chip_block(plan->chip, words[i]);
        if (file == NULL || block < 0) {
            return seal_fail(cause, SEAL_ERR_USAGE, "no file or block");
        }
        if (!part && file->len != 4u * seal_efuse_block_words(&plan->before, (unsigned)block)) {
            return seal_fail(cause, SEAL_ERR_KEY, "not the whole block");
        }
        err = seal_fuse_plan_data(plan, (unsigned)block, offset, file->data, file->len, cause);
    }
    return err;
}

static int burn_bits(struct seal_fuse_plan *plan, char **words, size_t count, struct seal_cause *cause)
{
    int block = seal_chip_block(plan->chip, words[0]), err = block < 0 ? SEAL_ERR_USAGE : SEAL_OK;
    for (size_t i = 1; i < count && err == SEAL_OK; i++) {
        uint32_t bit = 0;
        err = seal_parse_u32(words[i], 65535, &bit);
        if (err == SEAL_OK) {
            err = seal_fuse_plan_bit(plan, (unsigned)block, bit, cause);
        }
    }
    return err;
}

static int protect(struct seal_fuse_plan *plan, char **words, size_t count, bool read,
                   struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; i < count && err == SEAL_OK; i++) {
        err = seal_fuse_plan_protect(plan, words[i], read, !read, cause);
    }
    return err;
}

static int set_voltage(struct seal_fuse_plan *plan, const char *voltage, struct seal_cause *cause)
{
    bool off = strcmp(voltage, "OFF") == 0, high = strcmp(voltage, "3.3V") == 0;
    int err = seal_fuse_plan_field(plan, "XPD_SDIO_REG", off ? "0" : "1", cause);
    if (err == SEAL_OK) {
        err = seal_fuse_plan_field(plan, "XPD_SDIO_TIEH", high ? "1" : "0", cause);
    }
    return err == SEAL_OK ? seal_fuse_plan_field(plan, "XPD_SDIO_FORCE", "1", cause) : err;
}

static const char *const verbs[] = {
    "burn-efuse",          "burn-key",           "burn-key-digest",
    "burn-block-data",     "burn-bit",           "burn-custom-mac",
    "write-protect-efuse", "read-protect-efuse", "set-flash-voltage",
};

static int verb_of(const char *word)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i], word) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int add_one(const struct walk *walk, struct seal_fuse_plan *plan, int verb, char **words, size_t count,
                   struct seal_cause *cause)
{
    switch (verb) {
    case 0:
        return burn_fields(plan, words, count, cause);
    case 1:
        return burn_keys(walk, plan, words, count, cause);
    case 2:
        return burn_digests(walk, plan, words, count, cause);
    case 3:
        return burn_data(walk, plan, words, count, cause);
    case 4:
        return burn_bits(plan, words, count, cause);
    case 5:
        return seal_fuse_plan_field(plan, "CUSTOM_MAC", words[0], cause);
    case 6:
    case 7:
        return protect(plan, words, count, verb == 7, cause);
    case 8:
        return set_voltage(plan, words[0], cause);
    default:
        return seal_fail(cause, SEAL_ERR_USAGE, "no such command");
    }
}

static int add_all(const struct walk *walk, struct seal_fuse_plan *plan, char **words, size_t count,
                   struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; i < count && err == SEAL_OK;) {
        int verb = verb_of(words[i]);
        size_t end = i + 1;
        while (end < count && verb_of(words[end]) < 0) {
            end++;
        }
        err = add_one(walk, plan, verb, words + i + 1, end - i - 1, cause);
        i = end;
    }
    return err;
}

/* --- outcomes --- */

static void check_put(struct walk *walk, const struct seal_fuse_plan *plan, const struct put *put)
{
    uint8_t ours[32], check[12];
    char hex[65];
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        seal_put_le32(ours + 4 * i, plan->burn.words[put->block][i]);
    }
    walk->programmed++;
    if (put->rs == NULL) {
        return; /* BLOCK0 is burned in other steps; its image is compared after the run */
    }
    seal_hex_encode(ours, sizeof ours, hex);
    if (strcmp(hex, put->data) != 0) {
        fail_msg("%s %s: block %u would be %s, not %s", walk->case_name, walk->run_name, put->block, hex,
                 put->data);
    }
    seal_efuse_rs_encode(ours, check);
    seal_hex_encode(check, sizeof check, hex);
    assert_string_equal(hex, put->rs);
}

static void take_op(struct walk *walk, char *line, const struct put *puts, size_t put_count)
{
    static const char *all[64];
    char *words[MAX_WORDS], *save = NULL, name[96];
    size_t count = 0, rules = 0;
    struct seal_cause cause = {0};
    struct seal_fuse_plan plan;
    bool fails = strtol(strtok_r(line, " ", &save), NULL, 10) != 0;
    const char *kind = strtok_r(NULL, " ", &save);
    for (char *word; (word = strtok_r(NULL, " ", &save)) != NULL && count < MAX_WORDS;) {
        words[count++] = word;
    }
    for (const struct seal_rule *rule = seal_rules; rule->name != NULL; rule++) {
        if (!rule->absolute) {
            all[rules++] = rule->name;
        }
    }
    all[rules] = NULL;
    walk->ops++;
    seal_fuse_plan_init(&plan, &walk->state, SEAL_PATH_FILE);
    int err = add_all(walk, &plan, words, count, &cause);
    if (err == SEAL_OK) {
        err = seal_fuse_plan_close(&plan, NULL, &cause);
        if (err == SEAL_ERR_RULE && !fails) {
            err = seal_fuse_plan_close(&plan, all, &cause);
            for (size_t i = 0; i < plan.finding_count && err == SEAL_OK; i++) {
                (void)snprintf(name, sizeof name, "refused: %s", plan.findings[i].rule->name);
                differ(walk, name, plan.findings[i].detail);
            }
        }
        if (err == SEAL_OK && plan.hidden != 0) {
            err = seal_fail(&cause, SEAL_ERR_STATE, "cannot know");
        }
    }
    if (fails && err == SEAL_OK) {
        (void)snprintf(name, sizeof name, "%s: %s",
                       seal_fuse_plan_empty(&plan) ? "nothing to do" : "succeeds", kind);
        differ(walk, name, words[0]);
        walk->diverged = walk->diverged || strcmp(kind, "burn_not_successful") == 0; /* it did burn */
        return;
    }
    if (!fails && err != SEAL_OK) {
        (void)snprintf(name, sizeof name, "fails: %s %s", words[0], seal_err_name(err));
        differ(walk, name, cause.text);
        walk->diverged = true;
        return;
    }
    bool marks_mac = strcmp(plan.chip->name, "esp32c2") == 0 && count > 1 &&
                     strcmp(words[1], "CUSTOM_MAC") == 0 && strcmp(words[0], "burn-efuse") == 0;
    if (!fails && marks_mac) {
        differ(walk, "more: CUSTOM_MAC_USED", words[1]);
        walk->diverged = true;
        return;
    }
    if (!fails) {
        for (size_t i = 0; i < put_count; i++) {
            check_put(walk, &plan, &puts[i]);
        }
        seal_fuse_plan_apply(&plan, &walk->state);
        if (!walk->fixed_variant) {
            walk->state.chip = seal_chip_variant(walk->chip, seal_efuse_revision(&walk->state));
        }
    }
    seal_fuse_plan_clear(&plan);
}

static void block_hex(const struct seal_efuse *state, unsigned block, char hex[65])
{
    uint8_t bytes[32];
    const struct seal_efuse_block *entry = &state->chip->efuse->blocks[block];
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        seal_put_le32(bytes + 4 * i, state->words[block][i]);
        bool half_hidden =
            entry->read_disable >= 0 && entry->read_disable_more > 0 &&
            (seal_efuse_get_named(state, "RD_DIS") >> (entry->read_disable + (int)(i / 4)) & 1);
        bool hidden = entry->read_disable_more > 0 ? half_hidden : !seal_efuse_block_readable(state, block);
        if (hidden) {
            memset(bytes + 4 * i, 0, 4);
        }
    }
    seal_hex_encode(bytes, 4u * entry->words, hex);
}

static void take_after(struct walk *walk, char *line)
{
    char *save = NULL, ours[65];
    uint32_t seen = 0;
    walk->runs++;
    if (walk->diverged) {
        return;
    }
    walk->compared++;
    for (char *word = strtok_r(line, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');
        *equals = '\0';
        int block = seal_chip_block(walk->state.chip, word);
        assert_true(block >= 0);
        seen |= 1u << block;
        block_hex(&walk->state, (unsigned)block, ours);
        if (strcmp(ours, equals + 1) != 0) {
            fail_msg("%s %s: %s holds %s, not %s", walk->case_name, walk->run_name, word, ours, equals + 1);
        }
    }
    for (unsigned block = 0; block < walk->state.chip->efuse->block_count; block++) {
        block_hex(&walk->state, block, ours);
        if ((seen >> block & 1) == 0 && strspn(ours, "0") != strlen(ours)) {
            fail_msg("%s %s: %s holds %s, not zeroes", walk->case_name, walk->run_name,
                     walk->state.chip->efuse->blocks[block].name, ours);
        }
    }
}

static void take_case(struct walk *walk, char *line)
{
    char *save = NULL, *at;
    walk->case_name = strtok_r(line, " ", &save);
    char *chip = strtok_r(NULL, " ", &save);
    at = strchr(chip, '@');
    walk->fixed_variant = at != NULL;
    if (at != NULL) {
        *at = '\0';
    }
    walk->chip = seal_chip_find(chip);
    assert_non_null(walk->chip);
    walk->chip = seal_chip_variant(walk->chip, at != NULL ? (unsigned)strtoul(at + 1, NULL, 10) : 0);
}

static void take_run(struct walk *walk, const char *name)
{
    walk->run_name = name;
    walk->diverged = false;
    walk->state = (struct seal_efuse){.chip = walk->chip, .loaded = ~0u};
}

static void take_file(struct walk *walk, char *line)
{
    char *save = NULL;
    struct file *file = &walk->files[walk->file_count++];
    assert_true(walk->file_count < MAX_FILES);
    file->name = strtok_r(line, " ", &save);
    const char *hex = strtok_r(NULL, " ", &save);
    file->len = hex != NULL ? strlen(hex) / 2 : 0;
    file->data = calloc(file->len + 1, 1);
    assert_int_equal(file->len > 0 ? seal_hex_decode(hex, file->data, file->len) : 0, 0);
}

static size_t take_puts(char **lines, size_t at, size_t count, struct put *puts)
{
    size_t n = 0;
    for (; at + n < count && strncmp(lines[at + n], "put ", 4) == 0; n++) {
        char *save = NULL;
        assert_true(n < MAX_PUTS);
        puts[n].block = (unsigned)strtoul(strtok_r(lines[at + n] + 4, " ", &save), NULL, 10);
        puts[n].data = strtok_r(NULL, " ", &save);
        puts[n].rs = strtok_r(NULL, " ", &save);
    }
    return n;
}

static size_t split_lines(char *text, char **lines, size_t max)
{
    size_t count = 0;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        assert_true(count < max);
        lines[count++] = line;
    }
    return count;
}

static void every_run_gives_the_same_fuses(void **state)
{
    static struct walk walk;
    static char *lines[20000];
    struct seal_buf *text = NULL;
    struct seal_cause cause = {0};
    (void)state;
    assert_int_equal(seal_file_read(TESTS_DIR "/vectors/efuse/runs.txt", 4 << 20, 0, &text, &cause), 0);
    assert_int_equal(seal_buf_put_u8(text, 0), 0);
    size_t count = split_lines((char *)seal_buf_mutable(text), lines, 20000);
    for (size_t i = 0; i < count; i++) {
        char *rest = strchr(lines[i], ' ');
        rest = rest != NULL ? rest + 1 : lines[i] + strlen(lines[i]);
        if (strncmp(lines[i], "file ", 5) == 0) {
            take_file(&walk, rest);
        } else if (strncmp(lines[i], "case ", 5) == 0) {
            take_case(&walk, rest);
        } else if (strncmp(lines[i], "run ", 4) == 0) {
            take_run(&walk, rest);
        } else if (strncmp(lines[i], "op ", 3) == 0) {
            struct put puts[MAX_PUTS];
            size_t puts_count = take_puts(lines, i + 1, count, puts);
            take_op(&walk, rest, puts, puts_count);
            i += puts_count;
        } else if (strncmp(lines[i], "after", 5) == 0) {
            take_after(&walk, rest);
        } else {
            fail_msg("what is \"%.40s\"?", lines[i]);
        }
    }
    print_message("%u runs, %u images compared, %u operations, %u program commands\n", walk.runs,
                  walk.compared, walk.ops, walk.programmed);
    assert_int_equal(walk.runs, 2879);
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        if (differences[i].seen != differences[i].expected) {
            print_error("%s: %u times, not %u\n", differences[i].name, differences[i].seen,
                        differences[i].expected);
        }
    }
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        assert_int_equal(differences[i].seen, differences[i].expected);
    }
    for (size_t i = 0; i < walk.file_count; i++) {
        free(walk.files[i].data);
    }
    seal_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_gives_the_same_fuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
