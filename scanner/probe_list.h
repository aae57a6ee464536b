// SPDX-License-Identifier: Apache-2.0
/* The probes that a loop has in one state, in the order they came; each is in one list at most. */
#ifndef SCANNER_PROBE_LIST_H
#define SCANNER_PROBE_LIST_H

struct probe;

struct probe_list { /* zero-initialised is empty */
    struct probe *head;
    struct probe *tail;
};

void probe_list_append(struct probe_list *list, struct probe *probe);
void probe_list_remove(struct probe *probe);                 /* from the list it is in */
struct probe *probe_list_take_last(struct probe_list *list); /* and remove it; NULL when empty */

#endif
