/* Names of the header's flash settings (the same words as elf2image takes). */
#include <espseal/image.h>

#include <string.h>
#include <strings.h>

static const char *const modes[] = {"qio", "qout", "dio", "dout"};
static const char *const sizes[] = {"1MB", "2MB", "4MB", "8MB", "16MB", "32MB", "64MB", "128MB"};

struct frequency {
    uint8_t code;
    const char *name;
};

static const struct frequency usual[] = {{0x0, "40m"}, {0x1, "26m"}, {0x2, "20m"}, {0xF, "80m"}, {0}};
static const struct frequency esp32c2[] = {{0x0, "30m"}, {0x1, "20m"}, {0x2, "15m"}, {0xF, "60m"}, {0}};
/* The ESP32-C6's ROM runs code 0 at 80 MHz, whatever the code was meant to be. */
static const struct frequency esp32c6[] = {{0x0, "80m"}, {0x2, "20m"}, {0}};
static const struct frequency esp32h2[] = {{0x0, "24m"}, {0x1, "16m"}, {0x2, "12m"}, {0xF, "48m"}, {0}};
static const struct frequency newer[] = {{0x0, "40m"}, {0x2, "20m"}, {0xF, "80m"}, {0}};

static const struct {
    uint16_t chip_id;
    const struct frequency *frequencies;
} chips[] = {{12, esp32c2}, {13, esp32c6}, {16, esp32h2}, {18, newer}, {20, newer}, {23, newer}};

static const struct frequency *frequencies_of(uint16_t chip_id)
{
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        if (chips[i].chip_id == chip_id) {
            return chips[i].frequencies;
        }
    }
    return usual;
}

static int code_of(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(names[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *seal_image_mode_name(uint8_t code)
{
    return code < sizeof modes / sizeof modes[0] ? modes[code] : NULL;
}

const char *seal_image_size_name(uint8_t code)
{
    return code < sizeof sizes / sizeof sizes[0] ? sizes[code] : NULL;
}

const char *seal_image_freq_name(uint16_t chip_id, uint8_t code)
{
    for (const struct frequency *f = frequencies_of(chip_id); f->name; f++) {
        if (f->code == code) {
            return f->name;
        }
    }
    return NULL;
}

int seal_image_mode_code(const char *name)
{
    return code_of(modes, sizeof modes / sizeof modes[0], name);
}

int seal_image_size_code(const char *name)
{
    return code_of(sizes, sizeof sizes / sizeof sizes[0], name);
}

int seal_image_freq_code(uint16_t chip_id, const char *name)
{
    for (const struct frequency *f = frequencies_of(chip_id); f->name; f++) {
        if (strcasecmp(f->name, name) == 0) {
            return f->code;
        }
    }
    return -1;
}
