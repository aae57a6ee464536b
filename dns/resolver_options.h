// SPDX-License-Identifier: Apache-2.0
/* How the DNS is asked: by whom, how patiently, how fast, and when it is left alone. */
#ifndef DNS_RESOLVER_OPTIONS_H
#define DNS_RESOLVER_OPTIONS_H

#include <signal.h>
#include <stdint.h>

struct resolver_options {
    const char *server;   /* ADDRESS[:PORT] or [v6]:PORT; NULL = the system's */
    uint32_t timeout_ms;  /* of one try; 0 = 2000 */
    uint32_t tries;       /* 0 = 2 */
    uint32_t max_at_once; /* 0 = 64 */
    uint32_t rate_per_s;  /* look-ups begun; 0 = no limit */
    /* So many look-ups without any answer, and none ever answered in this run: the rest is not begun, but
     * told as unanswered. 0 = never. */
    uint32_t give_up_after;
    /* Likewise where so many in a row are unanswered, whatever was answered before: the server has gone. */
    uint32_t lost_after;
    const volatile sig_atomic_t *stop; /* not NULL, and not zero: likewise */
};

#endif
