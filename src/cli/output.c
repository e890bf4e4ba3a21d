#include "run.h"

#include <stdarg.h>

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

static void talk(const struct cli_run *run, const char *prefix, const char *format, va_list args)
{
    cli_progress_clear(run);
    (void)fflush(stdout); /* keeps the order where both are the same terminal */
    (void)fputs(prefix, stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
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
