/* What rules ask about a burn. */
#include "rule_parts.h"

#include <string.h>

static bool bit_of(const uint32_t words[SEAL_EFUSE_WORDS], unsigned bit)
{
    return words[bit / 32] >> bit % 32 & 1;
}

bool rule_gains(const struct seal_rule_view *view, const char *name)
{
    const struct seal_efuse_field *field = seal_chip_field(view->chip, name);
    for (unsigned i = 0; field != NULL && i < field->bits; i++) {
        unsigned bit = field->bit + i;
        if (bit_of(view->after.words[field->block], bit) && !bit_of(view->before->words[field->block], bit)) {
            return true;
        }
    }
    return false;
}

bool rule_has(const struct seal_rule_view *view, const char *field)
{
    return seal_efuse_get_named(&view->after, field) != 0;
}

const struct seal_key_purpose *rule_purpose(const struct seal_rule_view *view, unsigned key)
{
    return seal_chip_purpose_by_value(view->chip, seal_efuse_key_purpose(&view->after, key));
}

bool rule_purpose_begins(const struct seal_rule_view *view, unsigned key, const char *with)
{
    const struct seal_key_purpose *purpose = rule_purpose(view, key);
    return purpose != NULL && strncmp(purpose->name, with, strlen(with)) == 0;
}

static unsigned block_of(const struct seal_rule_view *view, unsigned key)
{
    return (unsigned)seal_chip_key_block(view->chip, key);
}

bool rule_key_hidden(const struct seal_rule_view *view, unsigned key)
{
    return !seal_efuse_block_readable(view->before, block_of(view, key));
}

bool rule_key_hides(const struct seal_rule_view *view, unsigned key)
{
    return !seal_efuse_block_readable(&view->after, block_of(view, key));
}

bool rule_key_blank(const struct seal_rule_view *view, unsigned key)
{
    return !rule_key_hidden(view, key) && seal_efuse_block_blank(&view->after, block_of(view, key));
}

bool rule_burns_key(const struct seal_rule_view *view, unsigned key)
{
    unsigned block = block_of(view, key);
    return memcmp(view->before->words[block], view->after.words[block], sizeof view->after.words[block]) != 0;
}

bool rule_key_exposed(const struct seal_rule_view *view, unsigned key)
{
    const struct seal_key_purpose *purpose = rule_purpose(view, key);
    return purpose != NULL && purpose->read_protect && !rule_key_hides(view, key);
}

bool rule_chip_is(const struct seal_rule_view *view, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(*names, view->chip->name) == 0) {
            return true;
        }
    }
    return false;
}
