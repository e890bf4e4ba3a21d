/* What an audit's results are held to: a baseline of accepted findings, and what is required. */
#include "audit.h"

#include <espseal/file.h>

#include <string.h>
#include <time.h>

enum { LARGEST = 4 << 20 };

int cli_audit_read_json(const char *path, seal_json **root, struct seal_cause *cause)
{
    struct seal_buf *text = NULL;
    struct seal_cause why = {0};
    int err = seal_file_read(path, LARGEST, 0, &text, cause);
    if (err == SEAL_OK) {
        err = seal_json_parse((const char *)seal_buf_ptr(text), seal_buf_len(text), root, &why);
        err = err == SEAL_OK ? err : seal_fail(cause, err, "%s: %s", path, why.text);
    }
    seal_buf_free(&text);
    return err;
}

static int read_json(const char *path, const char *list, seal_json **root, struct seal_cause *cause)
{
    int err = cli_audit_read_json(path, root, cause);
    if (err == SEAL_OK && seal_json_kind(seal_json_get(*root, list)) != SEAL_JSON_ARRAY) {
        seal_json_free(root);
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s has no list \"%s\"", path, list);
    }
    return err;
}

/* Today, UTC, as 2026-11-21. */
static void today(char text[static 11])
{
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc) || strftime(text, 11, "%Y-%m-%d", &utc) == 0) {
        memcpy(text, "9999-12-31", 11);
    }
}

static bool is_date(const char *text)
{
    struct tm utc = {0};
    const char *end = strptime(text, "%Y-%m-%d", &utc);
    return strlen(text) == 10 && end && *end == '\0';
}

static int fail_check(const char *path, const char *id, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s: there is no check %s", path, id ? id : "without a name");
    seal_hint(cause, "espseal audit --list shows them");
    return err;
}

static int check_accepted(const char *path, const seal_json *entry, struct seal_cause *cause)
{
    const char *id = seal_json_text(seal_json_get(entry, "check"));
    const char *reason = seal_json_text(seal_json_get(entry, "reason"));
    const char *expires = seal_json_text(seal_json_get(entry, "expires"));
    if (!id || !reason || !*reason || !expires || !is_date(expires)) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s: an accepted finding needs check, reason and expires",
                            path);
        seal_hint(cause, "{\"check\": \"DBG-ROM-LOG\", \"reason\": \"...\", \"expires\": \"2027-01-31\"}");
        return err;
    }
    return seal_audit_find(id) ? SEAL_OK : fail_check(path, id, cause);
}

static bool is_level(const char *what)
{
    return strcmp(what, "development") == 0 || strcmp(what, "production") == 0;
}

static int read_baseline(struct cli_audit *audit, struct seal_cause *cause)
{
    const char *path = cli_text(audit->run, "baseline");
    int err = path ? read_json(path, "accepted", &audit->accepted, cause) : SEAL_OK;
    const seal_json *list = err == SEAL_OK ? seal_json_get(audit->accepted, "accepted") : NULL;
    for (size_t i = 0; err == SEAL_OK && i < seal_json_len(list); i++) {
        err = check_accepted(path, seal_json_at(list, i), cause);
    }
    return err;
}

static int read_required(struct cli_audit *audit, struct seal_cause *cause)
{
    const char *path = cli_text(audit->run, "require");
    if (!path || is_level(path)) {
        return SEAL_OK;
    }
    int err = read_json(path, "require", &audit->required, cause);
    if (err == SEAL_ERR_NOT_FOUND) {
        seal_hint(cause, "--require takes development, production, or a file");
    }
    const seal_json *list = err == SEAL_OK ? seal_json_get(audit->required, "require") : NULL;
    for (size_t i = 0; err == SEAL_OK && i < seal_json_len(list); i++) {
        const char *id = seal_json_text(seal_json_at(list, i));
        err = id && seal_audit_find(id) ? SEAL_OK : fail_check(path, id, cause);
    }
    return err == SEAL_OK && seal_json_len(list) == 0
               ? seal_fail(cause, SEAL_ERR_FORMAT, "%s requires nothing", path)
               : err;
}

int cli_audit_read_rules(struct cli_audit *audit, struct seal_cause *cause)
{
    int err = read_baseline(audit, cause);
    return err == SEAL_OK ? read_required(audit, cause) : err;
}

int cli_audit_accept(struct cli_audit *audit)
{
    const seal_json *list = seal_json_get(audit->accepted, "accepted");
    char now[11];
    int err = SEAL_OK;
    today(now);
    for (size_t i = 0; err == SEAL_OK && i < seal_json_len(list); i++) {
        const seal_json *entry = seal_json_at(list, i);
        const char *id = seal_json_text(seal_json_get(entry, "check"));
        const char *expires = seal_json_text(seal_json_get(entry, "expires"));
        if (strcmp(expires, now) < 0) {
            cli_warn(audit->run, "%s: %s was accepted until %s, and is not any more",
                     cli_text(audit->run, "baseline"), id, expires);
        } else {
            err = seal_audit_accept(audit->audit, id, seal_json_text(seal_json_get(entry, "reason")));
        }
    }
    return err;
}

static bool is_missed(const struct seal_audit *audit, const char *id)
{
    for (size_t i = 0; i < seal_audit_count(audit); i++) {
        const struct seal_audit_result *result = seal_audit_result(audit, i);
        if (strcmp(result->check->id, id) == 0) {
            return (result->verdict == SEAL_AUDIT_FAIL || result->verdict == SEAL_AUDIT_UNKNOWN) &&
                   !result->accepted;
        }
    }
    return true;
}

int cli_audit_require(const struct cli_audit *audit, struct seal_cause *cause)
{
    const char *what = cli_text(audit->run, "require");
    size_t missed = 0;
    int err = SEAL_OK;
    const seal_json *list = seal_json_get(audit->required, "require");
    for (size_t i = 0; i < seal_json_len(list); i++) {
        missed += is_missed(audit->audit, seal_json_text(seal_json_at(list, i)));
    }
    if (what && is_level(what)) {
        bool hard = strcmp(what, "production") == 0;
        (void)seal_audit_meets(audit->audit, hard ? SEAL_AUDIT_PRODUCTION : SEAL_AUDIT_DEVELOPMENT, &missed);
    }
    if (missed > 0) {
        err = seal_fail(cause, SEAL_ERR_FINDINGS, "%zu required check%s failed or %s unknown (--require %s)",
                        missed, missed == 1 ? "" : "s", missed == 1 ? "is" : "are", what);
        seal_hint(cause, "each names its remedy; --baseline FILE accepts one for a reason");
    }
    return err;
}
