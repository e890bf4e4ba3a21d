/* A plan as a person reads it. */
#include "fuse.h"

#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>

struct lines {
    const struct cli_run *run;
    const char *label; /* of the first line */
    unsigned number;   /* 0: lines are not counted */
};

static void say_line(void *ctx, const char *text)
{
    struct lines *lines = ctx;
    if (lines->number > 0) {
        cli_say(lines->run, "%-10s%u. %s", lines->label, lines->number++, text);
    } else {
        cli_say(lines->run, "%-10s%s", lines->label, text);
    }
    lines->label = "";
}

static void format_words(const uint32_t *words, size_t count, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used + 10 < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%08x", i > 0 ? " " : "", (unsigned)words[i]);
    }
}

static void show_block(const struct cli_fuse *fuse, unsigned block)
{
    const struct seal_efuse_block *entry = &fuse->plan.chip->efuse->blocks[block];
    uint32_t missing[SEAL_EFUSE_WORDS];
    char text[SEAL_EFUSE_WORDS * 9 + 1];
    seal_fuse_plan_missing(&fuse->plan, block, missing);
    if (!seal_is_filled(missing, sizeof missing, 0) && !fuse->plan.burn.secret[block]) {
        format_words(fuse->plan.before.words[block], entry->words, text, sizeof text);
        cli_say(fuse->run, "%-16s now   %s", entry->name, text);
        format_words(missing, entry->words, text, sizeof text);
        cli_say(fuse->run, "%-16s set   %s", "", text);
        format_words(fuse->plan.after.words[block], entry->words, text, sizeof text);
        cli_say(fuse->run, "%-16s after %s", "", text);
    }
    seal_cleanse(missing, sizeof missing);
}

static void show_allowed(const struct cli_fuse *fuse)
{
    for (size_t i = 0; i < fuse->plan.finding_count; i++) {
        const struct seal_fuse_finding *finding = &fuse->plan.findings[i];
        cli_warn(fuse->run, "%s is allowed: %s (%s); %s", finding->rule->name, finding->rule->sentence,
                 finding->detail, finding->rule->reason);
    }
}

void cli_fuse_show(const struct cli_fuse *fuse)
{
    unsigned revision = seal_efuse_revision(&fuse->plan.before);
    uint8_t mac[6], sha256[32];
    char summary[320], hex[65] = "", text[SEAL_MAC_TEXT];
    seal_efuse_mac(&fuse->plan.before, mac);
    cli_say(fuse->run, "device    %s revision %u.%u, MAC %s, %s", fuse->plan.chip->title, revision / 100,
            revision % 100, seal_mac_text(mac, text),
            fuse->path != NULL ? fuse->path : cli_text(fuse->run, "port"));
    show_allowed(fuse);
    if (seal_fuse_plan_hash(&fuse->plan, sha256) == SEAL_OK) {
        seal_hex_encode(sha256, sizeof sha256, hex);
    }
    seal_fuse_plan_summary(&fuse->plan, summary, sizeof summary);
    cli_say(fuse->run, "plan      %.16s: %s", hex, summary);
    if (seal_fuse_plan_empty(&fuse->plan)) {
        return;
    }
    struct lines changes = {fuse->run, "change", 0}, closed = {fuse->run, "closes", 0},
                 order = {fuse->run, "order", 1}, gone = {fuse->run, "for good", 0};
    seal_fuse_plan_each_change(&fuse->plan, say_line, &changes);
    for (size_t left = fuse->plan.chip->efuse->block_count; left > 0; left--) {
        show_block(fuse, (unsigned)(left - 1));
    }
    seal_fuse_plan_each_closed(&fuse->plan, say_line, &closed);
    seal_fuse_plan_each_phase(&fuse->plan, say_line, &order);
    seal_fuse_plan_each_no_return(&fuse->plan, say_line, &gone);
}
