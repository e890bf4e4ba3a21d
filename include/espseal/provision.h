/*
 * The main job: a profile says what a device shall become; a job surveys the chip, plans the steps that are
 * missing, runs them and keeps the record. Nothing is burned before seal_job_run.
 *
 * The chip is the journal. A key block is claimed (its purpose burned) before it is filled, so that a run
 * that was cut at any point finds its own block again; read-protection comes after the proof; until then all
 * that is needed to continue can be read from the chip. Of images behind a hidden key it tells nothing: what
 * was written with the key and compared is recorded before the key is hidden, and believed afterwards.
 */
#ifndef ESPSEAL_PROVISION_H
#define ESPSEAL_PROVISION_H

#include <espseal/digest.h>
#include <espseal/identity_partition.h>
#include <espseal/json.h>
#include <espseal/last_exits.h>
#include <espseal/prove.h>
#include <espseal/sealing.h>

enum seal_mode { SEAL_MODE_DEVELOPMENT, SEAL_MODE_PRODUCTION };
/* "development", "production", as on the command line. */
const char *seal_mode_name(enum seal_mode mode);

#define SEAL_AUTO (-1)

struct seal_firmware { /* an image to write as it is */
    uint32_t offset;   /* multiple of 4096 */
    const uint8_t *data;
    size_t len;
    const char *name;            /* for messages */
    struct seal_release release; /* told how far data was read; {0}: nobody is */
};

#define SEAL_SERIAL_MAX 64 /* a serial number and its NUL */

/* All pointers are borrowed for the life of the job. */
struct seal_profile {
    enum seal_mode mode;
    enum seal_storage storage; /* DS, ECDSA or PLAINTEXT */
    int efuse_key;             /* 0..5 or SEAL_AUTO */
    int64_t offset;            /* of the partition in flash; SEAL_AUTO: from the partition table */
    uint32_t table_offset;     /* of the partition table in flash; 0: SEAL_PARTITION_TABLE_OFFSET */
    const struct seal_firmware *firmware;
    size_t firmware_count;
    const char *const
        *allow; /* rules of rules.h and flash_guard.h that are overridden, NULL-terminated; NULL: none */
    const struct seal_cert *ca_cert; /* NULL: none */
    bool foreign_ca; /* ca_cert is stored for what the device talks to; its own certificate is from another */

    /* the identity, given; DS without private_key: the certificate for the key that an earlier run with
     * request_only left in the chip, or a new one for the key that the device has ... */
    const struct seal_cert *device_cert;
    const struct seal_key *private_key;
    const uint8_t *hmac_key; /* 32 bytes to burn; NULL: random */

    /* ... or made for this very device, when device_cert is NULL */
    const char
        *subject; /* "/CN={mac}": {mac} becomes 12 hex digits, {chip} the chip's name, {serial} serial */
    const char *const *san;    /* alternative names with the same words, NULL-terminated; NULL: none */
    const char *const *usages; /* as in struct seal_subject; NULL: none asked for, clientAuth from ca_key */
    bool any_subject;          /* a CA elsewhere may write another subject than it was asked for */
    const char *serial;        /* {serial}; NULL: from the row of manufacturing values, or assign_serial */
    /* gives the device of this MAC its serial number, the same one each time; NULL: nobody does */
    int (*assign_serial)(void *ctx, const uint8_t mac[static 6], char serial[static SEAL_SERIAL_MAX],
                         struct seal_cause *cause);
    void *serial_ctx;
    const char *key_type; /* one of seal_key_types */
    unsigned days;
    const struct seal_key *ca_key; /* signs here, or: */
    /* gets the request (PEM) and puts the certificate (PEM or DER) into cert */
    int (*sign_request)(void *ctx, const uint8_t *request, size_t len, struct seal_buf *cert,
                        struct seal_cause *cause);
    void *sign_ctx;
    /* or gets a certificate for the key and the names by itself; the key is borrowed for the call */
    int (*enroll)(void *ctx, const struct seal_key *key, const struct seal_subject *subject,
                  struct seal_cert **cert, struct seal_cause *cause);
    void *enroll_ctx;
    /*
     * ... or with key, subject and san only: the certificate comes later. The key goes into the chip at once,
     * with a self-signed certificate as the place-holder of the real one, so that no private key waits on the
     * host and the chip can be asked for the request (seal_job_sign_request) at any time. DS, and ECDSA where
     * the peripheral derives its numbers k.
     */
    bool request_only;

    bool no_identity;            /* seal only: neither key nor certificate nor esp_secure_cert are touched */
    struct seal_sealing sealing; /* zero: none of it */
};

enum seal_key_block_state {                     /* what a BLOCK_KEYn is, from fuses alone */
                            SEAL_BLOCK_FREE,    /* purpose USER, blank, everything writable */
                            SEAL_BLOCK_CLAIMED, /* purpose DS or a part of its bits, blank, writable: a run
                                                   was cut here */
                            SEAL_BLOCK_HELD,    /* purpose DS, filled, readable */
                            SEAL_BLOCK_SEALED,  /* purpose DS, read-protected */
                            SEAL_BLOCK_DAMAGED, /* purpose DS, filled, but with coding errors or not like a
                                                   key */
                            SEAL_BLOCK_IN_USE,  /* anything else */
};

/* Classifies BLOCK_KEY<key> for the purpose of the given value. why (NULL allowed) gets a short text. */
enum seal_key_block_state seal_key_block_classify(const struct seal_efuse *efuse, unsigned key,
                                                  unsigned purpose, char *why, size_t size);

enum seal_step_kind {
    SEAL_STEP_CLAIM,     /* burn the block's purpose */
    SEAL_STEP_KEY,       /* burn the key */
    SEAL_STEP_FIRMWARE,  /* write an image */
    SEAL_STEP_PARTITION, /* write esp_secure_cert */
    SEAL_STEP_PROVE,     /* challenge the peripheral */
    SEAL_STEP_PROTECT,   /* burn protections */
    SEAL_STEP_PROVE_AGAIN,
    SEAL_STEP_PROVE_FLASH, /* what the ROM encrypts is what the host does */
    SEAL_STEP_PROVE_HMAC,  /* the chip's HMAC of a nonce is the host's */
    SEAL_STEP_BOOT_CHECK,  /* would ROM and bootloader start what lies in flash, once the rest is burned? */
    SEAL_STEP_SWITCH,      /* burn enable bits and locks */
};

struct seal_step {
    enum seal_step_kind kind;
    const char *name;     /* "burn key": for progress and the receipt */
    char what[160];       /* one sentence for a person */
    bool irreversible;    /* burns eFuses */
    uint32_t offset, len; /* of the flash region; len 0: none */
    const uint8_t *data;  /* of the region as it will stand in flash, borrowed */
    const uint8_t *plain; /* the same before encryption, plain_len bytes; NULL: data is plain */
    size_t plain_len;
    struct seal_release release; /* of plain where there is one, else of data */
    unsigned block;              /* SEAL_STEP_KEY: the eFuse block; SEAL_STEP_PROVE_HMAC: n of BLOCK_KEYn */
    struct seal_burn burn;       /* irreversible steps: exactly these bits */
    bool done;
};

struct seal_job;

/*
 * Surveys the chip: fuses, flash, what an earlier run left. Writes nothing. SEAL_ERR_STATE when the chip's
 * state forbids the profile (the cause says which state), SEAL_ERR_UNSUPPORTED, SEAL_ERR_KEY,
 * SEAL_ERR_MISMATCH, SEAL_ERR_RULE.
 */
int seal_job_survey(struct seal_loader *loader, const struct seal_profile *profile, struct seal_job **out,
                    struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_job_free(struct seal_job **job);

/* True when a key and a certificate must be made (and --sign-cmd would be called) before the plan. */
bool seal_job_needs_identity(const struct seal_job *job);
/* Makes them. The request is kept for seal_job_request. */
int seal_job_make_identity(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Images behind a key that the chip hides and nobody gave cannot be compared any more. That they start is
 * believed only of a record: true when one is wanted, after the survey. seal_job_recall is then called before
 * the plan with the receipts of this device, the latest first, until it returns true: that one decides.
 * Receipts of other devices, and of runs from which the key was hidden already, decide nothing. Without a
 * record that holds just these images the plan is refused by the rule BOOT-CHECK where it would switch flash
 * encryption or secure boot on.
 */
bool seal_job_wants_record(const struct seal_job *job);
bool seal_job_recall(struct seal_job *job, const seal_json *receipt);
/* The plan hides a key for which only events.record lets the same command go on after a cut: it is in
 * nobody's hands. After seal_job_plan. */
bool seal_job_needs_record(const struct seal_job *job);

/*
 * Builds the partition and the missing steps, checks every burn against the fuses as the steps before leave
 * them, and hashes the plan. Without an identity (a dry run of a profile that signs elsewhere) the partition
 * step has no data.
 */
int seal_job_plan(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

size_t seal_job_step_count(const struct seal_job *job); /* 0: the device is what it shall become */
const struct seal_step *seal_job_step(const struct seal_job *job, size_t index);
const uint8_t *seal_job_plan_hash(const struct seal_job *job); /* 32 bytes, SHA-256 */
/* Things to know that are not errors ("the certificate expired ..."); NULL past the end. */
const char *seal_job_warning(const struct seal_job *job, size_t index);

struct seal_job_events { /* all may be NULL */
    void (*step_begins)(void *ctx, size_t index, const struct seal_step *step);
    void (*step_ends)(void *ctx, size_t index, const struct seal_step *step, const char *note);
    void (*progress)(void *ctx, size_t done, size_t total);
    /*
     * Called once, when all of flash is written and compared, before the first step that may hide a key. What
     * it keeps (seal_job_receipt with SEAL_ERR_INTERRUPTED) must be on disk when it returns SEAL_OK: a run
     * after a cut goes on from it (seal_job_recall). An error ends the run before the step.
     */
    int (*record)(void *ctx, struct seal_cause *cause);
    void *ctx;
};

/*
 * Every field that a step burns, and every protection with all the fields that it covers, a line each; of a
 * key only its block. Before the step has run.
 */
void seal_job_each_change(const struct seal_job *job, size_t index, void (*say)(void *ctx, const char *text),
                          void *ctx);

/*
 * What there is no way back from in a step, by name, a sentence each; before it has run.
 */
void seal_job_each_no_return(const struct seal_job *job, size_t index,
                             void (*say)(void *ctx, const char *text), void *ctx);

/*
 * Every way into the chip as the planned steps leave it (last_exits.h). warning gets what they take from the
 * link in use, "" where that is nothing. False, and nothing else, when the chip's fuses were not read.
 */
bool seal_job_last_exits(const struct seal_job *job, struct seal_exit exits[static SEAL_EXITS], char *warning,
                         size_t size);

/*
 * Runs the steps in order; each is verified before the next begins. Where eFuses are to be burned they are
 * read once more before the first step: SEAL_ERR_STATE, and nothing was written, when the chip is another one
 * or is not as the plan found it. After a failure the same command, run
 * again, goes on from the chip's state. SEAL_ERR_VERIFY and SEAL_ERR_PROOF after a burn; SEAL_ERR_INTERRUPTED
 * between steps.
 */
int seal_job_run(struct seal_job *job, const struct seal_job_events *events,
                 struct seal_cause *cause) SEAL_MUST_CHECK;

/* What the job knows; borrowed. */
const struct seal_chip *seal_job_chip(const struct seal_job *job);
void seal_job_mac(const struct seal_job *job, uint8_t mac[static 6]);
unsigned seal_job_efuse_key(const struct seal_job *job); /* DS and ECDSA */
uint32_t seal_job_offset(const struct seal_job *job);
const struct seal_cert *seal_job_cert(const struct seal_job *job);   /* NULL before there is one */
const struct seal_key *seal_job_key(const struct seal_job *job);     /* NULL when none was given or made */
const struct seal_buf *seal_job_request(const struct seal_job *job); /* PEM; NULL when none was made */
/*
 * After a job with request_only: the chip itself signs the request for its key. The same state of the chip
 * gives the same bytes.
 */
int seal_job_sign_request(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
const struct seal_buf *seal_job_partition(const struct seal_job *job);
const uint8_t *
seal_job_hmac_key(const struct seal_job *job); /* 32 bytes; NULL when the host does not hold it */
/* The keys of this device, wrapped for the recipient that the profile names (escrow.h): to be kept before the
 * job runs. NULL: none was asked for, or the keys are not known any more. After seal_job_plan. */
const struct seal_buf *seal_job_escrow(const struct seal_job *job);
/* The manufacturing data that this run writes (manufacturing.h); its label is to be kept before the job runs.
 * NULL: none was asked for, or what stands in flash stays. After the survey. */
struct seal_mfg;
const struct seal_mfg *seal_job_manufacturing(const struct seal_job *job);
/* The survey found a key that nobody can read any more: an earlier run, or another tool, hid it. */
bool seal_job_found_hidden(const struct seal_job *job);
/* The chip is in secure download mode: what it is was judged from what its ROM tells, its MAC is not known,
 * and there are no steps. */
bool seal_job_blind(const struct seal_job *job);
bool seal_job_burned(const struct seal_job *job);                    /* something was burned by this run */
const struct seal_proof *seal_job_proof(const struct seal_job *job); /* the last one; NULL: none */

/*
 * What the device is now, in words for a person: "identity sealed: ...", "development: ...", "unfinished:
 * ...". It speaks of the chip's state, which may be further than the profile asks. err is what seal_job_run
 * returned.
 */
const char *seal_job_state(const struct seal_job *job, int err);
/* True when the device's private key lives in a peripheral and nobody can read the key block. */
bool seal_job_sealed(const struct seal_job *job);

/* A place in flash that the profile fills. */
struct seal_region {
    const char *name;      /* of the file, "esp_secure_cert", "the NVS data" */
    uint32_t offset;       /* of the file, as the profile gives it */
    const uint8_t *sha256; /* of the file; NULL: made here */
    bool encrypted;
    bool compared; /* this run held what stands in flash against it */
    bool hidden; /* it could not: the chip hides the key that flash, NVS or bootloader digest are made with */
    bool recorded; /* a receipt says that the run which hid the key did */
};
/* False past the last. name and sha256 live as long as the job. */
bool seal_job_region(const struct seal_job *job, size_t index, struct seal_region *region);

/* The receipt: JSON, owned by the caller. Never holds a secret. err is what seal_job_run returned. */
int seal_job_receipt(const struct seal_job *job, int err, seal_json **receipt) SEAL_MUST_CHECK;

#endif
