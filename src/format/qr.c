#include <espseal/qr.h>

#include <espseal/secret.h>

#include <errno.h>
#include <png.h>
#include <qrencode.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET = 4, QUIET_TERMINAL = 2, SVG_UNIT = 4, PNG_UNIT = 8 };

static bool dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width &&
           (code->data[y * code->width + x] & 1) != 0;
}

static int put(struct seal_buf *out, const char *format, ...) SEAL_PRINTF(2, 3);
static int put(struct seal_buf *out, const char *format, ...)
{
    char text[192];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return len > 0 && (size_t)len < sizeof text ? seal_buf_put(out, text, (size_t)len) : SEAL_ERR_TOO_LONG;
}

/* Each row's runs of dark modules are one path of rectangles. */
static int put_svg(const QRcode *code, struct seal_buf *out)
{
    int size = (code->width + 2 * QUIET) * SVG_UNIT;
    int err =
        put(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
            "shape-rendering=\"crispEdges\">\n<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>\n<path d=\"",
            size, size, size, size, size, size);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; err == SEAL_OK && x < code->width; x++) {
            int from = x;
            while (dark(code, x, y)) {
                x++;
            }
            if (x > from) {
                int width = (x - from) * SVG_UNIT;
                err = put(out, "M%d %dh%dv%dh-%dz", (from + QUIET) * SVG_UNIT, (y + QUIET) * SVG_UNIT, width,
                          SVG_UNIT, width);
            }
        }
    }
    return err == SEAL_OK ? put(out, "\"/>\n</svg>\n") : err;
}

static int put_png(const QRcode *code, struct seal_buf *out)
{
    size_t side = (size_t)(code->width + 2 * QUIET) * PNG_UNIT;
    png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY};
    image.width = image.height = (png_uint_32)side;
    png_alloc_size_t len = 0;
    uint8_t *pixels = malloc(side * side);
    int err = pixels ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    for (size_t i = 0; err == SEAL_OK && i < side * side; i++) {
        pixels[i] =
            dark(code, (int)(i % side) / PNG_UNIT - QUIET, (int)(i / side) / PNG_UNIT - QUIET) ? 0 : 255;
    }
    if (err == SEAL_OK && !png_image_write_to_memory(&image, NULL, &len, 0, pixels, 0, NULL)) {
        err = SEAL_ERR_NO_MEMORY;
    }
    uint8_t *place = err == SEAL_OK ? seal_buf_reserve(out, len) : NULL;
    if (err == SEAL_OK && (!place || !png_image_write_to_memory(&image, place, &len, 0, pixels, 0, NULL))) {
        err = SEAL_ERR_NO_MEMORY;
    }
    if (pixels) {
        seal_cleanse(pixels, side * side);
    }
    free(pixels);
    return err;
}

/* Two rows of modules a line; the colours are set, so that it reads on any terminal. */
static int put_terminal(const QRcode *code, struct seal_buf *out)
{
    static const char *const blocks[] = {" ", "\u2580", "\u2584", "\u2588"};
    int err = SEAL_OK;
    for (int y = -QUIET_TERMINAL; err == SEAL_OK && y < code->width + QUIET_TERMINAL; y += 2) {
        err = put(out, "\033[30;107m");
        for (int x = -QUIET_TERMINAL; err == SEAL_OK && x < code->width + QUIET_TERMINAL; x++) {
            err = put(out, "%s", blocks[(dark(code, x, y) ? 1 : 0) + (dark(code, x, y + 1) ? 2 : 0)]);
        }
        if (err == SEAL_OK) {
            err = put(out, "\033[0m\n");
        }
    }
    return err;
}

int seal_qr_encode(const char *text, enum seal_qr_form form, struct seal_buf *out, struct seal_cause *cause)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code) {
        return errno == ERANGE
                   ? seal_fail(cause, SEAL_ERR_TOO_LONG, "%zu bytes are too many for a QR code", strlen(text))
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "cannot make a QR code");
    }
    int err = form == SEAL_QR_SVG   ? put_svg(code, out)
              : form == SEAL_QR_PNG ? put_png(code, out)
                                    : put_terminal(code, out);
    seal_cleanse(code->data, (size_t)code->width * (size_t)code->width);
    QRcode_free(code);
    return err == SEAL_OK ? SEAL_OK : seal_fail(cause, err, "cannot make a QR code");
}
