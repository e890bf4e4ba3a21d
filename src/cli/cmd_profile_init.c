/* profile init: asks what a device shall become, and writes the profile. */
#include "profile.h"
#include "run.h"

#include <espseal/file.h>

#include <string.h>

enum { ANSWER = 512, SLOTS = 3 };

struct interview {
    struct cli_run *run;
    struct seal_profile_file *file;
    const struct seal_chip *chip; /* NULL before it is known */
};

static bool is_production(const struct interview *interview)
{
    return seal_profile_says(interview->file, "mode", "production");
}

static bool has_subject(const struct interview *interview)
{
    return seal_profile_file_get(interview->file, "identity.subject") != NULL;
}

static bool wants_identity(const struct interview *interview)
{
    return !seal_profile_file_get(interview->file, "identity");
}

static bool wants_secure_boot(const struct interview *interview)
{
    return interview->chip && interview->chip->secure_boot.digests > 0;
}

static bool has_slots_left(const struct interview *interview)
{
    size_t count = seal_profile_file_count(interview->file, "secure_boot.digests");
    return count > 0 && count < interview->chip->secure_boot.digests;
}

static bool is_release(const struct interview *interview)
{
    return seal_profile_says(interview->file, "flash_encryption.mode", "release");
}

static bool has_hmac(const struct interview *interview)
{
    return interview->chip && interview->chip->purposes && seal_chip_purpose(interview->chip, "HMAC_UP");
}

static const struct question {
    const char *path; /* a list is asked for one element after another; NULL ends */
    const char *text;
    const char *also; /* said when there is an answer, such as "secure_boot.version=2" */
    bool (*applies)(const struct interview *interview); /* NULL: always */
} questions[] = {
    {"chip", "Which chip is it for", NULL, NULL},
    {"mode", "A production device, or one for development", NULL, NULL},
    {"identity.subject", "Name of the certificate that is made for each device, such as /CN={mac}", NULL,
     wants_identity},
    {"storage", "Where its private key lives (ds, ecdsa, plaintext; ds when empty)", NULL, has_subject},
    {"identity.ca_cert", "File of the CA's certificate", NULL, has_subject},
    {"identity.ca_key", "File of the CA's key", NULL, has_subject},
    {"firmware[]", "An image to write, OFFSET=FILE", NULL, NULL},
    {"secure_boot.digests[].key", "Secure boot: file of a key whose images may start",
     "secure_boot.version=2", wants_secure_boot},
    {"secure_boot.revoke_unused", "Close the other slots for keys for ever (true, false)", NULL,
     has_slots_left},
    {"flash_encryption.mode", "Flash encryption (development, release)", NULL, NULL},
    {"flash_encryption.escrow_to", "Certificate of who may keep the flash key", NULL, is_release},
    {"nvs_encryption.scheme", "Encrypted NVS (hmac, flash)", NULL, has_hmac},
    {"lockdown.jtag", "JTAG (keep, off, soft)", NULL, is_production},
    {"lockdown.download", "The ROM's download mode (keep, secure, off)", NULL, is_production},
    {"record.out", "Folder for certificates and receipts, such as records/{mac}", NULL, NULL},
    {0},
};

static int set(struct interview *interview, const char *path, const char *text, struct seal_cause *cause)
{
    char assignment[ANSWER + 64];
    (void)snprintf(assignment, sizeof assignment, "%s=%s", path, text);
    return seal_profile_file_set(interview->file, assignment, "--set", cause);
}

static int set_image(struct interview *interview, size_t index, const char *text, struct seal_cause *cause)
{
    char path[64], offset[16];
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= sizeof offset) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%.60s is not OFFSET=FILE", text);
    }
    (void)snprintf(offset, sizeof offset, "%.*s", (int)(equals - text), text);
    (void)snprintf(path, sizeof path, "firmware[%zu].offset", index);
    int err = set(interview, path, offset, cause);
    (void)snprintf(path, sizeof path, "firmware[%zu].file", index);
    err = err == SEAL_OK ? set(interview, path, equals + 1, cause) : err;
    if (err != SEAL_OK) {
        (void)snprintf(path, sizeof path, "firmware[%zu]", index);
        (void)set(interview, path, "null", NULL);
    }
    return err;
}

static int take(struct interview *interview, const struct question *question, size_t index,
                const char *answer, struct seal_cause *cause)
{
    char path[64];
    if (strcmp(question->path, "firmware[]") == 0) {
        return set_image(interview, index, answer, cause);
    }
    const char *list = strstr(question->path, "[]");
    if (list) {
        (void)snprintf(path, sizeof path, "%.*s[%zu]%s", (int)(list - question->path), question->path, index,
                       list + 2);
    } else {
        (void)snprintf(path, sizeof path, "%s", question->path);
    }
    int err = set(interview, path, answer, cause);
    if (err == SEAL_OK && question->also) {
        err = seal_profile_file_set(interview->file, question->also, "--set", cause);
    }
    return err;
}

/* Until the answer is one, or empty where it may be. *more: another element of a list may follow. */
static int ask(struct interview *interview, const struct question *question, size_t index, bool *more,
               struct seal_cause *cause)
{
    const struct seal_profile_word *word = seal_profile_word(question->path);
    char prompt[256], answer[ANSWER];
    bool needed = word && word->required && !strchr(question->path, '.');
    (void)snprintf(prompt, sizeof prompt, "%s%s: ", question->text, needed ? "" : " (empty: none)");
    for (;;) {
        int err = cli_ask_line(prompt, true, answer, sizeof answer, cause);
        if (err != SEAL_OK) {
            return err;
        }
        *more = answer[0] != '\0';
        if (!*more && !needed) {
            return SEAL_OK;
        }
        err = *more ? take(interview, question, index, answer, cause) : SEAL_ERR_FORMAT;
        if (err != SEAL_ERR_FORMAT) {
            return err;
        }
        cli_warn(interview->run, "%s", *more ? cause->text : "this one needs an answer");
        if (cli_hint_for(err, cause)) {
            cli_hint(interview->run, "%s", *more ? cli_hint_for(err, cause) : word->help);
        }
    }
}

static bool is_answered(const struct interview *interview, const struct question *question)
{
    char path[64];
    size_t len = strcspn(question->path, "[");
    (void)snprintf(path, sizeof path, "%.*s", (int)len, question->path);
    return question->path[len] ? seal_profile_file_count(interview->file, path) > 0
                               : seal_profile_file_get(interview->file, path) != NULL;
}

static int ask_all(struct interview *interview, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (const struct question *question = questions; err == SEAL_OK && question->path; question++) {
        bool more = !is_answered(interview, question) && (!question->applies || question->applies(interview));
        bool list = strchr(question->path, '[') != NULL;
        size_t most = !list                                         ? 1
                      : strncmp(question->path, "firmware", 8) == 0 ? 32
                                                                    : interview->chip->secure_boot.digests;
        for (size_t i = 0; err == SEAL_OK && more && i < most; i++) {
            err = ask(interview, question, i, &more, cause);
        }
        interview->chip = seal_profile_chip(interview->file);
    }
    return err;
}

static int take_options(struct interview *interview, struct seal_cause *cause)
{
    static const char *const words[] = {"chip", "mode"};
    const char *text;
    int err = SEAL_OK;
    for (size_t i = 0; i < 2 && err == SEAL_OK; i++) {
        text = cli_text(interview->run, words[i]);
        err = text ? set(interview, words[i], text, cause) : SEAL_OK;
    }
    for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(interview->run, "set", i)); i++) {
        err = seal_profile_file_set(interview->file, text, "--set", cause);
    }
    return err;
}

static int write_out(struct interview *interview, struct seal_cause *cause)
{
    const char *path = cli_text(interview->run, "out");
    struct seal_buf *text = seal_buf_new();
    int err = text ? seal_profile_file_print(interview->file, !cli_flag(interview->run, "no-comments"), text)
                   : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_file_write(path, seal_buf_ptr(text), seal_buf_len(text),
                              cli_flag(interview->run, "force") ? SEAL_FILE_FORCE : 0, cause);
    }
    if (err == SEAL_OK && strcmp(path, "-") != 0) {
        cli_say(interview->run, "%s is written; espseal profile show %s explains it", path, path);
    }
    seal_buf_free(&text);
    return err;
}

static int run_init(struct cli_run *run, struct seal_cause *cause)
{
    struct interview interview = {.run = run};
    const char *path = cli_text(run, "out");
    int err = seal_profile_file_read(NULL, 0, path, &interview.file, cause);
    if (err == SEAL_OK && strcmp(path, "-") != 0) {
        err = seal_file_check_writable(path, cli_flag(run, "force") ? SEAL_FILE_FORCE : 0, cause);
    }
    if (err == SEAL_OK) {
        err = take_options(&interview, cause);
    }
    bool asked =
        !seal_profile_file_get(interview.file, "chip") || !seal_profile_file_get(interview.file, "mode");
    if (err == SEAL_OK && asked) {
        err = ask_all(&interview, cause);
    }
    if (err == SEAL_OK) {
        err = seal_profile_check(interview.file, cause);
        if (err != SEAL_OK && asked) { /* answers are not lost for one that does not fit */
            cli_warn(run, "%s", cause->text);
            err = SEAL_OK;
        }
    }
    if (err == SEAL_OK) {
        err = write_out(&interview, cause);
    }
    seal_profile_file_free(&interview.file);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .value = "FILE",
     .summary = "where the profile is written; - is stdout",
     .required = true},
    {.name = "chip", .letter = 'c', .value = "CHIP", .summary = "the chip that it is for"},
    {.name = "mode",
     .value = "MODE",
     .summary = "a device for production or development",
     .choices = (const char *const[]){"development", "production", NULL}},
    PROFILE_SET_OPTION,
    {.name = "no-comments", .summary = "JSON without a line of explanation at each word"},
    {.name = "force", .summary = "replace the file"},
    {0},
};

const struct cli_command cli_command_profile_init = {
    .name = "profile init",
    .summary = "write a profile: from questions at the terminal, or from options",
    .description =
        "Asks at the terminal what a device shall become, and writes the profile of that. What --chip, "
        "--mode and --set say is not asked; with both --chip and --mode nothing is, and what --set "
        "does not say is left out.\n\n"
        "Nothing is burned by a profile: espseal profile show explains it, espseal provision "
        "--profile FILE --dry-run shows the plan for a device.",
    .examples =
        "# be asked\n"
        "espseal profile init --out production.json\n"
        "# without questions\n"
        "espseal profile init --chip esp32c3 --mode production --set identity.subject=/CN={mac} --set "
        "identity.ca_cert=ca.pem --set identity.ca_key=ca.key --set lockdown.jtag=off --out production.json",
    .options = options,
    .run = run_init,
};
