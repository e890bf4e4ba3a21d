/*
 * Errors: one negative enum, one sentence each, and a cause that carries what only the place of failure
 * knows. Every function of libespseal that can fail returns 0 or one of these values.
 */
#ifndef ESPSEAL_ERR_H
#define ESPSEAL_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_MUST_CHECK __attribute__((warn_unused_result))
#define SEAL_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

enum seal_err {
    SEAL_OK = 0,
    /* the caller or espseal itself */
    SEAL_ERR_USAGE = -1,     /* the command line asks for something that has no meaning */
    SEAL_ERR_NO_MEMORY = -2, /* an allocation failed */
    SEAL_ERR_INTERNAL = -3,  /* a defect in espseal */
    /* input on the host */
    SEAL_ERR_NOT_FOUND = -10,    /* a file or entry that is not there */
    SEAL_ERR_EXISTS = -11,       /* a file that would be overwritten */
    SEAL_ERR_IO = -12,           /* the operating system refused; cause->sys_errno says why */
    SEAL_ERR_PERMISSIONS = -13,  /* a secret file that others can read */
    SEAL_ERR_FORMAT = -14,       /* bytes that are not what they should be */
    SEAL_ERR_TOO_LONG = -15,     /* does not fit */
    SEAL_ERR_PASSPHRASE = -16,   /* passphrase missing or wrong */
    SEAL_ERR_KEY = -17,          /* a key of a kind or size that cannot be used here */
    SEAL_ERR_MISMATCH = -18,     /* two inputs that do not belong together */
    SEAL_ERR_CRYPTO = -19,       /* libcrypto failed */
    SEAL_ERR_SECRET_FOUND = -20, /* a private key where none may be */
    /* the device */
    SEAL_ERR_NO_DEVICE = -30,   /* nothing at the port */
    SEAL_ERR_AMBIGUOUS = -31,   /* more than one device */
    SEAL_ERR_BUSY = -32,        /* the port is in use */
    SEAL_ERR_LINK = -33,        /* the link broke */
    SEAL_ERR_TIMEOUT = -34,     /* no answer in time */
    SEAL_ERR_PROTOCOL = -35,    /* an answer that makes no sense */
    SEAL_ERR_ROM = -36,         /* the ROM answered with an error; cause->rom_code says which */
    SEAL_ERR_ROM_REFUSED = -37, /* the ROM does not know, or does not allow, this command */
    /* refusals */
    SEAL_ERR_WRONG_CHIP = -50,  /* not the chip that was asked for */
    SEAL_ERR_UNSUPPORTED = -51, /* the chip, or espseal on this chip, cannot do this */
    SEAL_ERR_STATE = -52,       /* the chip's state forbids it */
    SEAL_ERR_RULE = -53,        /* a named rule forbids it */
    SEAL_ERR_DECLINED = -54,    /* the person said no */
    /* after a burn */
    SEAL_ERR_VERIFY = -60,      /* read back something else than was written */
    SEAL_ERR_PROOF = -61,       /* the chip could not prove its key */
    SEAL_ERR_FINDINGS = -62,    /* an audit found something */
    SEAL_ERR_INTERRUPTED = -63, /* a signal ended the run */
};

/*
 * What the place of failure knows. All members are optional: text is "" and the flags are false where
 * there is nothing to say. text is one sentence without full stop that names the thing ("cannot open
 * /dev/ttyUSB0: permission denied"); hint says what to type next. Never holds a secret.
 */
struct seal_cause {
    int err;           /* the enum value that goes with this cause */
    char text[384];    /* "" : use seal_strerror(err) */
    char hint[384];    /* "" : none */
    int sys_errno;     /* 0 : none */
    bool has_address;  /* the next three are set */
    uint32_t address;  /* register or flash offset */
    uint32_t expected; /* value that should have been there */
    uint32_t got;      /* value that was there */
    bool has_rom_code;
    uint8_t rom_code;  /* ROM status byte 1 (rom_protocol.json, "rom_errors") */
    const char *word;  /* of a profile (profile_file.h), a constant: "flash_encryption.key"; NULL: none. The
                          command line names the line of the profile that asks for it */
    size_t word_index; /* which of those that a list has, from 0 */
};

/* The sentence for err, lower case, no full stop. Never NULL; unknown values get "unknown error". */
const char *seal_strerror(int err);

/* The name of err without its prefix, for machines ("WRONG_CHIP"). Never NULL. */
const char *seal_err_name(int err);

/* Calls each(err, ctx) for every value of enum seal_err but SEAL_OK. For tables that must be complete. */
void seal_err_each(void (*each)(int err, void *ctx), void *ctx);

/*
 * Fills *cause (NULL is allowed) with err and a printf sentence, clearing what was in it, and returns err:
 *     return seal_fail(cause, SEAL_ERR_FORMAT, "%s is not a certificate", path);
 */
int seal_fail(struct seal_cause *cause, int err, const char *format, ...) SEAL_PRINTF(3, 4);
#ifdef __clang_analyzer__ /* it sees one file at a time, and so not that this returns err */
#define seal_fail(cause, err, ...) ((void)(seal_fail)((cause), (err), __VA_ARGS__), (err))
#endif

/* Puts "place: " before what *cause says (the file, of what was read from one); returns err. */
int seal_fail_in(struct seal_cause *cause, int err, const char *place);

/* Like seal_fail; appends ": " and strerror(sys_errno), which it keeps in *cause. */
int seal_fail_system(struct seal_cause *cause, int err, int sys_errno, const char *format, ...)
    SEAL_PRINTF(4, 5);

/* Like seal_fail with SEAL_ERR_IO (SEAL_ERR_NOT_FOUND for ENOENT); appends ": " and strerror(errno). */
int seal_fail_errno(struct seal_cause *cause, const char *format, ...) SEAL_PRINTF(2, 3);

/* Sets the hint of *cause (NULL is allowed), replacing any. */
void seal_hint(struct seal_cause *cause, const char *format, ...) SEAL_PRINTF(2, 3);

/* Notes the word of a profile whose wish failed; cause may be NULL. After seal_fail, which clears it. */
void seal_cause_word(struct seal_cause *cause, const char *word);

/* Notes an address with the value expected and the value got. */
void seal_cause_compare(struct seal_cause *cause, uint32_t address, uint32_t expected, uint32_t got);

#endif
