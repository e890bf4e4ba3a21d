/* The word that was probably meant. */
#ifndef ESPSEAL_SUGGEST_H
#define ESPSEAL_SUGGEST_H

#include <espseal/err.h>

/* Changes (insert, delete, replace, swap neighbours) that make b of a; at most 99. */
unsigned seal_edit_distance(const char *a, const char *b);

/* Keeps in best the candidate nearest to word, when it is near enough to be a slip of the keys. */
struct seal_suggestion {
    const char *word;
    const char *best; /* NULL: nothing is near */
    unsigned distance;
};
void seal_suggest(struct seal_suggestion *suggestion, const char *candidate);

#endif
