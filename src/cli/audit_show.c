/* An audit's results for people: as text, and as Markdown. */
#include "audit.h"
#include "run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void cli_audit_counts(const struct seal_audit *audit, size_t counts[static 4])
{
    memset(counts, 0, 4 * sizeof *counts);
    for (size_t i = 0; i < seal_audit_count(audit); i++) {
        counts[seal_audit_result(audit, i)->verdict]++;
    }
}

const char *cli_audit_place(const struct cli_audit *audit)
{
    const char *file = cli_text(audit->run, "efuse-file");
    const char *port = cli_text(audit->run, "port");
    return file ? file : port ? port : cli_text(audit->run, "flash-file");
}

static void line(int columns, const char *head, const char *text)
{
    char all[768];
    (void)snprintf(all, sizeof all, "%-25s  %s", head, text);
    cli_put_folded(stdout, all, columns);
}

static const char *word(const struct seal_audit_result *result)
{
    return result->accepted && result->verdict != SEAL_AUDIT_PASS ? "accepted"
           : result->verdict == SEAL_AUDIT_FAIL                   ? "FAIL"
           : result->verdict == SEAL_AUDIT_NOT_APPLICABLE         ? "-"
                                                                  : seal_audit_verdict_name(result->verdict);
}

static void print_one(const struct seal_audit_result *result, int columns)
{
    char head[64];
    (void)snprintf(head, sizeof head, "  %-8s  %s", word(result), result->check->id);
    line(columns, head, result->check->title);
    if (result->evidence[0]) {
        line(columns, "", result->evidence);
    }
    if (result->verdict == SEAL_AUDIT_FAIL && !result->accepted) {
        char text[640];
        (void)snprintf(text, sizeof text, "so: %s", result->check->consequence);
        line(columns, "", text);
        (void)snprintf(text, sizeof text, "do: %s", result->check->remedy);
        line(columns, "", text);
    }
    if (result->accepted) {
        char text[640];
        (void)snprintf(text, sizeof text, "accepted: %s", result->accepted);
        line(columns, "", text);
    }
}

int cli_audit_print(const struct cli_audit *audit)
{
    int columns = isatty(STDOUT_FILENO) ? cli_stderr_columns(audit->run) : 0;
    size_t counts[4], missed[2];
    const char *goal = "";
    for (size_t i = 0; i < seal_audit_count(audit->audit); i++) {
        const struct seal_audit_result *result = seal_audit_result(audit->audit, i);
        if (strcmp(goal, result->check->goal) != 0) {
            goal = result->check->goal;
            cli_print(audit->run, "%s%s\n", i ? "\n" : "", goal);
        }
        print_one(result, columns);
    }
    cli_audit_counts(audit->audit, counts);
    bool development = seal_audit_meets(audit->audit, SEAL_AUDIT_DEVELOPMENT, &missed[0]);
    bool production = seal_audit_meets(audit->audit, SEAL_AUDIT_PRODUCTION, &missed[1]);
    cli_print(audit->run, "\n%s: %zu passed, %zu failed, %zu unknown, %zu not applicable\n",
              audit->source.chip->title, counts[SEAL_AUDIT_PASS], counts[SEAL_AUDIT_FAIL],
              counts[SEAL_AUDIT_UNKNOWN], counts[SEAL_AUDIT_NOT_APPLICABLE]);
    cli_print(audit->run, "%s\n",
              production    ? "meets what a production device must"
              : development ? "meets what a development device must, not what a production device must"
                            : "does not meet what a development device must");
    return SEAL_OK;
}

static int put(struct seal_buf *out, const char *text)
{
    int err = SEAL_OK;
    for (const char *c = text; err == SEAL_OK && *c; c++) {
        err = *c == '|' ? seal_buf_put(out, "\\|", 2) : seal_buf_put(out, c, 1);
    }
    return err;
}

static int cell(struct seal_buf *out, const char *text)
{
    int err = seal_buf_put(out, " ", 1);
    err = err == SEAL_OK ? put(out, text) : err;
    return err == SEAL_OK ? seal_buf_put(out, " |", 2) : err;
}

int cli_audit_markdown(const struct cli_audit *audit, struct seal_buf *out)
{
    char text[256];
    size_t counts[4];
    cli_audit_counts(audit->audit, counts);
    int len = snprintf(text, sizeof text,
                       "# Audit of %s\n\n%zu passed, %zu failed, %zu unknown, %zu not applicable.\n\n"
                       "| check | verdict | what must hold | seen | remedy |\n|---|---|---|---|---|\n",
                       audit->source.chip->title, counts[0], counts[1], counts[2], counts[3]);
    int err = seal_buf_put(out, text, (size_t)len);
    for (size_t i = 0; err == SEAL_OK && i < seal_audit_count(audit->audit); i++) {
        const struct seal_audit_result *result = seal_audit_result(audit->audit, i);
        bool bad = result->verdict == SEAL_AUDIT_FAIL || result->verdict == SEAL_AUDIT_UNKNOWN;
        const char *cells[] = {result->check->id, word(result), result->check->title, result->evidence,
                               result->accepted ? result->accepted
                               : bad            ? result->check->remedy
                                                : ""};
        err = seal_buf_put(out, "|", 1);
        for (size_t k = 0; err == SEAL_OK && k < sizeof cells / sizeof cells[0]; k++) {
            err = cell(out, cells[k]);
        }
        err = err == SEAL_OK ? seal_buf_put(out, "\n", 1) : err;
    }
    return err;
}
