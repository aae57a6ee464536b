// SPDX-License-Identifier: Apache-2.0
#include "scanner/slots.h"

#include <stdlib.h>

#include "base/hash.h"

void pending_push(struct pending_queue *queue, struct pending *item)
{
    item->next = NULL;
    if (queue->tail != NULL)
        queue->tail->next = item;
    else
        queue->head = item;
    queue->tail = item;
    queue->count++;
}

struct pending *pending_pop(struct pending_queue *queue)
{
    struct pending *item = queue->head;
    if (item == NULL)
        return NULL;
    queue->head = item->next;
    if (queue->head == NULL)
        queue->tail = NULL;
    queue->count--;
    return item;
}

static void drop_all(struct pending_queue *queue)
{
    for (struct pending *item; (item = pending_pop(queue)) != NULL;)
        free(item);
}

static enum cs_err table_init(struct slot_table *table, uint32_t limit, size_t expected)
{
    *table = (struct slot_table){.limit = limit, .bucket_count = 64};
    while (limit != 0 && table->bucket_count < expected)
        table->bucket_count *= 2;
    table->buckets = calloc(table->bucket_count, sizeof *table->buckets);
    return table->buckets != NULL ? CS_OK : CS_E_NOMEM;
}

static void table_dispose(struct slot_table *table)
{
    for (size_t i = 0; table->buckets != NULL && i < table->bucket_count; i++) {
        for (struct slot_group *group = table->buckets[i]; group != NULL;) {
            struct slot_group *next = group->next;
            drop_all(&group->waiting);
            free(group);
            group = next;
        }
    }
    free(table->buckets);
    table->buckets = NULL;
}

enum cs_err slots_init(struct slots *slots, uint32_t per_host, uint32_t per_prefix, size_t expected)
{
    *slots = (struct slots){0};
    enum cs_err err = table_init(&slots->hosts, per_host, expected);
    return err == CS_OK ? table_init(&slots->prefixes, per_prefix, expected) : err;
}

void slots_dispose(struct slots *slots)
{
    table_dispose(&slots->hosts);
    table_dispose(&slots->prefixes);
    drop_all(&slots->awake);
}

/* The link that points to the group of `key`, or to NULL where it would be added. */
static struct slot_group **find(const struct slot_table *table, struct ip key)
{
    size_t bucket = (size_t)hash_bytes(key.bytes, sizeof key.bytes, 2) & (table->bucket_count - 1);
    struct slot_group **link = &table->buckets[bucket];
    while (*link != NULL && !ip_equals((*link)->key, key))
        link = &(*link)->next;
    return link;
}

static struct slot_group *find_or_add(struct slot_table *table, struct ip key)
{
    struct slot_group **link = find(table, key);
    if (*link == NULL) {
        *link = calloc(1, sizeof **link);
        if (*link != NULL)
            (*link)->key = key;
    }
    return *link;
}

static void remove_if_idle(struct slot_table *table, struct ip key)
{
    struct slot_group **link = find(table, key);
    struct slot_group *group = *link;
    if (group == NULL || group->used > 0 || group->waiting.count > 0)
        return;
    *link = group->next;
    free(group);
}

static bool is_full(const struct slot_table *table, const struct slot_group *group)
{
    return table->limit != 0 && group->used >= table->limit;
}

enum slots_answer slots_take(struct slots *slots, struct pending *item)
{
    struct slot_table *tables[] = {&slots->hosts, &slots->prefixes};
    struct ip keys[] = {item->ip, ip_prefix(item->ip)};
    struct slot_group *groups[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        if (tables[i]->limit == 0)
            continue;
        groups[i] = find_or_add(tables[i], keys[i]);
        if (groups[i] == NULL)
            break;
        if (is_full(tables[i], groups[i])) {
            pending_push(&groups[i]->waiting, item);
            slots->parked++;
            if (i == 1 && groups[0] != NULL)
                remove_if_idle(tables[0], keys[0]);
            return SLOTS_PARKED;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (tables[i]->limit != 0 && groups[i] == NULL) {
            remove_if_idle(tables[0], keys[0]);
            return SLOTS_NO_MEMORY;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (groups[i] != NULL)
            groups[i]->used++;
    }
    return SLOTS_TAKEN;
}

bool slots_try(struct slots *slots, struct ip ip)
{
    struct slot_table *tables[] = {&slots->hosts, &slots->prefixes};
    struct ip keys[] = {ip, ip_prefix(ip)};
    struct slot_group *groups[2] = {NULL, NULL};
    bool free_places = true;
    for (int i = 0; i < 2 && free_places; i++) {
        if (tables[i]->limit == 0)
            continue;
        groups[i] = find_or_add(tables[i], keys[i]);
        free_places = groups[i] != NULL && !is_full(tables[i], groups[i]);
    }
    for (int i = 0; i < 2; i++) {
        if (groups[i] != NULL && free_places)
            groups[i]->used++;
        else if (groups[i] != NULL)
            remove_if_idle(tables[i], keys[i]);
    }
    return free_places;
}

/* Wakes one that waits at `key`, and forgets the group when nothing is left of it. */
static void wake(struct slots *slots, struct slot_table *table, struct ip key)
{
    struct slot_group *group = table->limit != 0 ? *find(table, key) : NULL;
    if (group == NULL)
        return;
    struct pending *item = !is_full(table, group) ? pending_pop(&group->waiting) : NULL;
    if (item != NULL) {
        slots->parked--;
        pending_push(&slots->awake, item);
    }
    remove_if_idle(table, key);
}

static void give_back(struct slot_table *table, struct ip key)
{
    struct slot_group *group = table->limit != 0 ? *find(table, key) : NULL;
    if (group != NULL)
        group->used--;
}

void slots_pass_on(struct slots *slots, struct ip ip)
{
    wake(slots, &slots->hosts, ip);
    wake(slots, &slots->prefixes, ip_prefix(ip));
}

void slots_give_back(struct slots *slots, struct ip ip)
{
    give_back(&slots->hosts, ip);
    give_back(&slots->prefixes, ip_prefix(ip));
    slots_pass_on(slots, ip);
}
