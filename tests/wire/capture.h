/* A recorded conversation with a real ROM, and a link that answers as it did. */
#ifndef TESTS_WIRE_CAPTURE_H
#define TESTS_WIRE_CAPTURE_H

#include <espseal/buf.h>
#include <espseal/link.h>

struct capture_line {
    char direction; /* '>' host to chip, '<' chip to host */
    struct seal_buf *bytes;
};

struct capture {
    char name[96];
    struct capture_line *lines;
    size_t count;
};

/* Reads tests/wire/<name>.txt; ends the test when it cannot. */
struct capture *capture_read(const char *name);
void capture_free(struct capture **capture);

/* Calls each(name, ctx) for every file in tests/wire; returns how many there are. */
size_t capture_each(void (*each)(const char *name, void *ctx), void *ctx);

/*
 * A link on which a request gets what the ROM answered to the same one: the next such line of `capture`, else
 * a line of `identity` (SYNC and GET_SECURITY_INFO, which not every capture holds). Checksums are not
 * compared. A request that neither holds is counted in `unknown` and gets no answer; with no answer left a
 * read times out at once.
 */
struct replay {
    const struct capture *capture, *identity;
    size_t cursor; /* line of capture after the last match */
    unsigned unknown;
    struct seal_buf *answers;
    struct seal_link *link;
};
void replay_start(struct replay *replay, const struct capture *capture, const struct capture *identity);
void replay_stop(struct replay *replay);

/* The frame inside one line: unescaped, into a new buffer. NULL when it is no whole SLIP frame. */
struct seal_buf *capture_decode(const struct capture_line *line);

#endif
