// SPDX-License-Identifier: Apache-2.0
#include "scm/caa_identifiers.h"

#include "base/text.h"

/* As Sectigo says of issue and issuewild in its Certification Practice Statement, section 4.2.4, and its CAA
 * knowledge base. */
static const char *const sectigo[] = {CAA_DEFAULT_CA, "comodo.com", "comodoca.com", "usertrust.com",
                                      "trust-provider.com"};

const char *const *caa_identifiers(const char *name, size_t *count)
{
    const size_t all = sizeof sectigo / sizeof sectigo[0];
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        if (text_equals(sectigo[i], name))
            *count = all;
    }
    return sectigo;
}
