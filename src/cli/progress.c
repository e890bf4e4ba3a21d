#include "run.h"

#include <string.h>

enum { DRAW_EVERY_US = 100000, BAR_WIDTH = 24 };

static bool wants(const struct cli_run *run, const char *how)
{
    const char *given = cli_text(run, "progress");
    return strcmp(given ? given : "bar", how) == 0;
}

static void format_bytes(double bytes, char *text, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit < 2) {
        bytes /= 1024;
        unit++;
    }
    (void)snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

/* The bar is what gives way where the terminal is narrow: a line that wraps cannot be erased. */
static void draw_bar(const struct cli_progress_state *state, double seconds, int columns)
{
    char done[24], total[24], rate[24], rest[40] = "", bar[BAR_WIDTH + 1], numbers[128], line[320];
    double fraction = state->total ? (double)state->done / (double)state->total : 0;
    double speed = seconds > 0 ? (double)state->done / seconds : 0;
    format_bytes((double)state->done, done, sizeof done);
    format_bytes((double)state->total, total, sizeof total);
    format_bytes(speed, rate, sizeof rate);
    if (state->total == 0) { /* nobody knows how much there will be */
        (void)snprintf(line, sizeof line, "%s: %s, %s/s", state->what, done, rate);
        (void)fprintf(stderr, "\r\033[K%.*s", columns - 1, line);
        return;
    }
    if (speed > 0 && state->done < state->total) {
        long left = (long)((double)(state->total - state->done) / speed + 0.5);
        (void)snprintf(rest, sizeof rest, ", %ld:%02ld left", left / 60, left % 60);
    }
    (void)snprintf(numbers, sizeof numbers, "%3.0f%% %s of %s, %s/s%s", fraction * 100, done, total, rate,
                   rest);
    int room = columns - 1 - (int)strlen(state->what) - (int)strlen(numbers) - (int)strlen(" [] ");
    size_t width = room < BAR_WIDTH ? room < 0 ? 0 : (size_t)room : BAR_WIDTH;
    size_t filled = (size_t)(fraction * (double)width);
    memset(bar, '.', width);
    memset(bar, '#', filled < width ? filled : width);
    bar[width] = '\0';
    (void)snprintf(line, sizeof line, "%s [%s] %s", state->what, bar, numbers);
    (void)fprintf(stderr, "\r\033[K%.*s", columns - 1, line);
}

static void draw_json(const struct cli_progress_state *state, double seconds)
{
    seal_json *line = seal_json_object_new();
    struct seal_buf *text = seal_buf_new();
    seal_json_put_text(line, "progress", state->what);
    seal_json_put_number(line, "done", (double)state->done);
    seal_json_put_number(line, "total", (double)state->total);
    seal_json_put_number(line, "milliseconds", (double)(int64_t)(seconds * 1000));
    if (text && seal_json_print(line, true, text) == SEAL_OK) {
        (void)fwrite(seal_buf_ptr(text), 1, seal_buf_len(text), stderr);
    }
    seal_buf_free(&text);
    seal_json_free(&line);
}

void cli_progress(struct cli_run *run, const char *what, size_t done, size_t total)
{
    bool bar = run->stderr_terminal && wants(run, "bar");
    bool json = wants(run, "json");
    struct cli_progress_state *state = run->progress;
    if (!bar && !json) {
        return;
    }
    int64_t now = seal_now_us();
    bool same = state->total == total && done >= state->done && strcmp(state->what, what) == 0;
    if (!same) {
        cli_progress_done(run);
        *state = (struct cli_progress_state){.began_us = now, .total = total};
        (void)snprintf(state->what, sizeof state->what, "%s", what);
    } else if (done == state->done ||
               ((total == 0 || done < total) && now - state->drawn_us < DRAW_EVERY_US)) {
        return;
    }
    state->done = done;
    state->drawn_us = now;
    double seconds = (double)(now - state->began_us) / 1e6;
    if (bar) {
        draw_bar(state, seconds, cli_stderr_columns(run));
        state->active = true;
    } else {
        draw_json(state, seconds);
    }
}

void cli_progress_done(struct cli_run *run)
{
    struct cli_progress_state *state = run->progress;
    if (state->active) {
        (void)fputc('\n', stderr);
    }
    *state = (struct cli_progress_state){0};
}

void cli_progress_erase(struct cli_run *run)
{
    if (run->progress->active) {
        (void)fputs("\r\033[K", stderr);
    }
    *run->progress = (struct cli_progress_state){0};
}

void cli_progress_clear(const struct cli_run *run)
{
    struct cli_progress_state *state = run->progress;
    if (state->active && state->done < state->total) {
        (void)fputs("\r\033[K", stderr);
    } else if (state->active) {
        (void)fputc('\n', stderr);
    }
    state->active = false;
}
