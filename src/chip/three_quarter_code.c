/* The 3/4 code of the ESP32's blocks 1 to 3. */
#include <espseal/chip.h>

void seal_efuse_three_quarter_encode(const uint8_t data[static 24], uint8_t coded[static 32])
{
    for (size_t group = 0; group < 4; group++) {
        const uint8_t *in = data + 6 * group;
        uint8_t *out = coded + 8 * group;
        unsigned sum = 0, weight = 0;
        for (unsigned i = 0; i < 6; i++) {
            out[i] = in[i];
            sum ^= in[i];
            weight += (i + 1) * (unsigned)__builtin_popcount(in[i]);
        }
        out[6] = (uint8_t)sum;
        out[7] = (uint8_t)weight;
    }
}
