/* cJSON tells neither comments nor places; this does, over the same bytes. */
#include <espseal/json.h>

#include <string.h>

/* Index behind the string that begins at `at`; len when it does not end. */
static size_t skip_string(const char *text, size_t len, size_t at)
{
    for (at++; at < len && text[at] != '"'; at++) {
        at += text[at] == '\\' && at + 1 < len;
    }
    return at < len ? at + 1 : len;
}

static void blank(char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (text[i] != '\n' && text[i] != '\r') {
            text[i] = ' ';
        }
    }
}

static unsigned line_of(const char *text, size_t at)
{
    unsigned line = 1;
    for (size_t i = 0; i < at; i++) {
        line += text[i] == '\n';
    }
    return line;
}

/* Index behind the comment that begins at `at`; 0 when it does not end. */
static size_t comment_end(const char *text, size_t len, size_t at)
{
    if (text[at + 1] == '/') {
        const char *end = memchr(text + at, '\n', len - at);
        return end ? (size_t)(end - text) : len;
    }
    for (size_t i = at + 2; i + 1 < len; i++) {
        if (text[i] == '*' && text[i + 1] == '/') {
            return i + 2;
        }
    }
    return 0;
}

int seal_json_blank_comments(char *text, size_t len, struct seal_cause *cause)
{
    size_t at = 0;
    while (at < len) {
        bool comment = text[at] == '/' && at + 1 < len && (text[at + 1] == '/' || text[at + 1] == '*');
        if (comment) {
            size_t end = comment_end(text, len, at);
            if (end == 0) {
                return seal_fail(cause, SEAL_ERR_FORMAT, "a comment does not end at line %u",
                                 line_of(text, at));
            }
            blank(text, at, end);
            at = end;
        } else {
            at = text[at] == '"' ? skip_string(text, len, at) : at + 1;
        }
    }
    return SEAL_OK;
}

/* What cJSON takes for white space. */
static void skip_blanks(struct seal_json_lines *lines)
{
    while (lines->at < lines->len && (unsigned char)lines->text[lines->at] <= ' ') {
        lines->line += lines->text[lines->at++] == '\n';
    }
}

static void skip_text(struct seal_json_lines *lines)
{
    size_t end = skip_string(lines->text, lines->len, lines->at);
    for (; lines->at < end; lines->at++) {
        lines->line += lines->text[lines->at] == '\n';
    }
}

static void skip_scalar(struct seal_json_lines *lines)
{
    while (lines->at < lines->len && (unsigned char)lines->text[lines->at] > ' ' &&
           !strchr(",]}", lines->text[lines->at])) {
        lines->at++;
    }
}

/* A byte order mark is passed over by cJSON as well. */
static void skip_mark(struct seal_json_lines *lines)
{
    if (lines->at == 0 && lines->len >= 3 && memcmp(lines->text, "\xEF\xBB\xBF", 3) == 0) {
        lines->at = 3;
    }
}

unsigned seal_json_next_line(struct seal_json_lines *lines)
{
    unsigned key_line = 0;
    skip_mark(lines);
    for (skip_blanks(lines); lines->at < lines->len; skip_blanks(lines)) {
        char c = lines->text[lines->at];
        unsigned line = lines->line;
        if (strchr(",:]}", c)) {
            lines->at++;
            continue;
        }
        if (c == '{' || c == '[') {
            lines->at++;
        } else if (c == '"') {
            skip_text(lines);
            skip_blanks(lines);
            if (lines->at < lines->len && lines->text[lines->at] == ':') {
                key_line = line;
                continue;
            }
        } else {
            skip_scalar(lines);
        }
        return key_line ? key_line : line;
    }
    return 0;
}
