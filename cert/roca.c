// SPDX-License-Identifier: Apache-2.0
/* For each prime below 168: the logarithm of the modulus to the base 65537, if it has one. The logarithms
 * are those of one number a exactly if any two agree modulo the greatest common divisor of their orders. */
#include "cert/roca.h"

static const uint32_t primes[] = {
    3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
};
#define PRIME_COUNT (sizeof primes / sizeof primes[0])

static uint32_t remainder_of(const uint8_t *number, size_t len, uint32_t divisor)
{
    uint32_t rest = 0;
    for (size_t i = 0; i < len; i++)
        rest = (rest << 8 | number[i]) % divisor;
    return rest;
}

/* The order of 65537 modulo `prime`, and the exponent below it that gives `value`. False: there is none. */
static bool find_logarithm(uint32_t prime, uint32_t value, uint32_t *order, uint32_t *exponent)
{
    uint32_t power = 1;
    bool found = false;
    *order = 0;
    do {
        if (power == value) {
            *exponent = *order;
            found = true;
        }
        power = power * (65537 % prime) % prime;
        ++*order;
    } while (power != 1);
    return found;
}

static uint32_t greatest_common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool roca_is_fingerprint(const uint8_t *modulus, size_t len)
{
    uint32_t orders[PRIME_COUNT];
    uint32_t exponents[PRIME_COUNT];
    for (size_t i = 0; i < PRIME_COUNT; i++) {
        if (!find_logarithm(primes[i], remainder_of(modulus, len, primes[i]), &orders[i], &exponents[i]))
            return false;
        for (size_t j = 0; j < i; j++) {
            uint32_t common = greatest_common_divisor(orders[i], orders[j]);
            if (exponents[i] % common != exponents[j] % common)
                return false;
        }
    }
    return true;
}
