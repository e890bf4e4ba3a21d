/* An audit's results for machines: JSON of our own, and SARIF 2.1.0 (OASIS). */
#include "audit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void put_check(seal_json *one, const struct seal_audit_check *check)
{
    seal_json_put_text(one, "id", check->id);
    seal_json_put_text(one, "goal", check->goal);
    seal_json_put_text(one, "title", check->title);
    seal_json_put_text(one, "level", seal_audit_level_name(check->level));
    seal_json_put_text(one, "consequence", check->consequence);
    seal_json_put_text(one, "remedy", check->remedy);
    seal_json_put_text(one, "guide", check->guide);
}

int cli_audit_json(const struct cli_audit *audit, seal_json **root)
{
    size_t counts[4], missed;
    uint8_t mac[6];
    *root = seal_json_object_new();
    cli_audit_counts(audit->audit, counts);
    seal_json_put_text(*root, "chip", audit->source.chip->name);
    if (audit->has_efuse) {
        seal_efuse_mac(&audit->fuse.state, mac);
        seal_json_put_hex(*root, "mac", mac, sizeof mac);
    }
    seal_json *summary = seal_json_put_object(*root, "summary");
    for (int verdict = SEAL_AUDIT_PASS; verdict <= SEAL_AUDIT_NOT_APPLICABLE; verdict++) {
        seal_json_put_number(summary, seal_audit_verdict_name((enum seal_audit_verdict)verdict),
                             (double)counts[verdict]);
    }
    seal_json *meets = seal_json_put_object(*root, "meets");
    seal_json_put_bool(meets, "development", seal_audit_meets(audit->audit, SEAL_AUDIT_DEVELOPMENT, &missed));
    seal_json_put_bool(meets, "production", seal_audit_meets(audit->audit, SEAL_AUDIT_PRODUCTION, &missed));
    seal_json *list = seal_json_put_array(*root, "checks");
    for (size_t i = 0; i < seal_audit_count(audit->audit); i++) {
        const struct seal_audit_result *result = seal_audit_result(audit->audit, i);
        seal_json *one = seal_json_put_object(list, NULL);
        put_check(one, result->check);
        seal_json_put_text(one, "verdict", seal_audit_verdict_name(result->verdict));
        seal_json_put_text(one, "evidence", result->evidence);
        seal_json_put_text(one, "accepted", result->accepted);
    }
    if (audit->fuse.loader) {
        struct seal_loader_stats stats;
        seal_loader_stats(audit->fuse.loader, &stats);
        seal_json *wire = seal_json_put_object(*root, "wire");
        seal_json_put_number(wire, "frames_sent", stats.frames_sent);
        seal_json_put_number(wire, "bytes_sent", (double)stats.bytes_sent);
        seal_json_put_number(wire, "bytes_received", (double)stats.bytes_received);
    }
    return SEAL_OK;
}

int cli_audit_list(const struct cli_run *run)
{
    const char *goal = "";
    if (cli_json(run)) {
        seal_json *root = seal_json_array_new();
        for (const struct seal_audit_check *check = seal_audit_checks; check->id; check++) {
            seal_json *one = seal_json_put_object(root, NULL);
            put_check(one, check);
            seal_json_put_text(one, "explains", check->explains);
        }
        return cli_emit_json(run, &root);
    }
    for (const struct seal_audit_check *check = seal_audit_checks; check->id; check++) {
        if (strcmp(goal, check->goal) != 0) {
            cli_print(run, "%s%s\n", *goal ? "\n" : "", check->goal);
            goal = check->goal;
        }
        cli_print(run, "  %-16s %-12s %s\n", check->id, seal_audit_level_name(check->level), check->title);
    }
    return SEAL_OK;
}

/* --- SARIF --- */

static void put_message(seal_json *parent, const char *key, const char *text)
{
    seal_json_put_text(seal_json_put_object(parent, key), "text", text);
}

static const char *severity(enum seal_audit_level level)
{
    return level == SEAL_AUDIT_ADVICE ? "note" : level == SEAL_AUDIT_DEVELOPMENT ? "error" : "warning";
}

static void put_rules(seal_json *driver)
{
    seal_json *rules = seal_json_put_array(driver, "rules");
    for (const struct seal_audit_check *check = seal_audit_checks; check->id; check++) {
        seal_json *rule = seal_json_put_object(rules, NULL);
        seal_json_put_text(rule, "id", check->id);
        put_message(rule, "shortDescription", check->title);
        put_message(rule, "fullDescription", check->explains);
        put_message(rule, "help", check->remedy);
        seal_json_put_text(seal_json_put_object(rule, "defaultConfiguration"), "level",
                           severity(check->level));
        seal_json *properties = seal_json_put_object(rule, "properties");
        seal_json_put_text(properties, "goal", check->goal);
        seal_json_put_text(properties, "guide", check->guide);
    }
}

/* The file that was looked at, as a URI reference (RFC 3986); a device is none. */
static void put_artifact(seal_json *location, const struct cli_audit *audit)
{
    const char *path = cli_text(audit->run, "flash-file");
    char uri[1024];
    size_t used = 0;
    path = path ? path : cli_text(audit->run, "efuse-file");
    for (const char *c = path; c && *c && used + 4 < sizeof uri; c++) {
        bool plain = isalnum((unsigned char)*c) || strchr("/._~-", *c);
        used += (size_t)snprintf(uri + used, 4, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
    if (path) {
        seal_json *file =
            seal_json_put_object(seal_json_put_object(location, "physicalLocation"), "artifactLocation");
        seal_json_put_text(file, "uri", uri);
    }
}

static void put_result(seal_json *results, const struct cli_audit *audit,
                       const struct seal_audit_result *result, size_t index)
{
    static const char *const kinds[] = {"pass", "fail", "open", "notApplicable"};
    char text[512];
    seal_json *one = seal_json_put_object(results, NULL);
    seal_json_put_text(one, "ruleId", result->check->id);
    seal_json_put_number(one, "ruleIndex", (double)index);
    seal_json_put_text(one, "kind", kinds[result->verdict]);
    seal_json_put_text(one, "level",
                       result->verdict == SEAL_AUDIT_FAIL ? severity(result->check->level) : "none");
    bool fail = result->verdict == SEAL_AUDIT_FAIL;
    (void)snprintf(text, sizeof text, "must hold: %s; seen: %s%s%s", result->check->title, result->evidence,
                   fail ? "; so " : "", fail ? result->check->consequence : "");
    put_message(one, "message", text);
    seal_json *location = seal_json_put_object(seal_json_put_array(one, "locations"), NULL);
    put_artifact(location, audit);
    seal_json *logical = seal_json_put_object(seal_json_put_array(location, "logicalLocations"), NULL);
    seal_json_put_text(logical, "fullyQualifiedName", cli_audit_place(audit));
    seal_json_put_text(logical, "kind", "resource");
    if (result->accepted) {
        seal_json *suppression = seal_json_put_object(seal_json_put_array(one, "suppressions"), NULL);
        seal_json_put_text(suppression, "kind", "external");
        seal_json_put_text(suppression, "justification", result->accepted);
    }
}

int cli_audit_sarif(const struct cli_audit *audit, seal_json **root)
{
    *root = seal_json_object_new();
    seal_json_put_text(*root, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    seal_json_put_text(*root, "version", "2.1.0");
    seal_json *one = seal_json_put_object(seal_json_put_array(*root, "runs"), NULL);
    seal_json *driver = seal_json_put_object(seal_json_put_object(one, "tool"), "driver");
    seal_json_put_text(driver, "name", "espseal");
    seal_json_put_text(driver, "version", ESPSEAL_VERSION);
    seal_json_put_text(driver, "informationUri", "https://github.com/espseal/espseal");
    put_rules(driver);
    seal_json *results = seal_json_put_array(one, "results");
    for (size_t i = 0; i < seal_audit_count(audit->audit); i++) {
        put_result(results, audit, seal_audit_result(audit->audit, i), i);
    }
    return SEAL_OK;
}
