/* Inside the format layer: words in braces in the values of NVS rows. */
#ifndef ESPSEAL_NVS_FILL_H
#define ESPSEAL_NVS_FILL_H

#include <espseal/nvs.h>

struct seal_nvs_filled; /* texts that were filled in, zeroed when they are freed */
void seal_nvs_filled_free(struct seal_nvs_filled **filled);

/*
 * The text with its words filled in by how->fill: *value is text itself where there are none, else it is kept
 * in *filled. *made is that of the word that differs most. What how->fill returns, SEAL_ERR_NO_MEMORY.
 */
int seal_nvs_fill(const struct seal_nvs_csv *how, const char *text, struct seal_nvs_filled **filled,
                  const char **value, enum seal_nvs_made *made, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Whether text has {word}, with an argument or without; NULL: any word. */
bool seal_nvs_has_word(const char *text, const char *word);

#endif
