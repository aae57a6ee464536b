// SPDX-License-Identifier: Apache-2.0
/* What a chain as it was sent is worth, whatever the time: plain data, stored with the chain. */
#ifndef CERT_CHAIN_VERDICT_H
#define CERT_CHAIN_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

enum chain_flaw {                       /* bits; stored, so numbers stay */
                  CHAIN_UNTRUSTED = 1,  /* no path to a root, at OpenSSL's security level 2 */
                  CHAIN_INCOMPLETE = 2, /* it ends below a root that is not known: a certificate is missing */
                  CHAIN_WRONG_ORDER = 4, /* a certificate does not follow the one it signed */
                  CHAIN_EXTRA = 8,       /* certificates that no path of the leaf needs */
                  CHAIN_WEAK_SIGNATURE =
                      16,            /* one between leaf and root is signed over MD5, SHA-1 or older */
                  CHAIN_PUBLIC = 32, /* no flaw: the path ends at a public root, not one of one's own */
};

struct chain_verdict {
    bool known;          /* false: nobody has judged it, for want of roots */
    uint32_t flaws;      /* enum chain_flaw */
    int64_t path_ends_s; /* the last second in which all of the path behind the leaf is valid; INT64_MAX where
                            there is no path */
};

#endif
