// SPDX-License-Identifier: Apache-2.0
#include "app/known_targets.h"

#include <stdio.h>

#include "db/endpoints.h"
#include "scanner/target_list.h"

struct choosing {
    const struct target_set *from;
    struct target_list *list;
    struct diag *diag;
    size_t count;
};

static enum cs_err choose(void *context, const struct endpoint *endpoint)
{
    struct choosing *choosing = context;
    char ip[IP_TEXT_SIZE];
    char text[ENDPOINT_TEXT_SIZE];
    if (!target_set_has(choosing->from, endpoint->ip, endpoint->port))
        return CS_OK;
    snprintf(text, sizeof text, ip_is_v4(endpoint->ip) ? "%s:%u/%s" : "[%s]:%u/%s",
             ip_format(ip, endpoint->ip), endpoint->port, protocol_name(endpoint->protocol));
    choosing->count++;
    return target_list_add(choosing->list, text, choosing->diag);
}

enum cs_err known_targets(struct store *store, const char *network, struct target_set **targets,
                          struct diag *diag)
{
    struct port_list ports = {0};
    struct target_set *known = NULL;
    struct buf notes = {0};
    struct choosing choosing = {.from = *targets, .diag = diag};
    enum cs_err err = port_list_parse(&ports, "campus", diag); /* of no use: every endpoint has its port */
    if (err == CS_OK)
        err = target_list_new(&choosing.list, &ports);
    if (err == CS_OK)
        err = endpoints_each(store, network, choose, &choosing, diag);
    if (err == CS_OK && choosing.count == 0)
        err = diag_fail(diag, CS_E_NOT_FOUND,
                        "nothing has answered there before: scan it once without --known-only");
    if (err == CS_OK)
        err = target_list_build(choosing.list, &known, &notes, diag);
    if (err == CS_OK) {
        target_set_free(*targets);
        *targets = known;
    }
    target_list_free(choosing.list);
    port_list_dispose(&ports);
    buf_dispose(&notes);
    return err;
}
