/*
 * OpenSSL 3 deprecates engines in favour of providers, but the distributions of today ship PKCS#11 as the
 * engine of libp11 (Debian 12 has no pkcs11 provider). What is deprecated stays in this file; key_store.c
 * prefers the provider where there is one.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "key_engine.h"

#include <openssl/engine.h>

static bool configure(ENGINE *engine, const char *module)
{
    /* libp11 prints its troubles itself unless it is told not to; other engines may lack the command */
    (void)ENGINE_ctrl_cmd_string(engine, "SET_QUIET", NULL, 1);
    (void)ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 1);
    return !module || ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module, 0) == 1;
}

static ENGINE *kept;

int seal_engine_load(const char *uri, const char *module, UI_METHOD *method, struct seal_pin *pin,
                     EVP_PKEY **pkey, void **engine)
{
    *pkey = NULL;
    *engine = NULL;
    ENGINE_load_dynamic();
    ENGINE *found = ENGINE_by_id("pkcs11");
    if (!found) {
        return SEAL_ERR_UNSUPPORTED;
    }
    if (!configure(found, module) || ENGINE_init(found) != 1) {
        ENGINE_free(found);
        return SEAL_ERR_NOT_FOUND;
    }
    /* Never unloaded: methods that it registered with the library point into its code. */
    if (kept) {
        (void)ENGINE_free(found); /* the functional reference of ENGINE_init stays */
    } else {
        kept = found;
    }
    *pkey = ENGINE_load_private_key(found, uri, method, pin);
    if (!*pkey) {
        (void)ENGINE_finish(found);
        return SEAL_ERR_NOT_FOUND;
    }
    *engine = found;
    return SEAL_OK;
}

void seal_engine_release(void *engine)
{
    if (engine) {
        (void)ENGINE_finish(engine);
    }
}
