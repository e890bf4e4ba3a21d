/* The real loader against what real ROMs answered. */
#include "rom/loader.h"
#include "unit.h"
#include "wire/capture.h"

#include <stdio.h>
#include <string.h>

struct session {
    struct capture *capture, *identity;
    struct replay replay;
    struct seal_loader *loader;
    struct seal_cause cause;
};

static void begin(struct session *session, const char *name, const char *identity)
{
    memset(session, 0, sizeof *session);
    session->capture = capture_read(name);
    session->identity = capture_read(identity);
    replay_start(&session->replay, session->capture, session->identity);
}

static void connect_session(struct session *session, const char *name, const char *identity)
{
    begin(session, name, identity);
    int err = seal_loader_connect(session->replay.link, NULL, &session->loader, &session->cause);
    if (err) {
        fail_msg("%s: %s", name, session->cause.text);
    }
}

static void end(struct session *session)
{
    seal_loader_free(&session->loader);
    replay_stop(&session->replay);
    capture_free(&session->capture);
    capture_free(&session->identity);
}

static void connect_knows_the_chip_by_its_id(void **state)
{
    (void)state;
    static const struct {
        const char *capture, *chip;
        uint32_t api_version;
    } rows[] = {{"esp32c3_get_security_info", "esp32c3", 3}, {"esp32s3_get_security_info", "esp32s3", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct session session;
        connect_session(&session, rows[i].capture, rows[i].capture);
        const struct seal_security_info *info = seal_loader_security_info(session.loader);
        assert_string_equal(seal_loader_chip(session.loader)->name, rows[i].chip);
        assert_true(info->valid && info->has_chip_id);
        assert_int_equal(info->api_version, rows[i].api_version);
        assert_int_equal(info->key_purposes[6], 0x0c);
        assert_false(seal_loader_secure_download(session.loader));
        assert_int_equal(session.replay.unknown, 0);
        end(&session);
    }
}

static void connect_knows_an_esp32_by_its_magic_value(void **state)
{
    (void)state;
    struct session session;
    /* It refuses GET_SECURITY_INFO eight times under SYNC; the register read comes after those. */
    connect_session(&session, "esp32_get_security_info", "esp32_read_reg");
    assert_string_equal(seal_loader_chip(session.loader)->name, "esp32");
    assert_false(seal_loader_security_info(session.loader)->valid);
    assert_int_equal(session.replay.unknown, 0);
    end(&session);
}

static void connect_refuses_another_chip(void **state)
{
    (void)state;
    struct session session;
    begin(&session, "esp32s3_get_security_info", "esp32s3_get_security_info");
    const struct seal_loader_options options = {.chip = seal_chip_find("esp32c3")};
    assert_int_equal(seal_loader_connect(session.replay.link, &options, &session.loader, &session.cause),
                     SEAL_ERR_WRONG_CHIP);
    assert_non_null(strstr(session.cause.text, "ESP32-S3"));
    assert_null(session.loader);
    end(&session);
}

static void secure_download_mode_forbids_registers(void **state)
{
    (void)state;
    struct session session;
    connect_session(&session, "esp32c3_secure_download_mode", "esp32c3_secure_download_mode");
    assert_true(seal_loader_secure_download(session.loader));
    assert_string_equal(seal_loader_chip(session.loader)->name, "esp32c3");
    unsigned frames = session.loader->frames_sent;
    uint32_t value = 7;
    uint8_t byte = 0;
    assert_int_equal(seal_loader_read_reg(session.loader, 0x40001000, &value, &session.cause),
                     SEAL_ERR_STATE);
    assert_int_equal(seal_loader_write_reg(session.loader, 0x40001000, 0, &session.cause), SEAL_ERR_STATE);
    assert_int_equal(seal_flash_write(session.loader, 0, &byte, 1, NULL, NULL, &session.cause),
                     SEAL_ERR_STATE);
    assert_int_equal(seal_flash_read(session.loader, 0, &byte, 1, NULL, NULL, &session.cause),
                     SEAL_ERR_STATE);
    assert_non_null(strstr(session.cause.text, "secure download mode"));
    assert_int_equal(session.loader->frames_sent, frames);
    end(&session);
}

static void registers_are_read_by_their_value_field(void **state)
{
    (void)state;
    struct session session;
    connect_session(&session, "esp32c3_read_reg", "esp32c3_get_security_info");
    uint32_t value = 0;
    assert_int_equal(seal_loader_read_reg(session.loader, 0x40001000, &value, &session.cause), SEAL_OK);
    assert_int_equal(value, 0x1b31506f);
    end(&session);
}

/* What the recording says must come of one request, by the rules of REPORT.md alone. */
static int verdict_of(const struct capture *capture, size_t request)
{
    struct seal_buf *asked = capture_decode(&capture->lines[request]);
    uint8_t opcode = seal_buf_ptr(asked)[1];
    int verdict = SEAL_ERR_TIMEOUT;
    seal_buf_free(&asked);
    for (size_t i = request + 1; i < capture->count && capture->lines[i].direction == '<'; i++) {
        struct seal_buf *frame = capture_decode(&capture->lines[i]);
        struct seal_rom_response response;
        if (frame &&
            seal_rom_response_parse(seal_buf_ptr(frame), seal_buf_len(frame), 4, &response) == SEAL_OK) {
            if (response.opcode == opcode) {
                verdict = response.failed ? SEAL_ERR_ROM : SEAL_OK;
            } else if (response.failed && response.code == 5) {
                verdict = SEAL_ERR_ROM_REFUSED;
            }
        }
        seal_buf_free(&frame);
        if (verdict != SEAL_ERR_TIMEOUT) {
            break;
        }
    }
    return verdict;
}

static bool is_sound_request(const struct capture_line *line)
{
    struct seal_buf *frame = line->direction == '>' ? capture_decode(line) : NULL;
    bool sound = frame && seal_buf_len(frame) >= 8 &&
                 (size_t)(seal_buf_ptr(frame)[2] | seal_buf_ptr(frame)[3] << 8) + 8 == seal_buf_len(frame) &&
                 seal_buf_ptr(frame)[1] != SEAL_ROM_SYNC;
    seal_buf_free(&frame);
    return sound;
}

/* Sends each recorded request again, one transaction each; returns how many there were. */
static size_t replay_all(const char *name, const char *identity)
{
    struct session session;
    connect_session(&session, name, identity);
    size_t done = 0;
    for (size_t i = 0; i < session.capture->count; i++) {
        if (!is_sound_request(&session.capture->lines[i])) {
            continue;
        }
        struct seal_buf *frame = capture_decode(&session.capture->lines[i]);
        const struct rom_command command = {.opcode = seal_buf_ptr(frame)[1],
                                            .data = seal_buf_ptr(frame) + 8,
                                            .len = seal_buf_len(frame) - 8};
        session.replay.cursor = i;
        session.loader->unanswered = 0; /* each request for itself: no barrier after a silent one */
        session.loader->last_opcode = 0;
        int expected = verdict_of(session.capture, i);
        int got = rom_transact(session.loader, &command, NULL, &session.cause);
        bool reset = expected == SEAL_ERR_TIMEOUT && got == SEAL_ERR_LINK; /* the banner was seen */
        if (got != expected && !reset) {
            fail_msg("%s, line %zu, %s: %s instead of %s", name, i, seal_rom_opcode_name(command.opcode),
                     seal_err_name(got), seal_err_name(expected));
        }
        seal_buf_free(&frame);
        done++;
    }
    end(&session);
    return done;
}

static void every_kind_of_answer_gets_its_verdict(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "bad_checksum",
        "begin_limits",
        "change_baud_raw",
        "flash_end_reboot",
        "flash_session_raw",
        "mem_data_retry_rules",
        "read_reg",
        "read_flash_slow_limits",
        "oversized_and_malformed",
        "unknown_cmd_0x55",
        "unknown_opcodes_after_read_reg",
        "write_reg",
        "efuse_raw_rules",
        "secure_download_mode_default_size",
        "ds_sign_2048",
        "hmac_up_readable",
    };
    size_t done = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char c3[96], s3[96];
        (void)snprintf(c3, sizeof c3, "esp32c3_%s", kinds[i]);
        (void)snprintf(s3, sizeof s3, "esp32s3_%s", kinds[i]);
        done += replay_all(c3, "esp32c3_get_security_info");
        done += replay_all(s3, "esp32s3_get_security_info");
    }
    assert_true(done > 1500);
}

static void a_bad_checksum_is_the_roms_error_seven(void **state)
{
    (void)state;
    struct session session;
    connect_session(&session, "esp32c3_bad_checksum", "esp32c3_get_security_info");
    for (size_t i = 0; i < session.capture->count; i++) {
        struct seal_buf *frame = capture_decode(&session.capture->lines[i]);
        bool wanted = session.capture->lines[i].direction == '>' && frame &&
                      seal_buf_ptr(frame)[1] == SEAL_ROM_FLASH_DATA;
        if (wanted) {
            const struct rom_command command = {.opcode = SEAL_ROM_FLASH_DATA,
                                                .data = seal_buf_ptr(frame) + 8,
                                                .len = seal_buf_len(frame) - 8};
            session.replay.cursor = i;
            assert_int_equal(rom_transact(session.loader, &command, NULL, &session.cause), SEAL_ERR_ROM);
            assert_true(session.cause.has_rom_code);
            assert_int_equal(session.cause.rom_code, 0x07);
            assert_non_null(strstr(session.cause.text, "checksum"));
            seal_buf_free(&frame);
            break;
        }
        seal_buf_free(&frame);
    }
    end(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_knows_the_chip_by_its_id),
        cmocka_unit_test(connect_knows_an_esp32_by_its_magic_value),
        cmocka_unit_test(connect_refuses_another_chip),
        cmocka_unit_test(secure_download_mode_forbids_registers),
        cmocka_unit_test(registers_are_read_by_their_value_field),
        cmocka_unit_test(every_kind_of_answer_gets_its_verdict),
        cmocka_unit_test(a_bad_checksum_is_the_roms_error_seven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
