#include "loader.h"

#include <stdio.h>
#include <string.h>

void rom_noise_put(struct rom_noise *noise, const uint8_t *data, size_t len)
{
    noise->bytes += len;
    if (len > sizeof noise->text) {
        data += len - sizeof noise->text;
        len = sizeof noise->text;
    }
    size_t keep = sizeof noise->text - len;
    if (noise->len > keep) {
        memmove(noise->text, noise->text + noise->len - keep, keep);
        noise->len = keep;
    }
    memcpy(noise->text + noise->len, data, len);
    noise->len += len;
}

bool rom_noise_has(const struct rom_noise *noise, const char *words)
{
    return memmem(noise->text, noise->len, words, strlen(words)) != NULL;
}

bool rom_noise_says_reset(const struct rom_noise *noise)
{
    return rom_noise_has(noise, "rst:0x") || rom_noise_has(noise, "ESP-ROM:");
}

bool rom_noise_says_download_disabled(const struct rom_noise *noise)
{
    /* C3 and S3; ESP32 (rom_protocol.json "boot_strings") */
    return rom_noise_has(noise, "Download boot modes disabled") ||
           rom_noise_has(noise, "Download mode is disabled");
}

static bool readable(char c)
{
    return c >= ' ' && c <= '~';
}

void rom_noise_last_line(const struct rom_noise *noise, char *text, size_t capacity)
{
    size_t end = noise->len;
    size_t begin = 0;
    text[0] = '\0';
    while (end > 0) {
        begin = end;
        while (begin > 0 && readable(noise->text[begin - 1])) {
            begin--;
        }
        if (end - begin >= 8) { /* shorter runs are readable by chance */
            (void)snprintf(text, capacity, "%.*s", (int)(end - begin), noise->text + begin);
            return;
        }
        end = begin > 0 ? begin - 1 : 0;
    }
}
