#include <espseal/scan.h>

#include <espseal/base64.h>
#include <espseal/digest.h>
#include <espseal/key.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    SHORTEST_DER = 32,   /* a SEC1 key of a small curve without its public part is a little longer */
    LONGEST_DER = 16384, /* PKCS#8 of an RSA-16384 key would be longer; none of ours is */
    SHORTEST_TEXT = 40,  /* characters of Base64 or hex worth decoding */
    DISTINCT_MIN = 12,   /* 32 random bytes have fewer different values less than once in 2^60 times */
};

struct scan {
    const uint8_t *fingerprints;
    size_t fingerprint_count;
    seal_scan_fn each;
    void *ctx;
};

struct place { /* bytes that are looked at, and where they come from */
    const uint8_t *data;
    size_t len;
    enum seal_scan_form form;
    size_t origin; /* of decoded text; 0 for the data itself */
    const struct seal_release *release;
};

static const char *const form_names[] = {
    [SEAL_SCAN_BINARY] = "binary",
    [SEAL_SCAN_PEM] = "PEM",
    [SEAL_SCAN_BASE64] = "Base64",
    [SEAL_SCAN_HEX] = "hex",
};

const char *seal_scan_form_name(enum seal_scan_form form)
{
    return form_names[form];
}

static size_t origin_of(const struct place *place, size_t at)
{
    return place->form == SEAL_SCAN_BINARY ? at : place->origin;
}

struct pass { /* over a place, from its beginning */
    const struct seal_release *release;
    size_t told;
};

/* How far to look at once; what lies before was read. */
static size_t look_from(struct pass *pass, const struct place *place, size_t at)
{
    const size_t left = place->len - at;
    if (at - pass->told >= SEAL_RELEASE_STEP) {
        seal_release_to(pass->release, at);
        pass->told = at;
    }
    return left < SEAL_RELEASE_STEP ? left : SEAL_RELEASE_STEP;
}

/* --- private keys --- */

/* The length of a DER SEQUENCE that may be a private key, with its header; 0: it cannot be one. */
static size_t key_length(const uint8_t *at, size_t left)
{
    size_t header;
    size_t body;
    if (left < SHORTEST_DER || at[0] != 0x30) {
        return 0;
    }
    if (at[1] < 0x80) {
        header = 2;
        body = at[1];
    } else if (at[1] == 0x81) {
        header = 3;
        body = at[2];
    } else if (at[1] == 0x82) {
        header = 4;
        body = (size_t)(at[2] << 8 | at[3]);
    } else {
        return 0;
    }
    /* All three forms begin with a version, an INTEGER of one byte: 0 or 1. */
    bool version = at[header] == 2 && at[header + 1] == 1 && at[header + 2] <= 1;
    return version && body >= SHORTEST_DER && header + body <= left && body <= LONGEST_DER ? header + body
                                                                                           : 0;
}

static int report_key(const struct scan *scan, const struct place *place, size_t at, const char *what)
{
    struct seal_scan_finding finding = {
        .kind = SEAL_SCAN_PRIVATE_KEY, .form = place->form, .offset = origin_of(place, at)};
    (void)snprintf(finding.what, sizeof finding.what, "%s", what);
    return scan->each(scan->ctx, &finding);
}

static int find_der(const struct scan *scan, const struct place *place)
{
    struct pass pass = {place->release, 0};
    int err = SEAL_OK;
    for (size_t at = 0; err == SEAL_OK && at + SHORTEST_DER <= place->len;) {
        const size_t here = look_from(&pass, place, at);
        const uint8_t *next = memchr(place->data + at, 0x30, here);
        if (!next) {
            at += here;
            continue;
        }
        at = (size_t)(next - place->data);
        struct seal_key *key = NULL;
        size_t size = key_length(next, place->len - at);
        if (size && seal_key_read(next, size, "", NULL, &key, NULL) == SEAL_OK) {
            err = report_key(scan, place, at, seal_key_describe(key));
            at += size;
        } else {
            at++;
        }
        seal_key_free(&key);
    }
    return err;
}

/* "-----BEGIN RSA PRIVATE KEY-----" with data behind it that are not encrypted. */
static int find_pem(const struct scan *scan, const struct place *whole)
{
    static const char begin[] = "-----BEGIN ";
    static const char end[] = "PRIVATE KEY-----";
    struct place place = *whole;
    struct pass pass = {whole->release, 0};
    int err = SEAL_OK;
    place.form = SEAL_SCAN_PEM;
    for (size_t at = 0; err == SEAL_OK && at + sizeof begin <= place.len;) {
        const size_t here = look_from(&pass, &place, at);
        const uint8_t *next = memmem(place.data + at, here, begin, sizeof begin - 1);
        if (!next) {
            at += here - (sizeof begin - 2); /* a line may begin here and end in the next look */
            continue;
        }
        at = (size_t)(next - place.data) + sizeof begin - 1;
        const uint8_t *name = place.data + at;
        size_t room = place.len - at < 40 ? place.len - at : 40;
        const uint8_t *stop = memmem(name, room, end, sizeof end - 1);
        size_t left = place.len - at;
        bool encrypted = memmem(name, room, "ENCRYPTED", 9) != NULL ||
                         memmem(name, left < 120 ? left : 120, "Proc-Type: 4,ENCRYPTED", 22) != NULL;
        /* A program that writes or reads keys holds such lines itself: Base64 must follow. */
        size_t body = stop ? (size_t)(stop - place.data) + sizeof end - 1 : place.len;
        while (body < place.len && (isspace(place.data[body]) || place.data[body] == '\\' ||
                                    (place.data[body] == 'n' && place.data[body - 1] == '\\'))) {
            body++;
        }
        if (stop && !encrypted && body + 4 <= place.len && place.data[body] == 'M') {
            struct seal_key *key = NULL;
            size_t size = left + sizeof begin - 1 < LONGEST_DER ? left + sizeof begin - 1 : LONGEST_DER;
            bool read = seal_key_read(next, size, "", NULL, &key, NULL) == SEAL_OK;
            place.origin = (size_t)(next - place.data);
            err = report_key(scan, &place, place.origin, read ? seal_key_describe(key) : "");
            seal_key_free(&key);
        }
    }
    return err;
}

/* --- keys by fingerprint --- */

static int check_window(const struct scan *scan, const struct place *place, size_t at, size_t size,
                        bool reversed)
{
    uint8_t digest[32];
    uint8_t turned[64];
    const uint8_t *window = place->data + at;
    for (size_t i = 0; reversed && i < size; i++) {
        turned[i] = window[size - 1 - i];
    }
    int err = seal_sha256(reversed ? turned : window, size, digest);
    for (size_t i = 0; err == SEAL_OK && i < scan->fingerprint_count; i++) {
        if (memcmp(digest, scan->fingerprints + 32 * i, sizeof digest) == 0) {
            const struct seal_scan_finding finding = {.kind = SEAL_SCAN_FINGERPRINT,
                                                      .form = place->form,
                                                      .offset = origin_of(place, at),
                                                      .fingerprint = i,
                                                      .reversed = reversed};
            err = scan->each(scan->ctx, &finding);
        }
    }
    return err;
}

/* Erased flash, text and tables are passed over without a hash: they repeat few values. */
static int find_fingerprints(const struct scan *scan, const struct place *place)
{
    uint16_t seen[256] = {0};
    unsigned distinct = 0;
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && scan->fingerprint_count && i < place->len; i++) {
        distinct += seen[place->data[i]]++ == 0;
        if (i >= 32) {
            distinct -= --seen[place->data[i - 32]] == 0;
        }
        if (i < 31 || distinct < DISTINCT_MIN) {
            continue;
        }
        size_t at = i - 31;
        for (size_t size = 32; err == SEAL_OK && size <= 64 && at + size <= place->len; size += 32) {
            err = check_window(scan, place, at, size, false);
            if (err == SEAL_OK) {
                err = check_window(scan, place, at, size, true);
            }
        }
    }
    return err;
}

/* --- text that stands for bytes --- */

static bool is_base64(uint8_t c)
{
    return isalnum(c) || c == '+' || c == '/' || c == '=';
}

static bool is_hex(uint8_t c)
{
    return isxdigit(c);
}

static int scan_decoded(const struct scan *scan, struct seal_buf *decoded, enum seal_scan_form form,
                        size_t origin)
{
    const struct place place = {seal_buf_ptr(decoded), seal_buf_len(decoded), form, origin, NULL};
    int err = find_der(scan, &place);
    if (err == SEAL_OK) {
        err = find_fingerprints(scan, &place);
    }
    seal_buf_truncate(decoded, 0);
    return err;
}

static int nibble(uint8_t c)
{
    return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

/* The digits of a run, however they are separated ("0x12, 0x34", "12:34", "12 34"). */
static int take_hex(const struct scan *scan, const uint8_t *text, size_t len, size_t origin,
                    struct seal_buf *decoded)
{
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < len;) {
        bool prefix = i + 1 < len && text[i] == '0' && (text[i + 1] | 0x20) == 'x';
        bool pair = !prefix && i + 1 < len && is_hex(text[i]) && is_hex(text[i + 1]);
        if (pair) {
            err = seal_buf_put_u8(decoded, (uint8_t)(nibble(text[i]) << 4 | nibble(text[i + 1])));
        }
        i += prefix || pair ? 2 : 1;
    }
    return err == SEAL_OK ? scan_decoded(scan, decoded, SEAL_SCAN_HEX, origin) : err;
}

static int take_base64(const struct scan *scan, const uint8_t *text, size_t len, size_t origin,
                       struct seal_buf *decoded)
{
    if (origin && text[-1] == '-') {
        return SEAL_OK; /* the body of a PEM text, which was looked at as such */
    }
    for (size_t i = 0; i + 1 < len; i++) { /* "key=MIG..." */
        if (text[i] == '=' && isalnum(text[i + 1])) {
            int err = take_base64(scan, text + i + 1, len - i - 1, origin + i + 1, decoded);
            if (err != SEAL_OK) {
                return err;
            }
            len = i;
        }
    }
    size_t digits = 0; /* whole groups only, so that a cut text is read as far as it goes */
    size_t end = 0;
    for (size_t i = 0; i < len; i++) {
        digits += is_base64(text[i]);
        end = digits % 4 == 0 ? i + 1 : end;
    }
    int err = seal_base64_decode((const char *)text, end, decoded);
    if (err == SEAL_ERR_FORMAT) {
        return SEAL_OK;
    }
    return err == SEAL_OK ? scan_decoded(scan, decoded, SEAL_SCAN_BASE64, origin) : err;
}

static bool in_hex_run(uint8_t c)
{
    return is_hex(c) || (c && strchr(" :,\t\r\n-xX", c));
}

static bool in_base64_run(uint8_t c)
{
    return is_base64(c) || c == '\r' || c == '\n';
}

/* Looks at every 40th byte first: a run that is long enough holds one of them. */
static int find_runs(const struct scan *scan, const struct place *place, bool (*in_run)(uint8_t),
                     int (*take)(const struct scan *, const uint8_t *, size_t, size_t, struct seal_buf *))
{
    bool member[256];
    struct pass pass = {place->release, 0};
    struct seal_buf *decoded = seal_buf_new();
    int err = decoded ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    for (size_t c = 0; c < sizeof member; c++) {
        member[c] = in_run((uint8_t)c);
    }
    for (size_t at = 0; err == SEAL_OK && at + SHORTEST_TEXT <= place->len;) {
        size_t begin = at + SHORTEST_TEXT, end = begin;
        (void)look_from(&pass, place, at);
        while (begin > at && member[place->data[begin - 1]]) {
            begin--;
        }
        if (begin > at) {
            at = begin;
            continue;
        }
        while (end < place->len && member[place->data[end]]) {
            end++;
        }
        err = take(scan, place->data + at, end - at, at, decoded);
        at = end + 1;
    }
    seal_buf_free(&decoded);
    return err;
}

static int scan_place(const struct scan *scan, const struct place *place)
{
    int err = find_der(scan, place);
    if (err == SEAL_OK) {
        err = find_pem(scan, place);
    }
    if (err == SEAL_OK) {
        err = find_fingerprints(scan, place);
    }
    if (err == SEAL_OK) {
        err = find_runs(scan, place, in_base64_run, take_base64);
    }
    return err == SEAL_OK ? find_runs(scan, place, in_hex_run, take_hex) : err;
}

int seal_scan(const void *data, size_t len, const uint8_t *fingerprints, size_t fingerprint_count,
              seal_scan_fn each, void *ctx)
{
    const struct scan scan = {fingerprints, fingerprint_count, each, ctx};
    const struct place place = {.data = data, .len = len, .form = SEAL_SCAN_BINARY};
    return scan_place(&scan, &place);
}

int seal_scan_mapped(const void *data, size_t len, const struct seal_release *release, seal_scan_fn each,
                     void *ctx)
{
    const struct scan scan = {.each = each, .ctx = ctx};
    const struct place place = {.data = data, .len = len, .form = SEAL_SCAN_BINARY, .release = release};
    return scan_place(&scan, &place);
}
