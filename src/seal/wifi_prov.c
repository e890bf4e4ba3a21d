#include <espseal/json.h>
#include <espseal/secret.h>
#include <espseal/wifi_prov.h>

#include <stdio.h>

enum { POP_LEN = 12 };

int seal_prov_pop(struct seal_buf *pop)
{
    static const char letters[] = "23456789abcdefghijkmnpqrstuvwxyz";
    uint8_t *place = seal_buf_reserve(pop, POP_LEN);
    int err = place ? seal_random(place, POP_LEN) : SEAL_ERR_NO_MEMORY;
    for (size_t i = 0; err == SEAL_OK && i < POP_LEN; i++) {
        place[i] = (uint8_t)letters[place[i] % 32];
    }
    return err == SEAL_OK ? seal_buf_put_u8(pop, 0) : err;
}

void seal_prov_name(const uint8_t mac[static 6], char name[static SEAL_PROV_NAME_MAX + 1])
{
    (void)snprintf(name, SEAL_PROV_NAME_MAX + 1, "PROV_%02X%02X%02X", mac[3], mac[4], mac[5]);
}

int seal_prov_payload(const char *name, const char *user, const char *pop, const char *transport,
                      struct seal_buf *payload)
{
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "ver", "v1");
    seal_json_put_text(root, "name", name);
    if (user) {
        seal_json_put_text(root, "username", user);
    }
    seal_json_put_text(root, "pop", pop);
    seal_json_put_text(root, "transport", transport);
    int err = seal_json_print(root, true, payload);
    seal_json_free(&root);
    if (err == SEAL_OK) {
        seal_buf_truncate(payload, seal_buf_len(payload) - 1); /* the newline */
        err = seal_buf_put_u8(payload, 0);
    }
    return err;
}
