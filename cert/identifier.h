// SPDX-License-Identifier: Apache-2.0
/* Serial numbers and fingerprints as people and programs write them. */
#ifndef CERT_IDENTIFIER_H
#define CERT_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hex in either case, with colons, blanks, "0x" or leading zeros -> as cert_record.serial. False: anything
 * else, zero, or too long for `size`. */
bool cert_serial_parse(char *out, size_t size, const char *text);

/* Exactly `len` bytes in hex, written so. */
bool cert_hash_parse(uint8_t *out, size_t len, const char *text);

#endif
