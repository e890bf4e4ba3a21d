#include "run.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MIN_COLUMNS = 40, DEFAULT_COLUMNS = 80 };

bool cli_json(const struct cli_run *run)
{
    return run->json;
}

bool cli_stderr_is_terminal(const struct cli_run *run)
{
    return run->stderr_terminal;
}

void cli_print(const struct cli_run *run, const char *format, ...)
{
    if (run->json) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vfprintf(stdout, format, args);
    va_end(args);
}

int cli_stderr_columns(const struct cli_run *run)
{
    struct winsize size;
    if (!run->stderr_terminal) {
        return 0;
    }
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= MIN_COLUMNS ? size.ws_col
                                                                                      : DEFAULT_COLUMNS;
}

/* Where the text of "  12 *  burn" begins: behind the last gap of two blanks near the line's begin. */
static size_t hanging_indent(const char *line)
{
    size_t indent = 0;
    for (size_t i = 2; i < 12 && line[i - 2] && line[i - 1] && line[i]; i++) {
        if (line[i - 2] == ' ' && line[i - 1] == ' ' && line[i] != ' ') {
            indent = i;
        }
    }
    return indent;
}

void cli_put_folded(FILE *out, const char *line, int columns)
{
    size_t indent = hanging_indent(line);
    size_t left = strlen(line);
    size_t head = indent; /* a line is not broken before its text */
    size_t room = (size_t)columns;
    while (columns > 0 && left > room) {
        size_t cut = room;
        while (cut > 0 && line[cut] != ' ') {
            cut--;
        }
        if (cut <= head) {
            break; /* one long word: a path stays whole, so that it can be copied */
        }
        (void)fwrite(line, 1, cut, out);
        (void)fprintf(out, "\n%*s", (int)indent, "");
        left -= cut + 1;
        line += cut + 1;
        room = (size_t)columns - indent;
        head = 0;
    }
    (void)fputs(line, out);
    (void)fputc('\n', out);
}

static void talk(const struct cli_run *run, const char *prefix, const char *format, va_list args)
{
    char line[2048];
    int len = snprintf(line, sizeof line, "%s", prefix);
    (void)vsnprintf(line + len, sizeof line - (size_t)len, format, args);
    cli_progress_clear(run);
    (void)fflush(stdout); /* keeps the order where both are the same terminal */
    cli_put_folded(stderr, line, cli_stderr_columns(run));
}

void cli_say(const struct cli_run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    talk(run, "", format, args);
    va_end(args);
}

void cli_warn(const struct cli_run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    talk(run, "espseal: warning: ", format, args);
    va_end(args);
}

void cli_hint(const struct cli_run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    talk(run, "espseal: hint: ", format, args);
    va_end(args);
}

int cli_emit_json(const struct cli_run *run, seal_json **value)
{
    struct seal_buf *text = seal_buf_new();
    int err = text ? seal_json_print(*value, false, text) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        (void)fwrite(seal_buf_ptr(text), 1, seal_buf_len(text), stdout);
        *run->emitted = true;
    }
    seal_buf_free(&text);
    seal_json_free(value);
    return err;
}
