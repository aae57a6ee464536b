// SPDX-License-Identifier: Apache-2.0
/* From what was given to disjoint blocks. With A = all ranges without port, P = the default ports, and for
 * each explicit port p the set E_p: the blocks are A x P, then for each p (E_p without A where p is in P) x
 * {p}, ports with equal sets together. Host names make the same kind of blocks, each name by itself. */
#include <stdlib.h>
#include <string.h>

#include "scanner/special_ranges.h"
#include "scanner/target_blocks.h"
#include "scanner/target_list_inner.h"

#define NAMES_NOTED 5

struct port_group { /* an explicit port and where it is wanted */
    struct port_entry port;
    struct ip_set addresses;
};

struct build {
    struct target_list *list;
    struct target_set *set;
    struct buf *notes;
    struct ip_set addresses;   /* A */
    struct port_group *groups; /* E_p, by port */
    size_t group_count;
    size_t excluded_listed; /* lines of files that are wholly excluded */
    size_t names_elsewhere; /* --names lines for addresses outside the scan */
};

static bool is_same_port(struct port_entry a, struct port_entry b)
{
    return a.port == b.port && a.protocol == b.protocol;
}

static bool has_port(const struct port_list *list, struct port_entry port)
{
    for (size_t i = 0; i < list->count; i++) {
        if (is_same_port(list->entries[i], port))
            return true;
    }
    return false;
}

/* A TARGET that the exclusions cover wholly: given by hand it is a mistake, in a file it is what exclusions
 * are for. */
static enum cs_err check_excluded(struct build *build, const struct given_range *given, bool *skip,
                                  struct diag *diag)
{
    const struct ip_set *excluded = &build->list->excluded;
    *skip = false;
    for (size_t low = 0, high = excluded->count; low < high;) {
        size_t middle = (low + high) / 2;
        struct ip_range range = excluded->ranges[middle];
        if (ip_range_within(given->range, range)) {
            char target[RANGE_TEXT_SIZE];
            char by[RANGE_TEXT_SIZE];
            *skip = true;
            build->excluded_listed++;
            if (given->from_file)
                return CS_OK;
            return diag_fail(diag, CS_E_INVALID, "%s is wholly excluded, by %s",
                             ip_range_format(target, given->range), ip_range_format(by, range));
        }
        if (ip_compare(range.last, given->range.first) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return CS_OK;
}

static int by_port(const void *a, const void *b)
{
    const struct given_range *left = a;
    const struct given_range *right = b;
    unsigned left_key = (unsigned)left->port.port << 8 | left->port.protocol;
    unsigned right_key = (unsigned)right->port.port << 8 | right->port.protocol;
    return left_key != right_key ? (left_key < right_key ? -1 : 1)
                                 : ip_compare(left->range.first, right->range.first);
}

/* The set a given range belongs to; ranges come sorted by port, so a new port is a new last group. NULL: no
 * memory. */
static struct ip_set *set_for(struct build *build, const struct given_range *given)
{
    if (given->port.port == 0)
        return &build->addresses;
    struct port_group *last = build->group_count > 0 ? &build->groups[build->group_count - 1] : NULL;
    if (last == NULL || last->port.port != given->port.port || last->port.protocol != given->port.protocol) {
        struct port_group *groups = realloc(build->groups, (build->group_count + 1) * sizeof *groups);
        if (groups == NULL)
            return NULL;
        build->groups = groups;
        last = &groups[build->group_count++];
        *last = (struct port_group){.port = given->port};
    }
    return &last->addresses;
}

static enum cs_err take_range(struct build *build, const struct given_range *given, struct diag *diag)
{
    bool skip;
    enum cs_err err = check_excluded(build, given, &skip, diag);
    if (err != CS_OK || skip)
        return err;
    struct ip_set *set = set_for(build, given);
    return set != NULL ? special_ranges_add(set, given->range, build->notes) : CS_E_NOMEM;
}

static enum cs_err finish_set(struct build *build, struct ip_set *set)
{
    enum cs_err err = ip_set_normalize(set);
    return err == CS_OK ? ip_set_subtract(set, &build->list->excluded) : err;
}

static enum cs_err gather_ranges(struct build *build, struct diag *diag)
{
    struct target_list *list = build->list;
    enum cs_err err = ip_set_normalize(&list->excluded);
    if (list->range_count > 1)
        qsort(list->ranges, list->range_count, sizeof *list->ranges, by_port);
    for (size_t i = 0; i < list->range_count && err == CS_OK; i++)
        err = take_range(build, &list->ranges[i], diag);
    if (err == CS_OK)
        err = finish_set(build, &build->addresses);
    for (size_t i = 0; i < build->group_count && err == CS_OK; i++)
        err = finish_set(build, &build->groups[i].addresses);
    return err;
}

static enum cs_err copy_set(struct ip_set *out, const struct ip_set *from)
{
    enum cs_err err = CS_OK;
    *out = (struct ip_set){0};
    for (size_t i = 0; i < from->count && err == CS_OK; i++)
        err = ip_set_add(out, from->ranges[i]);
    return err == CS_OK ? ip_set_normalize(out) : err;
}

static enum cs_err copy_ports(struct port_list *out, const struct port_list *from)
{
    enum cs_err err = CS_OK;
    *out = (struct port_list){0};
    for (size_t i = 0; i < from->count && err == CS_OK; i++)
        err = port_list_add(out, from->entries[i]);
    return err;
}

static bool same_set(const struct ip_set *a, const struct ip_set *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->ranges, b->ranges, a->count * sizeof *a->ranges) == 0);
}

/* Takes the groups `from` on that have the same addresses into one block; they are left empty. */
static enum cs_err add_group_block(struct build *build, struct port_group *groups, size_t count, size_t from,
                                   const char *server_name, const char *host_name)
{
    struct port_list ports = {0};
    enum cs_err err = port_list_add(&ports, groups[from].port);
    for (size_t i = from + 1; i < count && err == CS_OK; i++) {
        if (!same_set(&groups[i].addresses, &groups[from].addresses))
            continue;
        err = port_list_add(&ports, groups[i].port);
        ip_set_dispose(&groups[i].addresses);
    }
    if (err == CS_OK)
        err = target_set_take_block(build->set, &groups[from].addresses, &ports, server_name, host_name);
    port_list_dispose(&ports);
    return err;
}

/* A x P and the groups beside it. `addresses` and the groups' sets are used up. */
static enum cs_err add_blocks(struct build *build, struct ip_set *addresses, struct port_group *groups,
                              size_t count, const char *server_name, const char *host_name)
{
    struct port_list ports = {0};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        if (has_port(build->list->ports, groups[i].port))
            err = ip_set_subtract(&groups[i].addresses, addresses);
    }
    if (err == CS_OK && addresses->count > 0) {
        err = copy_ports(&ports, build->list->ports);
        if (err == CS_OK)
            err = target_set_take_block(build->set, addresses, &ports, server_name, host_name);
    }
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        if (groups[i].addresses.count > 0)
            err = add_group_block(build, groups, count, i, server_name, host_name);
    }
    port_list_dispose(&ports);
    return err;
}

static void dispose_groups(struct port_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ip_set_dispose(&groups[i].addresses);
    free(groups);
}

static enum cs_err add_range_blocks(struct build *build)
{
    struct ip_set addresses = {0};
    struct port_group *groups = calloc(build->group_count + 1, sizeof *groups);
    enum cs_err err = groups != NULL ? copy_set(&addresses, &build->addresses) : CS_E_NOMEM;
    for (size_t i = 0; i < build->group_count && err == CS_OK; i++) {
        groups[i].port = build->groups[i].port;
        err = copy_set(&groups[i].addresses, &build->groups[i].addresses);
    }
    if (err == CS_OK)
        err = add_blocks(build, &addresses, groups, build->group_count, build->list->sni, NULL);
    ip_set_dispose(&addresses);
    if (groups != NULL)
        dispose_groups(groups, build->group_count);
    return err;
}

/* What --names sends to addresses of `scanned`. */
static enum cs_err add_sent(struct ip_set *to, const struct given_name *name, const struct ip_set *scanned)
{
    struct ip_set sent = {0};
    enum cs_err err = copy_set(&sent, &name->sent_to);
    if (err == CS_OK)
        err = ip_set_intersect(&sent, scanned);
    for (size_t i = 0; i < sent.count && err == CS_OK; i++)
        err = ip_set_add(to, sent.ranges[i]);
    ip_set_dispose(&sent);
    return err;
}

/* The addresses of the name that may be scanned: neither excluded nor special. */
static enum cs_err usable_addresses(struct build *build, const struct given_name *name, struct ip_set *out)
{
    enum cs_err err = CS_OK;
    for (u128 i = 0; i < ip_set_size(&name->addresses) && err == CS_OK; i++) { /* as many as the DNS gave */
        struct ip ip = ip_set_at(&name->addresses, i);
        if (!special_ranges_has(ip))
            err = ip_set_add(out, (struct ip_range){ip, ip});
    }
    return err == CS_OK ? finish_set(build, out) : err;
}

/* Where one name goes, in the terms of add_blocks. */
struct name_plan {
    struct ip_set usable;
    struct ip_set addresses;   /* on the default ports */
    struct port_group *groups; /* on one port each; room for every port of the scan */
    size_t group_count;
};

static void dispose_plan(struct name_plan *plan)
{
    ip_set_dispose(&plan->usable);
    ip_set_dispose(&plan->addresses);
    dispose_groups(plan->groups, plan->group_count);
}

static struct ip_set *plan_port(struct name_plan *plan, struct port_entry port)
{
    size_t at = 0;
    while (at < plan->group_count && !is_same_port(plan->groups[at].port, port))
        at++;
    if (at == plan->group_count)
        plan->groups[plan->group_count++].port = port;
    return &plan->groups[at].addresses;
}

static enum cs_err add_all(struct ip_set *to, const struct ip_set *from)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < from->count && err == CS_OK; i++)
        err = ip_set_add(to, from->ranges[i]);
    return err == CS_OK ? ip_set_normalize(to) : err;
}

/* E_p of one name: its own explicit ports, and --names on the ports that its addresses are scanned on. */
static enum cs_err plan_groups(struct build *build, const struct given_name *name, struct name_plan *plan)
{
    size_t sent = name->sent_to.count > 0 ? build->group_count : 0;
    plan->groups = calloc(name->ports.count + sent + build->list->ports->count + 1, sizeof *plan->groups);
    enum cs_err err = plan->groups != NULL ? CS_OK : CS_E_NOMEM;
    for (size_t i = 0; i < name->ports.count && err == CS_OK; i++)
        err = add_all(plan_port(plan, name->ports.entries[i]), &plan->usable);
    for (size_t i = 0; i < sent && err == CS_OK; i++) {
        struct ip_set *set = plan_port(plan, build->groups[i].port);
        err = add_sent(set, name, &build->groups[i].addresses);
        if (err == CS_OK)
            err = ip_set_normalize(set);
    }
    return err;
}

/* The name is the one that --sni sends to every target given by address. Takes those out of the plan, which
 * then goes by single ports, for an address may be given on some of them alone. */
static enum cs_err leave_to_sni(struct build *build, struct name_plan *plan)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < build->list->ports->count && plan->addresses.count > 0 && err == CS_OK; i++)
        err = add_all(plan_port(plan, build->list->ports->entries[i]), &plan->addresses);
    ip_set_dispose(&plan->addresses);
    for (size_t i = 0; i < plan->group_count && err == CS_OK; i++) {
        struct port_group *group = &plan->groups[i];
        if (has_port(build->list->ports, group->port))
            err = ip_set_subtract(&group->addresses, &build->addresses);
        for (size_t k = 0; k < build->group_count && err == CS_OK; k++) {
            if (is_same_port(build->groups[k].port, group->port))
                err = ip_set_subtract(&group->addresses, &build->groups[k].addresses);
        }
    }
    return err;
}

static enum cs_err plan_name(struct build *build, struct given_name *name, struct name_plan *plan)
{
    enum cs_err err = ip_set_normalize(&name->addresses);
    if (err == CS_OK)
        err = ip_set_normalize(&name->sent_to);
    if (err == CS_OK)
        err = usable_addresses(build, name, &plan->usable);
    if (err == CS_OK && name->is_target)
        err = copy_set(&plan->addresses, &plan->usable);
    if (err == CS_OK && name->sent_to.count > 0)
        err = add_sent(&plan->addresses, name, &build->addresses);
    if (err == CS_OK)
        err = ip_set_normalize(&plan->addresses);
    if (err == CS_OK)
        err = plan_groups(build, name, plan);
    bool reached = plan->addresses.count > 0;
    for (size_t i = 0; i < plan->group_count; i++)
        reached |= plan->groups[i].addresses.count > 0;
    build->names_elsewhere += name->sent_to.count > 0 && !reached;
    if (err == CS_OK && build->list->sni != NULL && strcmp(build->list->sni, name->name) == 0)
        err = leave_to_sni(build, plan);
    return err;
}

static enum cs_err add_unresolved(struct build *build, const struct given_name *name)
{
    struct ip_set nowhere = {0};
    struct port_list ports = {0};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < name->ports.count && err == CS_OK; i++)
        err = port_list_add(&ports, name->ports.entries[i]);
    for (size_t i = 0; name->is_target && i < build->list->ports->count && err == CS_OK; i++)
        err = port_list_add(&ports, build->list->ports->entries[i]);
    if (err == CS_OK)
        err = target_set_take_block(build->set, &nowhere, &ports, name->name, name->name);
    port_list_dispose(&ports);
    return err;
}

static enum cs_err add_name_blocks(struct build *build, struct given_name *name)
{
    bool is_wanted = name->is_target || name->ports.count > 0;
    struct name_plan plan = {0};
    if (name->is_excluded || (!is_wanted && name->sent_to.count == 0))
        return CS_OK;
    enum cs_err err = plan_name(build, name, &plan);
    if (err == CS_OK && is_wanted && name->addresses.count == 0)
        err = add_unresolved(build, name);
    else if (err == CS_OK && is_wanted && plan.usable.count == 0)
        buf_printf(build->notes, "%s: all its addresses are excluded or special\n", name->name);
    if (err == CS_OK)
        err = add_blocks(build, &plan.addresses, plan.groups, plan.group_count, name->name,
                         is_wanted ? name->name : NULL);
    dispose_plan(&plan);
    return err;
}

static void add_notes(struct build *build)
{
    if (build->excluded_listed > 0)
        buf_printf(build->notes, "%zu listed targets are excluded\n", build->excluded_listed);
    if (build->names_elsewhere > 0)
        buf_printf(build->notes, "%zu names are for addresses outside the scan\n", build->names_elsewhere);
}

static enum cs_err explain(enum cs_err err, const struct build *build, struct diag *diag)
{
    if (err == CS_E_LIMIT)
        return diag_fail(
            diag, CS_E_INVALID,
            "more than 2^48 targets: an IPv6 /64 cannot be swept; list its hosts instead (from the DNS, "
            "neighbour tables, DHCP or flow records)");
    if (err == CS_E_NOMEM)
        return diag_fail(diag, err, "out of memory");
    if (err != CS_OK || target_set_count(build->set) > 0)
        return err;
    return diag_fail(diag, CS_E_INVALID, "nothing to scan: every target is excluded or special");
}

enum cs_err target_list_build(struct target_list *list, struct target_set **out, struct buf *notes,
                              struct diag *diag)
{
    struct build build = {.list = list, .notes = notes};
    *out = NULL;
    if (list->range_count == 0 && list->name_count == 0)
        return diag_fail(diag, CS_E_INVALID, "no target is given");
    enum cs_err err = target_set_new(&build.set);
    if (err == CS_OK)
        err = gather_ranges(&build, diag);
    if (err == CS_OK)
        err = add_range_blocks(&build);
    for (size_t i = 0; i < list->name_count && err == CS_OK; i++)
        err = add_name_blocks(&build, &list->names[i]);
    err = explain(err, &build, diag);
    add_notes(&build);
    ip_set_dispose(&build.addresses);
    dispose_groups(build.groups, build.group_count);
    if (err == CS_OK)
        *out = build.set;
    else
        target_set_free(build.set);
    return err;
}

enum cs_err target_list_check(struct target_list *list, struct diag *diag)
{
    struct target_set *set;
    struct buf notes = {0};
    enum cs_err err = target_list_build(list, &set, &notes, diag); /* names count as unresolved */
    target_set_free(set);
    buf_dispose(&notes);
    return err;
}
