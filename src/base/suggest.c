#include <espseal/suggest.h>

#include <string.h>

enum { LONGEST = 48 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned seal_edit_distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    if (rows > LONGEST || columns > LONGEST) {
        return 99;
    }
    unsigned cost[LONGEST + 1][LONGEST + 1];
    for (unsigned i = 0; i <= rows; i++) {
        cost[i][0] = i;
    }
    for (unsigned j = 0; j <= columns; j++) {
        cost[0][j] = j;
    }
    for (size_t i = 1; i <= rows; i++) {
        for (size_t j = 1; j <= columns; j++) {
            unsigned replace = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            cost[i][j] = least(replace, least(cost[i - 1][j], cost[i][j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) {
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[rows][columns];
}

void seal_suggest(struct seal_suggestion *suggestion, const char *candidate)
{
    size_t len = strlen(suggestion->word);
    unsigned allowed = len < 4 ? 1 : (unsigned)(len / 3);
    unsigned distance = seal_edit_distance(suggestion->word, candidate);
    if (len > 2 && strncmp(candidate, suggestion->word, len) == 0) {
        distance = least(distance, allowed); /* a beginning is near, however short */
    }
    if (distance <= allowed && (!suggestion->best || distance < suggestion->distance)) {
        suggestion->best = candidate;
        suggestion->distance = distance;
    }
}
