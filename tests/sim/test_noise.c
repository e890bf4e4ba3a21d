/*
 * Every command over a line on which one byte is damaged, lost, doubled or late, or the cable is pulled: at
 * every byte of the first request and the first answer of each kind, and at every few bytes of the others.
 * What says that it succeeded must have; what fails says why, and the same command completes afterwards.
 */
#include "unit.h"

#include "noisy_link.h"

#include <espseal/digest.h>
#include <espseal/efuse.h>
#include <espseal/fuse_plan.h>
#include <espseal/rom.h>

#include <stdio.h>
#include <string.h>

#define FLASH (256u << 10)
#define PLACE 0x10000u
#define HEAD 48
#define STRIDE 211 /* between the bytes of frames of a kind that was walked already */

struct rig {
    struct sim_chip *chip;
    struct noisy_link noisy;
    struct seal_link *link;
    struct seal_loader *loader;
    struct seal_cause cause;
    struct seal_efuse efuse;
    unsigned allowed_burns;
    bool disturbed;
};

static uint8_t before[FLASH]; /* what flash holds before a command */
static uint8_t plain[2100];
static uint8_t shrinking[9000];

struct command {
    const char *name;
    int (*run)(struct rig *rig);
    bool (*good)(struct rig *rig); /* after a success */
    bool connects;                 /* the noise begins with the first contact */
    bool burns;
};

static uint8_t *flash_of(const struct rig *rig)
{
    size_t size;
    return sim_chip_flash(rig->chip, &size);
}

/* Flash is as it was but for len bytes (whole sectors) at PLACE, unless that was told. */
static bool rest_is_left_alone(const struct rig *rig, size_t len)
{
    const uint8_t *flash = flash_of(rig);
    const size_t end = PLACE + (len + 4095) / 4096 * 4096;
    return rig->disturbed ||
           (memcmp(flash, before, PLACE) == 0 && memcmp(flash + end, before + end, FLASH - end) == 0);
}

/* --- the commands --- */

static int run_write(struct rig *rig, const uint8_t *data, size_t len,
                     const struct seal_flash_write_options *options)
{
    struct seal_flash_write_result result = {0};
    int err = seal_flash_write(rig->loader, PLACE, data, len, options, &result, &rig->cause);
    rig->disturbed = rig->disturbed || result.disturbed;
    return err;
}

static int write_plain(struct rig *rig)
{
    return run_write(rig, plain, sizeof plain, &(struct seal_flash_write_options){.never_deflate = true});
}

static bool plain_is_there(struct rig *rig)
{
    return memcmp(flash_of(rig) + PLACE, plain, sizeof plain) == 0 && rest_is_left_alone(rig, sizeof plain);
}

static int write_deflated(struct rig *rig)
{
    return run_write(rig, shrinking, sizeof shrinking, NULL);
}

static bool shrinking_is_there(struct rig *rig)
{
    return memcmp(flash_of(rig) + PLACE, shrinking, sizeof shrinking) == 0 &&
           rest_is_left_alone(rig, sizeof shrinking);
}

static int write_encrypted(struct rig *rig)
{
    return run_write(rig, plain, sizeof plain, &(struct seal_flash_write_options){.encrypt = true});
}

/* What a run without noise wrote, kept from the first run of all. */
static bool cipher_is_there(struct rig *rig)
{
    static uint8_t cipher[sizeof plain];
    static bool known;
    if (!known) {
        memcpy(cipher, flash_of(rig) + PLACE, sizeof cipher);
        known = true;
    }
    return memcmp(flash_of(rig) + PLACE, cipher, sizeof cipher) == 0 && memcmp(cipher, plain, 64) != 0;
}

static int erase(struct rig *rig)
{
    return seal_flash_erase(rig->loader, PLACE, 0x3000, NULL, NULL, NULL, &rig->cause);
}

static bool is_erased(struct rig *rig)
{
    bool blank = true;
    for (size_t i = 0; i < 0x3000; i++) {
        blank = blank && flash_of(rig)[PLACE + i] == 0xFF;
    }
    return blank;
}

static uint8_t answer[600]; /* of the commands that only look */

static int read_flash(struct rig *rig)
{
    memset(answer, 0, sizeof answer);
    return seal_flash_read(rig->loader, PLACE + 3, answer, sizeof answer, NULL, NULL, &rig->cause);
}

static bool read_is_true(struct rig *rig)
{
    return memcmp(answer, flash_of(rig) + PLACE + 3, sizeof answer) == 0 && rest_is_left_alone(rig, 0);
}

static int verify(struct rig *rig)
{
    bool same = false;
    int err = seal_flash_compare(rig->loader, PLACE, before + PLACE, 5000, NULL, &same, &rig->cause);
    answer[0] = same;
    return err;
}

static bool verified(struct rig *rig)
{
    return answer[0] == 1 && rest_is_left_alone(rig, 0);
}

static int digest(struct rig *rig)
{
    return seal_flash_md5_twice(rig->loader, PLACE, 5000, answer, &rig->cause);
}

static bool digest_is_true(struct rig *rig)
{
    uint8_t wanted[16];
    return seal_md5(before + PLACE, 5000, wanted) == SEAL_OK && memcmp(wanted, answer, sizeof wanted) == 0 &&
           rest_is_left_alone(rig, 0);
}

static int identify(struct rig *rig)
{
    struct seal_flash_id id = {0};
    int err = seal_flash_attach(rig->loader, &id, &rig->cause);
    seal_put_le32(answer, id.size);
    return err;
}

static bool identified(struct rig *rig)
{
    return seal_le32(answer) == FLASH && rest_is_left_alone(rig, 0);
}

static const uint32_t scratch[] = {0x3FC90000, 0x3FC90004, 0x3FC90010};

/* Neither register requests nor their answers have a checksum: what matters is compared, as burns are. */
static int use_registers(struct rig *rig)
{
    const struct seal_reg_write writes[] = {{scratch[0], 0x12345678, UINT32_MAX, 0},
                                            {scratch[1], 0xC0DBC0DB, UINT32_MAX, 0},
                                            {scratch[2], 0x0000FF00, UINT32_MAX, 0}};
    uint32_t values[3];
    int err = seal_loader_write_regs(rig->loader, writes, 3, 0, &rig->cause);
    if (!err) {
        err = seal_loader_read_regs(rig->loader, scratch, values, 3, &rig->cause);
    }
    for (size_t i = 0; !err && i < 3; i++) {
        if (values[i] != writes[i].value) {
            err = seal_fail(&rig->cause, SEAL_ERR_VERIFY, "another value came back");
        }
    }
    return err;
}

static bool registers_hold(struct rig *rig)
{
    return rest_is_left_alone(rig, 0);
}

static int nothing(struct rig *rig)
{
    (void)rig;
    return SEAL_OK;
}

static int burn(struct rig *rig)
{
    static const uint8_t key[32] = {0x5e, 0xc7, 0xe7, 0x03, 0x10, 0xf4, 0xc0, 0xaa, 0x81, 0x92, 0xdb,
                                    0xb4, 0xc5, 0xd6, 0xe7, 0xf8, 0x19, 0x2a, 0x3b, 0x4c, 0x5d, 0x6e,
                                    0x7f, 0x80, 0xff, 0x01, 0xfe, 0x02, 0xfd, 0x03, 0xfc, 0x04};
    const bool esp32 = strcmp(seal_loader_chip(rig->loader)->name, "esp32") == 0;
    const struct seal_fuse_key what = {.block = SEAL_PLAN_KEY_AUTO,
                                       .purpose = esp32 ? "flash_encryption" : "XTS_AES_128_KEY",
                                       .data = key,
                                       .len = sizeof key,
                                       .keep_readable = true};
    struct seal_fuse_plan plan;
    uint32_t blocks;
    unsigned burned = 0;
    rig->efuse = (struct seal_efuse){.chip = seal_loader_chip(rig->loader)};
    int err = seal_efuse_read(rig->loader, ~0u, &rig->efuse, &rig->cause);
    if (err) {
        return err;
    }
    seal_fuse_plan_init(&plan, &rig->efuse, SEAL_PATH_UART);
    err = seal_fuse_plan_key(&plan, &what, &blocks, &rig->cause);
    err = err ? err : seal_fuse_plan_field(&plan, esp32 ? "JTAG_DISABLE" : "DIS_PAD_JTAG", "1", &rig->cause);
    err = err ? err : seal_fuse_plan_close(&plan, NULL, &rig->cause);
    err = err ? err : seal_burn_execute(rig->loader, &rig->efuse, &plan.burn, &burned, &rig->cause);
    seal_fuse_plan_clear(&plan);
    return err;
}

/* The fuses of a run without noise, kept from the first run on each chip. */
static bool fuses_are_wanted(struct rig *rig, bool all)
{
    static uint32_t wanted[2][SEAL_EFUSE_BLOCKS][SEAL_EFUSE_WORDS];
    static bool known[2];
    const struct seal_chip *chip = rig->efuse.chip;
    const size_t n = chip && strcmp(chip->name, "esp32") == 0;
    bool good = true;
    for (unsigned block = 0; chip && block < chip->efuse->block_count; block++) {
        const uint32_t *fuses = sim_chip_fuses(rig->chip, block);
        if (!known[n]) {
            memcpy(wanted[n][block], fuses, sizeof wanted[n][block]);
        }
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            good =
                good && (fuses[i] & ~wanted[n][block][i]) == 0 && (!all || fuses[i] == wanted[n][block][i]);
        }
    }
    known[n] = known[n] || chip;
    return good;
}

static bool burned(struct rig *rig)
{
    return fuses_are_wanted(rig, true);
}

static const struct command commands[] = {
    {.name = "connect", .run = nothing, .good = registers_hold, .connects = true},
    {.name = "identify", .run = identify, .good = identified},
    {.name = "write plain", .run = write_plain, .good = plain_is_there},
    {.name = "write deflated", .run = write_deflated, .good = shrinking_is_there},
    {.name = "write encrypted", .run = write_encrypted, .good = cipher_is_there},
    {.name = "read", .run = read_flash, .good = read_is_true},
    {.name = "erase", .run = erase, .good = is_erased},
    {.name = "verify", .run = verify, .good = verified},
    {.name = "md5", .run = digest, .good = digest_is_true},
    {.name = "registers", .run = use_registers, .good = registers_hold},
    {.name = "burn", .run = burn, .good = burned, .burns = true},
};

/* --- one run --- */

static void open_rig(struct rig *rig, const struct seal_chip *chip)
{
    const struct sim_options options = {.chip = chip, .flash_size = FLASH};
    *rig = (struct rig){0};
    assert_int_equal(sim_chip_new(&options, &rig->chip, &rig->cause), SEAL_OK);
    memcpy(flash_of(rig), before, FLASH);
    noisy_open(&rig->noisy, rig->chip);
    assert_int_equal(seal_link_wrap(&noisy_link_ops, &rig->noisy, "noisy", &rig->link), SEAL_OK);
}

static void close_rig(struct rig *rig)
{
    seal_loader_free(&rig->loader);
    seal_link_close(&rig->link);
    noisy_close(&rig->noisy);
    sim_chip_free(&rig->chip);
}

static int run(struct rig *rig, const struct command *command, struct noise noise)
{
    memset(&rig->cause, 0, sizeof rig->cause);
    if (command->connects) {
        noisy_begin(&rig->noisy, noise);
    }
    int err = seal_loader_connect(rig->link, NULL, &rig->loader, &rig->cause);
    if (!err) {
        if (!command->connects) {
            noisy_begin(&rig->noisy, noise);
        }
        err = command->run(rig);
    }
    return err;
}

static const char *describe(const struct seal_chip *chip, const struct command *command, struct noise noise)
{
    static const char *const kinds[] = {"none",
                                        "flipped",
                                        "an END",
                                        "lost",
                                        "doubled",
                                        "late",
                                        "the end of a frame that comes twice",
                                        "where the cable is pulled"};
    static char text[160];
    (void)snprintf(text, sizeof text, "%s, %s, byte %zu %s the chip %s", chip->name, command->name, noise.at,
                   noise.way == TO_CHIP ? "to" : "from", kinds[noise.kind]);
    return text;
}

/* The same command on the chip as it now is, a reset before it where the ROM has died. */
static void run_again(struct rig *rig, const struct seal_chip *chip, const struct command *command,
                      struct noise noise)
{
    const struct noise none = {0};
    seal_loader_free(&rig->loader);
    noisy_begin(&rig->noisy, none);
    int err = run(rig, command, none);
    if (err) {
        seal_loader_free(&rig->loader);
        sim_chip_power_cycle(rig->chip);
        err = run(rig, command, none);
    }
    bool refused = command->burns && (err == SEAL_ERR_STATE || err == SEAL_ERR_RULE);
    rig->disturbed = true; /* the first run failed aloud */
    if ((err && !refused) || (!err && !command->good(rig)) ||
        (command->burns && !fuses_are_wanted(rig, false))) {
        fail_msg("%s: the second run: %s", describe(chip, command, noise), err ? rig->cause.text : "wrong");
    }
}

struct tally {
    unsigned runs, healed, failed;
    unsigned unseen; /* successes that are none */
};

static void run_with(const struct seal_chip *chip, const struct command *command, struct noise noise,
                     unsigned burns, struct tally *tally)
{
    struct rig rig;
    open_rig(&rig, chip);
    int err = run(&rig, command, noise);
    tally->runs++;
    tally->healed += !err;
    tally->failed += err != SEAL_OK;
    if (err && (!rig.cause.text[0] || err == SEAL_ERR_INTERNAL || err == SEAL_ERR_NO_MEMORY)) {
        fail_msg("%s: no clear error (%d)", describe(chip, command, noise), err);
    }
    if (!err && !command->good(&rig)) {
        /* The ROM's digest is of a ciphertext that nobody knows: eight bits of checksum are all that guards
         * it, and do not see every byte that is lost or doubled. */
        bool unknowable = command->run == write_encrypted && noise.way == TO_CHIP && noise.kind != NOISE_FLIP;
        tally->unseen++;
        if (!unknowable) {
            fail_msg("%s: a success that is none", describe(chip, command, noise));
        }
    }
    if (command->burns && (sim_chip_burns(rig.chip) > burns || !fuses_are_wanted(&rig, false))) {
        fail_msg("%s: %u burns instead of %u, or of a wrong bit", describe(chip, command, noise),
                 sim_chip_burns(rig.chip), burns);
    }
    if (err) {
        run_again(&rig, chip, command, noise);
    }
    close_rig(&rig);
}

/* --- which bytes --- */

struct places {
    uint8_t *walk; /* per byte: 1 where each noise is made, 2 where one is, another than at its neighbours */
    uint8_t *ends; /* and 1 where a frame ends */
    size_t len;
};

/* All of the first frame of each kind, and every STRIDEth byte. */
static struct places choose(const struct seal_buf *log)
{
    const uint8_t *bytes = seal_buf_ptr(log);
    struct places places = {.len = seal_buf_len(log)};
    bool seen[256] = {false};
    places.walk = calloc(1, places.len + 1);
    places.ends = calloc(1, places.len + 1);
    assert_true(places.walk && places.ends);
    for (size_t begin = 0; begin < places.len;) {
        size_t end = begin + 1;
        while (end < places.len && bytes[end] != 0xC0) {
            end++;
        }
        end = end < places.len ? end + 1 : end;
        const uint8_t opcode = end - begin > 2 ? bytes[begin + 2] : 0;
        for (size_t i = begin; i < end; i++) {
            const bool within = i - begin >= HEAD && end - i > 4; /* of a block's data */
            places.walk[i] = seen[opcode] && i % STRIDE != 0 ? 0 : within ? 2 : 1;
        }
        places.ends[end - 1] = bytes[end - 1] == 0xC0;
        seen[opcode] = true;
        begin = end;
    }
    return places;
}

static void walk(const struct seal_chip *chip, const struct command *command, struct tally *tally)
{
    struct rig clean;
    struct places places[2];
    open_rig(&clean, chip);
    if (run(&clean, command, (struct noise){0}) || !command->good(&clean)) {
        fail_msg("%s, %s without noise: %s", chip->name, command->name, clean.cause.text);
    }
    const unsigned burns = sim_chip_burns(clean.chip);
    for (size_t way = 0; way < 2; way++) {
        places[way] = choose(clean.noisy.log[way]);
    }
    close_rig(&clean);
    for (enum noise_way way = TO_CHIP; way <= FROM_CHIP; way++) {
        for (size_t i = 0; i < places[way].len; i++) {
            for (enum noise_kind kind = NOISE_FLIP; places[way].walk[i] && kind < NOISE_KINDS; kind++) {
                bool again = kind == NOISE_AGAIN;
                if (places[way].walk[i] == 2 && i % (NOISE_KINDS - NOISE_FLIP) + NOISE_FLIP != kind) {
                    continue;
                }
                if (!again || (way == FROM_CHIP && places[way].ends[i])) {
                    run_with(chip, command, (struct noise){way, kind, i + 1}, burns, tally);
                }
            }
        }
        free(places[way].walk);
        free(places[way].ends);
    }
}

static void walk_all(const char *name)
{
    const struct seal_chip *chip = seal_chip_find(name);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct tally tally = {0};
        bool encrypts = strcmp(commands[i].name, "write encrypted") == 0;
        bool memory = strcmp(commands[i].name, "registers") == 0; /* at addresses of the ESP32-C3 */
        if (strcmp(name, "esp32") == 0 && (encrypts || memory)) {
            continue;
        }
        walk(chip, &commands[i], &tally);
        print_message("%s, %s: %u runs, %u succeeded, %u failed and were done again\n", name,
                      commands[i].name, tally.runs, tally.healed, tally.failed);
        assert_true(tally.runs > 100 && tally.healed > 0 && tally.unseen <= tally.runs / 100);
    }
}

static void noise_on_an_esp32c3(void **state)
{
    (void)state;
    walk_all("esp32c3");
}

static void noise_on_an_esp32(void **state)
{
    (void)state;
    walk_all("esp32");
}

static int fill(void **state)
{
    uint32_t x = 7;
    (void)state;
    for (size_t i = 0; i < FLASH; i++) {
        x = x * 1664525u + 1013904223u;
        before[i] = (uint8_t)(x >> 24);
    }
    for (size_t i = 0; i < sizeof plain; i++) {
        x = x * 1664525u + 1013904223u;
        plain[i] = (uint8_t)(x >> 24);
    }
    for (size_t i = 0; i < sizeof shrinking; i++) {
        x = x * 1664525u + 1013904223u;
        shrinking[i] = i % 8 == 0 ? (uint8_t)(x >> 26) : (uint8_t)(i / 64);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_on_an_esp32c3),
        cmocka_unit_test(noise_on_an_esp32),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
