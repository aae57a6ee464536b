// SPDX-License-Identifier: Apache-2.0
/* Inside of a probe, shared by its two files: the state machine with what it says and hears (probe.c), and
 * its socket (probe_socket.c). */
#ifndef SCANNER_PROBE_INNER_H
#define SCANNER_PROBE_INNER_H

#include <sys/types.h>

#include "scanner/probe.h"

enum probe_event {
    EV_START,
    EV_CONNECTED,
    EV_TLS,    /* the dialogue has led to TLS */
    EV_OVER,   /* this connection has given what it can */
    EV_CLOSED, /* and is closed */
};

/* probe.c */
void probe_on(struct probe *probe, enum probe_event event);
void probe_end_with(struct probe *probe, enum outcome outcome, const char *detail); /* unless it has ended */
bool probe_is_open(const struct probe *probe); /* a connection is under way */
void probe_arm_timer(struct probe *probe);
void probe_take(struct probe *probe, const uint8_t *bytes, size_t len);
void probe_take_end(struct probe *probe, ssize_t status); /* libuv's status: closed, reset, failed */

/* probe_socket.c */
void probe_begin_connect(struct probe *probe);
bool probe_start_reading(struct probe *probe); /* false: it has ended */
void probe_flush(struct probe *probe);         /* sends what `out` has */
bool probe_is_reset(ssize_t status);

#endif
