// SPDX-License-Identifier: Apache-2.0
/* scans -> addresses that answered, each with what it showed -> the ranges that they lie in. Memory is linear
 * in addresses that answered, not in those that were scanned. */
#include "app/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/map64.h"
#include "base/set64.h"
#include "base/text.h"
#include "db/coverage.h"
#include "db/discovered.h"
#include "db/inventory.h"
#include "scanner/permutation.h"
#include "scanner/target_set.h"

struct address { /* that answered */
    struct ip ip;
    bool has_certificate;
    bool has_name;
    uint32_t names_tried;
    uint32_t endpoints;
};

struct coverage {
    struct store *store;
    char *network;
    int64_t first_scan_id;
    int64_t last_scan_id;
    struct ip_set scanned;
    struct ip_set given; /* ranges of the scans; not normal */
    struct address *addresses;
    size_t address_count;
    size_t address_cap;
    struct map64 address_numbers;
    struct set64 names;     /* address and name */
    struct set64 endpoints; /* address, port, protocol, name */
    struct set64 places;    /* address and port that showed a certificate */
    bool has_own_ranges;    /* those asked for */
    struct coverage_row *rows;
    struct ip *highest; /* the last address of all rows up to this one */
    size_t row_count;
    size_t row_cap;
};

enum cs_err coverage_new(struct coverage **out, struct store *store, const char *network)
{
    struct coverage *coverage = calloc(1, sizeof *coverage);
    *out = coverage;
    if (coverage == NULL)
        return CS_E_NOMEM;
    coverage->store = store;
    coverage->network = text_copy(network);
    if (coverage->network != NULL)
        return CS_OK;
    free(coverage);
    *out = NULL;
    return CS_E_NOMEM;
}

void coverage_free(struct coverage *coverage)
{
    if (coverage == NULL)
        return;
    ip_set_dispose(&coverage->scanned);
    ip_set_dispose(&coverage->given);
    map64_dispose(&coverage->address_numbers);
    set64_dispose(&coverage->names);
    set64_dispose(&coverage->endpoints);
    set64_dispose(&coverage->places);
    free(coverage->addresses);
    free(coverage->rows);
    free(coverage->highest);
    free(coverage->network);
    free(coverage);
}

/* ---- what answered ---- */

static uint64_t key_of(struct ip ip)
{
    return hash_bytes(ip.bytes, sizeof ip.bytes, 0);
}

static uint64_t place_of(struct ip ip, uint16_t port)
{
    return hash_bytes(ip.bytes, sizeof ip.bytes, hash_mix64(port));
}

static enum cs_err find_or_add(struct coverage *coverage, struct ip ip, uint32_t *number)
{
    if (map64_get(&coverage->address_numbers, key_of(ip), number))
        return CS_OK;
    if (coverage->address_count == coverage->address_cap) {
        size_t cap = coverage->address_cap == 0 ? 256 : coverage->address_cap * 2;
        struct address *more = realloc(coverage->addresses, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        coverage->addresses = more;
        coverage->address_cap = cap;
    }
    *number = (uint32_t)coverage->address_count;
    enum cs_err err = map64_add(&coverage->address_numbers, key_of(ip), *number);
    if (err == CS_OK)
        coverage->addresses[coverage->address_count++] = (struct address){.ip = ip};
    return err;
}

/* A target that was asked, whatever came of it. */
static enum cs_err take_target(struct coverage *coverage, const struct endpoint *endpoint,
                               enum outcome outcome)
{
    uint32_t number;
    bool is_new = false;
    const char *name = endpoint->server_name;
    if (!outcome_is_answer(outcome))
        return CS_OK;
    enum cs_err err = find_or_add(coverage, endpoint->ip, &number);
    if (err == CS_OK && name != NULL) {
        err = set64_add(&coverage->names, hash_bytes(name, strlen(name), hash_mix64(number)), &is_new);
        coverage->addresses[number].names_tried += is_new;
    }
    if (err != CS_OK || outcome != OUTCOME_CERTIFICATE)
        return err;
    err = set64_add(&coverage->endpoints, endpoint_hash(endpoint), &is_new);
    coverage->addresses[number].has_certificate = true;
    coverage->addresses[number].endpoints += is_new;
    return err == CS_OK ? set64_add(&coverage->places, place_of(endpoint->ip, endpoint->port), &is_new) : err;
}

/* ---- scans ---- */

struct walking {
    struct coverage *coverage;
    const struct target_set *targets;
    struct permutation order;
};

static enum cs_err take_attempt(void *context, const struct attempt_entry *entry)
{
    const struct walking *walking = context;
    enum outcome outcome = (enum outcome)entry->outcome;
    struct target target;
    if (!outcome_is_answer(outcome) || entry->position >= walking->order.count)
        return CS_OK; /* dark space costs no permutation */
    target_set_get(walking->targets, permutation_at(&walking->order, entry->position), &target);
    if (!target.has_ip)
        return CS_OK;
    const struct endpoint endpoint = {
        .network = "",
        .ip = target.ip,
        .port = target.port,
        .protocol = target.protocol,
        .server_name = target.server_name,
    };
    return take_target(walking->coverage, &endpoint, outcome);
}

static enum cs_err take_follow_up(void *context, const struct endpoint *endpoint, enum outcome outcome)
{
    return take_target(context, endpoint, outcome);
}

/* The ranges as they were given, which the frozen targets have lost where something was excluded. */
static enum cs_err add_given(struct coverage *coverage, const char *options, struct diag *diag)
{
    struct json_value *json;
    enum cs_err err = json_parse(&json, options, strlen(options), diag);
    if (err != CS_OK)
        return err;
    const struct json_value *ranges = json_get(json, "ranges");
    for (const struct json_value *item = json_array_first(ranges); item != NULL && err == CS_OK;
         item = json_next(item)) {
        const char *text = json_to_string(item);
        struct ip_range range;
        if (text != NULL && ip_range_parse(text, strlen(text), &range, NULL) == CS_OK)
            err = ip_set_add(&coverage->given, range);
    }
    json_free(json);
    return err;
}

enum cs_err coverage_add_scan(struct coverage *coverage, const struct scan_row *scan, struct diag *diag)
{
    struct target_set *targets = NULL;
    struct walking walking = {.coverage = coverage};
    if (coverage->first_scan_id == 0 || scan->id < coverage->first_scan_id)
        coverage->first_scan_id = scan->id;
    if (scan->id > coverage->last_scan_id)
        coverage->last_scan_id = scan->id;
    enum cs_err err = target_set_thaw(&targets, scan->targets, strlen(scan->targets), diag);
    if (err != CS_OK)
        return err;
    walking.targets = targets;
    permutation_init(&walking.order, target_set_count(targets), scan->seed);
    diag_set(diag, "%s", "out of memory");
    err = target_set_addresses(targets, &coverage->scanned);
    if (err == CS_OK)
        err = add_given(coverage, scan->options, diag);
    if (err == CS_OK)
        err = attempts_each(coverage->store, scan->id, 0, take_attempt, &walking, diag);
    if (err == CS_OK)
        err = coverage_follow_ups(coverage->store, scan->id, take_follow_up, coverage, diag);
    target_set_free(targets);
    return err;
}

/* ---- ranges ---- */

static enum cs_err add_row(struct coverage *coverage, struct ip_range range)
{
    if (coverage->row_count == coverage->row_cap) {
        size_t cap = coverage->row_cap == 0 ? 32 : coverage->row_cap * 2;
        struct coverage_row *rows = realloc(coverage->rows, cap * sizeof *rows);
        if (rows == NULL)
            return CS_E_NOMEM;
        coverage->rows = rows;
        struct ip *highest = realloc(coverage->highest, cap * sizeof *highest);
        if (highest == NULL)
            return CS_E_NOMEM;
        coverage->highest = highest;
        coverage->row_cap = cap;
    }
    coverage->rows[coverage->row_count++] = (struct coverage_row){.range = range};
    return CS_OK;
}

enum cs_err coverage_add_range(struct coverage *coverage, struct ip_range range)
{
    coverage->has_own_ranges = true;
    return add_row(coverage, range);
}

static struct ip_range prefix_of(struct ip ip)
{
    u128 first = ip_to_u128(ip_prefix(ip));
    u128 size = ip_is_v4(ip) ? 256 : (u128)1 << 64;
    return (struct ip_range){ip_from_u128(first), ip_from_u128(first + size - 1)};
}

/* What lies in no range that was given: whole where it is wide, else by prefix. */
static enum cs_err add_rest(struct coverage *coverage)
{
    struct ip_set rest = {0};
    struct ip_set given = {0};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < coverage->scanned.count && err == CS_OK; i++)
        err = ip_set_add(&rest, coverage->scanned.ranges[i]);
    for (size_t i = 0; i < coverage->given.count && err == CS_OK; i++)
        err = ip_set_add(&given, coverage->given.ranges[i]);
    if (err == CS_OK)
        err = ip_set_normalize(&rest);
    if (err == CS_OK)
        err = ip_set_normalize(&given);
    if (err == CS_OK)
        err = ip_set_subtract(&rest, &given);
    for (size_t i = 0; i < rest.count && err == CS_OK; i++) {
        struct ip_range prefix = prefix_of(rest.ranges[i].first);
        err = add_row(coverage, ip_range_within(rest.ranges[i], prefix) ? prefix : rest.ranges[i]);
    }
    ip_set_dispose(&rest);
    ip_set_dispose(&given);
    return err;
}

static int by_range(const void *a, const void *b)
{
    const struct coverage_row *left = a;
    const struct coverage_row *right = b;
    int order = ip_compare(left->range.first, right->range.first);
    return order != 0 ? order : ip_compare(right->range.last, left->range.last);
}

static enum cs_err make_rows(struct coverage *coverage)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < coverage->given.count && !coverage->has_own_ranges && err == CS_OK; i++)
        err = add_row(coverage, coverage->given.ranges[i]);
    if (err == CS_OK && !coverage->has_own_ranges)
        err = add_rest(coverage);
    if (err != CS_OK || coverage->row_count == 0)
        return err;
    qsort(coverage->rows, coverage->row_count, sizeof *coverage->rows, by_range);
    size_t kept = 0;
    for (size_t i = 0; i < coverage->row_count; i++) {
        const struct coverage_row *row = &coverage->rows[i];
        if (kept > 0 && by_range(&coverage->rows[kept - 1], row) == 0)
            continue; /* given twice */
        struct ip last = row->range.last;
        bool is_higher = kept == 0 || ip_compare(last, coverage->highest[kept - 1]) > 0;
        coverage->highest[kept] = is_higher ? last : coverage->highest[kept - 1];
        coverage->rows[kept++] = *row;
    }
    coverage->row_count = kept;
    return CS_OK;
}

/* ---- counting ---- */

/* Rows that begin at or below `ip`. */
static size_t rows_below(const struct coverage *coverage, struct ip ip)
{
    size_t low = 0;
    size_t high = coverage->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ip_compare(coverage->rows[middle].range.first, ip) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

typedef enum cs_err (*row_each)(struct coverage_row *row, const void *what, void *context);

static enum cs_err each_row_of(struct coverage *coverage, struct ip ip, row_each each, const void *what,
                               void *context)
{
    enum cs_err err = CS_OK;
    for (size_t i = rows_below(coverage, ip);
         i > 0 && ip_compare(coverage->highest[i - 1], ip) >= 0 && err == CS_OK; i--) {
        if (ip_range_has(coverage->rows[i - 1].range, ip))
            err = each(&coverage->rows[i - 1], what, context);
    }
    return err;
}

static enum cs_err add_address(struct coverage_row *row, const void *what, void *context)
{
    const struct address *address = what;
    (void)context;
    row->answered++;
    row->with_certificates += address->has_certificate;
    row->with_names += address->has_name;
    row->names_tried += address->names_tried;
    row->endpoints += address->endpoints;
    return CS_OK;
}

struct counting {
    struct coverage *coverage;
    struct set64 leaves; /* row and certificate */
};

static enum cs_err add_leaf(struct coverage_row *row, const void *what, void *context)
{
    struct counting *counting = context;
    bool is_new = false;
    uint64_t number = (uint64_t)(row - counting->coverage->rows);
    enum cs_err err =
        set64_add(&counting->leaves, hash_mix64(number << 40 ^ (uint64_t) * (const int64_t *)what), &is_new);
    row->certificates += is_new;
    return err;
}

static enum cs_err take_leaf(void *context, struct ip ip, int64_t certificate_id)
{
    struct counting *counting = context;
    uint32_t number;
    if (!map64_get(&counting->coverage->address_numbers, key_of(ip), &number) ||
        !counting->coverage->addresses[number].has_certificate)
        return CS_OK;
    return each_row_of(counting->coverage, ip, add_leaf, &certificate_id, counting);
}

static enum cs_err take_named(void *context, struct ip ip)
{
    const struct coverage *coverage = context;
    uint32_t number;
    if (map64_get(&coverage->address_numbers, key_of(ip), &number))
        coverage->addresses[number].has_name = true;
    return CS_OK;
}

static enum cs_err add_place(struct coverage_row *row, const void *what, void *context)
{
    (void)context;
    row->discovered++;
    row->not_met += !*(const bool *)what;
    return CS_OK;
}

static enum cs_err take_place(void *context, struct ip ip, uint16_t port)
{
    struct coverage *coverage = context;
    bool met = set64_has(&coverage->places, place_of(ip, port));
    return each_row_of(coverage, ip, add_place, &met, NULL);
}

static enum cs_err count_discovered(struct coverage *coverage, struct diag *diag)
{
    int64_t tasks = 0;
    enum cs_err err = discovered_count(coverage->store, INVENTORY_SCM, &tasks, diag);
    for (size_t i = 0; i < coverage->row_count && err == CS_OK; i++)
        coverage->rows[i].discovery_known = tasks > 0;
    return err == CS_OK && tasks > 0 ? discovered_each(coverage->store, take_place, coverage, diag) : err;
}

enum cs_err coverage_count(struct coverage *coverage, const struct coverage_row **rows, size_t *count,
                           struct diag *diag)
{
    struct counting counting = {.coverage = coverage};
    diag_set(diag, "%s", "out of memory");
    enum cs_err err = make_rows(coverage);
    for (size_t i = 0; i < coverage->row_count && err == CS_OK; i++) {
        u128 scanned = ip_set_count_in(&coverage->scanned, coverage->rows[i].range);
        coverage->rows[i].addresses = scanned < UINT64_MAX ? (uint64_t)scanned : UINT64_MAX;
    }
    if (err == CS_OK)
        err = coverage_named(coverage->store, coverage->network, take_named, coverage, diag);
    for (size_t i = 0; i < coverage->address_count && err == CS_OK; i++) {
        const struct address *address = &coverage->addresses[i];
        err = each_row_of(coverage, address->ip, add_address, address, NULL);
    }
    if (err == CS_OK)
        err = coverage_leaves(coverage->store, coverage->network, coverage->first_scan_id,
                              coverage->last_scan_id, take_leaf, &counting, diag);
    if (err == CS_OK)
        err = count_discovered(coverage, diag);
    set64_dispose(&counting.leaves);
    *rows = coverage->rows;
    *count = coverage->row_count;
    return err;
}
