/*
 * What the eFuse controller does when it loads a block: decodes Reed-Solomon (44,32) over GF(256), polynomial
 * 0x11d, roots 2^0..2^11 (chips.json _meta.rs_code), correcting up to 6 bytes. Blahut, "Algebraic Codes for
 * Data Transmission", ch. 7: Berlekamp-Massey, Chien, Forney.
 */
#include "sim_parts.h"

#include <string.h>

#define CODE 44
#define ROOTS 12

static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0;
    unsigned shifted = a;
    for (unsigned bits = b; bits; bits >>= 1) {
        product ^= (bits & 1) ? shifted : 0;
        shifted = (shifted << 1) ^ ((shifted & 0x80) ? 0x11Du : 0);
    }
    return (uint8_t)product;
}

static uint8_t power(uint8_t base, unsigned exponent)
{
    uint8_t result = 1;
    while (exponent--) {
        result = multiply(result, base);
    }
    return result;
}

static uint8_t inverse(uint8_t a)
{
    return power(a, 254);
}

/* p[0] + p[1] x + ... */
static uint8_t evaluate(const uint8_t *p, size_t len, uint8_t x)
{
    uint8_t sum = 0;
    while (len--) {
        sum = (uint8_t)(multiply(sum, x) ^ p[len]);
    }
    return sum;
}

static bool syndromes(const uint8_t code[static CODE], uint8_t s[static ROOTS])
{
    uint8_t any = 0;
    for (unsigned j = 0; j < ROOTS; j++) {
        uint8_t root = power(2, j);
        s[j] = 0;
        for (size_t i = 0; i < CODE; i++) {
            s[j] = (uint8_t)(multiply(s[j], root) ^ code[i]);
        }
        any |= s[j];
    }
    return any != 0;
}

/* The error locator; returns its degree. */
static unsigned locate(const uint8_t s[static ROOTS], uint8_t lambda[static ROOTS + 1])
{
    uint8_t previous[ROOTS + 1] = {1};
    uint8_t scale = 1;
    unsigned degree = 0;
    unsigned gap = 1;
    memset(lambda, 0, ROOTS + 1);
    lambda[0] = 1;
    for (unsigned n = 0; n < ROOTS; n++, gap++) {
        uint8_t saved[ROOTS + 1];
        uint8_t delta = s[n];
        for (unsigned i = 1; i <= degree; i++) {
            delta ^= multiply(lambda[i], s[n - i]);
        }
        if (delta == 0) {
            continue;
        }
        memcpy(saved, lambda, sizeof saved);
        uint8_t factor = multiply(delta, inverse(scale));
        for (unsigned i = gap; i <= ROOTS; i++) {
            lambda[i] ^= multiply(factor, previous[i - gap]);
        }
        if (2 * degree <= n) {
            degree = n + 1 - degree;
            memcpy(previous, saved, sizeof previous);
            scale = delta;
            gap = 0;
        }
    }
    return degree;
}

/* Forney's value for the error whose locator is x, when the first root is 2^0. */
static uint8_t error_value(const uint8_t s[static ROOTS], const uint8_t *lambda, unsigned degree, uint8_t x)
{
    uint8_t at = inverse(x);
    uint8_t omega[ROOTS] = {0};
    uint8_t slope[ROOTS] = {0};
    for (unsigned i = 0; i < ROOTS; i++) {
        for (unsigned j = 0; j <= i && j <= degree; j++) {
            omega[i] ^= multiply(lambda[j], s[i - j]);
        }
    }
    for (unsigned i = 1; i <= degree; i += 2) {
        slope[i - 1] = lambda[i];
    }
    uint8_t below = evaluate(slope, ROOTS, at);
    return below ? multiply(multiply(x, evaluate(omega, ROOTS, at)), inverse(below)) : 0;
}

int sim_rs_correct(uint8_t code[static 44])
{
    uint8_t s[ROOTS], lambda[ROOTS + 1], fixed[CODE];
    unsigned found = 0;
    if (!syndromes(code, s)) {
        return 0;
    }
    unsigned degree = locate(s, lambda);
    if (degree > ROOTS / 2) {
        return -1;
    }
    memcpy(fixed, code, CODE);
    for (unsigned i = 0; i < CODE; i++) {
        uint8_t x = power(2, CODE - 1 - i);
        if (evaluate(lambda, degree + 1, inverse(x)) == 0) {
            fixed[i] ^= error_value(s, lambda, degree, x);
            found++;
        }
    }
    if (found != degree || syndromes(fixed, s)) {
        return -1;
    }
    memcpy(code, fixed, CODE);
    return (int)found;
}
