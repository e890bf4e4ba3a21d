#include <espseal/err.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct err_row {
    int err;
    const char *name;
    const char *sentence;
};

static const struct err_row rows[] = {
    {SEAL_OK, "OK", "success"},
    {SEAL_ERR_USAGE, "USAGE", "the command line makes no sense"},
    {SEAL_ERR_NO_MEMORY, "NO_MEMORY", "out of memory"},
    {SEAL_ERR_INTERNAL, "INTERNAL", "a defect in espseal"},
    {SEAL_ERR_NOT_FOUND, "NOT_FOUND", "not found"},
    {SEAL_ERR_EXISTS, "EXISTS", "exists already"},
    {SEAL_ERR_IO, "IO", "the operating system reports an error"},
    {SEAL_ERR_PERMISSIONS, "PERMISSIONS", "a secret file can be read by others"},
    {SEAL_ERR_FORMAT, "FORMAT", "malformed data"},
    {SEAL_ERR_TOO_LONG, "TOO_LONG", "does not fit"},
    {SEAL_ERR_PASSPHRASE, "PASSPHRASE", "the passphrase is missing or wrong"},
    {SEAL_ERR_KEY, "KEY", "this key cannot be used here"},
    {SEAL_ERR_MISMATCH, "MISMATCH", "two inputs do not belong together"},
    {SEAL_ERR_CRYPTO, "CRYPTO", "the cryptographic library failed"},
    {SEAL_ERR_SECRET_FOUND, "SECRET_FOUND", "a private key stands where none may be"},
    {SEAL_ERR_NO_DEVICE, "NO_DEVICE", "no device"},
    {SEAL_ERR_AMBIGUOUS, "AMBIGUOUS", "more than one device"},
    {SEAL_ERR_BUSY, "BUSY", "the port is in use"},
    {SEAL_ERR_LINK, "LINK", "the link to the chip broke"},
    {SEAL_ERR_TIMEOUT, "TIMEOUT", "the chip did not answer in time"},
    {SEAL_ERR_PROTOCOL, "PROTOCOL", "the chip's answer makes no sense"},
    {SEAL_ERR_ROM, "ROM", "the chip's ROM reports an error"},
    {SEAL_ERR_ROM_REFUSED, "ROM_REFUSED", "the chip's ROM refuses this command"},
    {SEAL_ERR_WRONG_CHIP, "WRONG_CHIP", "this is another chip"},
    {SEAL_ERR_UNSUPPORTED, "UNSUPPORTED", "this chip cannot do that"},
    {SEAL_ERR_STATE, "STATE", "the chip's state forbids it"},
    {SEAL_ERR_RULE, "RULE", "a rule forbids it"},
    {SEAL_ERR_DECLINED, "DECLINED", "declined"},
    {SEAL_ERR_VERIFY, "VERIFY", "read back something else than was written"},
    {SEAL_ERR_PROOF, "PROOF", "the chip could not prove its key"},
    {SEAL_ERR_FINDINGS, "FINDINGS", "there are findings"},
    {SEAL_ERR_INTERRUPTED, "INTERRUPTED", "interrupted"},
};

static const struct err_row *find_row(int err)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].err == err) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *seal_strerror(int err)
{
    const struct err_row *row = find_row(err);
    return row ? row->sentence : "unknown error";
}

const char *seal_err_name(int err)
{
    const struct err_row *row = find_row(err);
    return row ? row->name : "UNKNOWN";
}

void seal_err_each(void (*each)(int err, void *ctx), void *ctx)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].err != SEAL_OK) {
            each(rows[i].err, ctx);
        }
    }
}

static void set_text(struct seal_cause *cause, int err, const char *format, va_list args)
{
    memset(cause, 0, sizeof *cause);
    cause->err = err;
    (void)vsnprintf(cause->text, sizeof cause->text, format, args);
}

int(seal_fail)(struct seal_cause *cause, int err, const char *format, ...)
{
    if (cause) {
        va_list args;
        va_start(args, format);
        set_text(cause, err, format, args);
        va_end(args);
    }
    return err;
}

/* Adds ": permission denied" and the like, as part of our own sentence. */
static void add_system_text(struct seal_cause *cause, int sys_errno)
{
    cause->sys_errno = sys_errno;
    size_t used = strlen(cause->text);
    (void)snprintf(cause->text + used, sizeof cause->text - used, ": %s", strerror(sys_errno));
    if (used + 2 < sizeof cause->text) {
        cause->text[used + 2] = (char)tolower((unsigned char)cause->text[used + 2]);
    }
}

int seal_fail_in(struct seal_cause *cause, int err, const char *place)
{
    char text[sizeof cause->text];
    if (cause && err != SEAL_OK && (cause->err != err || !cause->text[0])) {
        (void)seal_fail(cause, err, "%s", seal_strerror(err));
    }
    if (cause && err != SEAL_OK) {
        (void)snprintf(text, sizeof text, "%.100s: %.250s", place, cause->text);
        memcpy(cause->text, text, sizeof text);
    }
    return err;
}

int seal_fail_system(struct seal_cause *cause, int err, int sys_errno, const char *format, ...)
{
    if (cause) {
        va_list args;
        va_start(args, format);
        set_text(cause, err, format, args);
        va_end(args);
        add_system_text(cause, sys_errno);
    }
    return err;
}

int seal_fail_errno(struct seal_cause *cause, const char *format, ...)
{
    int saved = errno;
    int err = saved == ENOENT ? SEAL_ERR_NOT_FOUND : SEAL_ERR_IO;
    if (cause) {
        va_list args;
        va_start(args, format);
        set_text(cause, err, format, args);
        va_end(args);
        add_system_text(cause, saved);
    }
    return err;
}

void seal_hint(struct seal_cause *cause, const char *format, ...)
{
    if (cause) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(cause->hint, sizeof cause->hint, format, args);
        va_end(args);
    }
}

void seal_cause_word(struct seal_cause *cause, const char *word)
{
    if (cause) {
        cause->word = word;
    }
}

void seal_cause_compare(struct seal_cause *cause, uint32_t address, uint32_t expected, uint32_t got)
{
    if (cause) {
        cause->has_address = true;
        cause->address = address;
        cause->expected = expected;
        cause->got = got;
    }
}
