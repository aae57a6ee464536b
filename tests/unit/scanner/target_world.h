// SPDX-License-Identifier: Apache-2.0
/* Verbs for tests of targets: what a user gives, and the set that comes of it, written as endpoints. */
#ifndef TESTS_UNIT_SCANNER_TARGET_WORLD_H
#define TESTS_UNIT_SCANNER_TARGET_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/text_list.h"
#include "model/endpoint.h"
#include "scanner/target_list.h"

struct world {
    struct port_list ports;
    struct target_list *list;
    struct target_set *set;
    struct buf notes;
    struct diag diag;
};

static inline void world_open(struct world *world, const char *ports)
{
    *world = (struct world){0};
    assert_int_equal(port_list_parse(&world->ports, ports, &world->diag), CS_OK);
    assert_int_equal(target_list_new(&world->list, &world->ports), CS_OK);
}

static inline void world_close(struct world *world)
{
    target_set_free(world->set);
    target_list_free(world->list);
    port_list_dispose(&world->ports);
    buf_dispose(&world->notes);
}

static inline void target(struct world *world, const char *text)
{
    if (target_list_add(world->list, text, &world->diag) != CS_OK)
        fail_msg("%s", world->diag.text);
}

static inline void exclude(struct world *world, const char *text)
{
    if (target_list_exclude(world->list, text, &world->diag) != CS_OK)
        fail_msg("%s", world->diag.text);
}

typedef enum cs_err (*file_reader)(struct target_list *list, FILE *file, const char *name, struct diag *diag);

/* Reads `len` bytes as the file "list.txt". */
static inline enum cs_err read_bytes(struct world *world, file_reader reader, const char *bytes, size_t len)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    rewind(file);
    enum cs_err err = reader(world->list, file, "list.txt", &world->diag);
    fclose(file);
    return err;
}

static inline enum cs_err read_text(struct world *world, file_reader reader, const char *text)
{
    return read_bytes(world, reader, text, strlen(text));
}

static inline void from_file(struct world *world, const char *text)
{
    if (read_text(world, target_list_add_file, text) != CS_OK)
        fail_msg("%s", world->diag.text);
}

static inline void send_names(struct world *world, const char *text)
{
    if (read_text(world, target_list_add_names_file, text) != CS_OK)
        fail_msg("%s", world->diag.text);
}

static inline struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    return ip;
}

static inline struct ip_range range_of(const char *text)
{
    struct ip_range range;
    assert_int_equal(ip_range_parse(text, strlen(text), &range, NULL), CS_OK);
    return range;
}

/* The DNS says: `name` is at `addresses`, separated by spaces ("" = none). */
static inline void dns_says(struct world *world, const char *name, const char *addresses)
{
    struct ip ips[16];
    size_t count = 0;
    for (const char *at = addresses; *at != '\0'; at += *at == ' ') {
        size_t len = strcspn(at, " ");
        assert_int_equal(ip_parse(at, len, &ips[count++]), CS_OK);
        at += len;
    }
    assert_int_equal(target_list_resolved(world->list, name, ips, count), CS_OK);
}

static inline enum cs_err try_build(struct world *world)
{
    target_set_free(world->set);
    buf_reset(&world->notes);
    world->diag.text[0] = '\0';
    return target_list_build(world->list, &world->set, &world->notes, &world->diag);
}

static inline void build(struct world *world)
{
    if (try_build(world) != CS_OK)
        fail_msg("%s", world->diag.text);
}

static inline void refuses_to_build(struct world *world, const char *reason)
{
    assert_int_equal(try_build(world), CS_E_INVALID);
    assert_null(world->set);
    assert_string_equal(world->diag.text, reason);
}

/* ADDRESS:PORT[/PROTOCOL][#SERVER NAME]; the address of a name without one is "nowhere". */
static inline void write_target(struct buf *out, const struct target_set *set, uint64_t index)
{
    struct target it;
    char text[ENDPOINT_TEXT_SIZE];
    target_set_get(set, index, &it);
    struct endpoint endpoint = {"", it.ip, it.port, it.protocol, it.server_name};
    endpoint_format(text, &endpoint);
    if (it.has_ip)
        buf_append_str(out, text);
    else
        buf_printf(out, "nowhere:%u#%s", it.port, it.host_name);
}

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All targets, sorted as text, separated by spaces; a target that is there twice shows twice. */
static inline char *sorted_targets(const struct target_set *set)
{
    struct text_list lines = {0};
    struct buf all = {0};
    assert_true(target_set_count(set) < 100000);
    for (uint64_t i = 0; i < target_set_count(set); i++) {
        struct buf one = {0};
        write_target(&one, set, i);
        assert_int_equal(text_list_take(&lines, buf_take_str(&one)), CS_OK);
    }
    if (lines.count > 1)
        qsort(lines.items, lines.count, sizeof *lines.items, by_text);
    for (size_t i = 0; i < lines.count; i++)
        buf_printf(&all, i > 0 ? " %s" : "%s", lines.items[i]);
    text_list_dispose(&lines);
    return buf_take_str(&all);
}

static inline void targets_are(const struct world *world, const char *expected)
{
    char *got = sorted_targets(world->set);
    assert_string_equal(got, expected);
    free(got);
}

static inline void builds(struct world *world, const char *expected)
{
    build(world);
    targets_are(world, expected);
}

#endif
