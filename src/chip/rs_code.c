/* Reed-Solomon (44,32) of the eFuse blocks: polynomial division by the generator in GF(256). */
#include <espseal/chip.h>

#include <string.h>

#define PARITY 12

/* Product in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1. Constant time: the data may be a key. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0, factor = a;
    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= factor & (0u - ((unsigned)b >> bit & 1u));
        factor = factor << 1 ^ (0x11du & (0u - (factor >> 7 & 1u)));
    }
    return (uint8_t)product;
}

/* Coefficients of (x - 2^0)(x - 2^1)...(x - 2^11), highest power first, without the leading 1. */
static void make_generator(uint8_t generator[static PARITY])
{
    uint8_t root = 1;
    memset(generator, 0, PARITY);
    for (size_t degree = 0; degree < PARITY; degree++) {
        for (size_t i = degree; i > 0; i--)
            generator[i] = generator[i] ^ multiply(generator[i - 1], root);
        generator[0] ^= root;
        root = multiply(root, 2);
    }
}

void seal_efuse_rs_encode(const uint8_t data[static 32], uint8_t check[static 12])
{
    uint8_t generator[PARITY];

    make_generator(generator);
    memset(check, 0, PARITY);
    for (size_t i = 0; i < 32; i++) {
        uint8_t feedback = data[i] ^ check[0];
        memmove(check, check + 1, PARITY - 1);
        check[PARITY - 1] = 0;
        for (size_t j = 0; j < PARITY; j++)
            check[j] = check[j] ^ multiply(generator[j], feedback);
    }
}
