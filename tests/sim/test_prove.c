/* The proof on a simulated chip: what it proves, and how each way of failing is told apart. */
#include "unit.h"

#include "sim_link.h"

#include <espseal/digest.h>
#include <espseal/file.h>
#include <espseal/prove.h>
#include <espseal/secure_cert.h>

#include <stdio.h>
#include <string.h>

struct rig {
    struct sim_chip *chip;
    struct seal_link *link;
    struct seal_loader *loader;
    struct seal_key *key;
    struct seal_cert *cert;
    struct seal_ds_params params;
    uint8_t hmac_key[32];
    struct seal_proof proof;
    struct seal_cause cause;
};

static void read_vector(const char *name, const char *file, struct seal_buf **buf)
{
    char path[512];
    snprintf(path, sizeof path, "%s/vectors/ds/%s/%s", TESTS_DIR, name, file);
    assert_int_equal(seal_file_read(path, 8192, 0, buf, NULL), 0);
}

/* The vector's key, with the certificate that it signs itself. */
static void load_identity(struct rig *rig, const char *name)
{
    struct seal_buf *buf = NULL;

    read_vector(name, "key.pem", &buf);
    assert_int_equal(seal_key_read(seal_buf_ptr(buf), seal_buf_len(buf), name, NULL, &rig->key, NULL), 0);
    seal_buf_free(&buf);
    read_vector(name, "hmac_key.bin", &buf);
    assert_int_equal(seal_buf_len(buf), 32);
    memcpy(rig->hmac_key, seal_buf_ptr(buf), 32);
    seal_buf_free(&buf);
    assert_int_equal(seal_ca_new(rig->key, "/CN=device", 30, &rig->cert, NULL), 0);
    assert_int_equal(seal_ds_encrypt(rig->key, 3072, rig->hmac_key, NULL, &rig->params, NULL), 0);
}

static void burn_key(struct rig *rig, unsigned key, const uint8_t bytes[static 32], uint32_t purpose)
{
    struct seal_efuse efuse = {.chip = seal_loader_chip(rig->loader)};
    struct seal_burn burn = {0};
    char field[16];
    unsigned burned;

    snprintf(field, sizeof field, "KEY_PURPOSE_%u", key);
    seal_burn_key(efuse.chip, &burn, key, bytes);
    assert_int_equal(seal_burn_field(efuse.chip, &burn, field, purpose, NULL), 0);
    assert_int_equal(seal_efuse_read(rig->loader, ~0u, &efuse, NULL), 0);
    assert_int_equal(seal_burn_execute(rig->loader, &efuse, &burn, &burned, &rig->cause), 0);
}

static int open_rig(void **state)
{
    static struct rig rig;
    const struct sim_options options = {.chip = seal_chip_find("esp32c3")};
    const struct seal_loader_options loader_options = {0};

    rig = (struct rig){0};
    assert_int_equal(sim_chip_new(&options, &rig.chip, &rig.cause), 0);
    assert_int_equal(sim_link_new(rig.chip, &rig.link), 0);
    assert_int_equal(seal_loader_connect(rig.link, &loader_options, &rig.loader, &rig.cause), 0);
    load_identity(&rig, "esp32c3_rsa2048");
    *state = &rig;
    return 0;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    seal_key_free(&rig->key);
    seal_cert_free(&rig->cert);
    seal_loader_free(&rig->loader);
    seal_link_close(&rig->link);
    sim_chip_free(&rig->chip);
    return 0;
}

static int prove(struct rig *rig, unsigned key)
{
    memset(&rig->cause, 0, sizeof rig->cause);
    return seal_prove_ds(rig->loader, key, rig->params.rsa_bits, rig->params.iv, rig->params.c,
                         rig->params.c_len, rig->cert, &rig->proof, &rig->cause);
}

static void expect_failure(struct rig *rig, int err, int wanted, const char *says)
{
    assert_int_equal(err, wanted);
    if (strstr(rig->cause.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", rig->cause.text, says);
}

/* A DS operation that is started now finds no key: the proof took it away. */
static void assert_key_is_gone(struct rig *rig)
{
    const struct seal_chip *chip = seal_loader_chip(rig->loader);
    uint32_t busy, wrong;

    assert_int_equal(seal_loader_write_reg(rig->loader, chip->peripherals.ds_base + 0xe00, 1, NULL), 0);
    assert_int_equal(seal_loader_read_reg(rig->loader, chip->peripherals.ds_base + 0xe0c, &busy, NULL), 0);
    assert_int_equal(seal_loader_read_reg(rig->loader, chip->peripherals.ds_base + 0xe10, &wrong, NULL), 0);
    assert_int_equal(busy, 1);
    assert_int_equal(wrong, 0);
}

static void the_chip_signs_a_fresh_nonce(void **state)
{
    struct rig *rig = *state;
    struct seal_loader_stats before, after;
    uint8_t nonce[32];

    burn_key(rig, 2, rig->hmac_key, SEAL_PURPOSE_HMAC_DOWN_DS);
    seal_loader_stats(rig->loader, &before);
    assert_int_equal(prove(rig, 2), 0);
    seal_loader_stats(rig->loader, &after);
    assert_in_range(after.frames_sent - before.frames_sent, 64, 64 + 16); /* the signature is 64 reads */
    assert_int_equal(rig->proof.efuse_key, 2);
    assert_int_equal(rig->proof.rsa_bits, 2048);
    assert_int_equal(rig->proof.signature_len, 256);
    assert_int_equal(seal_cert_verify_rsa_sha256(rig->cert, rig->proof.nonce, 32, rig->proof.signature, 256),
                     0);
    assert_key_is_gone(rig);
    memcpy(nonce, rig->proof.nonce, sizeof nonce);
    assert_int_equal(prove(rig, 2), 0);
    assert_memory_not_equal(nonce, rig->proof.nonce, sizeof nonce);
}

static void the_chips_longest_key_works(void **state)
{
    struct rig *rig = *state;

    seal_key_free(&rig->key);
    seal_cert_free(&rig->cert);
    load_identity(rig, "esp32c3_rsa3072");
    burn_key(rig, 0, rig->hmac_key, SEAL_PURPOSE_HMAC_DOWN_DS);
    assert_int_equal(prove(rig, 0), 0);
    assert_int_equal(rig->proof.signature_len, 384);
}

static void a_hidden_key_still_signs(void **state)
{
    struct rig *rig = *state;
    struct seal_efuse efuse = {.chip = seal_loader_chip(rig->loader)};
    struct seal_burn burn = {0};
    unsigned burned;

    burn_key(rig, 1, rig->hmac_key, SEAL_PURPOSE_HMAC_DOWN_DS);
    assert_int_equal(seal_efuse_read(rig->loader, ~0u, &efuse, NULL), 0);
    seal_burn_protect(efuse.chip, &burn, 1, true, true, true);
    assert_int_equal(seal_burn_execute(rig->loader, &efuse, &burn, &burned, NULL), 0);
    assert_int_equal(prove(rig, 1), 0);
}

static void a_block_of_another_purpose_is_told(void **state)
{
    struct rig *rig = *state;

    burn_key(rig, 1, rig->hmac_key, SEAL_PURPOSE_HMAC_UP);
    expect_failure(rig, prove(rig, 1), SEAL_ERR_PROOF, "HMAC refuses BLOCK_KEY1");
    assert_key_is_gone(rig);
}

static void parameters_of_another_key_are_told(void **state)
{
    struct rig *rig = *state;
    uint8_t other[32];

    memcpy(other, rig->hmac_key, sizeof other);
    other[31] ^= 1;
    burn_key(rig, 1, other, SEAL_PURPOSE_HMAC_DOWN_DS);
    expect_failure(rig, prove(rig, 1), SEAL_ERR_PROOF, "MD is wrong");
    assert_key_is_gone(rig);
}

static void damaged_parameters_are_told(void **state)
{
    struct rig *rig = *state;

    burn_key(rig, 1, rig->hmac_key, SEAL_PURPOSE_HMAC_DOWN_DS);
    rig->params.c[100] ^= 0x10;
    expect_failure(rig, prove(rig, 1), SEAL_ERR_PROOF, "MD is wrong");
    for (size_t i = 0; i < rig->proof.signature_len; i++)
        assert_int_equal(rig->proof.signature[i], 0);
}

static void a_certificate_of_another_key_is_told(void **state)
{
    struct rig *rig = *state;
    struct seal_key *other = NULL;

    burn_key(rig, 1, rig->hmac_key, SEAL_PURPOSE_HMAC_DOWN_DS);
    assert_int_equal(seal_key_generate("rsa:2048", &other, NULL), 0);
    seal_cert_free(&rig->cert);
    assert_int_equal(seal_ca_new(other, "/CN=other", 30, &rig->cert, NULL), 0);
    seal_key_free(&other);
    expect_failure(rig, prove(rig, 1), SEAL_ERR_PROOF, "not for the key of certificate CN=other");
}

static void what_the_chip_cannot_do_is_refused_unasked(void **state)
{
    struct rig *rig = *state;
    struct seal_loader_stats before, after;

    seal_loader_stats(rig->loader, &before);
    expect_failure(rig, prove(rig, 6), SEAL_ERR_FORMAT, "no BLOCK_KEY6");
    rig->params.c_len = 1584;
    expect_failure(rig, prove(rig, 1), SEAL_ERR_FORMAT, "1584 bytes");
    rig->params.rsa_bits = 4096;
    expect_failure(rig, prove(rig, 1), SEAL_ERR_KEY, "up to 3072 bits, not 4096");
    seal_loader_stats(rig->loader, &after);
    assert_int_equal(before.frames_sent, after.frames_sent);
}

static void a_cut_after_any_frame_ends_in_an_error(void **state)
{
    struct rig *rig = *state;
    const struct seal_loader_options options = {0};
    char fault[40];
    int err = -1;

    burn_key(rig, 1, rig->hmac_key, SEAL_PURPOSE_HMAC_DOWN_DS);
    for (unsigned at = 1; err != 0; at += 3) {
        snprintf(fault, sizeof fault, "cut:frame=%u", at);
        assert_int_equal(sim_chip_set_faults(rig->chip, fault, NULL), 0);
        err = prove(rig, 1);
        assert_true(err == 0 || err == SEAL_ERR_LINK);
        sim_chip_reconnect(rig->chip);
        seal_loader_free(&rig->loader);
        assert_int_equal(sim_chip_set_faults(rig->chip, NULL, NULL), 0);
        assert_int_equal(seal_loader_connect(rig->link, &options, &rig->loader, &rig->cause), 0);
        assert_int_equal(prove(rig, 1), 0); /* whatever the cut left in the peripherals */
        assert_in_range(at, 1, 200);
    }
}

static struct seal_buf *make_partition(struct rig *rig, bool with_cert)
{
    struct seal_buf *partition = seal_buf_new(), *der = seal_buf_new();

    assert_int_equal(seal_cert_write(rig->cert, true, der, NULL), 0);
    if (with_cert)
        assert_int_equal(
            seal_tlv_put(partition, SEAL_TLV_DEV_CERT, 0, 0, seal_buf_ptr(der), seal_buf_len(der), NULL), 0);
    assert_int_equal(seal_tlv_put_ds(partition, 0, rig->params.rsa_bits, rig->params.iv, rig->params.c,
                                     rig->params.c_len, 4, NULL),
                     0);
    seal_buf_free(&der);
    return partition;
}

static void a_partition_is_proven_from_its_bytes(void **state)
{
    struct rig *rig = *state;
    struct seal_buf *partition = make_partition(rig, true);

    burn_key(rig, 4, rig->hmac_key, SEAL_PURPOSE_HMAC_DOWN_DS);
    assert_int_equal(seal_prove_partition(rig->loader, seal_buf_ptr(partition), seal_buf_len(partition),
                                          &rig->proof, &rig->cause),
                     0);
    assert_int_equal(rig->proof.efuse_key, 4);
    seal_buf_free(&partition);
    partition = make_partition(rig, false);
    expect_failure(rig,
                   seal_prove_partition(rig->loader, seal_buf_ptr(partition), seal_buf_len(partition),
                                        &rig->proof, &rig->cause),
                   SEAL_ERR_NOT_FOUND, "no device certificate");
    seal_buf_free(&partition);
}

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(the_chip_signs_a_fresh_nonce),
        RIG_TEST(the_chips_longest_key_works),
        RIG_TEST(a_hidden_key_still_signs),
        RIG_TEST(a_block_of_another_purpose_is_told),
        RIG_TEST(parameters_of_another_key_are_told),
        RIG_TEST(damaged_parameters_are_told),
        RIG_TEST(a_certificate_of_another_key_is_told),
        RIG_TEST(what_the_chip_cannot_do_is_refused_unasked),
        RIG_TEST(a_cut_after_any_frame_ends_in_an_error),
        RIG_TEST(a_partition_is_proven_from_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
