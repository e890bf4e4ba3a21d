/* What eFuse fields mean, in words for somebody who has not read the datasheet. */
#ifndef ESPSEAL_CLI_EFUSE_WORDS_H
#define ESPSEAL_CLI_EFUSE_WORDS_H

#include <espseal/chip.h>

/* What the field says when it has this value; "" when there is nothing to say. */
void cli_efuse_meaning(const struct seal_efuse_field *field, uint32_t value, char *text, size_t size);

/* What a key purpose is for; "" when unknown. */
const char *cli_efuse_purpose_meaning(const char *purpose);

/* Burned by the factory: set in a blank chip too. */
bool cli_efuse_is_factory(const struct seal_efuse_field *field);

#endif
