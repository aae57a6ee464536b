// SPDX-License-Identifier: Apache-2.0
/* row -> targets as a scan would have them (so every exclusion counts) -> CIDRs and ports; row -> schedule.
 */
#include "app/task_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/endpoints.h"
#include "scanner/ip_set.h"
#include "scanner/port_list.h"
#include "scm/task_map.h"

#define PORTS_TEXT 253 /* bytes that SCM takes */
#define HALF_YEAR  (183 * 86400)

struct drafting {
    struct app *app;
    const struct task_row *row;
    struct task_draft *draft;
    struct target_set *targets;
    struct ip_set allowed; /* their addresses */
    struct port_list ports;
    bool left_out_v6;
    bool starts_plain; /* a port whose protocol does not begin with TLS */
    struct ip live_ip; /* of --live-only: the address at work, and its ports so far */
    struct port_list live_ports;
};

static void tell(struct drafting *drafting, const char *text)
{
    buf_append_str(&drafting->draft->notes, text);
    buf_append_char(&drafting->draft->notes, '\n');
}

/* ---- ranges ---- */

static enum cs_err add_range(struct drafting *drafting, const char *address, const char *ports)
{
    enum cs_err err = task_reply_add(&drafting->draft->task, address, ports);
    return err == CS_E_LIMIT ? diag_fail(&drafting->app->diag, err,
                                         "it has more than %d ranges for SCM, each a CIDR", TASK_RANGES)
                             : err;
}

/* `443,8000-8100` of entries in order, as many lines as SCM's limit wants. */
static enum cs_err add_with_ports(struct drafting *drafting, const char *address,
                                  const struct port_list *ports)
{
    char text[PORTS_TEXT + 1] = "";
    size_t len = 0;
    enum cs_err err = CS_OK;
    for (size_t i = 0, next; i < ports->count && err == CS_OK; i = next) {
        char piece[16];
        uint16_t last = ports->entries[i].port;
        for (next = i; next < ports->count && ports->entries[next].port - last <= 1; next++) {
            enum protocol protocol = (enum protocol)ports->entries[next].protocol;
            last = ports->entries[next].port;
            drafting->starts_plain |= protocol != PROTOCOL_TLS && protocol != PROTOCOL_AUTO;
        }
        unsigned first = ports->entries[i].port;
        int size = last == first ? snprintf(piece, sizeof piece, "%u", first)
                                 : snprintf(piece, sizeof piece, "%u-%u", first, (unsigned)last);
        if (len + 1 + (size_t)size > PORTS_TEXT) {
            err = add_range(drafting, address, text);
            len = 0;
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len > 0 ? "," : "", piece);
    }
    return err == CS_OK ? add_range(drafting, address, text) : err;
}

/* The largest block that begins at `first` and ends at or before `last`. */
static unsigned prefix_bits(u128 first, u128 last)
{
    unsigned host = 0;
    while (host < 32) {
        u128 size = (u128)1 << (host + 1);
        if (first % size != 0 || size - 1 > last - first)
            break;
        host++;
    }
    return 32 - host;
}

static enum cs_err add_cidrs(struct drafting *drafting, struct ip_range range, const struct port_list *ports)
{
    u128 at = ip_to_u128(range.first);
    u128 last = ip_to_u128(range.last);
    enum cs_err err = CS_OK;
    while (at <= last && err == CS_OK) {
        char ip[IP_TEXT_SIZE];
        char cidr[IP_TEXT_SIZE + 4];
        unsigned bits = prefix_bits(at, last);
        snprintf(cidr, sizeof cidr, "%s/%u", ip_format(ip, ip_from_u128(at)), bits);
        err = add_with_ports(drafting, cidr, ports);
        at += (u128)1 << (32 - bits);
    }
    return err;
}

static enum cs_err add_addresses(struct drafting *drafting, struct ip_range range,
                                 const struct port_list *ports)
{
    struct ip_set set = {0};
    if (!ip_is_v4(range.first)) {
        drafting->left_out_v6 = true;
        return CS_OK;
    }
    enum cs_err err = ip_set_add(&set, range);
    if (err == CS_OK)
        err = ip_set_normalize(&set);
    if (err == CS_OK)
        err = ip_set_intersect(&set, &drafting->allowed);
    for (size_t i = 0; i < set.count && err == CS_OK; i++)
        err = add_cidrs(drafting, set.ranges[i], ports);
    ip_set_dispose(&set);
    return err;
}

/* A TARGET: addresses or a host name, perhaps with a port of its own. */
static enum cs_err add_target(struct drafting *drafting, const char *text)
{
    struct ip_range range;
    struct port_list own = {0};
    struct port_entry entry;
    char address[300];
    const char *colon = strrchr(text, ':');
    const struct port_list *ports = &drafting->ports;
    size_t len = strlen(text);
    if (ip_range_parse(text, len, &range, NULL) == CS_OK)
        return add_addresses(drafting, range, ports);
    if (text[0] == '[') {
        drafting->left_out_v6 = true;
        return CS_OK;
    }
    enum cs_err err = CS_OK;
    if (colon != NULL) {
        len = (size_t)(colon - text);
        err = port_entry_parse(&entry, colon + 1, strlen(colon + 1), &drafting->app->diag);
        if (err == CS_OK)
            err = port_list_add(&own, entry);
        ports = &own;
    }
    snprintf(address, sizeof address, "%.*s", (int)len, text);
    if (err == CS_OK)
        err = ip_range_parse(text, len, &range, NULL) == CS_OK ? add_addresses(drafting, range, ports)
                                                               : add_with_ports(drafting, address, ports);
    port_list_dispose(&own);
    return err;
}

/* ---- where a service lives ---- */

static enum cs_err end_live(struct drafting *drafting)
{
    struct ip_range one = {drafting->live_ip, drafting->live_ip};
    enum cs_err err = CS_OK;
    if (drafting->live_ports.count > 0)
        err = add_cidrs(drafting, one, &drafting->live_ports);
    port_list_dispose(&drafting->live_ports);
    drafting->live_ports = (struct port_list){0};
    return err;
}

static enum cs_err take_live(void *context, const struct endpoint *endpoint)
{
    struct drafting *drafting = context;
    enum cs_err err = CS_OK;
    if (!target_set_has(drafting->targets, endpoint->ip, endpoint->port))
        return CS_OK;
    if (!ip_is_v4(endpoint->ip)) {
        drafting->left_out_v6 = true;
        return CS_OK;
    }
    if (!ip_equals(endpoint->ip, drafting->live_ip))
        err = end_live(drafting);
    drafting->live_ip = endpoint->ip;
    const struct port_entry entry = {endpoint->port, (uint8_t)endpoint->protocol};
    return err == CS_OK ? port_list_add(&drafting->live_ports, entry) : err;
}

static enum cs_err add_live(struct drafting *drafting)
{
    struct app *app = drafting->app;
    const char *network = drafting->row->network != NULL ? drafting->row->network : "";
    enum cs_err err = endpoints_each(app->store, network, take_live, drafting, &app->diag);
    if (err == CS_OK)
        err = end_live(drafting);
    if (err == CS_OK && drafting->draft->task.range_count == 0)
        err = diag_fail(&app->diag, CS_E_INVALID,
                        "no service is known there that SCM could scan: scan it once first");
    return err;
}

/* ---- what SCM cannot express ---- */

static void tell_losses(struct drafting *drafting, const struct scan_options *options, bool live_only)
{
    const struct task_row *row = drafting->row;
    const struct {
        bool holds;
        const char *text;
    } losses[] = {
        {row->window != NULL, "its window is not sent: SCM's tasks have none"},
        {row->known_only && !live_only, "--known-only is not sent: --live-only sends what is known now"},
        {row->rules.count > 0, "its rules are not sent: in SCM those of the bucket count"},
        {options->request.target_files.count > 0 && !live_only, "targets from files are not sent"},
        {row->options.count > 0, "its scan options are not sent: SCM's agent scans in its own way"},
        {drafting->left_out_v6, "IPv6 is left out: whether SCM's tasks take it is not documented"},
        {drafting->starts_plain, "ports with STARTTLS are sent as numbers; whether SCM's agent can do it is "
                                 "not documented"},
    };
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        if (losses[i].holds)
            tell(drafting, losses[i].text);
    }
}

static enum cs_err draft_ranges(struct drafting *drafting, bool live_only, int64_t now_s)
{
    struct app *app = drafting->app;
    struct scan_options options = SCAN_OPTIONS_DEFAULT;
    struct buf ignored = {0};
    enum cs_err err = task_scan_options(app, drafting->row, &options);
    options.request.dry_run = true; /* no look-ups */
    if (err == CS_OK)
        err = scan_request_targets(&options.request, app->store, now_s, &drafting->targets, NULL, &ignored,
                                   &app->diag);
    if (err == CS_OK)
        err = target_set_addresses(drafting->targets, &drafting->allowed);
    if (err == CS_OK)
        err = port_list_parse(&drafting->ports,
                              options.request.ports != NULL ? options.request.ports : "campus", &app->diag);
    for (size_t i = 0; i < drafting->row->ranges.count && err == CS_OK && !live_only; i++)
        err = add_target(drafting, drafting->row->ranges.items[i]);
    if (err == CS_OK && live_only)
        err = add_live(drafting);
    if (err == CS_OK && drafting->draft->task.range_count == 0)
        err = diag_fail(&app->diag, CS_E_INVALID, "it has no targets that SCM's tasks can have");
    if (err == CS_OK)
        tell_losses(drafting, &options, live_only);
    scan_request_dispose(&options.request);
    buf_dispose(&ignored);
    return err;
}

/* ---- the schedule ---- */

static enum cs_err draft_schedule(struct drafting *drafting, int64_t now_s)
{
    struct task_clock clock;
    struct task_reply *task = &drafting->draft->task;
    char zone[16];
    enum cs_err err = task_clock_load(&clock, drafting->row, &drafting->app->diag);
    if (err != CS_OK)
        return err;
    const struct schedule *schedule = &clock.schedule;
    bool manual = schedule->frequency == FREQUENCY_MANUAL;
    int64_t offset_s = zone_local(clock.zone, now_s) - now_s;
    int64_t later_s = zone_local(clock.zone, now_s + HALF_YEAR) - now_s - HALF_YEAR;
    task_zone_there(zone, manual ? 0 : (int32_t)(offset_s / 60));
    snprintf(task->time_zone, sizeof task->time_zone, "%s", zone);
    snprintf(task->frequency, sizeof task->frequency, "%s",
             task_frequency_there(frequency_name(schedule->frequency)));
    task->hours = (int)schedule->minute / 60;
    task->minutes = (int)schedule->minute % 60;
    task->month = schedule->month > 0 ? (int)schedule->month : TASK_NOT_TOLD;
    task->day_of_month = schedule->day > 0 ? (int)schedule->day : TASK_NOT_TOLD;
    task->day_of_week = (int)schedule->weekday + 1;
    task->year = schedule->frequency == FREQUENCY_ONCE ? (int)schedule->year : TASK_NOT_TOLD;
    if (!manual && offset_s != later_s)
        tell(drafting,
             "SCM's time zones are offsets: its runs do not follow daylight saving time; push again "
             "after the clocks change");
    if (!manual && !drafting->row->enabled)
        tell(drafting, "it is disabled here; in SCM it runs on its schedule");
    task_clock_dispose(&clock);
    return CS_OK;
}

enum cs_err task_draft_make(struct app *app, const struct task_row *row, bool live_only, int64_t now_s,
                            struct task_draft *draft)
{
    struct drafting drafting = {.app = app, .row = row, .draft = draft};
    *draft = (struct task_draft){.task_id = row->id, .external_id = row->external_id};
    snprintf(draft->task.name, sizeof draft->task.name, "%s", row->name);
    diag_set(&app->diag, "%s", "out of memory");
    enum cs_err err = draft_schedule(&drafting, now_s);
    if (err == CS_OK)
        err = draft_ranges(&drafting, live_only, now_s);
    if (err == CS_E_INVALID || err == CS_E_LIMIT) {
        draft->refusal = app->diag;
        err = CS_OK;
    }
    target_set_free(drafting.targets);
    ip_set_dispose(&drafting.allowed);
    port_list_dispose(&drafting.ports);
    port_list_dispose(&drafting.live_ports);
    return err;
}
