// SPDX-License-Identifier: Apache-2.0
/* The inside of a target list, shared by the files that collect and the one that builds. */
#ifndef SCANNER_TARGET_LIST_INNER_H
#define SCANNER_TARGET_LIST_INNER_H

#include "scanner/target_list.h"
#include "scanner/target_text.h"

struct given_range { /* a TARGET that is an address or range */
    struct ip_range range;
    struct port_entry port; /* port 0: the default ports */
    bool from_file;
};

struct given_name { /* a host name: target, exclusion or name to send, or several of these */
    char *name;     /* lower-case A-labels; owned by target_list.names */
    bool is_target; /* on the default ports */
    bool is_excluded;
    bool to_resolve;         /* listed in target_list.names_to_resolve */
    struct port_list ports;  /* TARGETs with explicit ports */
    struct ip_set addresses; /* from the DNS */
    struct ip_set sent_to;   /* from --names: send this name there */
};

struct target_list {
    const struct port_list *ports; /* borrowed */
    struct given_range *ranges;
    size_t range_count;
    size_t range_cap;
    struct given_name *names;
    size_t name_count;
    size_t name_cap;
    size_t *name_slots; /* hash table of indexes + 1 into names; a power of two */
    size_t name_slot_count;
    struct text_list names_to_resolve;
    struct ip_set excluded;
    char *sni;
};

/* The entry of `name`, made if new. CS_E_NOMEM. */
CS_MUST_USE enum cs_err target_list_name(struct target_list *list, const char *name, struct given_name **out);
CS_MUST_USE enum cs_err target_list_add_text(struct target_list *list, const char *text, size_t len,
                                             bool from_file, struct diag *diag);

#endif
