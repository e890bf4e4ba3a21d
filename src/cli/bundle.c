#include "bundle.h"

enum { LARGEST = 4 << 20 };

int cli_bundle_open(const char *path, struct cli_bundle *bundle, struct seal_cause *cause)
{
    int err = seal_map_open(path, LARGEST, &bundle->file, cause);
    return err == SEAL_OK ? seal_bundle_parse(seal_map_ptr(bundle->file), seal_map_len(bundle->file), path,
                                              &bundle->parsed, cause)
                          : err;
}

void cli_bundle_close(struct cli_bundle *bundle)
{
    seal_bundle_free(&bundle->parsed);
    seal_map_close(&bundle->file);
}

int cli_bundle_describe(const struct cli_run *run, const struct seal_bundle *bundle, size_t index,
                        char *subject, size_t size, char key[static 24], struct seal_cause *cause)
{
    int err = seal_bundle_describe(&bundle->entries[index], subject, size, key);
    return err == SEAL_OK ? SEAL_OK
                          : seal_fail(cause, err, "%s: entry %zu is no certificate's name and key",
                                      cli_operand(run, 0), index);
}
