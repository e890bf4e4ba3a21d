/* espseal-sim: a chip that burns nothing but a file. */
#include "sim_server.h"

#include <espseal/deadline.h>
#include <espseal/hex.h>

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { EXIT_USAGE = 2, EXIT_POWER_CUT = 3, EXIT_NOT_STARTED = 4 };

struct arguments {
    struct sim_options chip;
    struct sim_server_options server;
    const char *log;
    uint8_t mac[6];
    bool mode_given;
};

static const char help[] =
    "Usage: espseal-sim --chip CHIP [--stdio | --listen ADDRESS:PORT | --pty | --boot] [options]\n"
    "\n"
    "Pretends to be an Espressif chip in download mode: the ROM's serial protocol, SPI flash, eFuses,\n"
    "HMAC and Digital Signature. It answers espseal (sim:CHIP, socket://) and other tools.\n"
    "\n"
    "  --chip CHIP            the chip to be, one of espseal chip list: esp32, esp32c2, esp32c3, ...\n"
    "  --stdio                talk on standard input and output (default)\n"
    "  --listen ADDRESS:PORT  talk on TCP, 127.0.0.1 or [::1] only; port 0 takes a free one and prints it\n"
    "  --pty                  talk on a new pseudo-terminal and print its path\n"
    "  --boot                 start from flash instead, print what the ROM prints, and end; what it would\n"
    "                         repeat for ever is printed once\n"
    "  --efuse FILE           keep the eFuses in FILE (layout of Espressif's QEMU); made blank when missing\n"
    "  --flash FILE           keep the flash in FILE (raw image); made blank when missing\n"
    "  --flash-size BYTES     size of a new flash (default 4194304)\n"
    "  --mac MAC              MAC of a blank chip (default 7c:df:a1:5e:a1:01)\n"
    "  --revision MAJOR.MINOR revision of a blank chip (default: one that its chip has)\n"
    "  --baud N               pace bytes like a UART at N baud; follows a change of rate\n"
    "  --crystal MHZ          another crystal than the ROM believes in (esp32, esp32c2: 26, 40; esp32c5: 40, "
    "48)\n"
    "  --latency MS           add the latency of a USB-serial bridge to every answer\n"
    "  --fault RULES          misbehave; rules separated by commas, counted from 1:\n"
    "                           cut:frame=N            link ends after frame N, before its answer\n"
    "                           cut:byte=N             link ends before byte N arrives\n"
    "                           drop:byte=N            byte N is lost\n"
    "                           flip:byte=N            one bit of byte N is wrong\n"
    "                           delay:frame=N:ms=M     the answer to frame N comes M ms late\n"
    "                           stall:frame=N          silence from frame N on\n"
    "                           power:burn=N[:bits=K]  power is lost in burn N after K (half) of its bits\n"
    "                           lie:burn=N             burn N burns nothing\n"
    "                           neighbour:burn=N       burn N burns one bit too many\n"
    "  --log FILE             append the bytes of both directions in hex; they may hold keys\n"
    "  --help                 this text\n"
    "  --version              the version\n"
    "\n"
    "Exit status: 0 the link ended, or --boot ran the image; 1 an error, 2 a wrong command line, 3 the power "
    "was\n"
    "cut by a fault, 4 --boot did not run the image.\n";

enum {
    OPTION_CHIP = 256,
    OPTION_STDIO,
    OPTION_LISTEN,
    OPTION_PTY,
    OPTION_BOOT,
    OPTION_EFUSE,
    OPTION_FLASH,
    OPTION_FLASH_SIZE,
    OPTION_MAC,
    OPTION_REVISION,
    OPTION_BAUD,
    OPTION_CRYSTAL,
    OPTION_LATENCY,
    OPTION_FAULT,
    OPTION_LOG,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option options[] = {
    {"chip", required_argument, NULL, OPTION_CHIP},
    {"stdio", no_argument, NULL, OPTION_STDIO},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"pty", no_argument, NULL, OPTION_PTY},
    {"boot", no_argument, NULL, OPTION_BOOT},
    {"efuse", required_argument, NULL, OPTION_EFUSE},
    {"flash", required_argument, NULL, OPTION_FLASH},
    {"flash-size", required_argument, NULL, OPTION_FLASH_SIZE},
    {"mac", required_argument, NULL, OPTION_MAC},
    {"revision", required_argument, NULL, OPTION_REVISION},
    {"baud", required_argument, NULL, OPTION_BAUD},
    {"crystal", required_argument, NULL, OPTION_CRYSTAL},
    {"latency", required_argument, NULL, OPTION_LATENCY},
    {"fault", required_argument, NULL, OPTION_FAULT},
    {"log", required_argument, NULL, OPTION_LOG},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static int number(const char *option, const char *text, uint32_t max, uint32_t *value,
                  struct seal_cause *cause)
{
    if (seal_parse_u32(text, max, value) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--%s wants a number up to %u, not \"%s\"", option,
                         (unsigned)max, text);
    }
    return SEAL_OK;
}

static int parse_mac(const char *text, uint8_t mac[static 6], struct seal_cause *cause)
{
    return seal_mac_parse(text, mac) == SEAL_OK
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_USAGE, "--mac wants six bytes like 7c:df:a1:5e:a1:01, not \"%s\"",
                           text);
}

static int parse_revision(const char *text, unsigned *revision, struct seal_cause *cause)
{
    return seal_revision_parse(text, revision) == SEAL_OK
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_USAGE, "--revision wants a number like 1.2, not \"%s\"", text);
}

static int set_mode(struct arguments *arguments, enum sim_server_mode mode, const char *address,
                    struct seal_cause *cause)
{
    if (arguments->mode_given) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--stdio, --listen, --pty and --boot exclude each other");
    }
    arguments->mode_given = true;
    arguments->server.mode = mode;
    arguments->server.address = address;
    return SEAL_OK;
}

static int take_option(struct arguments *arguments, int option, struct seal_cause *cause)
{
    switch (option) {
    case OPTION_CHIP:
        arguments->chip.chip = seal_chip_find(optarg);
        return arguments->chip.chip ? SEAL_OK
                                    : seal_fail(cause, SEAL_ERR_USAGE, "there is no chip \"%s\"", optarg);
    case OPTION_STDIO:
        return set_mode(arguments, SIM_SERVE_STDIO, NULL, cause);
    case OPTION_LISTEN:
        return set_mode(arguments, SIM_SERVE_LISTEN, optarg, cause);
    case OPTION_PTY:
        return set_mode(arguments, SIM_SERVE_PTY, NULL, cause);
    case OPTION_BOOT:
        arguments->chip.from_flash = true;
        return set_mode(arguments, SIM_SERVE_STDIO, NULL, cause);
    case OPTION_EFUSE:
        arguments->chip.efuse_path = optarg;
        return SEAL_OK;
    case OPTION_FLASH:
        arguments->chip.flash_path = optarg;
        return SEAL_OK;
    case OPTION_FLASH_SIZE:
        return number("flash-size", optarg, 32u << 20, &arguments->chip.flash_size, cause);
    case OPTION_MAC:
        arguments->chip.mac = arguments->mac;
        return parse_mac(optarg, arguments->mac, cause);
    case OPTION_REVISION:
        return parse_revision(optarg, &arguments->chip.revision, cause);
    case OPTION_BAUD:
        return number("baud", optarg, 10000000, &arguments->server.baud, cause);
    case OPTION_CRYSTAL:
        return number("crystal", optarg, 100, &arguments->chip.crystal, cause);
    case OPTION_LATENCY:
        return number("latency", optarg, 10000, &arguments->server.latency_ms, cause);
    case OPTION_FAULT:
        arguments->chip.fault = optarg;
        return SEAL_OK;
    case OPTION_LOG:
        arguments->log = optarg;
        return SEAL_OK;
    default: /* getopt has said what is wrong */
        return seal_fail(cause, SEAL_ERR_USAGE, "see espseal-sim --help");
    }
}

static void interrupted(int signal_number)
{
    (void)signal_number;
    seal_interrupt();
}

static void catch_signals(void)
{
    const struct sigaction action = {.sa_handler = interrupted};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    sigset_t ours; /* delivered while the server waits, and only then */
    (void)sigemptyset(&ours);
    (void)sigaddset(&ours, SIGINT);
    (void)sigaddset(&ours, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ours, NULL);
    (void)prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0); /* --baud wants waits of microseconds */
}

static void print_boot(struct sim_chip *chip)
{
    struct sim_output output;
    while (sim_chip_take(chip, &output)) {
        (void)fwrite(output.data, 1, output.len, stdout);
    }
}

static int simulate(struct arguments *arguments, int *status, struct seal_cause *cause)
{
    bool powered = true;
    struct sim_chip *chip = NULL;
    arguments->chip.baud = arguments->server.baud;
    if (arguments->log) {
        arguments->server.log = fopen(arguments->log, "ae");
        if (!arguments->server.log) {
            return seal_fail_errno(cause, "cannot open %s", arguments->log);
        }
    }
    int err = sim_chip_new(&arguments->chip, &chip, cause);
    if (!err && arguments->chip.from_flash) {
        print_boot(chip);
        *status = sim_chip_started(chip) ? EXIT_SUCCESS : EXIT_NOT_STARTED;
    } else if (!err) {
        err = sim_server_run(chip, &arguments->server, &powered, cause);
        *status = powered ? EXIT_SUCCESS : EXIT_POWER_CUT;
    }
    sim_chip_free(&chip);
    if (arguments->server.log) {
        (void)fclose(arguments->server.log);
    }
    return err;
}

static int report(int err, const struct seal_cause *cause)
{
    (void)fprintf(stderr, "espseal-sim: error: %s\n", cause->text[0] ? cause->text : seal_strerror(err));
    if (cause->hint[0]) {
        (void)fprintf(stderr, "espseal-sim: hint: %s\n", cause->hint);
    }
    return err == SEAL_ERR_USAGE ? EXIT_USAGE : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct seal_cause cause = {0};
    int status = EXIT_SUCCESS;
    int err = SEAL_OK;
    int option;
    while (!err && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == OPTION_HELP) {
            (void)fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == OPTION_VERSION) {
            (void)puts("espseal-sim " ESPSEAL_VERSION);
            return EXIT_SUCCESS;
        }
        err = take_option(&arguments, option, &cause);
    }
    if (!err && optind < argc) {
        err = seal_fail(&cause, SEAL_ERR_USAGE, "unexpected argument \"%s\"", argv[optind]);
    }
    if (!err && !arguments.chip.chip) {
        err = seal_fail(&cause, SEAL_ERR_USAGE, "--chip is missing");
    }
    if (!err) {
        catch_signals();
        err = simulate(&arguments, &status, &cause);
    }
    if (err) {
        return report(err, &cause);
    }
    return status;
}
