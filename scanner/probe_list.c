// SPDX-License-Identifier: Apache-2.0
#include "scanner/probe_list.h"

#include <stddef.h>

#include "scanner/probe.h"

void probe_list_append(struct probe_list *list, struct probe *probe)
{
    probe->list = list;
    probe->previous = list->tail;
    probe->next = NULL;
    if (list->tail != NULL)
        list->tail->next = probe;
    else
        list->head = probe;
    list->tail = probe;
}

void probe_list_remove(struct probe *probe)
{
    if (probe->previous != NULL)
        probe->previous->next = probe->next;
    else
        probe->list->head = probe->next;
    if (probe->next != NULL)
        probe->next->previous = probe->previous;
    else
        probe->list->tail = probe->previous;
    probe->list = NULL;
}

struct probe *probe_list_take_last(struct probe_list *list)
{
    struct probe *last = list->tail;
    if (last != NULL)
        probe_list_remove(last);
    return last;
}
