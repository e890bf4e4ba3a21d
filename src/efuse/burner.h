/* What the files of a burn share: a block that is being burned. */
#ifndef EFUSE_BURNER_H
#define EFUSE_BURNER_H

#include <espseal/efuse.h>

struct burner {
    struct seal_loader *loader;
    const struct seal_efuse_controller *controller;
    const struct seal_chip *chip;
    struct seal_efuse *efuse;
    unsigned block;
    const struct seal_register_set *timing; /* for the crystal; NULL: none to set */
    bool secret;
    bool last;                           /* the chip shows no register after this pulse */
    unsigned pulses;                     /* into this block */
    uint32_t expected[SEAL_EFUSE_WORDS]; /* what the block must hold afterwards */
};

/* burn_pulse.c: programs data, all SEAL_EFUSE_WORDS of it, into the block in one pulse, clears the program
 * registers (after a failure too) and reads the block back into burner->efuse. */
int burner_pulse(struct burner *burner, const uint32_t *data, struct seal_cause *cause) SEAL_MUST_CHECK;

/* burn_phases.c: what of wanted is burned when. Each phase is verified before the next begins. */
enum burn_phase {
    BURN_FIELDS,
    BURN_SWITCHES,
    BURN_READ_PROTECT,
    BURN_WRITE_PROTECT,
    BURN_DOORS,
    BURN_PHASES,
};
void burner_split(const struct burner *burner, const uint32_t *wanted,
                  uint32_t phases[BURN_PHASES][SEAL_EFUSE_WORDS]);

#endif
