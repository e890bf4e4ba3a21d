#include "loader.h"

#include <espseal/deflate.h>

int rom_pack_open(struct rom_pack *pack)
{
    pack->packed = seal_buf_new();
    return pack->packed ? seal_deflater_new(&pack->deflater) : SEAL_ERR_NO_MEMORY;
}

void rom_pack_close(struct rom_pack *pack)
{
    seal_buf_free(&pack->packed);
    seal_deflater_free(&pack->deflater);
}

void rom_pack_begin(struct rom_pack *pack, const uint8_t *data, size_t len)
{
    seal_deflater_restart(pack->deflater);
    seal_buf_truncate(pack->packed, 0);
    pack->data = data;
    pack->len = len;
    pack->fed = 0;
    pack->err = SEAL_OK;
}

void rom_pack_step(struct rom_pack *pack, size_t max)
{
    const size_t left = pack->len - pack->fed;
    const size_t here = left < max ? left : max;
    if (pack->err || here == 0 || rom_pack_useless(pack)) {
        return;
    }
    pack->err = seal_deflater_feed(pack->deflater, pack->data + pack->fed, here, here == left, pack->packed);
    pack->fed += here;
}

bool rom_pack_useless(const struct rom_pack *pack)
{
    return seal_buf_len(pack->packed) >= pack->len;
}
