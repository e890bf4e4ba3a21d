/* espseal-profile(5): made from the table of words that the reader uses. */
#include "run.h"

#include <espseal/profile_file.h>

#include <ctype.h>
#include <string.h>

static const char description[] =
    "A profile says what a device shall become: its identity, secure boot, flash encryption, encrypted NVS, "
    "anti-rollback, and which doors are closed.\n.Xr espseal-provision 1\ntakes it with\n.Fl -profile ,\nand "
    "brings any device of that chip there, from whatever state a run that was cut has left.\n.Pp\n"
    "It is JSON (RFC 8259) in UTF-8, with comments: from // to the end of the line, and from /* to */.\n"
    "A word that is not listed here, one that stands there twice, and a value that a word cannot have are "
    "refused with file and line.\n"
    "File names are relative to the folder of the profile.\n.Pp\n"
    "A word of the command line,\n.Fl -set Ar KEY=VALUE ,\nwins over the profile, and the options of\n"
    ".Xr espseal-provision 1\nwin over both; their file names are relative to the current folder.\n"
    "KEY is the path of a word, as in\n.Ql flash_encryption.mode\nor\n.Ql firmware[0].file ;\n"
    "the value null takes the word out, with all that it holds.\n";

static const char safety[] =
    "Nothing is burned by a profile.\n.Xr espseal-profile-show 1\ntells in words what a device becomes and "
    "what "
    "of that cannot be undone,\n.Xr espseal-profile-check 1\nfinds what is wrong without a device, and\n"
    ".Ic espseal provision --profile\n.Ar FILE\n.Fl -dry-run\nshows the plan for the device at hand.\n";

static void put_choices(FILE *out, const struct seal_profile_word *word)
{
    for (size_t i = 0; word->choices && word->choices[i]; i++) {
        (void)fprintf(out, ".Cm %s%s\n", word->choices[i], word->choices[i + 1] ? " ," : " .");
    }
}

static void put_value(FILE *out, const struct seal_profile_word *word)
{
    static const char *const types[] = {[SEAL_PROFILE_TEXT] = "A text.",
                                        [SEAL_PROFILE_FILE] = "A file name.",
                                        [SEAL_PROFILE_BOOL] = "true or false.",
                                        [SEAL_PROFILE_NUMBER] = NULL};
    if (seal_profile_is_list(word)) {
        (void)fprintf(out, "A list of at most %u.\n", word->most);
    }
    if (word->type == SEAL_PROFILE_OBJECT) {
        return;
    }
    if (word->type == SEAL_PROFILE_NUMBER && word->max) {
        (void)fprintf(out, "A number from %lu to %lu%s", (unsigned long)word->min, (unsigned long)word->max,
                      word->choices ? ", or\n" : ".\n");
    } else if (types[word->type]) {
        (void)fprintf(out, word->choices ? "%.*s, or\n" : "%.*s.\n", (int)strlen(types[word->type]) - 1,
                      types[word->type]);
    } else {
        (void)fputs("One of:\n", out);
    }
    put_choices(out, word);
}

static void put_word(FILE *out, const struct seal_profile_word *word, const char *name)
{
    (void)fprintf(out, ".It Ic %s\n%c", name, toupper((unsigned char)word->help[0]));
    cli_man_text(out, word->help + 1, strlen(word->help + 1));
    (void)fputs(".\n", out);
    put_value(out, word);
    if (word->fallback) {
        (void)fprintf(out, "The default is\n.Dq %s .\n", word->fallback);
    }
    if (word->required) {
        (void)fputs("Required.\n", out);
    }
    if (word->option) {
        (void)fprintf(out, "As option:\n.Fl -%s .\n", word->option);
    }
}

static void put_object(FILE *out, const char *pattern)
{
    const struct seal_profile_word *word;
    char name[32];
    size_t index = 0;
    (void)fputs(".Bl -tag -width Ds\n", out);
    while ((word = seal_profile_member(pattern, &index, name))) {
        put_word(out, word, name);
        if (word->type == SEAL_PROFILE_OBJECT) {
            put_object(out, word->pattern);
        }
    }
    (void)fputs(".El\n", out);
}

void cli_man_profile(FILE *out)
{
    (void)fprintf(
        out,
        ".\\\" Made by man/generate from the table of words; do not edit.\n.Dd %s\n.Dt ESPSEAL-PROFILE "
        "5\n.Os\n.Sh NAME\n.Nm espseal-profile\n.Nd what a device shall become\n.Sh DESCRIPTION\n%s"
        ".Sh WORDS\n",
        cli_manual_date, description);
    put_object(out, "");
    (void)fprintf(
        out,
        ".Sh SAFETY\n%s.Sh FILES\n.Bl -tag -width Ds -compact\n.It Pa "
        "share/espseal/profile.schema.json\nthe same words as JSON Schema\n.It Pa "
        "share/doc/espseal/examples\nprofiles to begin with\n.El\n.Sh SEE ALSO\n.Xr espseal "
        "1 ,\n.Xr espseal-profile-check 1 ,\n.Xr espseal-profile-init 1 ,\n.Xr espseal-profile-show 1 ,\n"
        ".Xr espseal-provision 1\n",
        safety);
}
