/* Inside the crypto layer: keys through the pkcs11 engine, and the PIN that is asked for once. */
#ifndef ESPSEAL_KEY_ENGINE_H
#define ESPSEAL_KEY_ENGINE_H

#include <espseal/key.h>

#include <openssl/evp.h>
#include <openssl/ui.h>

struct seal_pin { /* the user data of the UI method */
    const struct seal_passphrase *ask;
    const char *what;
    unsigned asked;
    bool given;
};

/* Of key_store.c; answers the first question and refuses every further one. The caller destroys it. */
UI_METHOD *seal_pin_method(void);

/*
 * Loads the key of a pkcs11: URI (without query) from the module (NULL: the engine's own choice). *engine is
 * to be given back with seal_engine_release after the key. SEAL_ERR_UNSUPPORTED: there is no such engine.
 * SEAL_ERR_NOT_FOUND: the module or the key; the library's errors are left in its queue.
 */
int seal_engine_load(const char *uri, const char *module, UI_METHOD *method, struct seal_pin *pin,
                     EVP_PKEY **pkey, void **engine) SEAL_MUST_CHECK;
void seal_engine_release(void *engine);

#endif
