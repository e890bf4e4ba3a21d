/* The ESP32's 3/4 code (TRM, chapter "eFuse Controller"): six bytes, their exclusive or, their weighted count
 * of bits. A group in which one bit is wrong is the only one next to it that fits. */
#include "sim_parts.h"

#include <espseal/secret.h>

#include <string.h>

#define GROUP 8

static bool fits(const uint8_t group[static GROUP])
{
    uint8_t data[24] = {0}, coded[32];
    memcpy(data, group, 6);
    seal_efuse_three_quarter_encode(data, coded);
    bool same = memcmp(coded, group, GROUP) == 0;
    seal_cleanse(data, sizeof data);
    seal_cleanse(coded, sizeof coded);
    return same;
}

static void correct(uint8_t group[static GROUP])
{
    for (unsigned bit = 0; bit < 8 * GROUP; bit++) {
        group[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (fits(group)) {
            return;
        }
        group[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

uint8_t sim_three_quarter_load(const uint32_t coded[static SIM_WORDS], uint32_t words[static SIM_WORDS])
{
    uint8_t bytes[4 * SIM_WORDS], data[4 * SIM_WORDS] = {0};
    uint8_t wrong = 0;
    for (size_t i = 0; i < SIM_WORDS; i++) {
        seal_put_le32(bytes + 4 * i, coded[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        uint8_t *group = bytes + GROUP * i;
        if (!fits(group)) {
            wrong |= (uint8_t)(1u << i);
            correct(group);
        }
        memcpy(data + 6 * i, group, 6);
    }
    for (size_t i = 0; i < SIM_WORDS; i++) {
        words[i] = seal_le32(data + 4 * i);
    }
    seal_cleanse(bytes, sizeof bytes);
    seal_cleanse(data, sizeof data);
    return wrong;
}
