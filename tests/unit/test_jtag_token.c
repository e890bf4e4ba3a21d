/* The token, against figures made with Python's hmac, as ESP-IDF's example hmac_soft_jtag makes it. */
#include "unit.h"

#include <espseal/hex.h>
#include <espseal/jtag_token.h>

static void tokens_of_two_keys(void **state)
{
    (void)state;
    static const struct {
        uint8_t first, step;
        const char *token;
    } rows[] = {
        {0, 1, "416c5392b9f36df188e90eb14d17bf0da190bfdb7f1f4956e6e566a569c8b15c"},
        {255, 255, "d0cda0e7f778c19d127691ffa6f64a4dff5007b5b9436698cd105ec0d0a88270"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t key[SEAL_JTAG_KEY_LEN], token[SEAL_JTAG_TOKEN_LEN];
        char text[2 * SEAL_JTAG_TOKEN_LEN + 1];
        for (size_t b = 0; b < sizeof key; b++) {
            key[b] = (uint8_t)(rows[i].first + b * rows[i].step);
        }
        assert_int_equal(seal_jtag_token(key, token, NULL), SEAL_OK);
        seal_hex_encode(token, sizeof token, text);
        assert_string_equal(text, rows[i].token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tokens_of_two_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
