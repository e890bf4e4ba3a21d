/* What a sealed device is, for the person: the words of its receipt in a few lines. */
#include "provision.h"

#include <stdio.h>
#include <string.h>

static bool is(const seal_json *object, const char *key)
{
    return seal_json_is_true(seal_json_get(object, key));
}

static const char *text_of(const seal_json *object, const char *key)
{
    const char *text = seal_json_text(seal_json_get(object, key));
    return text ? text : "?";
}

static int number_of(const seal_json *object, const char *key)
{
    double number = 0;
    return seal_json_number(seal_json_get(object, key), &number) ? (int)number : 0;
}

static void show_boot(const struct cli_run *run, const seal_json *boot)
{
    const seal_json *digests = seal_json_get(boot, "key_digests");
    if (!boot) {
        return;
    }
    cli_say(run, "          secure boot v%d, %s", number_of(boot, "version"),
            is(boot, "release") ? "on for ever"
            : is(boot, "on")    ? "on"
                                : "not on yet");
    for (const seal_json *one = seal_json_first(digests); one; one = seal_json_next(one)) {
        cli_say(run, "            trusts the key with digest %.16s...", seal_json_text(one));
    }
}

static void show_encryption(const struct cli_run *run, const seal_json *encryption)
{
    if (encryption) {
        cli_say(run, "          flash encryption, %s, with a key of %d bits in %s, %s",
                is(encryption, "release") ? "release mode"
                : is(encryption, "on")    ? "development mode"
                                          : "not on yet",
                number_of(encryption, "key_bits"), text_of(encryption, "key_block"),
                is(encryption, "key_hidden") ? "hidden" : "which can be read");
    }
}

static void show_rest(const struct cli_run *run, const seal_json *sealing)
{
    const seal_json *nvs = seal_json_get(sealing, "nvs"), *words = seal_json_get(sealing, "lockdown");
    char line[256] = "";
    size_t used = 0;
    if (nvs) {
        cli_say(run, "          NVS encryption, scheme %s", text_of(nvs, "scheme"));
    }
    if (seal_json_get(sealing, "secure_version")) {
        cli_say(run, "          secure version %d: what is older does not start",
                number_of(sealing, "secure_version"));
    }
    for (const seal_json *one = seal_json_first(words); one && used < sizeof line;
         one = seal_json_next(one)) {
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s %s", used ? ", " : "",
                                 seal_json_key(one), seal_json_text(one));
    }
    if (used) {
        cli_say(run, "          lockdown: %s", line);
    }
}

static void show_exits(const struct cli_run *run, const seal_json *sealing)
{
    const seal_json *exits = seal_json_get(sealing, "last_exits");
    for (const seal_json *one = seal_json_first(exits); one; one = seal_json_next(one)) {
        const char *state = text_of(one, "state");
        if (strcmp(state, seal_exit_state_name(SEAL_EXIT_OPEN)) == 0 ||
            strcmp(state, seal_exit_state_name(SEAL_EXIT_REDUCED)) == 0) {
            cli_say(run, "          way in: %s, %s", text_of(one, "way"), state);
        }
    }
}

static void show_regions(const struct cli_run *run, const struct seal_job *job)
{
    struct seal_region region;
    for (size_t i = 0; seal_job_region(job, i, &region); i++) {
        if (region.hidden) {
            cli_say(run, "          %s at 0x%x: not compared again, its key is hidden; %s", region.name,
                    region.offset,
                    region.recorded ? "an earlier receipt tells that it was"
                                    : "no receipt tells that it ever was");
        }
    }
}

void provision_show_sealed(const struct cli_run *run, const struct provision *p)
{
    const seal_json *sealing = seal_json_get(p->record, "sealing");
    if (sealing) {
        show_boot(run, seal_json_get(sealing, "secure_boot"));
        show_encryption(run, seal_json_get(sealing, "flash_encryption"));
        show_rest(run, sealing);
        show_exits(run, sealing);
        show_regions(run, p->job);
    }
}
