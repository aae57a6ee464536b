// SPDX-License-Identifier: Apache-2.0
#include "scanner/target_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "scanner/host_name.h"
#include "scanner/special_ranges.h"
#include "scanner/target_list_inner.h"

enum cs_err target_list_new(struct target_list **out, const struct port_list *ports)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return CS_E_NOMEM;
    (*out)->ports = ports;
    return CS_OK;
}

void target_list_free(struct target_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->name_count; i++) {
        free(list->names[i].name);
        port_list_dispose(&list->names[i].ports);
        ip_set_dispose(&list->names[i].addresses);
        ip_set_dispose(&list->names[i].sent_to);
    }
    free(list->names);
    free(list->name_slots);
    free(list->ranges);
    text_list_dispose(&list->names_to_resolve);
    ip_set_dispose(&list->excluded);
    free(list->sni);
    free(list);
}

/* The slot that has `name`, or the free one where it belongs. */
static size_t *slot_of(const struct target_list *list, const char *name)
{
    size_t at = (size_t)hash_bytes(name, strlen(name), 1) & (list->name_slot_count - 1);
    while (list->name_slots[at] != 0 && strcmp(list->names[list->name_slots[at] - 1].name, name) != 0)
        at = (at + 1) & (list->name_slot_count - 1);
    return &list->name_slots[at];
}

static enum cs_err grow_names(struct target_list *list)
{
    size_t cap = list->name_cap == 0 ? 16 : list->name_cap * 2;
    struct given_name *names = realloc(list->names, cap * sizeof *names);
    if (names == NULL)
        return CS_E_NOMEM;
    list->names = names;
    size_t *slots = calloc(cap * 2, sizeof *slots);
    if (slots == NULL)
        return CS_E_NOMEM;
    free(list->name_slots);
    list->name_slots = slots;
    list->name_slot_count = cap * 2;
    list->name_cap = cap;
    for (size_t i = 0; i < list->name_count; i++)
        *slot_of(list, list->names[i].name) = i + 1;
    return CS_OK;
}

enum cs_err target_list_name(struct target_list *list, const char *name, struct given_name **out)
{
    if (list->name_count == list->name_cap) {
        enum cs_err err = grow_names(list);
        if (err != CS_OK)
            return err;
    }
    size_t *slot = slot_of(list, name);
    if (*slot == 0) {
        char *copy = text_copy(name);
        if (copy == NULL)
            return CS_E_NOMEM;
        list->names[list->name_count] = (struct given_name){.name = copy};
        *slot = ++list->name_count;
    }
    *out = &list->names[*slot - 1];
    return CS_OK;
}

static enum cs_err want_resolved(struct target_list *list, struct given_name *name)
{
    if (name->to_resolve)
        return CS_OK;
    name->to_resolve = true;
    return text_list_add(&list->names_to_resolve, name->name);
}

static enum cs_err add_range(struct target_list *list, const struct target_text *text, bool from_file)
{
    if (list->range_count == list->range_cap) {
        size_t cap = list->range_cap == 0 ? 16 : list->range_cap * 2;
        struct given_range *ranges = realloc(list->ranges, cap * sizeof *ranges);
        if (ranges == NULL)
            return CS_E_NOMEM;
        list->ranges = ranges;
        list->range_cap = cap;
    }
    list->ranges[list->range_count++] = (struct given_range){text->range, text->port, from_file};
    return CS_OK;
}

static enum cs_err add_name(struct target_list *list, const struct target_text *text)
{
    struct given_name *name;
    enum cs_err err = target_list_name(list, text->name, &name);
    if (err == CS_OK && text->has_port)
        err = port_list_add(&name->ports, text->port);
    else if (err == CS_OK)
        name->is_target = true;
    return err == CS_OK ? want_resolved(list, name) : err;
}

enum cs_err target_list_add_text(struct target_list *list, const char *text, size_t len, bool from_file,
                                 struct diag *diag)
{
    struct target_text parsed;
    enum cs_err err = target_text_parse(&parsed, text, len, diag);
    if (err != CS_OK)
        return err;
    err = parsed.is_range ? add_range(list, &parsed, from_file) : add_name(list, &parsed);
    return err == CS_OK ? CS_OK : diag_fail(diag, err, "out of memory");
}

enum cs_err target_list_add(struct target_list *list, const char *text, struct diag *diag)
{
    return target_list_add_text(list, text, strlen(text), false, diag);
}

enum cs_err target_list_exclude(struct target_list *list, const char *text, struct diag *diag)
{
    struct target_text parsed;
    struct given_name *name;
    enum cs_err err = target_text_parse(&parsed, text, strlen(text), diag);
    if (err != CS_OK)
        return err;
    if (parsed.has_port)
        return diag_fail(diag, CS_E_INVALID, "\"%.80s\": an exclusion has no port: it holds for all of them",
                         text);
    if (parsed.is_range)
        return ip_set_add(&list->excluded, parsed.range);
    err = target_list_name(list, parsed.name, &name);
    if (err != CS_OK)
        return diag_fail(diag, err, "out of memory");
    name->is_excluded = true;
    return want_resolved(list, name);
}

enum cs_err target_list_set_sni(struct target_list *list, const char *name, struct diag *diag)
{
    char normal[ENDPOINT_MAX_NAME + 1];
    enum cs_err err = host_name_normalize(normal, name, strlen(name), diag);
    if (err != CS_OK)
        return err;
    free(list->sni);
    list->sni = text_copy(normal);
    return list->sni != NULL ? CS_OK : CS_E_NOMEM;
}

const struct text_list *target_list_names(const struct target_list *list)
{
    return &list->names_to_resolve;
}

enum cs_err target_list_resolved(struct target_list *list, const char *name, const struct ip *ips,
                                 size_t count)
{
    struct given_name *entry;
    enum cs_err err = target_list_name(list, name, &entry);
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        struct ip_range one = {ips[i], ips[i]};
        if (entry->is_excluded)
            err = ip_set_add(&list->excluded, one);
        if (err == CS_OK)
            err = ip_set_add(&entry->addresses, one);
    }
    return err;
}
