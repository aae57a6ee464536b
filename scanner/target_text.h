// SPDX-License-Identifier: Apache-2.0
/* One TARGET or exclusion as text: what it is, before it means anything. */
#ifndef SCANNER_TARGET_TEXT_H
#define SCANNER_TARGET_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/err.h"
#include "model/endpoint.h"
#include "model/ip.h"
#include "scanner/port_list.h"

struct target_text {
    bool is_range;
    struct ip_range range;
    char name[ENDPOINT_MAX_NAME + 1]; /* a host name when it is no range */
    bool has_port;
    struct port_entry port;
};

/* Address, a.b.c.d/n, first-last or host name, each with optional :PORT[/PROTOCOL]; [v6] or [v6/n] before a
 * port. CS_E_INVALID: `diag` quotes the text and says what is wrong. */
CS_MUST_USE enum cs_err target_text_parse(struct target_text *out, const char *text, size_t len,
                                          struct diag *diag);

#endif
