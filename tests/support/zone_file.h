// SPDX-License-Identifier: Apache-2.0
/* A TZif file of version 2 made on the spot: no transition, one type, and a footer with a rule. */
#ifndef TESTS_SUPPORT_ZONE_FILE_H
#define TESTS_SUPPORT_ZONE_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "schedule/zone.h"

/* Returns how many bytes of `out` (200) are the file. */
static inline size_t zone_file_make(uint8_t out[200], const char *rule)
{
    static const uint8_t block[] = {'T', 'Z', 'i', 'f', '2', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   0,   0,   0,
                                    0,   0,   0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   0,   0,   0,
                                    0,   0,   0,   1,   0,   0, 0, 4, 0, 0, 0, 0, 0, 0, 'L', 'M', 'T', 0};
    memcpy(out, block, sizeof block);
    memcpy(out + sizeof block, block, sizeof block);
    int len = snprintf((char *)out + 2 * sizeof block, 200 - 2 * sizeof block, "\n%s\n", rule);
    return 2 * sizeof block + (size_t)len;
}

#endif
