#include "profile_rules.h"

#include <stdio.h>
#include <string.h>

bool seal_profile_says(const struct seal_profile_file *file, const char *path, const char *value)
{
    const char *text = seal_profile_file_text(file, path);
    return text && strcmp(text, value) == 0;
}

bool seal_profile_asks(const struct seal_profile_file *file, const char *path)
{
    const char *text = seal_profile_file_text(file, path);
    return text && strcmp(text, "false") != 0 && strcmp(text, "keep") != 0;
}

const struct seal_chip *seal_profile_chip(const struct seal_profile_file *file)
{
    const char *name = seal_profile_file_text(file, "chip");
    return name ? seal_chip_find(name) : NULL;
}

/* A word, or a word with one value: "mode=production". */
struct claim {
    char path[64];
    const char *value; /* NULL: any that asks for something */
};

static struct claim read_claim(const char *text)
{
    struct claim claim = {.value = strchr(text, '=')};
    int len = claim.value ? (int)(claim.value - text) : (int)strlen(text);
    (void)snprintf(claim.path, sizeof claim.path, "%.*s", len, text);
    claim.value += claim.value != NULL;
    return claim;
}

static const struct seal_profile_value *find_claim(const struct seal_profile_file *file, const char *text)
{
    struct claim claim = read_claim(text);
    bool holds =
        claim.value ? seal_profile_says(file, claim.path, claim.value) : seal_profile_asks(file, claim.path);
    return holds ? seal_profile_file_get(file, claim.path) : NULL;
}

/* Both together have no meaning. The first is blamed. */
static const struct {
    const char *one, *other;
    const char *why;
} exclusions[] = {
    {"identity.subject", "identity.device_cert", "a certificate that is given is not made"},
    {"identity.ca_key", "identity.device_cert", "a certificate that is given is not signed"},
    {"identity.sign_cmd", "identity.device_cert", "a certificate that is given is not signed"},
    {"identity.cmp", "identity.device_cert", "a certificate that is given is not signed"},
    {"identity.csr_only", "identity.device_cert", "the certificate comes in another run"},
    {"identity.csr_out", "identity.device_cert", "there is nothing to request"},
    {"identity.eku[0]", "identity.device_cert", "a certificate that is given is not made"},
    {"identity.csr_only", "identity.private_key", "the key is made in this run"},
    {"identity.csr_only", "identity.ca_key", "the certificate comes in another run"},
    {"identity.csr_only", "identity.sign_cmd", "the certificate comes in another run"},
    {"identity.csr_only", "identity.cmp", "the certificate comes in another run"},
    {"identity.csr_only", "lockdown.download", "the second run needs the download mode"},
    {"identity.sign_cmd", "identity.ca_key", "one of them signs"},
    {"identity.cmp", "identity.ca_key", "one of them signs"},
    {"identity.cmp", "identity.sign_cmd", "one of them signs"},
    {"record.keep_secrets", "mode=production", "a production run leaves no secrets"},
    {"flash_encryption.mode=release", "mode=development",
     "development leaves doors open that release closes"},
    {"flash_encryption.mode=release", "lockdown.jtag=keep", "release mode closes JTAG"},
    {"flash_encryption.mode=release", "lockdown.usb_jtag=keep", "release mode closes JTAG"},
    {"flash_encryption.mode=release", "lockdown.download=keep", "release mode closes the download mode"},
    {"secure_boot.version=1", "secure_boot.digests[0]", "version 1 knows no digests"},
    {"secure_boot.version=1", "secure_boot.revoke_unused", "version 1 knows no slots"},
    {"secure_boot.version=1", "secure_boot.aggressive_revoke", "version 1 knows no slots"},
    {"secure_boot.version=1", "secure_boot.sha384", "version 1 knows SHA-256 only"},
    {"secure_boot.version=2", "secure_boot.v1_key", "version 2 has no key in the chip"},
    {"nvs_encryption.scheme=flash", "nvs_encryption.efuse_key", "this scheme's keys are in flash"},
};

/* One makes sense only with the other. */
static const struct {
    const char *one, *other;
} needs[] = {
    {"identity.private_key", "identity.device_cert"},
    {"identity.ca_key", "identity.ca_cert"},
    {"identity.ca_key", "identity.subject"},
    {"identity.sign_cmd", "identity.subject"},
    {"identity.cmp", "identity.subject"},
    {"identity.csr_only", "identity.subject"},
    {"identity.csr_only", "identity.csr_out"},
    {"identity.foreign_ca", "identity.ca_cert"},
    {"record.keep_secrets", "record.out"},
    {"storage", "identity"},
    {"secure_boot.version=2", "secure_boot.digests[0]"},
    {"nvs_encryption.scheme=flash", "flash_encryption"},
    {"lockdown.jtag_key", "lockdown.jtag=soft"},
};

static void tell_place(const struct seal_profile_value *value, char *text, size_t size)
{
    if (value->line) {
        (void)snprintf(text, size, " (line %u)", value->line);
    } else {
        (void)snprintf(text, size, " (%s%s)", strcmp(value->origin, "--set") == 0 ? "" : "--", value->origin);
    }
}

int profile_exclude(const struct seal_profile_file *file, const struct seal_profile_value *one,
                    const struct seal_profile_value *other, const char *why, struct seal_cause *cause)
{
    char place[48];
    bool valued = other->word->type == SEAL_PROFILE_CHOICE || other->word->type == SEAL_PROFILE_NUMBER;
    tell_place(other, place, sizeof place);
    int err = seal_profile_file_fail(file, one, SEAL_ERR_FORMAT, cause, "excludes %s%s%.20s%s: %s",
                                     other->path, valued ? " " : "", valued ? other->text : "", place, why);
    seal_hint(cause, "keep one of them; --set %s=null takes a word out for one run", one->path);
    return err;
}

static int check_pairs(const struct seal_profile_file *file, struct seal_cause *cause)
{
    for (size_t i = 0; i < sizeof exclusions / sizeof exclusions[0]; i++) {
        const struct seal_profile_value *one = find_claim(file, exclusions[i].one);
        const struct seal_profile_value *other = one ? find_claim(file, exclusions[i].other) : NULL;
        if (other) {
            return profile_exclude(file, one, other, exclusions[i].why, cause);
        }
    }
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        const struct seal_profile_value *one = find_claim(file, needs[i].one);
        struct claim other = read_claim(needs[i].other);
        if (one && !find_claim(file, needs[i].other)) {
            int err = seal_profile_file_fail(file, one, SEAL_ERR_FORMAT, cause, "needs %s%s%s", other.path,
                                             other.value ? ": " : "", other.value ? other.value : "");
            seal_hint(cause, "add it, here or with --set %s=%s", other.path,
                      other.value ? other.value : "VALUE");
            return err;
        }
    }
    return SEAL_OK;
}

/* An identity is given, or made and signed by somebody. */
static int check_identity(const struct seal_profile_file *file, struct seal_cause *cause)
{
    const struct seal_profile_value *identity = seal_profile_file_get(file, "identity");
    const struct seal_profile_value *subject = seal_profile_file_get(file, "identity.subject");
    int err = SEAL_OK;
    if (!identity) {
        return SEAL_OK;
    }
    if (!subject && !seal_profile_asks(file, "identity.device_cert")) {
        err = seal_profile_file_fail(file, identity, SEAL_ERR_FORMAT, cause,
                                     "there is neither a subject nor a device_cert");
    } else if (subject && !seal_profile_asks(file, "identity.ca_key") &&
               !seal_profile_asks(file, "identity.sign_cmd") && !seal_profile_asks(file, "identity.cmp") &&
               !seal_profile_asks(file, "identity.csr_only")) {
        err = seal_profile_file_fail(file, subject, SEAL_ERR_FORMAT, cause,
                                     "nobody signs the certificate that is made");
    }
    if (err != SEAL_OK) {
        seal_hint(cause,
                  "give device_cert and private_key, or subject with ca_cert and ca_key, sign_cmd, cmp or "
                  "csr_only");
    }
    return err;
}

/* Development leaves all doors as they are: a word that would be ignored is refused. */
static int check_doors(const struct seal_profile_file *file, struct seal_cause *cause)
{
    const struct seal_profile_value *value, *mode = seal_profile_file_get(file, "mode");
    for (size_t i = 0; (value = seal_profile_file_at(file, i)); i++) {
        bool door = strncmp(value->path, "lockdown.", 9) == 0 && seal_profile_asks(file, value->path);
        if (door && strcmp(mode->text, "development") == 0) {
            return profile_exclude(file, value, mode, "development closes no doors", cause);
        }
    }
    return SEAL_OK;
}

static int check_digests(const struct seal_profile_file *file, struct seal_cause *cause)
{
    size_t count = seal_profile_file_count(file, "secure_boot.digests");
    for (size_t i = 0; i < count; i++) {
        char path[48];
        (void)snprintf(path, sizeof path, "secure_boot.digests[%zu].key", i);
        const struct seal_profile_value *key = seal_profile_file_get(file, path);
        (void)snprintf(path, sizeof path, "secure_boot.digests[%zu].file", i);
        const struct seal_profile_value *digest = seal_profile_file_get(file, path);
        (void)snprintf(path, sizeof path, "secure_boot.digests[%zu]", i);
        if (key && digest) {
            return profile_exclude(file, key, digest, "both give the digest", cause);
        }
        if (!key && !digest) {
            return seal_profile_file_fail(file, seal_profile_file_get(file, path), SEAL_ERR_FORMAT, cause,
                                          "there is neither a key nor a file");
        }
    }
    return SEAL_OK;
}

static int check_firmware(const struct seal_profile_file *file, struct seal_cause *cause)
{
    for (size_t i = 0; i < seal_profile_file_count(file, "firmware"); i++) {
        char path[48];
        (void)snprintf(path, sizeof path, "firmware[%zu].offset", i);
        const struct seal_profile_value *offset = seal_profile_file_get(file, path);
        if (offset && offset->number % 4096) {
            return seal_profile_file_fail(file, offset, SEAL_ERR_FORMAT, cause, "is no multiple of 4096");
        }
    }
    return SEAL_OK;
}

int seal_profile_check(const struct seal_profile_file *file, struct seal_cause *cause)
{
    static int (*const checks[])(const struct seal_profile_file *, struct seal_cause *) = {
        seal_profile_file_complete, check_pairs, check_identity, check_doors, check_digests, check_firmware,
        profile_check_chip};
    int err = SEAL_OK;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && err == SEAL_OK; i++) {
        err = checks[i](file, cause);
    }
    return err;
}
