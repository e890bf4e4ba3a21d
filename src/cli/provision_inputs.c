#include "flash.h"
#include "partition.h"
#include "provision.h"

#include <espseal/file.h>
#include <espseal/hex.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_IMAGE = 32 << 20, LARGEST_ANSWER = 64 << 10, DEFAULT_DAYS = 3650 };

static int read_mode(struct cli_run *run, struct provision *p)
{
    p->profile.mode =
        strcmp(cli_text(run, "mode"), "production") == 0 ? SEAL_MODE_PRODUCTION : SEAL_MODE_DEVELOPMENT;
    const char *storage = cli_text(run, "storage");
    p->profile.storage = SEAL_STORAGE_DS;
    for (enum seal_storage s = SEAL_STORAGE_PLAINTEXT; storage && s <= SEAL_STORAGE_ECDSA; s++) {
        if (strcmp(storage, seal_storage_name(s)) == 0) {
            p->profile.storage = s;
        }
    }
    return SEAL_OK;
}

static int read_places(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *key = cli_text(run, "efuse-key");
    const char *offset = cli_text(run, "offset");
    uint32_t value;
    p->profile.efuse_key = SEAL_AUTO;
    p->profile.offset = SEAL_SECURE_CERT_DEFAULT_OFFSET;
    if (key && strcmp(key, "auto") != 0) {
        int err = cli_number(run, "efuse-key", 15, 0, &value, cause);
        if (err != SEAL_OK) {
            return err;
        }
        p->profile.efuse_key = (int)value;
    }
    if (offset && strcmp(offset, "auto") == 0) {
        p->profile.offset = SEAL_AUTO;
    } else {
        int err = cli_number(run, "offset", UINT32_MAX, SEAL_SECURE_CERT_DEFAULT_OFFSET, &value, cause);
        if (err != SEAL_OK) {
            return err;
        }
        p->profile.offset = value;
    }
    return provision_blame(p, "table-offset", 0, cli_table_offset(run, &p->profile.table_offset, cause),
                           cause);
}

int provision_add_image(struct provision *p, const char *text, struct seal_cause *cause)
{
    size_t n = p->profile.firmware_count;
    struct seal_firmware *image = &p->images[n];
    const char *equals = strchr(text, '=');
    const size_t len = equals ? (size_t)(equals - text) : 0;
    if (n == PROVISION_IMAGES) {
        return seal_fail(cause, SEAL_ERR_USAGE, "more than %d images", PROVISION_IMAGES);
    }
    if (len > 0 && len < PROVISION_PLACE) {
        memcpy(p->image_places[n], text, len);
    }
    if (!p->image_places[n][0] ||
        (isdigit((unsigned char)text[0]) &&
         seal_parse_u32(p->image_places[n], UINT32_MAX, &image->offset) != SEAL_OK)) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "--firmware %s is not PLACE=FILE", text);
        seal_hint(cause, "for example --firmware 0x0=bootloader.bin --firmware 0x8000=partition-table.bin");
        return err;
    }
    int err = seal_map_open(equals + 1, LARGEST_IMAGE, &p->image_data[n], cause);
    if (err == SEAL_OK && seal_map_len(p->image_data[n]) == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is empty", equals + 1);
    }
    if (err == SEAL_OK) {
        image->name = equals + 1;
        image->data = seal_map_ptr(p->image_data[n]);
        image->len = seal_map_len(p->image_data[n]);
        image->release = seal_map_release(p->image_data[n]);
    }
    p->profile.firmware = p->images;
    p->profile.firmware_count++;
    return err;
}

/* Names are those of the partition table among the images: a blank device has none. */
static int find_places(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    struct flash_files files = {.count = p->profile.firmware_count};
    bool named = false;
    for (size_t i = 0; i < files.count; i++) {
        const struct seal_firmware *image = &p->images[i];
        struct flash_file *file = &files.files[i];
        *file = (struct flash_file){.path = image->name, .data = image->data, .len = image->len};
        memcpy(file->place, p->image_places[i], PROVISION_PLACE);
        named = named || !isdigit((unsigned char)file->place[0]);
    }
    if (!named) {
        return SEAL_OK;
    }
    files.table.offset = p->profile.table_offset;
    int err = cli_find_chip(cli_text(run, "chip"), &files.table.chip, cause);
    if (err == SEAL_OK) {
        err = flash_place_files(NULL, &files, 1, 0, cause);
    }
    for (size_t i = 0; err == SEAL_OK && i < files.count; i++) {
        p->images[i].offset = files.files[i].region.offset;
    }
    return err;
}

static int read_images(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    int err = SEAL_OK;
    const char *text;
    for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(run, "firmware", i)); i++) {
        err = provision_blame(p, "firmware", i, provision_add_image(p, text, cause), cause);
    }
    err = err == SEAL_OK ? find_places(run, p, cause) : err;
    return err == SEAL_OK && p->file ? provision_check_images(p, cause) : err;
}

static int usage(struct seal_cause *cause, const char *text)
{
    int err = seal_fail(cause, SEAL_ERR_USAGE, "%s", text);
    seal_hint(
        cause,
        "give --device-cert and --private-key, or --subject with --ca-cert and --ca-key, or --subject with "
        "--sign-cmd");
    return err;
}

static int check_request_only(struct cli_run *run, struct seal_cause *cause)
{
    if (!cli_text(run, "subject") || !cli_text(run, "csr-out")) {
        return usage(cause, "--csr-only needs --subject and --csr-out");
    }
    if (cli_text(run, "device-cert") || cli_text(run, "private-key") || cli_text(run, "ca-key") ||
        cli_text(run, "sign-cmd") || cli_text(run, "cmp")) {
        return usage(cause, "--csr-only makes a key and a request; the certificate comes in another run");
    }
    return SEAL_OK;
}

/* An identity is given or made; half of each is a mistake that must not burn anything. A certificate alone is
 * for the key that is in the chip. */
static int check_combination(struct cli_run *run, struct seal_cause *cause)
{
    bool cert = cli_text(run, "device-cert");
    bool key = cli_text(run, "private-key");
    bool subject = cli_text(run, "subject");
    bool ca_key = cli_text(run, "ca-key");
    bool cmp = cli_text(run, "cmp");
    bool sign = cli_text(run, "sign-cmd") || cmp;
    if (cmp && cli_text(run, "sign-cmd")) {
        return usage(cause, "--sign-cmd and --cmp exclude each other");
    }
    if (cli_flag(run, "csr-only")) {
        return check_request_only(run, cause);
    }
    if (key && !cert) {
        return usage(cause, "--private-key and --device-cert belong together");
    }
    if (cert && (subject || ca_key || sign || cli_text(run, "csr-out") || cli_text(run, "eku") ||
                 cli_flag(run, "any-subject"))) {
        return usage(cause, "a device certificate was given, so none can be made");
    }
    if (!cert && !subject) {
        return usage(cause, "there is no identity to give to the device");
    }
    if (!cert && ca_key == sign) {
        return usage(cause, ca_key ? "--ca-key, --sign-cmd and --cmp exclude each other"
                                   : "nobody signs the device's certificate");
    }
    if (ca_key && cli_flag(run, "any-subject")) {
        return usage(cause, "--any-subject is for a CA elsewhere: --ca-key signs what is asked for");
    }
    if (ca_key && !cli_text(run, "ca-cert")) {
        return usage(cause, "--ca-key needs --ca-cert");
    }
    return SEAL_OK;
}

static int read_names(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    int err = cli_list(run, "san", p->san, CLI_NAMES, cause);
    if (err == SEAL_OK) {
        err = cli_list(run, "eku", p->usages, CLI_NAMES, cause);
    }
    p->profile.subject = cli_text(run, "subject");
    p->profile.san = p->san;
    p->profile.usages = p->usages;
    p->profile.serial = cli_text(run, "serial");
    if (err == SEAL_OK && cli_text(run, "serials")) {
        p->profile.assign_serial = provision_serial;
        p->profile.serial_ctx = run;
        err = p->profile.serial ? usage(cause, "--serial and --serials are two sources of one number") : err;
    }
    p->profile.any_subject = cli_flag(run, "any-subject");
    p->profile.request_only = cli_flag(run, "csr-only");
    return err;
}

static int sign_with_command(void *ctx, const uint8_t *request, size_t len, struct seal_buf *cert,
                             struct seal_cause *cause)
{
    const struct provision *p = ctx;
    return cli_run_filter(p->sign_command, request, len, LARGEST_ANSWER, cert, cause);
}

static int read_identity(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    struct seal_profile *profile = &p->profile;
    const char *path;
    int err = SEAL_OK;
    if ((path = cli_text(run, "ca-cert"))) {
        err = provision_blame(p, "ca-cert", 0, cli_read_certs(run, path, &p->ca_cert, cause), cause);
    }
    if (err == SEAL_OK && (path = cli_text(run, "device-cert"))) {
        err = provision_blame(p, "device-cert", 0, cli_read_certs(run, path, &p->device_cert, cause), cause);
    }
    if (err == SEAL_OK && (path = cli_text(run, "private-key"))) {
        err = provision_blame(p, "private-key", 0,
                              cli_read_key(run, path, "passphrase-file", &p->private_key, cause), cause);
    }
    if (err == SEAL_OK && (path = cli_text(run, "ca-key"))) {
        err = provision_blame(p, "ca-key", 0,
                              cli_read_key(run, path, "ca-passphrase-file", &p->ca_key, cause), cause);
    }
    profile->ca_cert = p->ca_cert;
    profile->foreign_ca = cli_flag(run, "foreign-ca");
    profile->device_cert = p->device_cert;
    profile->private_key = p->private_key;
    profile->ca_key = p->ca_key;
    profile->key_type = cli_text(run, "key-type")                ? cli_text(run, "key-type")
                        : profile->storage == SEAL_STORAGE_ECDSA ? "ec:p256"
                                                                 : "rsa:2048";
    p->sign_command = cli_text(run, "sign-cmd");
    if (p->sign_command) {
        profile->sign_request = sign_with_command;
        profile->sign_ctx = p;
    }
    return err;
}

static int read_hmac_key(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    if (!cli_text(run, "hmac-key")) {
        return SEAL_OK;
    }
    int err = provision_blame(p, "hmac-key", 0, cli_read_hmac_key(run, &p->hmac_key, cause), cause);
    if (err == SEAL_OK) {
        p->profile.hmac_key = seal_buf_ptr(p->hmac_key);
    }
    return err;
}

static int read_allowed(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *name;
    for (size_t i = 0; (name = cli_text_at(run, "allow", i)); i++) {
        if (i == PROVISION_RULES) {
            return seal_fail(cause, SEAL_ERR_USAGE, "more than %d rules are overridden", PROVISION_RULES);
        }
        p->allow[i] = name;
    }
    p->profile.allow = p->allow;
    return SEAL_OK;
}

int provision_read_inputs(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    int err = provision_read_profile(run, p, cause);
    if (err == SEAL_OK && !cli_text(run, "mode")) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--mode MODE is missing");
        seal_hint(cause, "--mode production or --mode development, or a profile that says it");
    }
    if (err == SEAL_OK && !p->profile.no_identity) {
        err = check_combination(run, cause);
    }
    if (err == SEAL_OK) {
        err = read_mode(run, p);
    }
    if (err == SEAL_OK && cli_flag(run, "keep-secrets") &&
        (p->profile.mode == SEAL_MODE_PRODUCTION || !cli_text(run, "out"))) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--keep-secrets is for --mode development with --out DIR");
    }
    if (err == SEAL_OK) {
        err = read_places(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = cli_days(run, DEFAULT_DAYS, &p->profile.days, cause);
    }
    if (err == SEAL_OK) {
        err = read_allowed(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = provision_read_sealing(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = provision_read_manufacturing(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = read_images(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = read_identity(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = read_names(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = provision_read_cmp(run, p, cause);
    }
    return err == SEAL_OK ? read_hmac_key(run, p, cause) : err;
}

void provision_free(struct provision *p)
{
    seal_json_free(&p->record);
    seal_job_free(&p->job);
    seal_key_free(&p->private_key);
    seal_key_free(&p->ca_key);
    seal_cert_free(&p->ca_cert);
    seal_cert_free(&p->device_cert);
    seal_buf_free(&p->hmac_key);
    seal_buf_free(&p->cmp_secret);
    seal_cert_free(&p->cmp_cert);
    seal_key_free(&p->cmp_key);
    for (size_t i = 0; i < PROVISION_IMAGES; i++) {
        seal_map_close(&p->image_data[i]);
    }
    for (size_t i = 0; i < PROVISION_SECRETS; i++) {
        seal_buf_free(&p->secrets[i]);
    }
    seal_map_close(&p->nvs_data);
    seal_csv_free(&p->mfg_tables[0]);
    seal_csv_free(&p->mfg_values);
    seal_buf_free(&p->derive_key);
    seal_cert_free(&p->escrow);
    seal_profile_file_free(&p->file);
}
