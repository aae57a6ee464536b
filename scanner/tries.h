// SPDX-License-Identifier: Apache-2.0
/* The connections that one target gets, one after the other: which lane speaks, with which hello, asking for
 * which keys. Decides by how the ones before ended; no socket, no clock. */
#ifndef SCANNER_TRIES_H
#define SCANNER_TRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "scanner/client_hello.h"
#include "scanner/lane.h"

#define TRIES_MAX 4 /* connections for a target */

enum lane_choice {
    LANE_CHOICE_AUTO, /* direct, then full where direct cannot */
    LANE_CHOICE_DIRECT,
    LANE_CHOICE_FULL,
};

struct tries_policy {
    enum lane_choice lane;
    bool both_keys; /* ask a server that answered for a certificate of the other key family too */
};

struct
try {
    enum lane lane;
    enum hello_kind hello; /* of the direct lane */
    enum key_family keys;
};

struct tries { /* of one target; private */
    struct try current;
    unsigned count;  /* begun */
    bool alerted;    /* one of our hellos was refused with an alert ... */
    bool negotiable; /* ... the first of which was about what we offered: libssl's offer may suit */
};

struct try_end {
    const struct lane_result *result;
    bool unsupported;        /* LANE_UNSUPPORTED */
    bool silent_on_tls_port; /* not a byte came, on a port where TLS is usual */
    enum key_family leaf;    /* with a certificate: of its leaf */
};

struct try tries_first(struct tries *tries, const struct tries_policy *policy);
/* False: that was all. */
bool tries_next(struct tries *tries, const struct tries_policy *policy, const struct try_end *end,
                struct try *next);

/* The same once more, as the connection has told how to speak to it. False: that was all. */
bool tries_again(struct tries *tries);

/* `a` says more about a target than `b` does: which of several results is told. */
bool outcome_says_more(enum outcome a, enum outcome b);

#endif
