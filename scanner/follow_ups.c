// SPDX-License-Identifier: Apache-2.0
#include "scanner/follow_ups.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map64.h"
#include "base/set64.h"
#include "scanner/host_name.h"

#define NO_NAME UINT32_MAX

struct numbers { /* a list of them */
    uint32_t *items;
    uint32_t count;
    uint32_t cap;
};

struct candidate {
    uint32_t name;
    uint8_t source;
};

struct address {
    struct ip ip;
    struct candidate *candidates; /* owned; the best first, but that those given out stay where they are */
    uint32_t candidate_count;
    uint32_t candidate_cap;
    uint32_t given; /* out, at some place */
    uint32_t limit; /* max_names, and one more for each that was given */
    uint64_t beyond;
    uint32_t told; /* names that it was the first to show */
};

struct place {
    uint32_t address;
    uint16_t port;
    uint8_t protocol;
    uint8_t in_a_row;
    uint32_t next; /* candidate of its address that may be its turn */
};

struct follow_ups {
    unsigned max_names;
    struct text_list names;
    uint8_t *sources; /* of them, the best of each; NAME_SOURCE_COUNT = it was only sent; owned */
    size_t source_cap;
    struct numbers seen; /* names for the DNS; those that were only sent are none */
    struct set64 is_seen;
    uint32_t resolved; /* of them, so many were given to it */
    struct map64 name_numbers;
    struct address *addresses;
    struct ip *ips; /* of addresses; a copy that can be handed out */
    size_t address_count;
    size_t address_cap;
    size_t told_addresses;
    struct map64 address_numbers;
    struct place *places;
    size_t place_count;
    size_t place_cap;
    struct map64 place_numbers;
    struct set64 candidates; /* address and name */
    struct set64 tried;      /* place and name */
    struct set64 told;       /* place and name, of results */
    struct set64 leaves;     /* place and certificate */
    size_t at;               /* place of the round at hand */
    uint64_t given;
    uint64_t not_asked;
};

enum cs_err follow_ups_new(struct follow_ups **out, unsigned max_names)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return CS_E_NOMEM;
    (*out)->max_names = max_names;
    return CS_OK;
}

void follow_ups_free(struct follow_ups *ups)
{
    if (ups == NULL)
        return;
    for (size_t i = 0; i < ups->address_count; i++)
        free(ups->addresses[i].candidates);
    free(ups->addresses);
    free(ups->sources);
    free(ups->ips);
    free(ups->places);
    free(ups->seen.items);
    set64_dispose(&ups->is_seen);
    text_list_dispose(&ups->names);
    map64_dispose(&ups->name_numbers);
    map64_dispose(&ups->address_numbers);
    map64_dispose(&ups->place_numbers);
    set64_dispose(&ups->candidates);
    set64_dispose(&ups->tried);
    set64_dispose(&ups->told);
    set64_dispose(&ups->leaves);
    free(ups);
}

static uint64_t pair(size_t a, size_t b)
{
    return (uint64_t)a << 32 | b;
}

/* Room for one more of `size` bytes; NULL: no memory, and `items` is as it was. */
static void *grown(void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return items;
    size_t wanted = *cap == 0 ? 64 : *cap * 2;
    void *more = realloc(items, wanted * size);
    if (more != NULL)
        *cap = wanted;
    return more;
}

static enum cs_err numbers_add(struct numbers *list, uint32_t number)
{
    if (list->count == list->cap) {
        uint32_t cap = list->cap == 0 ? 4 : list->cap * 2;
        uint32_t *items = realloc(list->items, cap * sizeof *items);
        if (items == NULL)
            return CS_E_NOMEM;
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = number;
    return CS_OK;
}

static uint64_t key_of_address(struct ip ip)
{
    return hash_bytes(ip.bytes, sizeof ip.bytes, 0);
}

/* ---- names ---- */

static enum cs_err number_of_name(struct follow_ups *ups, const char *name, uint32_t *number)
{
    uint64_t key = hash_bytes(name, strlen(name), 0);
    if (map64_get(&ups->name_numbers, key, number))
        return CS_OK;
    uint8_t *sources = grown(ups->sources, ups->names.count, &ups->source_cap, sizeof *sources);
    if (sources == NULL)
        return CS_E_NOMEM;
    ups->sources = sources;
    *number = (uint32_t)ups->names.count;
    sources[*number] = NAME_SOURCE_COUNT;
    enum cs_err err = text_list_add(&ups->names, name);
    return err == CS_OK ? map64_add(&ups->name_numbers, key, *number) : err;
}

bool follow_ups_wants_name(enum outcome outcome, enum protocol protocol, const char *server_name)
{
    bool is_xmpp = protocol == PROTOCOL_XMPP || protocol == PROTOCOL_XMPP_SERVER;
    return server_name == NULL &&
           (outcome == OUTCOME_TLS_ALERT || (outcome == OUTCOME_STARTTLS_REFUSED && is_xmpp));
}

bool follow_ups_usable(const char *name, char out[ENDPOINT_MAX_NAME + 1])
{
    struct diag why;
    if (name[0] == '*' && name[1] == '.')
        name += 2;
    return host_name_normalize(out, name, strlen(name), &why) == CS_OK && strchr(out, '.') != NULL;
}

static void name_is_from(struct follow_ups *ups, uint32_t number, enum name_source source)
{
    if (source < ups->sources[number])
        ups->sources[number] = (uint8_t)source;
}

/* Whether `at` may tell of one name more, which is counted. */
static bool may_tell(struct follow_ups *ups, const struct ip *at)
{
    uint32_t number;
    bool may = ups->seen.count < FOLLOW_UPS_NAMES_SEEN;
    if (at == NULL)
        return true;
    if (map64_get(&ups->address_numbers, key_of_address(*at), &number))
        may = may && ups->addresses[number].told++ < FOLLOW_UPS_NAMES_AT;
    ups->not_asked += !may;
    return may;
}

enum cs_err follow_ups_seen(struct follow_ups *ups, const struct ip *at, const char *name,
                            enum name_source source)
{
    char sent[ENDPOINT_MAX_NAME + 1];
    uint32_t number;
    if (!follow_ups_usable(name, sent))
        return CS_OK;
    bool is_known = map64_get(&ups->name_numbers, hash_bytes(sent, strlen(sent), 0), &number);
    bool was_seen = is_known && set64_has(&ups->is_seen, number);
    if (!was_seen && !may_tell(ups, at))
        return CS_OK;
    enum cs_err err = number_of_name(ups, sent, &number);
    if (err != CS_OK)
        return err;
    bool is_new = false;
    name_is_from(ups, number, source);
    err = set64_add(&ups->is_seen, number, &is_new);
    return err == CS_OK && is_new ? numbers_add(&ups->seen, number) : err;
}

enum cs_err follow_ups_unresolved(struct follow_ups *ups, size_t max, struct text_list *out)
{
    enum cs_err err = CS_OK;
    for (; max > 0 && ups->resolved < ups->seen.count && err == CS_OK; ups->resolved++, max--)
        err = text_list_add(out, ups->names.items[ups->seen.items[ups->resolved]]);
    return err;
}

/* ---- addresses and places ---- */

static enum cs_err number_of_address(struct follow_ups *ups, struct ip ip, uint32_t *number)
{
    uint64_t key = key_of_address(ip);
    if (map64_get(&ups->address_numbers, key, number))
        return CS_OK;
    size_t cap = ups->address_cap;
    struct ip *ips = grown(ups->ips, ups->address_count, &cap, sizeof *ips);
    if (ips == NULL)
        return CS_E_NOMEM;
    ups->ips = ips;
    struct address *addresses =
        grown(ups->addresses, ups->address_count, &ups->address_cap, sizeof *addresses);
    if (addresses == NULL)
        return CS_E_NOMEM;
    ups->addresses = addresses;
    *number = (uint32_t)ups->address_count;
    ips[*number] = ip;
    addresses[*number] = (struct address){.ip = ip, .limit = ups->max_names};
    enum cs_err err = map64_add(&ups->address_numbers, key, *number);
    ups->address_count += err == CS_OK;
    return err;
}

const struct ip *follow_ups_new_addresses(struct follow_ups *ups, size_t *count)
{
    const struct ip *first = ups->ips + ups->told_addresses;
    *count = ups->address_count - ups->told_addresses;
    ups->told_addresses = ups->address_count;
    return first;
}

static enum cs_err number_of_place(struct follow_ups *ups, uint32_t address, uint16_t port,
                                   enum protocol protocol, uint32_t *number)
{
    uint64_t key = hash_mix64(pair(address, (size_t)port << 8 | (size_t)protocol));
    if (map64_get(&ups->place_numbers, key, number))
        return CS_OK;
    struct place *places = grown(ups->places, ups->place_count, &ups->place_cap, sizeof *places);
    if (places == NULL)
        return CS_E_NOMEM;
    ups->places = places;
    *number = (uint32_t)ups->place_count;
    places[*number] = (struct place){.address = address, .port = port, .protocol = (uint8_t)protocol};
    enum cs_err err = map64_add(&ups->place_numbers, key, *number);
    ups->place_count += err == CS_OK;
    return err;
}

/* Whether a certificate of `seen` is new at the place. */
static enum cs_err take_leaves(struct follow_ups *ups, uint32_t place, const struct observation *seen,
                               bool *brings_new)
{
    enum cs_err err = CS_OK;
    *brings_new = false;
    for (size_t i = 0; i < seen->chain_count && err == CS_OK; i++) {
        uint64_t start;
        bool is_new = false;
        memcpy(&start, seen->chains[i].certs[0].sha256, sizeof start);
        err = set64_add(&ups->leaves, hash_mix64(start) ^ hash_mix64(place + 1), &is_new);
        *brings_new |= is_new;
    }
    return err;
}

enum cs_err follow_ups_met(struct follow_ups *ups, const struct observation *seen)
{
    uint32_t address;
    uint32_t place = 0;
    uint32_t name = NO_NAME;
    bool is_first = false;
    bool brings_new = false;
    bool is_own = false; /* a target's own name, that no round gave out: it says nothing about candidates */
    enum cs_err err = number_of_address(ups, seen->ip, &address);
    if (err == CS_OK)
        err = number_of_place(ups, address, seen->port, seen->protocol, &place);
    if (err == CS_OK && seen->server_name != NULL)
        err = number_of_name(ups, seen->server_name, &name);
    if (err == CS_OK)
        err = set64_add(&ups->told, pair(place, name), &is_first);
    if (err == CS_OK && name != NO_NAME)
        err = set64_add(&ups->tried, pair(place, name), &is_own);
    if (err == CS_OK)
        err = take_leaves(ups, place, seen, &brings_new);
    if (err != CS_OK || !is_first || is_own || name == NO_NAME || seen->chain_count == 0)
        return err;
    struct place *at = &ups->places[place];
    at->in_a_row = brings_new ? 0 : (uint8_t)(at->in_a_row + 1);
    return CS_OK;
}

/* ---- candidates ---- */

static bool is_better(struct candidate a, struct candidate b)
{
    return a.source != b.source ? a.source < b.source : a.name < b.name;
}

/* In its place among those that were not given out yet; where there is no room the worst is left. */
static enum cs_err insert_candidate(struct address *address, struct candidate candidate)
{
    if (address->candidate_count == address->candidate_cap) {
        uint32_t cap = address->candidate_cap == 0 ? 4 : address->candidate_cap * 2;
        struct candidate *more = realloc(address->candidates, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        address->candidates = more;
        address->candidate_cap = cap;
    }
    uint32_t at = address->candidate_count++;
    for (; at > address->given && is_better(candidate, address->candidates[at - 1]); at--)
        address->candidates[at] = address->candidates[at - 1];
    address->candidates[at] = candidate;
    address->limit += candidate.source == NAME_SOURCE_GIVEN;
    if (address->candidate_count > address->limit) {
        address->candidate_count--;
        address->beyond++;
    }
    return CS_OK;
}

static enum cs_err add_candidate(struct follow_ups *ups, uint32_t address, uint32_t name)
{
    bool is_new = false;
    enum cs_err err = set64_add(&ups->candidates, pair(address, name), &is_new);
    if (err != CS_OK || !is_new)
        return err;
    return insert_candidate(&ups->addresses[address], (struct candidate){name, ups->sources[name]});
}

enum cs_err follow_ups_points(struct follow_ups *ups, const char *name, struct ip ip, enum name_source source)
{
    char sent[ENDPOINT_MAX_NAME + 1];
    uint32_t address;
    uint32_t number;
    if (!map64_get(&ups->address_numbers, key_of_address(ip), &address) || !follow_ups_usable(name, sent))
        return CS_OK;
    enum cs_err err = number_of_name(ups, sent, &number);
    if (err != CS_OK)
        return err;
    name_is_from(ups, number, source);
    return add_candidate(ups, address, number);
}

enum cs_err follow_ups_resolved(struct follow_ups *ups, const char *name, struct ip ip)
{
    uint32_t address;
    uint32_t number;
    bool is_known = map64_get(&ups->address_numbers, key_of_address(ip), &address) &&
                    map64_get(&ups->name_numbers, hash_bytes(name, strlen(name), 0), &number);
    return is_known ? add_candidate(ups, address, number) : CS_OK;
}

/* ---- rounds ---- */

void follow_ups_begin_round(struct follow_ups *ups)
{
    ups->at = 0;
}

enum cs_err follow_ups_next(struct follow_ups *ups, struct follow_up *out, bool *more)
{
    *more = false;
    for (; ups->at < ups->place_count; ups->at++) {
        struct place *place = &ups->places[ups->at];
        struct address *address = &ups->addresses[place->address];
        bool is_new = false;
        if (place->in_a_row >= FOLLOW_UPS_IN_A_ROW)
            continue;
        while (place->next < address->candidate_count && !is_new) {
            uint32_t name = address->candidates[place->next++].name;
            address->given = place->next > address->given ? place->next : address->given;
            enum cs_err err = set64_add(&ups->tried, pair(ups->at, name), &is_new);
            if (err != CS_OK)
                return err;
            *out = (struct follow_up){address->ip, place->port, (enum protocol)place->protocol,
                                      ups->names.items[name]};
        }
        if (!is_new)
            continue;
        ups->at++;
        ups->given++;
        *more = true;
        return CS_OK;
    }
    return CS_OK;
}

void follow_ups_count(const struct follow_ups *ups, struct follow_ups_counts *out)
{
    *out = (struct follow_ups_counts){.places = ups->place_count,
                                      .names = ups->names.count,
                                      .tried = ups->given,
                                      .not_asked = ups->not_asked};
    for (size_t i = 0; i < ups->address_count; i++)
        out->beyond_limit += ups->addresses[i].beyond;
    for (size_t i = 0; i < ups->place_count; i++) {
        const struct place *place = &ups->places[i];
        const struct address *address = &ups->addresses[place->address];
        if (place->in_a_row >= FOLLOW_UPS_IN_A_ROW)
            out->in_a_row += address->candidate_count - place->next;
    }
}
