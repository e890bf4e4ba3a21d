/* What no descriptor knows: the program as a whole, its ports, exit statuses and dangers. */
#include "run.h"

const char cli_manual_date[] = "November 21, 2026";

const char cli_overview_summary[] = "give Espressif chips their own identity";

const char cli_overview_description[] =
    "espseal takes an Espressif chip from blank to sealed. It makes the device's key and certificate, builds "
    "the esp_secure_cert partition and the encrypted parameters of the Digital Signature peripheral, writes "
    "flash and burns eFuses through the chip's own ROM bootloader, lets the chip prove that the key works, "
    "and leaves a record.\n"
    "\n"
    "Data goes to stdout, talk goes to stderr. Every command takes --json, which makes stdout one JSON "
    "document, also when the command fails. Long work shows its progress on stderr: a bar on a terminal, "
    "JSON lines with --progress json.\n"
    "\n"
    "espseal never guesses which device is meant: commands that talk to a chip need --port.";

const char cli_overview_safety[] =
    "An eFuse bit that was burned stays burned. A command that burns makes a plan first, checks it, and "
    "shows "
    "every bit that will change; --dry-run ends there. It then asks at the terminal for the word BURN. "
    "--confirm burn gives that word on the command line; without it and without a terminal nothing is burned "
    "and the exit status is 8.\n"
    "\n"
    "When power, cable or process fail in the middle, run the same command again. It reads from the chip how "
    "far the work went, and finishes it. A job that is finished changes nothing and exits 0.\n"
    "\n"
    "Files that hold secrets are written with mode 0600 and never replaced without --force. A secret file "
    "that others can read is refused.";

const char cli_overview_examples[] = "# which chips are known, and how each was tested\n"
                                     "espseal chip list\n"
                                     "# the same as JSON\n"
                                     "espseal chip list --json\n"
                                     "# what a command takes\n"
                                     "espseal help chip list";

const struct cli_exit_row cli_exit_rows[] = {
    {0, "done, or nothing to do"},
    {1, "usage: the command line has no meaning"},
    {2, "bad input on the host: a file, key, certificate or profile"},
    {3, "no device, or more than one"},
    {4, "the link or the ROM protocol failed"},
    {5, "refused: the chip's state or a rule forbids it; nothing was burned"},
    {6, "burned, but verification or proof failed"},
    {7, "the audit has findings"},
    {8, "the person declined, or nobody was there to ask"},
    {9, "interrupted; run the same command again to continue"},
    {70, "a defect in espseal, or no memory"},
    {0, NULL},
};

const struct cli_port_row cli_port_rows[] = {
    {"/dev/ttyUSB0", "a serial port; it is locked while in use"},
    {"auto", "the only serial port on USB; refused when there are several"},
    {"usb:VID:PID[:SERIAL]", "the only USB device with these ids, hexadecimal"},
    {"mac:AA:BB:CC:DD:EE:FF", "the device on USB whose chip has this MAC address; the others may be reset"},
    {"socket://HOST:PORT", "a TCP socket, such as the serial port of an emulator"},
    {"rfc2217://HOST:PORT", "a serial port behind a telnet server, with its modem lines and its rate"},
    {"sim:CHIP[?efuse=FILE&flash=FILE&baud=N&fault=SPEC]",
     "a simulated chip, started for this command; its eFuses and flash are kept in the files"},
    {0},
};
