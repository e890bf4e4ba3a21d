/*
 * Replays what hosts said to a real ESP32-C3 ROM (tests/wire) to the simulated chip, and compares every byte
 * of every answer. What differs is listed with its reason; nothing else may.
 */
#include "unit.h"

#include "sim.h"

#include <espseal/buf.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LEN 262144

struct exception {
    unsigned first, last; /* requests, counted from 1 */
    bool prefix;          /* the ROM goes on where the simulated answer ends */
    const char *reason;
};

struct replay {
    const char *capture;
    void (*prepare)(struct sim_chip *chip);
    const struct exception *exceptions; /* ended by first == 0 */
};

/* --- what the chip was before --- */

static void fuse(struct sim_chip *chip, unsigned block, unsigned word, uint32_t bits)
{
    uint32_t words[8] = {0};
    words[word] = bits;
    sim_chip_set_fuses(chip, block, words);
}

/* Bytes 00 01 02 .. 1f, the captures' key. */
static void counting_key(struct sim_chip *chip, unsigned block)
{
    uint32_t words[8];
    for (uint32_t i = 0; i < 8; i++) {
        words[i] = 0x03020100u + i * 0x04040404u;
    }
    sim_chip_set_fuses(chip, block, words);
}

static void hmac_keys(struct sim_chip *chip)
{
    for (unsigned block = 4; block < 8; block++) {
        counting_key(chip, block);
    }
    fuse(chip, 0, 2, 0x58000000); /* KEY0 HMAC_UP, KEY1 for all downstream uses */
    fuse(chip, 0, 3, 0x00000067); /* KEY2 DS, KEY3 JTAG */
}

static void hmac_keys_hidden(struct sim_chip *chip)
{
    hmac_keys(chip);
    fuse(chip, 0, 1, 0x0F);
}

static void ds_key_hidden(struct sim_chip *chip)
{
    counting_key(chip, 4);
    fuse(chip, 0, 2, 0x07000000);
    fuse(chip, 0, 1, 0x01);
}

static void secure_download(struct sim_chip *chip)
{
    fuse(chip, 0, 4, 0x20);
    sim_chip_power_cycle(chip);
}

/* The cipher's key is 80 81 .. 9f; the fuses hold it backwards. */
static void xts_key(struct sim_chip *chip)
{
    uint32_t words[8];
    for (uint32_t i = 0; i < 8; i++) {
        words[i] = 0x9C9D9E9Fu - i * 0x04040404u;
    }
    sim_chip_set_fuses(chip, 4, words);
    fuse(chip, 0, 2, 0x04000000);
}

static void xts_key_in_use(struct sim_chip *chip)
{
    xts_key(chip);
    fuse(chip, 0, 2, 1u << 18);
}

static void xts_key_hidden(struct sim_chip *chip)
{
    xts_key_in_use(chip);
    fuse(chip, 0, 1, 0x01);
}

static void direct_boot_disabled(struct sim_chip *chip)
{
    fuse(chip, 0, 4, 0x08);
    sim_chip_power_cycle(chip);
}

static void download_disabled(struct sim_chip *chip)
{
    fuse(chip, 0, 4, 0x01);
    sim_chip_power_cycle(chip);
}

static void manual_encrypt_disabled(struct sim_chip *chip)
{
    xts_key_in_use(chip);
    fuse(chip, 0, 1, 1u << 20);
}

static void fill_flash(struct sim_chip *chip, uint8_t first, uint8_t step)
{
    size_t size;
    uint8_t *flash = sim_chip_flash(chip, &size);
    for (size_t i = 0; i < 256; i++) {
        flash[0x10000 + i] = (uint8_t)(first + i * step);
    }
}

static void counting_flash(struct sim_chip *chip)
{
    fill_flash(chip, 0, 1);
}

static void striding_flash(struct sim_chip *chip)
{
    fill_flash(chip, 3, 7);
}

static void written_before(struct sim_chip *chip);

/* --- what differs --- */

static const struct exception none[] = {{0}};
static const struct exception read_reg[] = {{11, 11, false, "bytes of the emulator's ROM"}, {0}};
static const struct exception dump_15[] = {{15, 15, true, "the panic goes on with a register dump"}, {0}};
static const struct exception dump_10[] = {{10, 10, true, "the panic goes on with a register dump"}, {0}};
static const struct exception rs_errors[] = {{44, 44, false, "the emulator knows no Reed-Solomon errors"},
                                             {0}};
static const struct exception power_time[] = {
    {362, 363, false, "the emulator drops what is written to the power-on time"},
    {598, 599, false, "the same"},
    {0},
};
static const struct exception all_downstream[] = {
    {327, 336, false, "the emulator refuses DS and JTAG to a key of purpose 5, which is for both (TRM)"},
    {0},
};
static const struct exception check_2048[] = {
    {481, 482, false, "a wrong Y spoils the digest, not the padding"}, {0}};
static const struct exception check_3072[] = {
    {545, 546, false, "a wrong Y spoils the digest, not the padding"}, {0}};

static const struct replay replays[] = {
    {"sync", NULL, none},
    {"read_reg", NULL, read_reg},
    {"write_reg", NULL, none},
    {"unknown_cmd_0x55", NULL, none},
    {"unknown_opcodes_after_read_reg", NULL, none},
    {"get_security_info", NULL, none},
    {"bad_checksum", NULL, none},
    {"begin_limits", NULL, none},
    {"mem_data_retry_rules", NULL, none},
    {"flash_session_raw", NULL, dump_15},
    {"flash_end_reboot", NULL, none},
    {"change_baud_raw", NULL, none},
    {"change_baud", NULL, none},
    {"oversized_and_malformed", NULL, dump_10},
    {"read_flash_slow", striding_flash, none},
    {"read_flash_slow_limits", counting_flash, none},
    {"flash_id", NULL, none},
    {"peer_chip_id", NULL, none},
    {"peer_get_security_info", NULL, none},
    {"verify_flash_md5", written_before, none},
    {"write_flash_plain_3k", NULL, none},
    {"write_flash_compress_8k", NULL, none},
    {"write_flash_encrypt_blank", NULL, none},
    {"write_flash_encrypt_key128_crypt0", xts_key, none},
    {"write_flash_encrypt_key128_crypt1", xts_key_in_use, none},
    {"write_flash_encrypt_key128_rdprot", xts_key_hidden, none},
    {"write_flash_encrypt_with_key", xts_key_hidden, none},
    {"write_flash_encrypt_manual_disabled", manual_encrypt_disabled, none},
    {"secure_download_mode", secure_download, none},
    {"secure_download_mode_default_size", secure_download, none},
    {"secure_download_mode_live_burn", NULL, none},
    {"dis_direct_or_usb_bits", direct_boot_disabled, none},
    {"efuse_raw_rules", NULL, rs_errors},
    {"efuse_summary", NULL, none},
    {"efuse_burn_key_hmac_up", NULL, power_time},
    {"efuse_burn_key_xts128", NULL, power_time},
    {"hmac_up_readable", hmac_keys, all_downstream},
    {"hmac_up_rdprot", hmac_keys_hidden, all_downstream},
    {"ds_sign_2048", ds_key_hidden, check_2048},
    {"ds_sign_3072", ds_key_hidden, check_3072},
};

/* --- the replay --- */

static struct sim_chip *chip_like_the_emulators(void)
{
    static uint8_t image[1024];
    struct sim_chip *chip = NULL;
    image[38] = 0x0C; /* revision v0.3 and nothing else (facts/qemu.json) */
    const struct sim_options options = {.chip = seal_chip_find("esp32c3"), .efuse_image = image};
    assert_int_equal(sim_chip_new(&options, &chip, NULL), SEAL_OK);
    return chip;
}

static void drain(struct sim_chip *chip, struct seal_buf *into)
{
    struct sim_output output;
    while (sim_chip_take(chip, &output)) {
        if (into) {
            assert_int_equal(seal_buf_put(into, output.data, output.len), SEAL_OK);
        }
    }
}

static const struct exception *excepted(const struct replay *replay, unsigned frame)
{
    const struct exception *e = replay->exceptions;
    while (e->first && (frame < e->first || frame > e->last)) {
        e++;
    }
    return e->first ? e : NULL;
}

struct session {
    const struct replay *replay;
    struct sim_chip *chip;
    struct seal_buf *got, *expected;
    char *request;
    unsigned frame, compared, different;
};

static bool same(const struct session *session, const struct exception *exception)
{
    size_t got = seal_buf_len(session->got);
    size_t expected = seal_buf_len(session->expected);
    bool prefix = exception && exception->prefix;
    return (prefix ? got > 0 && got <= expected : got == expected) &&
           memcmp(seal_buf_ptr(session->expected), seal_buf_ptr(session->got), got) == 0;
}

static void complain(struct session *session)
{
    char expected[161], got[161];
    size_t expected_len = seal_buf_len(session->expected);
    size_t got_len = seal_buf_len(session->got);
    seal_hex_encode(seal_buf_ptr(session->expected), expected_len < 80 ? expected_len : 80, expected);
    seal_hex_encode(seal_buf_ptr(session->got), got_len < 80 ? got_len : 80, got);
    print_message("%s, request %u\n  > %.100s\n  ROM %s\n  sim %s\n", session->replay->capture,
                  session->frame, session->request, expected, got);
    session->different++;
}

static void settle(struct session *session)
{
    const struct exception *exception = excepted(session->replay, session->frame);
    drain(session->chip, session->got);
    if (session->frame > 0 && (!exception || exception->prefix)) {
        session->compared++;
        if (!same(session, exception)) {
            complain(session);
        }
    }
    seal_buf_truncate(session->expected, 0);
    seal_buf_truncate(session->got, 0);
}

static void take_line(struct session *session, char *line)
{
    uint8_t *bytes;
    line[strcspn(line, "\r\n")] = 0;
    size_t len = strlen(line) > 2 ? (strlen(line) - 2) / 2 : 0;
    if (len == 0 || (line[0] != '>' && line[0] != '<')) {
        return;
    }
    bytes = malloc(len);
    assert_non_null(bytes);
    assert_int_equal(seal_hex_decode(line + 2, bytes, len), SEAL_OK);
    if (line[0] == '>') {
        settle(session);
        session->frame++;
        memcpy(session->request, line + 2, strlen(line + 2) + 1);
        assert_int_equal(sim_chip_feed(session->chip, bytes, len), SEAL_OK);
    } else {
        assert_int_equal(seal_buf_put(session->expected, bytes, len), SEAL_OK);
    }
    free(bytes);
}

static unsigned run_capture(const struct replay *replay, struct sim_chip *chip)
{
    static char line[LINE_MAX_LEN], request[LINE_MAX_LEN];
    char path[256];
    struct session session = {.replay = replay, .chip = chip, .request = request};
    (void)snprintf(path, sizeof path, "%s/wire/esp32c3_%s.txt", TESTS_DIR, replay->capture);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    session.got = seal_buf_new();
    session.expected = seal_buf_new();
    drain(session.chip, NULL);
    while (fgets(line, sizeof line, file)) {
        take_line(&session, line);
    }
    settle(&session);
    assert_true(session.compared > 0);
    (void)fclose(file);
    seal_buf_free(&session.got);
    seal_buf_free(&session.expected);
    return session.different;
}

static void written_before(struct sim_chip *chip)
{
    const struct replay replay = {"write_flash_compress_8k", NULL, none};
    assert_int_equal(run_capture(&replay, chip), 0);
    sim_chip_power_cycle(chip);
}

static void answers_are_those_of_the_rom(void **state)
{
    (void)state;
    unsigned different = 0;
    for (size_t i = 0; i < sizeof replays / sizeof replays[0]; i++) {
        struct sim_chip *chip = chip_like_the_emulators();
        if (replays[i].prepare) {
            replays[i].prepare(chip);
        }
        different += run_capture(&replays[i], chip);
        sim_chip_free(&chip);
    }
    assert_int_equal(different, 0);
}

/* What the chip says by itself; prefix: the ROM repeats itself for ever, the simulator says it once. */
static void banner_is_that_of(const char *capture, void (*prepare)(struct sim_chip *chip), bool prefix)
{
    static char line[LINE_MAX_LEN];
    uint8_t expected[1024];
    char path[256];
    struct sim_chip *chip = chip_like_the_emulators();
    struct seal_buf *got = seal_buf_new();
    size_t len = 0;
    (void)snprintf(path, sizeof path, "%s/wire/esp32c3_%s.txt", TESTS_DIR, capture);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '<') {
            len = strcspn(line + 2, "\r\n") / 2;
            assert_in_range(len, 1, sizeof expected);
            line[2 + 2 * len] = 0;
            assert_int_equal(seal_hex_decode(line + 2, expected, len), SEAL_OK);
            break;
        }
    }
    (void)fclose(file);
    if (prepare) {
        prepare(chip);
    }
    drain(chip, got);
    assert_true(prefix ? seal_buf_len(got) > 100 && seal_buf_len(got) <= len : seal_buf_len(got) == len);
    assert_memory_equal(seal_buf_ptr(got), expected, seal_buf_len(got));
    seal_buf_free(&got);
    sim_chip_free(&chip);
}

static void banners_are_those_of_the_rom(void **state)
{
    (void)state;
    banner_is_that_of("boot_banner", NULL, false);
    banner_is_that_of("dis_download_mode", download_disabled, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_those_of_the_rom),
        cmocka_unit_test(banners_are_those_of_the_rom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
