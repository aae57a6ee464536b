// SPDX-License-Identifier: Apache-2.0
/* Bytes of TLS, spoiled by chance: flipped, cut, repeated, reordered, with lengths that lie. The same random
 * number spoils them in the same way. */
#ifndef TESTS_SUPPORT_MUTATION_H
#define TESTS_SUPPORT_MUTATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

uint64_t mutation_draw(uint64_t *random);
size_t mutation_below(uint64_t *random, size_t bound); /* 0 for a bound of 0 */
void mutate(struct buf *bytes, uint64_t *random);      /* one mutation */

#endif
