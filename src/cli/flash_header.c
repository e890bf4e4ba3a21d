/* Flash settings in a bootloader's header: changed when that is asked for, and never behind a signature. */
#include "flash.h"

#include <espseal/digest.h>
#include <espseal/image.h>

#include <stdio.h>
#include <string.h>

enum { MODE_AT = 2, HASH_LEN = 32 }; /* the byte behind the mode holds size and frequency */

struct settings {
    int mode, freq, size; /* codes; -1: keep */
};

static const char *asked(struct cli_run *run, const char *option)
{
    const char *text = cli_text(run, option);
    return text && strcmp(text, "keep") != 0 ? text : NULL;
}

static int unknown(struct seal_cause *cause, const char *option, const char *text)
{
    return seal_fail(cause, SEAL_ERR_USAGE, "--%s %s is none that this chip's header knows", option, text);
}

static int read_size(const char *text, uint32_t flash_size, struct settings *settings,
                     struct seal_cause *cause)
{
    char detected[16];
    if (strcmp(text, "detect") == 0) {
        if (flash_size == 0) {
            return seal_fail(cause, SEAL_ERR_USAGE,
                             "--flash-size detect needs a chip whose flash can be asked");
        }
        (void)snprintf(detected, sizeof detected, "%uMB", flash_size >> 20);
        text = detected;
    }
    settings->size = seal_image_size_code(text);
    return settings->size < 0 ? unknown(cause, "flash-size", text) : SEAL_OK;
}

static int read_settings(struct cli_run *run, const struct seal_chip *chip, uint32_t flash_size,
                         struct settings *settings, struct seal_cause *cause)
{
    const char *mode = asked(run, "flash-mode");
    const char *freq = asked(run, "flash-freq");
    const char *size = asked(run, "flash-size");
    *settings = (struct settings){-1, -1, -1};
    if (mode) {
        settings->mode = seal_image_mode_code(mode);
    }
    if (freq) {
        settings->freq = seal_image_freq_code(chip->image_chip_id, freq);
        if (settings->freq < 0) {
            return unknown(cause, "flash-freq", freq);
        }
    }
    return size ? read_size(size, flash_size, settings, cause) : SEAL_OK;
}

static int check_image(const struct flash_file *file, struct seal_image *image, struct seal_cause *cause)
{
    const struct seal_release release = seal_map_release(file->map);
    const struct seal_image_hashes hashes = {
        .sha256 = seal_sha256_mapped, .sha384 = seal_sha384_mapped, .release = &release};
    int err = seal_image_parse(file->data, file->len, &hashes, image, cause);
    if (err) {
        err = seal_fail(cause, SEAL_ERR_USAGE,
                        "%s is no image whose header could be changed; it may be encrypted", file->path);
    } else if (image->signature_count) {
        err = seal_fail(cause, SEAL_ERR_USAGE,
                        "%s is signed: with another header its signature would be wrong", file->path);
    } else if (!seal_image_intact(image)) {
        err =
            seal_fail(cause, SEAL_ERR_FORMAT, "%s is damaged: its checksum or SHA-256 is wrong", file->path);
    }
    if (err) {
        seal_hint(cause, "leave out --flash-mode, --flash-freq and --flash-size, or build it with them");
    }
    return err;
}

static int change(struct flash_file *file, const struct settings *settings, struct seal_cause *cause)
{
    struct seal_image image;
    int err = check_image(file, &image, cause);
    if (err) {
        return err;
    }
    const unsigned freq = settings->freq < 0 ? image.flash_freq : (unsigned)settings->freq;
    const unsigned size = settings->size < 0 ? image.flash_size : (unsigned)settings->size;
    const uint8_t header[] = {settings->mode < 0 ? image.flash_mode : (uint8_t)settings->mode,
                              (uint8_t)(size << 4 | freq)};
    err = seal_map_patch(file->map, MODE_AT, header, sizeof header);
    if (!err && image.has_hash) {
        const struct seal_release release = seal_map_release(file->map);
        uint8_t hash[HASH_LEN];
        const size_t end = image.length - sizeof hash;
        err = seal_sha256_mapped(file->data, end, &release, hash);
        err = err ? err : seal_map_patch(file->map, end, hash, sizeof hash);
    }
    return err ? seal_fail(cause, err, "cannot change the header of %s", file->path) : SEAL_OK;
}

int flash_change_header(struct cli_run *run, const struct seal_chip *chip, struct flash_files *files,
                        uint32_t flash_size, struct seal_cause *cause)
{
    struct settings settings;
    int err = read_settings(run, chip, flash_size, &settings, cause);
    if (err || (settings.mode < 0 && settings.freq < 0 && settings.size < 0)) {
        return err;
    }
    for (size_t i = 0; i < files->count; i++) {
        if (files->files[i].region.offset == chip->bootloader_offset) {
            return change(&files->files[i], &settings, cause);
        }
    }
    return seal_fail(cause, SEAL_ERR_USAGE, "no file goes to 0x%x, where the header with flash settings lies",
                     chip->bootloader_offset);
}
