// SPDX-License-Identifier: Apache-2.0
/* Whom to write to in an organization of SCM's. */
#ifndef SCM_CONTACT_H
#define SCM_CONTACT_H

#include "scm/client.h"

struct contact {
    char mail[256]; /* the first address; "" = none */
    unsigned count; /* of all addresses */
};

/* From an organization's details: one text, in which several addresses stand with anything but letters of an
 * address between them, or an array of such. What is no plain address is passed over. Pure. */
void contact_of(struct contact *out, const struct json_value *organization);

/* Asks for the details of an organization or department. One of which SCM shows none has no contact. Errors
 * of client_call. */
CS_MUST_USE enum cs_err contact_read(struct client *client, int64_t id, struct contact *out,
                                     struct diag *diag);

#endif
