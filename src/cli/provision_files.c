/* The files of --out: written before anything is burned, so that a full disk costs no fuse. */
#include "provision.h"

#include <espseal/file.h>
#include <espseal/hex.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAC_WORD "{mac}"
enum { RECEIPTS = 1000, LARGEST_RECEIPT = 1 << 20 };

static int path_in(const struct provision *p, const char *name, char *path, size_t size,
                   struct seal_cause *cause)
{
    if (snprintf(path, size, "%s/%s", p->directory, name) >= (int)size) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "the path %.200s/%s is too long", p->directory, name);
    }
    return SEAL_OK;
}

static int expand_directory(struct provision *p, const char *given, struct seal_cause *cause)
{
    uint8_t mac[6];
    char hex[13];
    seal_job_mac(p->job, mac);
    seal_hex_encode(mac, sizeof mac, hex);
    const char *word = strstr(given, MAC_WORD);
    int before = word ? (int)(word - given) : (int)strlen(given);
    int len = snprintf(p->directory, sizeof p->directory, "%.*s%s%s", before, given, word ? hex : "",
                       word ? word + strlen(MAC_WORD) : "");
    if (len >= (int)sizeof p->directory) {
        p->directory[0] = '\0';
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "the path %.200s is too long", given);
    }
    return SEAL_OK;
}

static int make_directory(char *path, struct seal_cause *cause)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash) {
            *slash = '\0';
        }
        bool failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        int err = failed ? seal_fail_errno(cause, "cannot make the directory %s", path) : SEAL_OK;
        if (slash) {
            *slash = '/';
        }
        if (err != SEAL_OK || !slash) {
            return err;
        }
    }
}

static void name_former(struct provision *p, const char *theirs)
{
    uint8_t mac[6];
    (void)snprintf(p->former, sizeof p->former, "former");
    if (theirs && seal_mac_parse(theirs, mac) == SEAL_OK) {
        seal_hex_encode(mac, sizeof mac, p->former);
    }
}

/* A directory that holds another device's files, or a person's, is not written into by accident. */
static int check_owner(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    char path[576];
    struct seal_buf *text = NULL;
    seal_json *old = NULL;
    uint8_t mac[6];
    char mine[SEAL_MAC_TEXT];
    seal_job_mac(p->job, mac);
    (void)seal_mac_text(mac, mine);
    int err = path_in(p, "receipt.json", path, sizeof path, cause);
    if (err != SEAL_OK || seal_file_read(path, LARGEST_RECEIPT, 0, &text, NULL) != SEAL_OK) {
        return err;
    }
    const char *theirs = NULL;
    if (seal_json_parse((const char *)seal_buf_ptr(text), seal_buf_len(text), &old, NULL) == SEAL_OK) {
        theirs = seal_json_text(seal_json_get(seal_json_get(old, "chip"), "mac"));
    }
    p->owns_directory = theirs && strcmp(theirs, mine) == 0;
    if (!p->owns_directory && cli_flag(run, "force")) {
        name_former(p, theirs);
    } else if (!p->owns_directory) {
        err = seal_fail(cause, SEAL_ERR_EXISTS, "%s holds the record of another device (%.17s)", p->directory,
                        theirs ? theirs : "unreadable");
        seal_hint(
            cause,
            "use --out %s/{mac} to keep one directory for each device; --force takes this one, and moves "
            "what is there into a folder in it",
            p->directory);
    }
    seal_json_free(&old);
    seal_buf_free(&text);
    return err;
}

/* Files of an earlier run of this device may be replaced; any other that has one of these names stays. */
static int check_names(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const bool force = cli_flag(run, "force"), secrets = force || cli_flag(run, "keep-secrets");
    int err = SEAL_OK;
    for (size_t i = 0; provision_file_names[i] && err == SEAL_OK && !p->owns_directory; i++) {
        char path[576];
        if (i >= PROVISION_SECRET_FILES && !secrets) {
            break;
        }
        err = path_in(p, provision_file_names[i], path, sizeof path, cause);
        if (err == SEAL_OK && !force) {
            err = seal_file_check_writable(path, 0, cause);
        } else if (err == SEAL_OK && !p->former[0] && access(path, F_OK) == 0) {
            name_former(p, NULL);
        }
    }
    return err;
}

int provision_write_one(const struct provision *p, const char *name, const void *data, size_t len, int flags,
                        struct seal_cause *cause)
{
    char path[576];
    int err = path_in(p, name, path, sizeof path, cause);
    return err == SEAL_OK ? seal_file_write(path, data, len, flags | SEAL_FILE_FORCE, cause) : err;
}

/*
 * What the chip hides by now is in no file but that of the run which hid it: the file stays, and this run's
 * has a number. Until then this run's keys are all that the earlier one's were, or those were never burned.
 */
static int write_escrow(struct cli_run *run, const struct provision *p, struct seal_cause *cause)
{
    const struct seal_buf *escrow = seal_job_escrow(p->job);
    const bool keep = seal_job_found_hidden(p->job) || !p->owns_directory;
    char path[576], name[32] = "escrow.pem";
    for (unsigned n = 2; escrow && keep; n++) {
        int err = path_in(p, name, path, sizeof path, cause);
        if (err != SEAL_OK || access(path, F_OK) != 0) {
            break;
        }
        if (n == 1000) {
            return seal_fail(cause, SEAL_ERR_EXISTS, "%s is full of escrow files", p->directory);
        }
        (void)snprintf(name, sizeof name, "escrow-%u.pem", n);
    }
    if (escrow && strcmp(name, "escrow.pem") != 0) {
        cli_say(run, "the escrow file of an earlier run stays; the keys of this one go to %s", name);
    }
    return escrow ? provision_write_one(p, name, seal_buf_ptr(escrow), seal_buf_len(escrow), 0, cause)
                  : SEAL_OK;
}

static int write_public(struct cli_run *run, const struct provision *p, struct seal_cause *cause)
{
    int err = SEAL_OK;
    const struct seal_cert *cert = seal_job_cert(p->job);
    const struct seal_buf *partition = seal_job_partition(p->job);
    const struct seal_buf *request = seal_job_request(p->job);
    struct seal_buf *pem = seal_buf_new();
    if (!pem) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    if (cert) {
        err = seal_cert_write(cert, false, pem, cause);
        if (err == SEAL_OK) {
            err = provision_write_one(p, "certificate.pem", seal_buf_ptr(pem), seal_buf_len(pem), 0, cause);
        }
    }
    if (err == SEAL_OK && partition) {
        bool secret = p->profile.storage == SEAL_STORAGE_PLAINTEXT;
        err = provision_write_one(p, "esp_secure_cert.bin", seal_buf_ptr(partition), seal_buf_len(partition),
                                  secret ? SEAL_FILE_SECRET : 0, cause);
    }
    if (err == SEAL_OK) {
        err = write_escrow(run, p, cause);
    }
    if (err == SEAL_OK && request) {
        err = provision_write_one(p, "request.pem", seal_buf_ptr(request), seal_buf_len(request), 0, cause);
    }
    seal_buf_free(&pem);
    return err;
}

static int write_secrets(const struct provision *p, struct seal_cause *cause)
{
    int err = SEAL_OK;
    const struct seal_key *key = seal_job_key(p->job);
    const uint8_t *hmac_key = seal_job_hmac_key(p->job);
    struct seal_buf *pem = seal_buf_new_secret();
    if (!pem) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    if (key) {
        err = seal_key_write_pkcs8(key, NULL, pem, cause);
        if (err == SEAL_OK) {
            err = provision_write_one(p, "private_key.pem", seal_buf_ptr(pem), seal_buf_len(pem),
                                      SEAL_FILE_SECRET, cause);
        }
    }
    if (err == SEAL_OK && hmac_key) {
        err = provision_write_one(p, "hmac_key.bin", hmac_key, 32, SEAL_FILE_SECRET, cause);
    }
    seal_buf_free(&pem);
    return err;
}

/* receipt.json is the first, receipt-2.json the second, ... */
static int receipt_path(const struct provision *p, unsigned n, char *path, size_t size,
                        struct seal_cause *cause)
{
    char name[32] = "receipt.json";
    if (n > 1) {
        (void)snprintf(name, sizeof name, "receipt-%u.json", n);
    }
    return path_in(p, name, path, size, cause);
}

/* What an earlier run recorded stays. */
static int choose_receipt(struct provision *p, struct seal_cause *cause)
{
    for (unsigned n = 1; n < RECEIPTS; n++) {
        int err = receipt_path(p, n, p->receipt, sizeof p->receipt, cause);
        if (err != SEAL_OK || access(p->receipt, F_OK) != 0) {
            return err;
        }
    }
    return seal_fail(cause, SEAL_ERR_EXISTS, "%s is full of receipts", p->directory);
}

/* False: there is no such file; nor does one count that cannot be read. */
static bool recall(struct provision *p, const char *path)
{
    struct seal_buf *text = NULL;
    seal_json *receipt = NULL;
    bool decides =
        seal_file_read(path, LARGEST_RECEIPT, 0, &text, NULL) == SEAL_OK &&
        seal_json_parse((const char *)seal_buf_ptr(text), seal_buf_len(text), &receipt, NULL) == SEAL_OK &&
        seal_job_recall(p->job, receipt);
    seal_json_free(&receipt);
    seal_buf_free(&text);
    return decides;
}

int provision_files_recall(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *given = cli_text(run, "out");
    char path[576];
    if (!given || !seal_job_wants_record(p->job)) {
        return SEAL_OK;
    }
    unsigned count = 0;
    int err = expand_directory(p, given, cause);
    while (err == SEAL_OK && count < RECEIPTS) {
        err = receipt_path(p, count + 1, path, sizeof path, cause);
        if (err != SEAL_OK || access(path, F_OK) != 0) {
            break;
        }
        count++;
    }
    for (bool decided = false; err == SEAL_OK && count > 0 && !decided; count--) {
        err = receipt_path(p, count, path, sizeof path, cause);
        decided = err == SEAL_OK && recall(p, path);
    }
    return err;
}

/* Without --force a file stays what it is; that it holds just this already is as good. */
int provision_files_request(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *path = cli_text(run, "csr-out");
    struct seal_buf *there = NULL;
    if (!cli_flag(run, "csr-only")) {
        return SEAL_OK;
    }
    int err = seal_job_sign_request(p->job, cause);
    if (err != SEAL_OK) {
        return err;
    }
    const struct seal_buf *request = seal_job_request(p->job);
    size_t len = seal_buf_len(request);
    bool same = strcmp(path, "-") != 0 && seal_file_read(path, len, 0, &there, NULL) == SEAL_OK &&
                seal_buf_len(there) == len && memcmp(seal_buf_ptr(there), seal_buf_ptr(request), len) == 0;
    seal_buf_free(&there);
    if (!same) {
        err = seal_file_write(path, seal_buf_ptr(request), len, cli_flag(run, "force") ? SEAL_FILE_FORCE : 0,
                              cause);
    }
    if (err == SEAL_OK && p->directory[0]) {
        err = provision_write_one(p, "request.pem", seal_buf_ptr(request), len, 0, cause);
    }
    return err;
}

/* A request that could not be written would be found out only after the burn. */
static int check_request_file(struct cli_run *run, const struct provision *p, struct seal_cause *cause)
{
    const char *path = cli_text(run, "csr-out");
    bool new_key = seal_job_key(p->job) != NULL;
    if (!cli_flag(run, "csr-only") || !new_key || strcmp(path, "-") == 0) {
        return SEAL_OK;
    }
    return seal_file_check_writable(path, cli_flag(run, "force") ? SEAL_FILE_FORCE : 0, cause);
}

int provision_files_check(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *given = cli_text(run, "out");
    const char *csr = cli_text(run, "csr-out");
    int err = SEAL_OK;
    if (seal_job_blind(p->job)) {
        return SEAL_OK; /* nothing is known of it that could be recorded, not even its MAC */
    }
    if (seal_job_escrow(p->job) && !given) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "the wrapped keys of this device need a place to be kept");
        seal_hint(cause, "give --out DIR: escrow.pem is written there before anything is burned");
    }
    if (err == SEAL_OK && !given && seal_job_needs_record(p->job)) {
        err = seal_fail(
            cause, SEAL_ERR_USAGE,
            "a run that hides a new key for ever needs a place for its receipt: after a cut it alone "
            "tells which images were written with that key");
        seal_hint(cause, "give --out DIR, or record.out in the profile");
    }
    if (err == SEAL_OK) {
        err = provision_label_check(run, p, cause);
    }
    if (err == SEAL_OK && csr && seal_job_request(p->job)) {
        err = seal_file_check_writable(csr, cli_flag(run, "force") ? SEAL_FILE_FORCE : 0, cause);
    }
    if (err == SEAL_OK) {
        err = check_request_file(run, p, cause);
    }
    if (err == SEAL_OK && given) {
        err = expand_directory(p, given, cause);
    }
    if (err == SEAL_OK && given) {
        err = check_owner(run, p, cause);
    }
    if (err == SEAL_OK && given && access(p->directory, F_OK) == 0) {
        err = check_names(run, p, cause);
    }
    return err;
}

int provision_files_prepare(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *csr = cli_text(run, "csr-out");
    const struct seal_buf *request = seal_job_request(p->job);
    int err = SEAL_OK;
    if (csr && request) {
        err = seal_file_write(csr, seal_buf_ptr(request), seal_buf_len(request),
                              cli_flag(run, "force") ? SEAL_FILE_FORCE : 0, cause);
    }
    if (err != SEAL_OK || !p->directory[0]) {
        return err;
    }
    err = make_directory(p->directory, cause);
    if (err == SEAL_OK) {
        err = provision_keep_former(run, p, cause);
    }
    /* The record comes first: it makes the directory this device's. */
    if (err == SEAL_OK) {
        err = choose_receipt(p, cause);
    }
    if (err == SEAL_OK) {
        err = provision_files_progress(p, cause);
    }
    if (err == SEAL_OK) {
        err = write_public(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = provision_label_write(run, p, cause);
    }
    if (err == SEAL_OK && cli_flag(run, "keep-secrets")) {
        err = write_secrets(p, cause);
    }
    return err;
}

int provision_files_progress(struct provision *p, struct seal_cause *cause)
{
    seal_json *receipt = NULL;
    int err = seal_job_receipt(p->job, SEAL_ERR_INTERRUPTED, &receipt);
    err = err == SEAL_OK ? provision_files_receipt(p, receipt, cause)
                         : seal_fail(cause, err, "the receipt could not be made");
    seal_json_free(&receipt);
    return err;
}

int provision_files_receipt(struct provision *p, const seal_json *receipt, struct seal_cause *cause)
{
    if (!p->receipt[0]) {
        return SEAL_OK;
    }
    struct seal_buf *text = seal_buf_new();
    int err = text ? seal_json_print(receipt, false, text) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_file_write(p->receipt, seal_buf_ptr(text), seal_buf_len(text), SEAL_FILE_FORCE, cause);
    }
    seal_buf_free(&text);
    return err;
}
