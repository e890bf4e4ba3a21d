/* Burning on a simulated chip: what is burned, what is refused before, and what faults can do. */
#include "unit.h"

#include "sim_link.h"

#include <espseal/buf.h>
#include <espseal/efuse.h>

#include <stdio.h>
#include <string.h>

#define KEY_BLOCK 5 /* BLOCK_KEY1 */

static const uint8_t key_bytes[32] = {
    0x5e, 0xc7, 0xe7, 0x03, 0x10, 0xf4, 0x55, 0xaa, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8,
    0x19, 0x2a, 0x3b, 0x4c, 0x5d, 0x6e, 0x7f, 0x80, 0xff, 0x01, 0xfe, 0x02, 0xfd, 0x03, 0xfc, 0x04,
};

struct rig {
    struct sim_chip *chip;
    struct seal_link *link;
    struct seal_loader *loader;
    struct seal_efuse efuse;
    struct seal_cause cause;
    unsigned burned;
    uint8_t seen[1 << 17]; /* payloads that the trace was shown */
    size_t seen_len;
};

static void collect(void *ctx, enum seal_trace_direction direction, uint8_t opcode, const uint8_t *payload,
                    size_t len)
{
    struct rig *rig = ctx;
    (void)direction;
    (void)opcode;
    if (payload == NULL)
        return;
    assert_true(rig->seen_len + len <= sizeof rig->seen);
    memcpy(rig->seen + rig->seen_len, payload, len);
    rig->seen_len += len;
}

static void disconnect(struct rig *rig)
{
    seal_loader_free(&rig->loader);
    seal_link_close(&rig->link);
}

static void connect_rig(struct rig *rig)
{
    const struct seal_loader_options options = {.trace = collect, .trace_ctx = rig};

    assert_int_equal(sim_link_new(rig->chip, &rig->link), 0);
    if (seal_loader_connect(rig->link, &options, &rig->loader, &rig->cause) != 0)
        fail_msg("%s", rig->cause.text);
    rig->efuse = (struct seal_efuse){.chip = seal_loader_chip(rig->loader)};
    if (seal_efuse_read(rig->loader, ~0u, &rig->efuse, &rig->cause) != 0)
        fail_msg("%s", rig->cause.text);
}

static int open_rig(void **state)
{
    static struct rig rig;
    const struct sim_options options = {.chip = seal_chip_find("esp32c3")};

    rig = (struct rig){0};
    assert_int_equal(sim_chip_new(&options, &rig.chip, &rig.cause), 0);
    connect_rig(&rig);
    *state = &rig;
    return 0;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    disconnect(rig);
    sim_chip_free(&rig->chip);
    return 0;
}

static void set_fault(struct rig *rig, const char *fault)
{
    assert_int_equal(sim_chip_set_faults(rig->chip, fault, &rig->cause), 0);
}

static void restart(struct rig *rig)
{
    disconnect(rig);
    sim_chip_power_cycle(rig->chip);
    connect_rig(rig);
}

static int execute(struct rig *rig, const struct seal_burn *burn)
{
    memset(&rig->cause, 0, sizeof rig->cause);
    return seal_burn_execute(rig->loader, &rig->efuse, burn, &rig->burned, &rig->cause);
}

static unsigned frames(const struct rig *rig)
{
    struct seal_loader_stats stats;
    seal_loader_stats(rig->loader, &stats);
    return stats.frames_sent;
}

/* A key for DS in KEY1, its purpose, and all that protects it but hiding. */
static struct seal_burn whole_key(void)
{
    const struct seal_chip *chip = seal_chip_find("esp32c3");
    struct seal_burn burn = {0};

    seal_burn_key(chip, &burn, 1, key_bytes);
    assert_int_equal(seal_burn_field(chip, &burn, "KEY_PURPOSE_1", SEAL_PURPOSE_HMAC_DOWN_DS, NULL), 0);
    seal_burn_protect(chip, &burn, 1, false, true, true);
    return burn;
}

static struct seal_burn key_only(void)
{
    struct seal_burn burn = {0};
    seal_burn_key(seal_chip_find("esp32c3"), &burn, 1, key_bytes);
    return burn;
}

static bool holds_key(const struct rig *rig)
{
    for (size_t i = 0; i < 8; i++)
        if (sim_chip_fuses(rig->chip, KEY_BLOCK)[i] != seal_le32(key_bytes + 4 * i))
            return false;
    return true;
}

static bool is_blank(const struct rig *rig, unsigned block)
{
    for (size_t i = 0; i < 8; i++)
        if (sim_chip_fuses(rig->chip, block)[i] != 0)
            return false;
    return true;
}

static void assert_program_registers_clear(struct rig *rig)
{
    uint32_t words[11];
    assert_int_equal(seal_loader_read_words(rig->loader, rig->efuse.chip->efuse->base, words, 11, NULL), 0);
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(words[i], 0);
}

static bool contains(const uint8_t *data, size_t len, const uint8_t *part, size_t part_len)
{
    for (size_t i = 0; i + part_len <= len; i++)
        if (memcmp(data + i, part, part_len) == 0)
            return true;
    return false;
}

static void a_key_is_burned_with_purpose_and_protection(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = whole_key();
    unsigned before = frames(rig);

    assert_int_equal(execute(rig, &burn), 0);
    assert_int_equal(rig->burned, 2);
    assert_int_equal(sim_chip_burns(rig->chip), 3); /* key; purpose; what write-protects both */
    assert_true(holds_key(rig));
    assert_int_equal(sim_chip_fuses(rig->chip, 0)[0], 1 << 24 | 1 << 9);
    assert_int_equal(seal_efuse_key_purpose(&rig->efuse, 1), SEAL_PURPOSE_HMAC_DOWN_DS);
    assert_false(seal_efuse_block_writable(&rig->efuse, KEY_BLOCK));
    assert_int_equal(rig->efuse.errors[KEY_BLOCK], 0);
    assert_program_registers_clear(rig);
    assert_in_range(frames(rig) - before, 1, 110);
    restart(rig);
    before = frames(rig);
    assert_int_equal(execute(rig, &burn), 0); /* all of it is there */
    assert_int_equal(rig->burned, 0);
    assert_int_equal(frames(rig), before);
    assert_int_equal(sim_chip_burns(rig->chip), 3);
}

static void a_trace_shows_no_key(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = whole_key();

    assert_int_equal(execute(rig, &burn), 0);
    assert_int_equal(seal_efuse_read(rig->loader, ~0u, &rig->efuse, &rig->cause), 0);
    assert_true(rig->seen_len > 1000);
    for (size_t i = 0; i < 8; i++)
        assert_false(contains(rig->seen, rig->seen_len, key_bytes + 4 * i, 4));
}

static void a_hidden_key_is_forgotten(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = whole_key();

    assert_int_equal(execute(rig, &burn), 0);
    memset(&burn, 0, sizeof burn);
    seal_burn_protect(rig->efuse.chip, &burn, 1, true, false, false);
    assert_int_equal(execute(rig, &burn), 0);
    assert_int_equal(rig->burned, 1);
    assert_true(holds_key(rig));
    assert_false(seal_efuse_block_readable(&rig->efuse, KEY_BLOCK));
    assert_true(seal_efuse_block_blank(&rig->efuse, KEY_BLOCK));
    burn = key_only();
    assert_int_equal(execute(rig, &burn), SEAL_ERR_STATE);
}

static void read_and_write_protection_may_come_in_one_burn(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = whole_key();

    seal_burn_protect(rig->efuse.chip, &burn, 1, true, true, true);
    assert_int_equal(seal_burn_field(rig->efuse.chip, &burn, "WR_DIS", 1, NULL), 0); /* locks RD_DIS */
    assert_int_equal(execute(rig, &burn), 0);
    assert_int_equal(sim_chip_fuses(rig->chip, 0)[1] & 0x7f, 1 << 1);
    assert_int_equal(sim_chip_fuses(rig->chip, 0)[0], 1 << 24 | 1 << 9 | 1);
}

static void a_second_key_is_refused_before_anything_burns(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = key_only();
    uint8_t other[32] = {7, 7, 7};

    assert_int_equal(execute(rig, &burn), 0);
    memset(&burn, 0, sizeof burn);
    seal_burn_key(rig->efuse.chip, &burn, 1, other);
    seal_burn_key(rig->efuse.chip, &burn, 3, other); /* would be burned first */
    assert_int_equal(execute(rig, &burn), SEAL_ERR_STATE);
    assert_int_equal(sim_chip_burns(rig->chip), 1);
    assert_true(is_blank(rig, 7));
}

static void a_fixed_purpose_is_refused_before_the_key_burns(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = {0};
    const uint32_t protected_purpose[8] = {1 << 9};

    sim_chip_set_fuses(rig->chip, 0, protected_purpose);
    restart(rig);
    burn = whole_key();
    assert_int_equal(execute(rig, &burn), SEAL_ERR_STATE);
    assert_non_null(strstr(rig->cause.text, "KEY_PURPOSE_1"));
    assert_int_equal(sim_chip_burns(rig->chip), 0);
    assert_true(is_blank(rig, KEY_BLOCK));
}

static void a_pulse_that_did_nothing_is_repeated_once(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = key_only();

    set_fault(rig, "lie:burn=1");
    assert_int_equal(execute(rig, &burn), 0);
    assert_int_equal(sim_chip_burns(rig->chip), 2);
    assert_int_equal(rig->burned, 1);
    assert_true(holds_key(rig));
}

static void a_chip_that_lies_twice_is_found_out(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = whole_key();

    set_fault(rig, "lie:burn=1,lie:burn=2");
    assert_int_equal(execute(rig, &burn), SEAL_ERR_VERIFY);
    assert_non_null(strstr(rig->cause.text, "BLOCK_KEY1 word 0"));
    assert_false(rig->cause.has_address); /* expected and got would be key */
    assert_int_equal(rig->burned, 1);
    assert_int_equal(sim_chip_burns(rig->chip), 2);
    assert_true(is_blank(rig, 0)); /* a purpose without its key was not burned */
    assert_program_registers_clear(rig);
}

static void protection_is_not_burned_over_a_purpose_that_did_not_take(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = whole_key();

    set_fault(rig, "lie:burn=2,lie:burn=3");
    assert_int_equal(execute(rig, &burn), SEAL_ERR_VERIFY);
    assert_non_null(strstr(rig->cause.text, "BLOCK0 word 2"));
    assert_true(rig->cause.has_address);
    assert_int_equal(rig->cause.address, 0x60008834);
    assert_int_equal(rig->cause.expected, 7u << 28);
    assert_int_equal(rig->cause.got, 0);
    assert_int_equal(sim_chip_fuses(rig->chip, 0)[0], 0);
}

static void a_neighbour_bit_is_found_out(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = {0};

    assert_int_equal(seal_burn_field(rig->efuse.chip, &burn, "KEY_PURPOSE_0", 1, NULL), 0);
    set_fault(rig, "neighbour:burn=1");
    assert_int_equal(execute(rig, &burn), SEAL_ERR_VERIFY);
    assert_int_equal(sim_chip_burns(rig->chip), 1); /* nothing can mend it */
    assert_int_equal(rig->cause.expected, 1u << 24);
    assert_int_equal(rig->cause.got, 3u << 24);
    assert_program_registers_clear(rig);
}

/* The code corrects the bit; a second pulse is tried, and the count stays to be seen. */
static void a_neighbour_bit_in_a_coded_block_is_counted(void **state)
{
    struct rig *rig = *state;
    struct seal_burn burn = key_only();

    set_fault(rig, "neighbour:burn=1");
    assert_int_equal(execute(rig, &burn), 0);
    assert_int_equal(sim_chip_burns(rig->chip), 2);
    assert_int_equal(rig->efuse.errors[KEY_BLOCK], 1);
    assert_false(rig->efuse.error_fail[KEY_BLOCK]);
}

static void a_power_cut_in_the_pulse_is_completed(void **state)
{
    char fault[40];

    (void)state;
    for (unsigned bits = 0; bits < 180; bits += 12) {
        struct rig *rig;
        void *own;
        assert_int_equal(open_rig(&own), 0);
        rig = own;
        struct seal_burn burn = whole_key();
        snprintf(fault, sizeof fault, "power:burn=1:bits=%u", bits);
        set_fault(rig, fault);
        assert_int_equal(execute(rig, &burn), SEAL_ERR_LINK);
        assert_int_equal(rig->burned, 1);
        restart(rig);
        int err = execute(rig, &burn);
        if (err == 0)
            assert_true(holds_key(rig));
        else /* too few bits to know whose they are */
            assert_true(err == SEAL_ERR_STATE && bits > 0 && bits < 72 && sim_chip_burns(rig->chip) == 1);
        close_rig(&own);
    }
}

/* Bytes that it takes to look at the fuses once more before the burn. */
static unsigned bytes_of_looking(void)
{
    void *own;
    assert_int_equal(open_rig(&own), 0);
    struct rig *rig = own;
    struct seal_efuse now = {.chip = rig->efuse.chip};
    const uint64_t before = sim_chip_bytes(rig->chip);
    assert_int_equal(seal_efuse_read(rig->loader, 1u | 1u << KEY_BLOCK, &now, &rig->cause), 0);
    const unsigned bytes = (unsigned)(sim_chip_bytes(rig->chip) - before);
    close_rig(&own);
    return bytes;
}

/* Every byte of the frame with the key, corrupted in turn. */
static void a_corrupted_key_frame_burns_nothing(void **state)
{
    unsigned detected = 0;
    char fault[40];

    (void)state;
    const unsigned begin = bytes_of_looking();
    for (unsigned at = begin + 1; at <= begin + 8 + 11 * 16; at++) {
        struct rig *rig;
        void *own;
        assert_int_equal(open_rig(&own), 0);
        rig = own;
        struct seal_burn burn = key_only();
        snprintf(fault, sizeof fault, "flip:byte=%u", at);
        set_fault(rig, fault);
        int err = execute(rig, &burn);
        if (err == SEAL_ERR_LINK) {
            detected++;
            assert_non_null(strstr(rig->cause.text, "was not burned"));
            assert_non_null(strstr(rig->cause.hint, "cable"));
            assert_program_registers_clear(rig);
        }
        if (err != 0)
            assert_int_equal(sim_chip_burns(rig->chip), 0);
        else /* such as in a byte that the ROM ignores */
            assert_true(holds_key(rig));
        for (unsigned block = 0; block < SEAL_EFUSE_BLOCKS; block++)
            if (block != KEY_BLOCK && block != 1)
                assert_true(is_blank(rig, block));
        close_rig(&own);
    }
    assert_in_range(detected, 80, 200);
}

static void a_cut_after_any_frame_leaves_a_burn_that_can_be_finished(void **state)
{
    bool finished = false;
    char fault[40];

    (void)state;
    for (unsigned at = 1; !finished; at++) {
        struct rig *rig;
        void *own;
        assert_int_equal(open_rig(&own), 0);
        rig = own;
        struct seal_burn burn = whole_key();
        snprintf(fault, sizeof fault, "cut:frame=%u", at);
        set_fault(rig, fault);
        int err = execute(rig, &burn);
        finished = err == 0;
        if (!finished) {
            assert_int_equal(err, SEAL_ERR_LINK);
            restart(rig);
            assert_int_equal(execute(rig, &burn), 0);
        }
        assert_true(holds_key(rig));
        assert_int_equal(sim_chip_burns(rig->chip), 3);
        close_rig(&own);
        assert_in_range(at, 1, 200);
    }
}

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_key_is_burned_with_purpose_and_protection),
        RIG_TEST(a_trace_shows_no_key),
        RIG_TEST(a_hidden_key_is_forgotten),
        RIG_TEST(read_and_write_protection_may_come_in_one_burn),
        RIG_TEST(a_second_key_is_refused_before_anything_burns),
        RIG_TEST(a_fixed_purpose_is_refused_before_the_key_burns),
        RIG_TEST(a_pulse_that_did_nothing_is_repeated_once),
        RIG_TEST(a_chip_that_lies_twice_is_found_out),
        RIG_TEST(protection_is_not_burned_over_a_purpose_that_did_not_take),
        RIG_TEST(a_neighbour_bit_is_found_out),
        RIG_TEST(a_neighbour_bit_in_a_coded_block_is_counted),
        cmocka_unit_test(a_power_cut_in_the_pulse_is_completed),
        cmocka_unit_test(a_corrupted_key_frame_burns_nothing),
        cmocka_unit_test(a_cut_after_any_frame_leaves_a_burn_that_can_be_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
