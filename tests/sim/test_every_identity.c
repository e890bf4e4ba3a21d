/* The main job on every simulated chip that has Digital Signature, and on each with an ECDSA peripheral. */
#include "provision_rig.h"

#include <espseal/survey.h>

#include <stdio.h>

static void prove_from_outside(struct sim_chip *chip)
{
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_flash_id id;
    struct seal_proof proof;
    struct seal_cause cause = {0};
    const struct seal_loader_options options = {0};
    struct seal_buf *partition = seal_buf_new();
    assert_int_equal(sim_link_new(chip, &link), SEAL_OK);
    assert_int_equal(seal_loader_connect(link, &options, &loader, &cause), SEAL_OK);
    assert_int_equal(seal_flash_attach(loader, &id, &cause), SEAL_OK);
    assert_int_equal(seal_survey_secure_cert(loader, SEAL_SECURE_CERT_DEFAULT_OFFSET, SEAL_SECURE_CERT_MAX,
                                             partition, &cause),
                     SEAL_OK);
    assert_int_equal(
        seal_prove_partition(loader, seal_buf_ptr(partition), seal_buf_len(partition), &proof, &cause),
        SEAL_OK);
    seal_buf_free(&partition);
    seal_loader_free(&loader);
    seal_link_close(&link);
}

/* What differs between chips is proven by the chip itself: addresses, the length of DS parameters, the fuses.
 */
static void provision_one(const struct seal_chip *kind, enum seal_storage storage)
{
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    unsigned frames = 0;
    if (storage == SEAL_STORAGE_ECDSA) {
        profile.storage = storage;
        profile.private_key = given.ec_key;
        profile.device_cert = given.ec_cert;
    }
    for (unsigned cut = 0; cut < 8; cut++) { /* the first one is whole */
        char fault[32];
        (void)snprintf(fault, sizeof fault, "cut:frame=%u", cut * frames / 8);
        struct sim_chip *chip = new_chip_of(kind, cut ? fault : NULL);
        struct outcome out = run_job(chip, &profile);
        assert_int_equal(out.err != SEAL_OK, cut > 0);
        frames = cut ? frames : out.frames;
        sim_chip_reconnect(chip);
        sim_chip_power_cycle(chip);
        out = run_job(chip, &profile); /* what is finished stays as it is */
        assert_ok(&out);
        assert_true(cut > 0 || out.steps == 0);
        prove_from_outside(chip);
        const uint32_t *block0 = sim_chip_fuses(chip, 0); /* ECDSA_FORCE_USE_HARDWARE_K: word 3, bit 18 */
        const bool early_h2 =
            storage == SEAL_STORAGE_ECDSA && strcmp(kind->name, "esp32h2") == 0 && kind->first_revision == 0;
        assert_int_equal(block0[3] >> 18 & 1, early_h2);
        sim_chip_free(&chip);
    }
}

static void every_chip_with_digital_signature_is_provisioned(void **state)
{
    (void)state;
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        const struct seal_chip *chip = seal_chips[i], *first = seal_chip_variant(chip, 0);
        if (chip->ds_max_bits != 0) {
            provision_one(chip, SEAL_STORAGE_DS);
        }
        if (chip->ds_max_bits != 0 && first != chip) {
            provision_one(first, SEAL_STORAGE_DS);
        }
    }
}

static void every_chip_with_an_ecdsa_peripheral_is_provisioned(void **state)
{
    unsigned count = 0;
    (void)state;
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        const struct seal_chip *chip = seal_chips[i], *first = seal_chip_variant(chip, 0);
        if (chip->ecdsa_curves[0] != 0) {
            provision_one(chip, SEAL_STORAGE_ECDSA);
            count++;
        }
        if (first->ecdsa_curves[0] != 0 && first != chip) {
            provision_one(first, SEAL_STORAGE_ECDSA);
            count++;
        }
    }
    assert_int_equal(count, 5); /* C5, C61, both H2, P4 from v3.0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_with_digital_signature_is_provisioned),
        cmocka_unit_test(every_chip_with_an_ecdsa_peripheral_is_provisioned),
    };
    return cmocka_run_group_tests(tests, make_identity, free_identity);
}
