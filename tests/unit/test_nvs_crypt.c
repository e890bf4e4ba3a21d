#include "unit.h"

#include <espseal/nvs_crypt.h>
#include <espseal/secret.h>

#include <string.h>

enum { PAGE = 4096, FIRST = 64, ENTRY = 32, MAP = 32 };

static void new_keys_are_right_and_differ(void **state)
{
    (void)state;
    uint8_t keys[2][SEAL_NVS_KEYS_LEN];
    uint8_t again[SEAL_NVS_KEYS_LEN];
    struct seal_buf *file = seal_buf_new_secret();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(seal_nvs_keys_generate(keys[i], NULL), SEAL_OK);
    }
    assert_memory_not_equal(keys[0], keys[1], sizeof keys[0]);
    assert_int_equal(seal_nvs_keys_encode(keys[0], file), SEAL_OK);
    assert_int_equal(seal_buf_len(file), SEAL_NVS_KEYS_SIZE);
    assert_int_equal(seal_nvs_keys_decode(seal_buf_ptr(file), SEAL_NVS_KEYS_SIZE, "f", again, NULL), SEAL_OK);
    assert_memory_equal(again, keys[0], sizeof again);
    seal_buf_free(&file);
}

static void keys_are_refused(void **state)
{
    (void)state;
    uint8_t keys[SEAL_NVS_KEYS_LEN];
    uint8_t out[SEAL_NVS_KEYS_LEN];
    struct seal_buf *file = seal_buf_new_secret();
    struct seal_cause cause;
    assert_int_equal(seal_nvs_keys_generate(keys, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_keys_encode(keys, file), SEAL_OK);
    uint8_t *bytes = seal_buf_mutable(file);
    static const struct {
        size_t len;
        int err;
    } rows[] = {{0, SEAL_ERR_FORMAT},  {63, SEAL_ERR_FORMAT}, {64, SEAL_OK},
                {65, SEAL_ERR_FORMAT}, {67, SEAL_ERR_FORMAT}, {68, SEAL_OK}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(seal_nvs_keys_decode(bytes, rows[i].len, "f", out, NULL), rows[i].err);
    }
    for (size_t i = 0; i < 68; i++) {
        bytes[i] ^= 0x10;
        assert_int_equal(seal_nvs_keys_decode(bytes, SEAL_NVS_KEYS_SIZE, "f", out, &cause), SEAL_ERR_FORMAT);
        assert_string_equal(cause.text, "the CRC of the NVS keys in f is wrong");
        bytes[i] ^= 0x10;
    }
    memcpy(bytes + 32, bytes, 32);
    assert_int_equal(seal_nvs_keys_decode(bytes, 64, "f", out, NULL), SEAL_ERR_KEY);
    memset(bytes, 0xFF, SEAL_NVS_KEYS_SIZE);
    assert_int_equal(seal_nvs_keys_decode(bytes, SEAL_NVS_KEYS_SIZE, "f", out, &cause), SEAL_ERR_FORMAT);
    assert_string_equal(cause.text, "f is erased: it holds no NVS keys");
    seal_buf_free(&file);
}

static void set_bits(uint8_t *page, size_t entry, unsigned bits)
{
    uint8_t *byte = page + MAP + entry / 4;
    *byte = (uint8_t)((*byte & ~(3u << entry % 4 * 2)) | bits << entry % 4 * 2);
}

/* Written ones, written ones of nothing but ones, erased ones between them, and one whose write was cut off.
 */
static void entries_are_known_by_their_place(void **state)
{
    (void)state;
    static uint8_t plain[2 * PAGE];
    static uint8_t work[2 * PAGE];
    uint8_t keys[SEAL_NVS_KEYS_LEN];
    memset(plain, 0xFF, sizeof plain);
    for (size_t entry = 0; entry < 6; entry++) {
        uint8_t *place = plain + PAGE + FIRST + entry * ENTRY;
        static const unsigned bits[] = {2, 2, 0, 3, 3, 2};
        set_bits(plain + PAGE, entry, bits[entry]);
        if (entry != 1 && entry != 4) {
            memset(place, (int)entry + 1, ENTRY);
        }
    }
    memcpy(work, plain, sizeof work);
    assert_int_equal(seal_nvs_keys_generate(keys, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_encrypt(keys, work, sizeof work, NULL), SEAL_OK);
    assert_memory_equal(work, plain, PAGE + FIRST); /* a blank page, a header and a map */
    for (size_t entry = 0; entry < 126; entry++) {
        size_t at = PAGE + FIRST + entry * ENTRY;
        bool changed = memcmp(work + at, plain + at, ENTRY) != 0;
        assert_int_equal(changed, entry != 4 && entry < 6);
    }
    assert_int_equal(seal_nvs_decrypt(keys, work, sizeof work, NULL), SEAL_OK);
    assert_memory_equal(work, plain, sizeof work);

    /* The same entry in another place becomes something else. */
    uint8_t *first = work + PAGE + FIRST;
    memcpy(first + 5 * ENTRY, first, ENTRY);
    assert_int_equal(seal_nvs_encrypt(keys, work, sizeof work, NULL), SEAL_OK);
    assert_memory_not_equal(first, first + 5 * ENTRY, ENTRY);
    assert_int_equal(seal_nvs_encrypt(keys, work, PAGE - 1, NULL), SEAL_ERR_FORMAT);
    assert_int_equal(seal_nvs_decrypt(keys, work, 0, NULL), SEAL_ERR_FORMAT);
}

/* IEEE 802.11-2020 annex J.4.2, test vectors for the passphrase-to-PSK mapping. */
static void wifi_master_keys(void **state)
{
    (void)state;
    static const struct {
        const char *passphrase, *ssid;
        uint8_t begins[8];
    } rows[] = {
        {"password", "IEEE", {0xF4, 0x2C, 0x6F, 0xC5, 0x2D, 0xF0, 0xEB, 0xEF}},
        {"ThisIsAPassword", "ThisIsASSID", {0x0D, 0xC0, 0xD6, 0xEB, 0x90, 0x55, 0x5E, 0xD6}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t pmk[32];
        assert_int_equal(seal_wifi_pmk(rows[i].passphrase, rows[i].ssid, pmk), SEAL_OK);
        assert_memory_equal(pmk, rows[i].begins, sizeof rows[i].begins);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_keys_are_right_and_differ),
        cmocka_unit_test(keys_are_refused),
        cmocka_unit_test(entries_are_known_by_their_place),
        cmocka_unit_test(wifi_master_keys),
    };
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
