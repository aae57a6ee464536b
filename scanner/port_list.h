// SPDX-License-Identifier: Apache-2.0
/* Port lists as of -p: `443,8443,8000-8100,2525/smtp,4443/tls,quick,campus,deep`. */
#ifndef SCANNER_PORT_LIST_H
#define SCANNER_PORT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "model/protocol.h"

struct port_entry {
    uint16_t port;
    uint8_t protocol; /* enum protocol */
};

struct port_list {              /* sorted by port, then protocol; no duplicates */
    struct port_entry *entries; /* owned */
    size_t count;
    size_t cap;
};

/* The protocol a bare port has: its own in any set, else auto. */
enum protocol port_default_protocol(uint16_t port);
/* It is listed in a set, with tls. */
bool port_is_usual_for_tls(uint16_t port);

/* Adds what `text` lists. CS_E_INVALID names the item, what is wrong, and what is allowed. */
CS_MUST_USE enum cs_err port_list_parse(struct port_list *list, const char *text, struct diag *diag);
/* One `PORT[/PROTOCOL]`, as behind a TARGET. */
CS_MUST_USE enum cs_err port_entry_parse(struct port_entry *out, const char *text, size_t len,
                                         struct diag *diag);
CS_MUST_USE enum cs_err port_list_add(struct port_list *list, struct port_entry entry);
/* `443,8000-8100,2525/smtp`: parses back to the same list. */
void port_list_format(struct buf *out, const struct port_list *list);
void port_list_dispose(struct port_list *list);

#endif
