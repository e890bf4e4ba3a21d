/* One invocation, one plan: segments joined by "then" are added to it, it is shown, confirmed and burned. */
#include "fuse.h"
#include "run.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/prove.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_fuse_suggest_field(const struct seal_chip *chip, const char *name, struct seal_cause *cause)
{
    struct seal_suggestion suggestion = {.word = name};
    for (size_t i = 0; i < chip->efuse->field_count; i++) {
        if (!chip->efuse->fields[i].hidden) {
            seal_suggest(&suggestion, chip->efuse->fields[i].name);
        }
    }
    if (suggestion.best != NULL) {
        seal_hint(cause, "did you mean %s?", suggestion.best);
    } else {
        seal_hint(cause, "espseal efuse summary --all lists the fields of this chip");
    }
}

int cli_fuse_block(const struct cli_fuse *fuse, const char *name, unsigned *block, struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = fuse->state.chip->efuse;
    int found = seal_chip_block(fuse->state.chip, name);
    if (found >= 0) {
        *block = (unsigned)found;
        return SEAL_OK;
    }
    struct seal_suggestion suggestion = {.word = name};
    for (size_t i = 0; i < controller->block_count; i++) {
        seal_suggest(&suggestion, controller->blocks[i].name);
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "the %s has no eFuse block %s", fuse->state.chip->title, name);
    if (suggestion.best != NULL) {
        seal_hint(cause, "did you mean %s?", suggestion.best);
    } else {
        seal_hint(cause, "blocks are BLOCK0 to BLOCK%zu", controller->block_count - 1);
    }
    return err;
}

/* --- what was asked for, as words --- */

static bool is_shared(const struct cli_option *option)
{
    static const char *const names[] = {"efuse-file", "plan-out", "allow"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], option->name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_own(const struct cli_command *command, const struct cli_option *option)
{
    for (const struct cli_option *own = command->options; own->name != NULL; own++) {
        if (own == option) {
            return !is_shared(option);
        }
    }
    return false;
}

/* Files by their absolute names: a plan may be applied from elsewhere. */
static void put_value(seal_json *words, const struct cli_option *option, const char *value)
{
    char *absolute = strncmp(option->value, "FILE", 4) == 0 ? realpath(value, NULL) : NULL;
    seal_json_put_text(words, NULL, absolute != NULL ? absolute : value);
    free(absolute);
}

static void note_words(struct cli_fuse *fuse, const struct cli_run *segment)
{
    seal_json *words = seal_json_put_array(fuse->operations, NULL);
    const char *space = strchr(segment->command->name, ' ');
    seal_json_put_text(words, NULL, space != NULL ? space + 1 : segment->command->name);
    for (size_t i = 0; i < segment->given_count; i++) {
        const struct cli_given *given = &segment->given[i];
        if (!is_own(segment->command, given->option)) {
            continue;
        }
        seal_json_put_formatted(words, NULL, "--%s", given->option->name);
        if (given->value != NULL) {
            put_value(words, given->option, given->value);
        }
    }
    for (size_t i = 0; i < segment->operand_count; i++) {
        seal_json_put_text(words, NULL, segment->operands[i]);
    }
}

int cli_fuse_add(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    cli_fuse_add_fn add = cli_fuse_add_of(segment->command);
    if (add == NULL) {
        return seal_fail(cause, SEAL_ERR_USAGE, "espseal %s cannot be part of a plan",
                         segment->command->name);
    }
    note_words(fuse, segment);
    return add(fuse, segment, cause);
}

/* Port, chip and the like hold for all of them. */
static int check_own(const struct cli_run *segment, struct seal_cause *cause)
{
    for (size_t i = 0; i < segment->given_count; i++) {
        if (!is_own(segment->command, segment->given[i].option)) {
            return seal_fail(cause, SEAL_ERR_USAGE,
                             "--%s holds for all operations: give it before the first \"then\"",
                             segment->given[i].option->name);
        }
    }
    return SEAL_OK;
}

int cli_fuse_add_words(struct cli_fuse *fuse, char **words, int count, struct seal_cause *cause)
{
    struct cli_run segment = {.emitted = fuse->run->emitted, .progress = fuse->run->progress};
    char **argv = calloc((size_t)count + 3, sizeof *argv);
    char program[] = "espseal", group[] = "efuse";
    if (argv == NULL) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    argv[0] = program;
    argv[1] = group;
    memcpy(argv + 2, words, (size_t)count * sizeof *argv);
    int err = cli_parse(&segment, count + 2, argv, cause);
    if (err == SEAL_OK) {
        err = check_own(&segment, cause);
    }
    if (err == SEAL_OK) {
        err = cli_fuse_add(fuse, &segment, cause);
    }
    if (err == SEAL_OK && segment.rest_count > 0) {
        err = cli_fuse_add_words(fuse, segment.rest, segment.rest_count, cause);
    }
    cli_run_clear(&segment);
    free(argv);
    return err;
}

/* --- keys that nobody can read --- */

static int cannot_know(const struct cli_fuse *fuse, unsigned block, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE,
                        "cannot know whether %s holds this key: it is read-protected; nothing was burned",
                        fuse->plan.chip->efuse->blocks[block].name);
    seal_hint(cause, "if it is a new key, name a free block");
    return err;
}

static const char *purpose_name(const struct cli_fuse *fuse, unsigned key)
{
    const struct seal_key_purpose *purpose =
        seal_chip_purpose_by_value(fuse->plan.chip, seal_efuse_key_purpose(&fuse->state, key));
    return purpose != NULL ? purpose->name : "";
}

/* One of three peripherals, or none that uses keys of that purpose alone. */
static int prove_with(const struct cli_fuse *fuse, unsigned key, const uint8_t bytes[static 32], bool *known,
                      bool *same, struct seal_cause *cause)
{
    const struct seal_peripheral_registers *has = &fuse->plan.chip->peripherals;
    const char *purpose = purpose_name(fuse, key);
    const bool p192 =
        strcmp(purpose, "ECDSA_KEY_P192") == 0 ||
        (strcmp(purpose, "ECDSA_KEY") == 0 && seal_le32(bytes + 24) == 0 && seal_le32(bytes + 28) == 0);
    *known = true;
    if (fuse->loader != NULL && has->ds_clocks != NULL &&
        strcmp(purpose, "HMAC_DOWN_DIGITAL_SIGNATURE") == 0) {
        return seal_prove_ds_key(fuse->loader, key, bytes, same, cause);
    }
    if (fuse->loader != NULL && has->ds_clocks != NULL && strcmp(purpose, "HMAC_UP") == 0) {
        return seal_prove_hmac_key(fuse->loader, key, bytes, same, cause);
    }
    if (fuse->loader != NULL && has->ecdsa != NULL && strncmp(purpose, "ECDSA_KEY", 9) == 0 &&
        strstr(purpose, "P384") == NULL) {
        return seal_prove_ecdsa_key(fuse->loader, key, bytes, p192 ? 24 : 32, same, cause);
    }
    *known = false;
    return SEAL_OK;
}

/* The chip itself can show that a hidden key is the one that was given, for keys that it computes with. */
static int prove_hidden(struct cli_fuse *fuse, unsigned block, struct seal_cause *cause)
{
    unsigned key = (unsigned)fuse->plan.chip->efuse->blocks[block].key;
    uint8_t bytes[32];
    bool known = false, same = false;
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        seal_put_le32(bytes + 4 * i, fuse->plan.want.words[block][i]);
    }
    int err = prove_with(fuse, key, bytes, &known, &same, cause);
    seal_cleanse(bytes, sizeof bytes);
    if (err != SEAL_OK) {
        return err;
    }
    if (!known) {
        return cannot_know(fuse, block, cause);
    }
    if (!same) {
        err = seal_fail(cause, SEAL_ERR_STATE,
                        "%s is in use: the chip proved that it holds another key; nothing was burned",
                        fuse->plan.chip->efuse->blocks[block].name);
        seal_hint(cause, "if this is to be a second key, name a free block");
        return err;
    }
    cli_say(fuse->run, "proof     %s holds this very key: the chip %s with it",
            fuse->plan.chip->efuse->blocks[block].name,
            strcmp(purpose_name(fuse, key), "HMAC_UP") == 0 ? "computed an HMAC" : "signed");
    return SEAL_OK;
}

static int settle_hidden(struct cli_fuse *fuse, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (unsigned block = 0; block < fuse->plan.chip->efuse->block_count && err == SEAL_OK; block++) {
        if (fuse->plan.hidden >> block & 1) {
            err = prove_hidden(fuse, block, cause);
        }
    }
    return err;
}

/* --- burning --- */

static int save_plan(struct cli_fuse *fuse, const char *path, struct seal_cause *cause)
{
    seal_json *json = NULL;
    struct seal_buf *text = seal_buf_new();
    int err =
        text != NULL ? seal_fuse_plan_to_json(&fuse->plan, &fuse->operations, &json) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_json_print(json, false, text);
    }
    if (err != SEAL_OK) {
        err = seal_fail(cause, err, "the plan could not be written down");
    } else {
        err = seal_file_write(path, seal_buf_ptr(text), seal_buf_len(text), 0, cause);
    }
    if (err == SEAL_OK) {
        cli_say(fuse->run, "saved     %s; nothing was burned: espseal apply %s burns it", path, path);
    }
    seal_json_free(&json);
    seal_buf_free(&text);
    return err;
}

static int emit(struct cli_fuse *fuse, unsigned burned)
{
    seal_json *json = NULL;
    if (!cli_json(fuse->run)) {
        return SEAL_OK;
    }
    int err = seal_fuse_plan_to_json(&fuse->plan, &fuse->operations, &json);
    if (err == SEAL_OK) {
        seal_json_put_number(json, "blocks_burned", burned);
        err = cli_emit_json(fuse->run, &json);
    }
    return err;
}

static int burn(struct cli_fuse *fuse, unsigned *burned, struct seal_cause *cause)
{
    if (fuse->loader != NULL) {
        return seal_burn_execute(fuse->loader, &fuse->state, &fuse->plan.burn, burned, cause);
    }
    seal_fuse_plan_apply(&fuse->plan, &fuse->state);
    *burned = 1;
    return cli_fuse_save_file(fuse, &fuse->state, cause);
}

static int ask_and_burn(struct cli_fuse *fuse, struct seal_cause *cause)
{
    char question[160], text[SEAL_MAC_TEXT];
    unsigned burned = 0;
    uint8_t mac[6];
    int err = SEAL_OK;
    seal_efuse_mac(&fuse->plan.before, mac);
    (void)snprintf(question, sizeof question,
                   "eFuses cannot be un-burned. This burns some of the %s with MAC %s.",
                   fuse->plan.chip->title, seal_mac_text(mac, text));
    if (fuse->loader != NULL) {
        err = cli_confirm_burn(fuse->run, question, cause);
    }
    if (err == SEAL_OK) {
        err = burn(fuse, &burned, cause);
    }
    if (err == SEAL_OK) {
        cli_say(fuse->run, "done      burned, read back and compared");
        err = emit(fuse, burned);
    } else if (burned > 0) {
        cli_say(fuse->run, "          %u block%s burned; run the same command again to go on", burned,
                burned == 1 ? " was" : "s were");
    }
    return err;
}

static bool is_own_rule(const struct cli_fuse *fuse, const char *name)
{
    const char *const *rule = fuse->own_rules;
    while (rule && *rule && strcmp(*rule, name) != 0) {
        rule++;
    }
    return rule && *rule;
}

static int take_allowed(struct cli_fuse *fuse, struct seal_cause *cause)
{
    size_t count = 0;
    const char *name;
    for (size_t i = 0; (name = cli_text_at(fuse->run, "allow", i)) != NULL; i++) {
        if (is_own_rule(fuse, name)) {
            continue;
        }
        if (count == CLI_FUSE_ALLOWS) {
            return seal_fail(cause, SEAL_ERR_USAGE, "more than %d rules are to be overridden",
                             CLI_FUSE_ALLOWS);
        }
        if (seal_rule_find(name) == NULL) {
            struct seal_suggestion suggestion = {.word = name};
            for (const struct seal_rule *rule = seal_rules; rule->name != NULL; rule++) {
                seal_suggest(&suggestion, rule->name);
            }
            int err = seal_fail(cause, SEAL_ERR_USAGE, "there is no rule %s", name);
            seal_hint(cause,
                      suggestion.best != NULL ? "did you mean --allow %s?"
                                              : "a refusal names its rule, such as %s",
                      suggestion.best != NULL ? suggestion.best : seal_rules[0].name);
            return err;
        }
        fuse->allowed[count++] = name;
    }
    return SEAL_OK;
}

int cli_fuse_finish(struct cli_fuse *fuse, struct seal_cause *cause)
{
    const char *path = cli_text(fuse->run, "plan-out");
    int err = fuse->saved == NULL ? take_allowed(fuse, cause) : SEAL_OK;
    if (err == SEAL_OK) {
        err = seal_fuse_plan_close(&fuse->plan, fuse->allowed, cause);
    }
    if (err == SEAL_OK && fuse->saved != NULL) {
        err = seal_fuse_saved_check(fuse->saved, &fuse->plan, cause);
    }
    if (err == SEAL_OK) {
        err = settle_hidden(fuse, cause);
    }
    if (err != SEAL_OK) {
        return err;
    }
    cli_fuse_show(fuse);
    if (path != NULL) {
        return save_plan(fuse, path, cause);
    }
    if (cli_flag(fuse->run, "dry-run")) {
        cli_say(fuse->run, "dry run: nothing was burned");
        return emit(fuse, 0);
    }
    return seal_fuse_plan_empty(&fuse->plan) ? emit(fuse, 0) : ask_and_burn(fuse, cause);
}

int cli_fuse_run(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_fuse fuse = {.operations = seal_json_array_new()};
    int err = cli_fuse_open(&fuse, run, cause);
    if (err == SEAL_OK) {
        seal_fuse_plan_init(&fuse.plan, &fuse.state, seal_path_of(cli_link(run)));
        err = cli_fuse_add(&fuse, run, cause);
    }
    if (err == SEAL_OK && run->rest_count > 0) {
        err = cli_fuse_add_words(&fuse, run->rest, run->rest_count, cause);
    }
    if (err == SEAL_OK) {
        err = cli_fuse_finish(&fuse, cause);
    }
    cli_fuse_close(&fuse);
    return err;
}
