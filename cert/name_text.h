// SPDX-License-Identifier: Apache-2.0
/* A distinguished name that stands alone, such as those of the CAs a server wants client certificates of. */
#ifndef CERT_NAME_TEXT_H
#define CERT_NAME_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* RFC 4514 text of one DER Name; malloc'd. NULL: not exactly one name, or out of memory. */
char *cert_name_text_of_der(const uint8_t *der, size_t len);

#endif
