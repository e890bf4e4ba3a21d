/* Bytes given as a saved plan of fuses: one that is believed names a chip, its operations and both hashes. */
#include "fuzz.h"

#include <espseal/fuse_plan_file.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct seal_fuse_saved saved;
    struct seal_cause cause = {0};
    if (seal_fuse_saved_read((const char *)data, len, &saved, &cause) != SEAL_OK) {
        fuzz_require(cause.text[0] != '\0', "a failure has a sentence");
        fuzz_require(saved.root == NULL, "nothing is left of a failure");
        return 0;
    }
    fuzz_require(saved.chip != NULL && saved.chip->efuse != NULL, "a chip whose fuses are known");
    for (size_t i = 0; i < seal_json_len(saved.operations); i++) {
        const seal_json *words = seal_json_at(saved.operations, i);
        fuzz_require(seal_json_len(words) > 0, "an operation has words");
        for (size_t w = 0; w < seal_json_len(words); w++) {
            fuzz_require(seal_json_text(seal_json_at(words, w)) != NULL, "a word is a text");
        }
    }
    struct seal_efuse state = {.chip = saved.chip};
    int err = seal_fuse_saved_check_state(&saved, &state, &cause);
    fuzz_require(err == SEAL_OK || err == SEAL_ERR_STATE, "a state is the plan's or another");
    seal_fuse_saved_free(&saved);
    return 0;
}
