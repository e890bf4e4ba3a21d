/*
 * --serials: the list that serial numbers are given out from, a CSV with the columns serial and mac. A device
 * keeps its number: the row of its MAC, else the first row without one, else a new row with the next number.
 */
#include "provision.h"

#include <espseal/csv.h>
#include <espseal/file.h>
#include <espseal/hex.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_LIST = 64 << 20 };

struct list {
    const char *path;
    int fd; /* locked */
    mode_t mode;
    struct seal_csv *csv;
    size_t serial, mac; /* columns */
    size_t row;         /* that is taken; the number of rows: a new one */
    bool taken;         /* the device's own already */
    char number[SEAL_SERIAL_MAX];
};

/* Another station may put a new file under the name while this one waits for the old one's lock. */
static int lock_list(struct list *list, struct seal_cause *cause)
{
    struct stat ours, named;
    for (;;) {
        list->fd = open(list->path, O_RDWR | O_CLOEXEC);
        if (list->fd < 0 || flock(list->fd, LOCK_EX) != 0 || fstat(list->fd, &ours) != 0) {
            int err = seal_fail_errno(cause, "cannot open %s", list->path);
            seal_hint(cause,
                      "begin one with two lines, a heading and the first number: serial,mac and SN-0001,");
            return err;
        }
        if (stat(list->path, &named) == 0 && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev) {
            list->mode = ours.st_mode;
            return SEAL_OK;
        }
        (void)close(list->fd);
    }
}

static int read_list(struct list *list, struct seal_cause *cause)
{
    struct seal_buf *text = NULL;
    int err = seal_file_read(list->path, LARGEST_LIST, 0, &text, cause);
    if (err == SEAL_OK) {
        err = seal_csv_parse(seal_buf_ptr(text), seal_buf_len(text), list->path, 0, &list->csv, cause);
    }
    if (err == SEAL_OK) {
        err = seal_csv_need_column(list->csv, "serial", &list->serial, cause);
    }
    if (err == SEAL_OK) {
        err = seal_csv_need_column(list->csv, "mac", &list->mac, cause);
    }
    seal_buf_free(&text);
    return err;
}

static int fail_row(const struct list *list, size_t row, struct seal_cause *cause, const char *what)
{
    return seal_fail(cause, SEAL_ERR_FORMAT, "%s line %zu: %s", list->path, seal_csv_line(list->csv, row),
                     what);
}

static int take_row(struct list *list, size_t row, struct seal_cause *cause)
{
    const char *number = seal_csv_cell(list->csv, row, list->serial);
    if (!number || !*number) {
        return fail_row(list, row, cause, "there is no serial number");
    }
    if (strlen(number) >= sizeof list->number) {
        return fail_row(list, row, cause, "the serial number is too long");
    }
    (void)snprintf(list->number, sizeof list->number, "%s", number);
    list->row = row;
    return SEAL_OK;
}

/* One more than number, in the same number of digits. */
static int count_on(struct list *list, struct seal_cause *cause)
{
    size_t at = strlen(list->number);
    const size_t end = at;
    while (at > 0 && isdigit((unsigned char)list->number[at - 1])) {
        at--;
        if (list->number[at] != '9') {
            list->number[at]++;
            return SEAL_OK;
        }
        list->number[at] = '0';
    }
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s: after its last row no number of %zu digits is left",
                        list->path, end - at);
    seal_hint(cause, "add rows of serial numbers without a MAC");
    return err;
}

static int choose(struct list *list, const uint8_t mac[6], struct seal_cause *cause)
{
    const size_t rows = seal_csv_rows(list->csv);
    size_t free_row = rows;
    for (size_t row = 0; row < rows; row++) {
        const char *cell = seal_csv_cell(list->csv, row, list->mac);
        uint8_t owner[6];
        if (!cell || !*cell) {
            free_row = free_row == rows ? row : free_row;
        } else if (seal_mac_parse(cell, owner) != SEAL_OK) {
            return fail_row(list, row, cause, "the mac is none");
        } else if (memcmp(owner, mac, sizeof owner) == 0) {
            list->taken = true;
            return take_row(list, row, cause);
        }
    }
    if (rows == 0) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s has no serial number to begin with", list->path);
        seal_hint(cause, "add a row with the first number, such as: SN-0001,");
        return err;
    }
    int err = take_row(list, free_row < rows ? free_row : rows - 1, cause);
    if (err == SEAL_OK && free_row == rows) {
        list->row = rows;
        err = count_on(list, cause);
    }
    return err;
}

static int put_row(const struct list *list, size_t row, const char *mac, struct seal_buf *out)
{
    int err = SEAL_OK;
    for (size_t column = 0; err == SEAL_OK && column < seal_csv_columns(list->csv); column++) {
        const char *cell = row < seal_csv_rows(list->csv) ? seal_csv_cell(list->csv, row, column) : NULL;
        cell = row == list->row && column == list->mac      ? mac
               : row == list->row && column == list->serial ? list->number
                                                            : cell;
        err = seal_csv_put(out, cell ? cell : "", cell ? strlen(cell) : 0, column == 0);
    }
    return err == SEAL_OK ? seal_buf_put_u8(out, '\n') : err;
}

static int write_list(const struct list *list, const uint8_t mac[6], struct seal_cause *cause)
{
    const size_t rows = seal_csv_rows(list->csv);
    const int secret = list->mode & (S_IRWXG | S_IRWXO) ? 0 : SEAL_FILE_SECRET;
    char text[18];
    struct seal_buf *out = seal_buf_new();
    int err = out ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    for (size_t column = 0; err == SEAL_OK && column < seal_csv_columns(list->csv); column++) {
        const char *heading = seal_csv_heading(list->csv, column);
        err = seal_csv_put(out, heading, strlen(heading), column == 0);
    }
    err = err == SEAL_OK ? seal_buf_put_u8(out, '\n') : err;
    for (size_t row = 0; err == SEAL_OK && row < rows + (list->row == rows); row++) {
        err = put_row(list, row, seal_mac_text(mac, text), out);
    }
    err = err == SEAL_OK ? seal_file_write(list->path, seal_buf_ptr(out), seal_buf_len(out),
                                           SEAL_FILE_FORCE | secret, cause)
                         : seal_fail(cause, err, "out of memory for %s", list->path);
    seal_buf_free(&out);
    return err;
}

int provision_serial(void *ctx, const uint8_t mac[static 6], char serial[static SEAL_SERIAL_MAX],
                     struct seal_cause *cause)
{
    struct cli_run *run = ctx;
    struct list list = {.path = cli_text(run, "serials"), .fd = -1};
    int err = lock_list(&list, cause);
    err = err == SEAL_OK ? read_list(&list, cause) : err;
    err = err == SEAL_OK ? choose(&list, mac, cause) : err;
    if (err == SEAL_OK && !list.taken && !cli_flag(run, "dry-run")) {
        err = write_list(&list, mac, cause);
    }
    if (err == SEAL_OK) {
        memcpy(serial, list.number, sizeof list.number);
        cli_say(run, "serial    %s%s", serial, list.taken ? ", as before" : "");
    }
    seal_csv_free(&list.csv);
    if (list.fd >= 0) {
        (void)close(list.fd);
    }
    return err;
}
