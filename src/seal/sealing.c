/* What is asked of a device beyond its identity, and its words. */
#include <espseal/lockdown.h>
#include <espseal/sealing.h>

static bool asks_lockdown(const struct seal_wish_lockdown *wish)
{
    for (unsigned word = 0; word < SEAL_WORDS; word++) {
        enum seal_word_value value = seal_lockdown_get(wish, (enum seal_word)word);
        if (value != SEAL_WORD_UNSAID && value != SEAL_WORD_KEEP) {
            return true;
        }
    }
    return false;
}

bool seal_sealing_asked(const struct seal_sealing *sealing)
{
    return sealing->secure_boot.version != 0 || sealing->flash_encryption.mode != SEAL_ENCRYPTION_NONE ||
           sealing->nvs.scheme != SEAL_NVS_PLAIN || sealing->nvs.data || sealing->manufacturing ||
           sealing->anti_rollback.asked || asks_lockdown(&sealing->lockdown);
}

const char *seal_encryption_mode_name(enum seal_encryption_mode mode)
{
    static const char *const names[] = {"none", "development", "release"};
    return names[mode];
}

const char *seal_nvs_scheme_name(enum seal_nvs_scheme scheme)
{
    static const char *const names[] = {"plain", "flash", "hmac"};
    return names[scheme];
}
