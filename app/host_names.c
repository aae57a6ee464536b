// SPDX-License-Identifier: Apache-2.0
#include "app/host_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map64.h"
#include "scanner/follow_ups.h"

struct reverse { /* one address that was asked about */
    struct ip ip;
    char *name; /* owned; NULL = it has none that can be sent */
    bool pending;
    bool missed; /* reported without */
};

struct host_names {
    struct ptr_lookups *lookups;
    struct reverse *items; /* owned */
    size_t count;
    size_t cap;
    struct map64 by_ip;
    struct map64 by_name; /* the first address that has it */
    uint32_t *late;       /* items whose name came late, those from late_at on not yet taken; owned */
    size_t late_at;
    size_t late_count;
    size_t late_cap;
    size_t pending;
    bool answered;
};

enum cs_err host_names_new(struct host_names **out, const struct resolver_options *options, struct diag *diag)
{
    *out = NULL;
    struct host_names *names = calloc(1, sizeof *names);
    if (names == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    enum cs_err err = ptr_lookups_start(&names->lookups, options, diag);
    if (err == CS_OK)
        *out = names;
    else
        free(names);
    return err;
}

void host_names_free(struct host_names *names)
{
    if (names == NULL)
        return;
    ptr_lookups_free(names->lookups);
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i].name);
    free(names->items);
    free(names->late);
    map64_dispose(&names->by_ip);
    map64_dispose(&names->by_name);
    free(names);
}

static uint64_t key_of_ip(struct ip ip)
{
    return hash_bytes(ip.bytes, sizeof ip.bytes, 0);
}

static uint64_t key_of_name(const char *name)
{
    return hash_bytes(name, strlen(name), 0);
}

static struct reverse *find(const struct host_names *names, struct ip ip)
{
    uint32_t number;
    return map64_get(&names->by_ip, key_of_ip(ip), &number) ? &names->items[number] : NULL;
}

enum cs_err host_names_ask(struct host_names *names, struct ip ip)
{
    if (find(names, ip) != NULL)
        return CS_OK;
    if (names->count == names->cap) {
        size_t cap = names->cap == 0 ? 64 : names->cap * 2;
        struct reverse *more = realloc(names->items, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        names->items = more;
        names->cap = cap;
    }
    enum cs_err err = map64_add(&names->by_ip, key_of_ip(ip), (uint32_t)names->count);
    if (err != CS_OK)
        return err;
    names->items[names->count++] = (struct reverse){.ip = ip, .pending = true};
    names->pending++;
    return ptr_lookups_ask(names->lookups, ip);
}

static enum cs_err keep_late(struct host_names *names, const struct reverse *item)
{
    if (names->late_count == names->late_cap) {
        size_t cap = names->late_cap == 0 ? 64 : names->late_cap * 2;
        uint32_t *more = realloc(names->late, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        names->late = more;
        names->late_cap = cap;
    }
    names->late[names->late_count++] = (uint32_t)(item - names->items);
    return CS_OK;
}

static enum cs_err take_answer(struct host_names *names, const struct ptr_answer *answer)
{
    char normal[ENDPOINT_MAX_NAME + 1];
    struct reverse *item = find(names, answer->ip);
    names->answered |= answer->answered;
    if (item == NULL || !item->pending)
        return CS_OK;
    item->pending = false;
    names->pending--;
    if (answer->name == NULL || !follow_ups_usable(answer->name, normal))
        return CS_OK;
    item->name = strdup(normal);
    if (item->name == NULL)
        return CS_E_NOMEM;
    enum cs_err err = map64_add(&names->by_name, key_of_name(item->name), (uint32_t)(item - names->items));
    return err == CS_OK && item->missed ? keep_late(names, item) : err;
}

enum cs_err host_names_update(struct host_names *names)
{
    enum cs_err err = CS_OK;
    for (bool got = true; got && err == CS_OK;) {
        struct ptr_answer answer;
        err = ptr_lookups_take(names->lookups, &answer, &got);
        if (err != CS_OK || !got)
            break;
        err = take_answer(names, &answer);
        free(answer.name);
    }
    return err;
}

void host_names_stop(struct host_names *names)
{
    ptr_lookups_stop(names->lookups);
}

size_t host_names_pending(const struct host_names *names)
{
    return names->pending;
}

bool host_names_is_pending(const struct host_names *names, struct ip ip)
{
    const struct reverse *item = find(names, ip);
    return item != NULL && item->pending;
}

const char *host_names_of(const struct host_names *names, struct ip ip)
{
    const struct reverse *item = find(names, ip);
    return item != NULL ? item->name : NULL;
}

bool host_names_find(const struct host_names *names, const char *name, struct ip *ip)
{
    uint32_t number;
    if (!map64_get(&names->by_name, key_of_name(name), &number))
        return false;
    *ip = names->items[number].ip;
    return true;
}

bool host_names_have_answered(const struct host_names *names)
{
    return names->answered;
}

void host_names_miss(struct host_names *names, struct ip ip)
{
    struct reverse *item = find(names, ip);
    if (item != NULL && item->pending)
        item->missed = true;
}

bool host_names_take_late(struct host_names *names, struct ip *ip, const char **name)
{
    if (names->late_at == names->late_count)
        return false;
    const struct reverse *item = &names->items[names->late[names->late_at++]];
    *ip = item->ip;
    *name = item->name;
    return true;
}
