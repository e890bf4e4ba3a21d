/*
 * Faults: rules separated by commas, counted from 1 over everything the host sends.
 *   cut:frame=N      the link ends after frame N was executed, before it is answered
 *   cut:byte=N       the link ends before byte N arrives
 *   drop:byte=N      byte N never arrives
 *   flip:byte=N      one bit of byte N arrives wrong
 *   delay:frame=N:ms=M   the answer to frame N comes M milliseconds late
 *   stall:frame=N    frame N and all after it are not heard until the power was off
 *   power:burn=N[:bits=K]  the power goes away in burn N: K (half) of its new bits are burned
 *   lie:burn=N       burn N is accepted and burns nothing
 *   neighbour:burn=N burn N burns one bit more than it was told
 */
#include "sim_parts.h"

#include <espseal/hex.h>

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *counts, *extra;
    enum sim_fault_kind kind;
    bool needs_extra;
} kinds[] = {
    {"cut", "frame", NULL, SIM_FAULT_CUT_FRAME, false},
    {"cut", "byte", NULL, SIM_FAULT_CUT_BYTE, false},
    {"drop", "byte", NULL, SIM_FAULT_DROP_BYTE, false},
    {"flip", "byte", NULL, SIM_FAULT_FLIP_BYTE, false},
    {"delay", "frame", "ms", SIM_FAULT_DELAY_FRAME, true},
    {"stall", "frame", NULL, SIM_FAULT_STALL_FRAME, false},
    {"power", "burn", "bits", SIM_FAULT_POWER_BURN, false},
    {"lie", "burn", NULL, SIM_FAULT_LIE_BURN, false},
    {"neighbour", "burn", NULL, SIM_FAULT_NEIGHBOUR_BURN, false},
};

/* "name=number" into *value. */
static bool assignment(const char *text, const char *name, uint32_t *value)
{
    size_t len = strlen(name);
    return text && strncmp(text, name, len) == 0 && text[len] == '=' &&
           seal_parse_u32(text + len + 1, 3600000, value) == SEAL_OK;
}

static bool parse_rule(char *text, struct sim_fault_rule *rule)
{
    char *save = NULL;
    const char *name = strtok_r(text, ":", &save);
    const char *where = strtok_r(NULL, ":", &save);
    const char *extra = strtok_r(NULL, ":", &save);
    if (!name || !where || strtok_r(NULL, ":", &save)) {
        return false;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) != 0 || !assignment(where, kinds[i].counts, &rule->at)) {
            continue;
        }
        rule->kind = kinds[i].kind;
        rule->has_value = extra != NULL;
        if (extra && (!kinds[i].extra || !assignment(extra, kinds[i].extra, &rule->value))) {
            return false;
        }
        return rule->at > 0 && (extra || !kinds[i].needs_extra);
    }
    return false;
}

int sim_fault_parse(const char *spec, struct sim_fault *fault, struct seal_cause *cause)
{
    *fault = (struct sim_fault){0};
    while (spec && *spec) {
        char text[64];
        size_t len = strcspn(spec, ",");
        if (fault->count == SIM_FAULT_RULES) {
            return seal_fail(cause, SEAL_ERR_USAGE, "more than %d fault rules", SIM_FAULT_RULES);
        }
        (void)snprintf(text, sizeof text, "%.*s", (int)(len < sizeof text ? len : sizeof text - 1), spec);
        if (len >= sizeof text || !parse_rule(text, &fault->rules[fault->count])) {
            seal_fail(cause, SEAL_ERR_USAGE, "no such fault: %.*s", (int)(len < 64 ? len : 64), spec);
            seal_hint(cause,
                      "rules are cut:frame=N, cut:byte=N, drop:byte=N, flip:byte=N, delay:frame=N:ms=M, "
                      "stall:frame=N, power:burn=N[:bits=K], lie:burn=N, neighbour:burn=N");
            return SEAL_ERR_USAGE;
        }
        fault->count++;
        spec += len + (spec[len] == ',');
    }
    return SEAL_OK;
}

const struct sim_fault_rule *sim_fault_at(const struct sim_fault *fault, enum sim_fault_kind kind,
                                          uint64_t count)
{
    for (size_t i = 0; i < fault->count; i++) {
        if (fault->rules[i].kind == kind && fault->rules[i].at == count) {
            return &fault->rules[i];
        }
    }
    return NULL;
}
