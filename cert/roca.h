// SPDX-License-Identifier: Apache-2.0
/* Keys of the ROCA kind (CVE-2017-15361): Infineon's RSALib made primes k * M + (65537^a mod M), where M is
 * the product of the first primes. So a modulus is a power of 65537 modulo M, which a modulus made otherwise
 * is with a probability below 2^-150. Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's Attack,
 * CCS 2017, section 3; the same test as https://github.com/crocs-muni/roca. */
#ifndef CERT_ROCA_H
#define CERT_ROCA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `modulus` is big-endian. Costs a few dozen divisions of it by a small number; most others end after one
 * or two. */
bool roca_is_fingerprint(const uint8_t *modulus, size_t len);

#endif
