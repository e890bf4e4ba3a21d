/* device exits: every way into a chip, and whether its fuses leave it open. */
#include "fuse.h"

#include <espseal/last_exits.h>
#include <espseal/secret.h>

struct exits {
    const struct seal_chip *chip;
    enum seal_exit_way link; /* that this run came by; SEAL_EXITS: none */
    struct seal_exit ways[SEAL_EXITS];
};

/* In secure download mode no fuse can be read, and the ROM tells of some. */
static int look_at_device(struct cli_run *run, struct exits *exits, struct seal_cause *cause)
{
    struct seal_efuse state = {0};
    struct seal_loader *loader = NULL;
    int err = cli_connect(run, &loader, cause);
    if (err != SEAL_OK) {
        return err;
    }
    exits->chip = seal_loader_chip(loader);
    exits->link = seal_exit_of_path(seal_path_of(cli_link(run)));
    if (seal_loader_secure_download(loader)) {
        seal_last_exits_told(exits->chip, seal_loader_security_info(loader), exits->link, exits->ways);
        return SEAL_OK;
    }
    err = seal_loader_require_registers(loader, "read eFuses", cause);
    if (err == SEAL_OK) {
        state.chip = exits->chip;
        err = seal_efuse_read(loader, 1u, &state, cause);
    }
    if (err == SEAL_OK) {
        seal_last_exits(&state, exits->ways);
    }
    seal_cleanse(&state, sizeof state);
    return err;
}

static int look_at_file(struct cli_run *run, struct exits *exits, struct seal_cause *cause)
{
    struct cli_fuse fuse = {0};
    int err = cli_fuse_open(&fuse, run, cause);
    if (err == SEAL_OK) {
        exits->chip = fuse.state.chip;
        seal_last_exits(&fuse.state, exits->ways);
    }
    cli_fuse_close(&fuse);
    return err;
}

static int print_json(const struct cli_run *run, const struct exits *exits)
{
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "chip", exits->chip->name);
    if (exits->link == SEAL_EXITS) {
        seal_json_put_null(root, "link");
    } else {
        seal_json_put_text(root, "link", exits->ways[exits->link].name);
    }
    seal_json_put_number(root, "left", seal_exits_left(exits->ways));
    seal_json *list = seal_json_put_array(root, "ways");
    for (unsigned way = 0; way < SEAL_EXITS; way++) {
        const struct seal_exit *exit = &exits->ways[way];
        seal_json *one = seal_json_put_object(list, NULL);
        seal_json_put_text(one, "name", exit->name);
        seal_json_put_text(one, "state", seal_exit_state_name(exit->state));
        if (exit->fuse[0] != '\0') {
            seal_json_put_text(one, "fuse", exit->fuse);
        } else {
            seal_json_put_null(one, "fuse");
        }
        seal_json_put_text(one, "meaning", exit->says);
    }
    return cli_emit_json(run, &root);
}

static int print_words(const struct cli_run *run, const struct exits *exits)
{
    static const char *const headings[] = {"WAY", "STATE", "FUSE", "MEANING", NULL};
    struct cli_table *table = NULL;
    unsigned left = seal_exits_left(exits->ways);
    int err = cli_table_new(headings, &table);
    for (unsigned way = 0; way < SEAL_EXITS && err == SEAL_OK; way++) {
        const struct seal_exit *exit = &exits->ways[way];
        if (exit->state != SEAL_EXIT_NONE) {
            err = cli_table_row(table, (const char *const[]){exit->name, seal_exit_state_name(exit->state),
                                                             exit->fuse, exit->says});
        }
    }
    int printed = table != NULL ? cli_table_print(run, &table) : SEAL_OK;
    if (err == SEAL_OK && printed == SEAL_OK) {
        cli_print(run,
                  left == 0   ? "\n%s: no way in is left but what its firmware lets in\n"
                  : left == 1 ? "\n%s: one way in beside its firmware\n"
                              : "\n%s: %u ways in beside its firmware\n",
                  exits->chip->title, left);
    }
    return err != SEAL_OK ? err : printed;
}

static int run_exits(struct cli_run *run, struct seal_cause *cause)
{
    struct exits exits = {.link = SEAL_EXITS};
    bool device = cli_text(run, "efuse-file") == NULL && cli_flag(run, "port");
    int err = device ? look_at_device(run, &exits, cause) : look_at_file(run, &exits, cause);
    if (err == SEAL_OK) {
        err = cli_json(run) ? print_json(run, &exits) : print_words(run, &exits);
    }
    return err;
}

static const struct cli_option options[] = {
    CLI_LOOK_FILE_OPTION,
    {0},
};

const struct cli_command cli_command_device_exits = {
    .name = "device exits",
    .summary = "list every way into a chip, and the fuse that closes it",
    .description =
        "Download over UART, USB-Serial/JTAG and USB OTG, what firmware can force, boot without a "
        "bootloader, "
        "JTAG on pins, over USB and by token, and the firmware itself: each is open, reduced (less power, or "
        "only for those who hold a secret), or closed for good, by the fuse that is named.\n\n"
        "In secure download mode the ROM tells of some fuses only; the others are unknown.",
    .examples = "espseal device exits --port /dev/ttyUSB0\n"
                "espseal device exits --chip esp32c3 --efuse-file efuse.bin --json",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_exits,
};
