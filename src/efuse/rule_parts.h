/* What the files of the rules share. */
#ifndef ESPSEAL_EFUSE_RULE_PARTS_H
#define ESPSEAL_EFUSE_RULE_PARTS_H

#include <espseal/rules.h>

typedef bool rule_fn(const struct seal_rule_view *view, char *detail, size_t size);

/* --- looking --- */
bool rule_gains(const struct seal_rule_view *view, const char *field); /* a bit of it is newly set */
bool rule_has(const struct seal_rule_view *view, const char *field);   /* it is not zero afterwards */
/* Key blocks: purpose by value afterwards, and what is there. */
const struct seal_key_purpose *rule_purpose(const struct seal_rule_view *view, unsigned key);
bool rule_purpose_begins(const struct seal_rule_view *view, unsigned key, const char *with);
bool rule_key_blank(const struct seal_rule_view *view, unsigned key);  /* readable, and zero afterwards */
bool rule_key_hidden(const struct seal_rule_view *view, unsigned key); /* hidden before: unknown */
bool rule_key_hides(const struct seal_rule_view *view, unsigned key);  /* read-protected afterwards */
bool rule_burns_key(const struct seal_rule_view *view, unsigned key);  /* this burn writes into it */
/* A secret that software can read afterwards. */
bool rule_key_exposed(const struct seal_rule_view *view, unsigned key);
bool rule_chip_is(const struct seal_rule_view *view, const char *const *names); /* NULL-terminated */

/* rules_keys.c */
rule_fn rule_weak_key, rule_xts_block, rule_key_in_use, rule_purpose_clear, rule_field_clear, rule_rs_written,
    rule_c2_one_write, rule_ecdsa_curve, rule_ecdsa_half, rule_purpose_unknown, rule_hides_nothing;
/* rules_boot.c */
rule_fn rule_fe_no_key, rule_fe_mixed, rule_sb_no_digest, rule_sb_digest_hidden, rule_sb_digest_zero,
    rule_sb_locks, rule_sb_revoke_last, rule_rddis_lock, rule_rollback, rule_sb_revision;
/* rules_link.c */
rule_fn rule_doors_early, rule_link_cut, rule_usb_closed, rule_cache_off, rule_flash_voltage, rule_revision,
    rule_coding;

#endif
