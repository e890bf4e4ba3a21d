/* A profile in words: what a device becomes, and what of that is for ever. */
#include "profile.h"
#include "run.h"

#include <espseal/lockdown.h>

#include <string.h>

struct explained {
    const struct seal_profile_file *file;
    const struct seal_chip *chip;
    seal_json *becomes, *forever;
};

/* value NULL: any that asks for something. A %s takes the value. */
static const struct {
    const char *path, *value, *becomes, *forever;
} sentences[] = {
    {"mode", "development", "a development device: its keys stay readable in the chip, and it is NOT sealed",
     NULL},
    {"mode", "production", "a production device: its secrets are in the chip and nobody can read them",
     "each key block that holds a secret is read- and write-protected: nobody, its owner included, reads, "
     "changes or reuses it"},
    {"storage", "plaintext", "its private key lies in flash, readable unless flash is encrypted", NULL},
    {"storage", "ecdsa", "its private key is used by the ECDSA peripheral only", NULL},
    {"identity.subject", NULL, "a new key and a certificate for %s", "a key block holds the device's key"},
    {"identity.device_cert", NULL, "the identity of %s", "a key block holds the device's key"},
    {"identity.csr_only", "true", "its certificate comes in a second run with device_cert", NULL},
    {"secure_boot.version", "1", "it starts only what the key of secure boot version 1 signed",
     "secure boot cannot be switched off again"},
    {"secure_boot.version", "2", "it starts only images that a trusted key signed",
     "secure boot cannot be switched off again; when every signing key is lost, no new firmware starts"},
    {"secure_boot.revoke_unused", "true", "it never trusts another key",
     "slots without a key are revoked: no signing key can be added later"},
    {"secure_boot.aggressive_revoke", "true", "it gives up a key after one failed check",
     "one damaged image at boot revokes its key; with the last key the device is lost"},
    {"secure_boot.allow_unsigned_firmware", "true",
     "its images are not checked beforehand: what is not signed will not start", NULL},
    {"flash_encryption.mode", "development",
     "its flash is encrypted; the ROM's download mode still encrypts what is written",
     "the key block of flash encryption is protected, and the counter has few toggles left"},
    {"flash_encryption.mode", "release",
     "its flash is encrypted, and new firmware comes over the air or encrypted on the host",
     "flash encryption stays on, plaintext never starts again, and the ROM no longer encrypts for anybody"},
    {"flash_encryption.key", "generate", "its flash key is its own, made in this run", NULL},
    {"flash_encryption.escrow_to", NULL, "its flash key is kept, wrapped for the owner of %s", NULL},
    {"nvs_encryption.scheme", "flash", "its NVS entries are encrypted with keys from an encrypted partition",
     NULL},
    {"nvs_encryption.scheme", "hmac", "its NVS entries are encrypted with keys that its HMAC key derives",
     "a key block holds the HMAC key of NVS"},
    {"nvs_encryption.data", NULL, "%s is encrypted and written as its NVS partition", NULL},
    {"manufacturing.template", NULL, "its own data in NVS, made of %s", NULL},
    {"anti_rollback.secure_version", NULL, "it refuses firmware with a secure version below %s",
     "the secure version only ever rises: older firmware never starts again"},
    {"lockdown.download", "secure", "its download mode writes flash and tells nothing", NULL},
    {"lockdown.download", "off", "it has no download mode: only its own firmware can change it",
     "without the download mode there is no way in over the wire, for espseal neither"},
    {"lockdown.jtag", "soft", "its JTAG opens to a token only (espseal jtag token)",
     "a key block holds the key of the JTAG token"},
    {"record.keep_secrets", "true", "its keys are kept on this host as well", NULL},
};

static void tell(seal_json *list, const char *sentence, const char *value)
{
    const char *place = sentence ? strstr(sentence, "%s") : NULL;
    if (place) {
        seal_json_put_formatted(list, NULL, "%.*s%s%s", (int)(place - sentence), sentence, value, place + 2);
    } else if (sentence) {
        seal_json_put_text(list, NULL, sentence);
    }
}

static void tell_sentences(struct explained *out)
{
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        const char *path = sentences[i].path, *value = sentences[i].value;
        if (value ? seal_profile_says(out->file, path, value) : seal_profile_asks(out->file, path)) {
            tell(out->becomes, sentences[i].becomes, seal_profile_file_text(out->file, path));
            tell(out->forever, sentences[i].forever, NULL);
        }
    }
    if (!seal_profile_file_get(out->file, "identity")) {
        tell(out->becomes, "no identity: key, certificate and esp_secure_cert stay as they are", NULL);
    }
}

static void tell_keys(struct explained *out)
{
    const struct seal_chip *chip = out->chip;
    size_t digests = seal_profile_file_count(out->file, "secure_boot.digests");
    unsigned blocks = seal_profile_key_blocks(out->file, chip);
    for (size_t i = 0; i < digests; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "secure_boot.digests[%zu].key", i);
        const char *key = seal_profile_file_text(out->file, path);
        (void)snprintf(path, sizeof path, "secure_boot.digests[%zu].file", i);
        seal_json_put_formatted(out->becomes, NULL, "slot %zu of %u for signing keys: %s", i,
                                chip->secure_boot.digests,
                                key ? key : seal_profile_file_text(out->file, path));
    }
    if (blocks) {
        seal_json_put_formatted(out->forever, NULL, "%u of the %s's %u key block%s filled", blocks,
                                chip->title, chip->key_blocks, chip->key_blocks == 1 ? " is" : "s are");
    }
    bool once = chip->key_blocks == 1 && digests && seal_profile_asks(out->file, "flash_encryption");
    if (once) {
        tell(out->forever, "its only key block takes key and digest in one write: neither can follow later",
             NULL);
    }
    if (seal_profile_says(out->file, "flash_encryption.mode", "release") &&
        !seal_profile_asks(out->file, "flash_encryption.escrow_to") &&
        (!seal_profile_asks(out->file, "flash_encryption.key") ||
         seal_profile_says(out->file, "flash_encryption.key", "generate"))) {
        tell(out->forever,
             "the flash key is kept nowhere: nobody can write this device's flash over the wire again", NULL);
    }
}

/* The doors with the fuses that close them on this chip. */
static void tell_doors(struct explained *out)
{
    for (enum seal_word word = 0; word < SEAL_WORDS; word++) {
        const char *path = seal_lockdown_words[word].path;
        char fuses[160] = "";
        enum seal_word_value value;
        struct seal_word_fuse found[SEAL_WORD_FUSES];
        size_t count = 0, used = 0;
        const char *text = seal_profile_file_text(out->file, path);
        bool known =
            text && seal_profile_asks(out->file, path) &&
            seal_word_value_parse(word, text, &value, NULL) == SEAL_OK &&
            seal_lockdown_fuses(out->chip, SEAL_REVISION_ANY, word, value, found, &count, NULL) == SEAL_OK;
        for (size_t i = 0; known && i < count && used < sizeof fuses; i++) {
            int wrote =
                snprintf(fuses + used, sizeof fuses - used, "%s%s", i ? ", " : "", found[i].field->name);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
        if (known) {
            seal_json_put_formatted(out->forever, NULL, "%s %s: %s (%s)", seal_lockdown_words[word].name,
                                    text, seal_lockdown_words[word].says, fuses);
        }
    }
}

int profile_explain_json(const struct seal_profile_file *file, seal_json **json)
{
    const struct seal_chip *chip = seal_profile_chip(file);
    *json = seal_json_object_new();
    if (!*json) {
        return SEAL_ERR_NO_MEMORY;
    }
    seal_json_put_text(*json, "profile", seal_profile_file_name(file));
    seal_json_put_text(*json, "chip", chip->name);
    seal_json_put_text(*json, "mode", seal_profile_file_text(file, "mode"));
    struct explained out = {.file = file,
                            .chip = chip,
                            .becomes = seal_json_put_array(*json, "becomes"),
                            .forever = seal_json_put_array(*json, "irreversible")};
    tell_sentences(&out);
    tell_keys(&out);
    tell_doors(&out);
    for (size_t i = 0; i < seal_profile_file_count(file, "firmware"); i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "firmware[%zu].offset", i);
        const struct seal_profile_value *offset = seal_profile_file_get(file, path);
        (void)snprintf(path, sizeof path, "firmware[%zu].file", i);
        seal_json_put_formatted(out.becomes, NULL, "%s in flash at 0x%x", seal_profile_file_text(file, path),
                                (unsigned)offset->number);
    }
    return SEAL_OK;
}

static void print_list(const char *title, const seal_json *list)
{
    if (seal_json_len(list) == 0) {
        return;
    }
    (void)printf("\n%s\n", title);
    for (size_t i = 0; i < seal_json_len(list); i++) {
        char line[512];
        (void)snprintf(line, sizeof line, "- %s", seal_json_text(seal_json_at(list, i)));
        cli_wrap(stdout, line, 2, 100);
    }
}

int profile_explain(const struct cli_run *run, const struct seal_profile_file *file)
{
    seal_json *json = NULL;
    int err = profile_explain_json(file, &json);
    if (err == SEAL_OK) {
        cli_print(run, "%s: %s, %s\n", seal_profile_file_name(file), seal_profile_chip(file)->title,
                  seal_profile_file_text(file, "mode"));
        print_list("The device becomes", seal_json_get(json, "becomes"));
        print_list("What cannot be undone", seal_json_get(json, "irreversible"));
    }
    seal_json_free(&json);
    return err;
}
