// SPDX-License-Identifier: Apache-2.0
#include "db/tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "db/scans.h"
#include "tests/support/temp_dir.h"

#define NOW 1800000000

struct world {
    char *dir;
    struct store *store;
    struct diag diag;
};

static int set_up(void **state)
{
    static struct world world;
    char path[512];
    world = (struct world){.dir = temp_dir_new()};
    snprintf(path, sizeof path, "%s/tasks.db", world.dir);
    *state = &world;
    return store_open(&world.store, path, STORE_WRITE, &world.diag) == CS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    store_close(world->store);
    temp_dir_remove(world->dir);
    return 0;
}

static struct task_row campus(void)
{
    struct task_row row = {.name = text_copy("campus"),
                           .network = text_copy("north"),
                           .ports = text_copy("443,quick"),
                           .frequency = text_copy("weekly"),
                           .at = text_copy("02:30"),
                           .on = text_copy("mon"),
                           .timezone = text_copy("Europe/Athens"),
                           .window = text_copy("22:00-06:00"),
                           .known_only = true,
                           .enabled = true,
                           .external_id = 17};
    assert_int_equal(text_list_add(&row.ranges, "192.0.2.0/24"), CS_OK);
    assert_int_equal(text_list_add(&row.ranges, "www.example.org:8443"), CS_OK);
    assert_int_equal(text_list_add(&row.excludes, "192.0.2.9"), CS_OK);
    assert_int_equal(text_list_add(&row.options, "--rate=200"), CS_OK);
    assert_int_equal(text_list_add(&row.rules, "by \"name\""), CS_OK);
    return row;
}

static int64_t add(struct world *world, struct task_row row)
{
    int64_t id = 0;
    assert_int_equal(tasks_add(world->store, &row, NOW, &id, &world->diag), CS_OK);
    task_row_dispose(&row);
    return id;
}

static struct task_row get(struct world *world, const char *name)
{
    struct task_row row;
    assert_int_equal(tasks_get(world->store, name, &row, &world->diag), CS_OK);
    return row;
}

static void a_task_comes_back_as_it_was_given(void **state)
{
    struct world *world = *state;
    int64_t id = add(world, campus());
    struct task_row row = get(world, "CAMPUS");
    assert_int_equal(row.id, id);
    assert_string_equal(row.name, "campus");
    assert_string_equal(row.network, "north");
    assert_int_equal(row.ranges.count, 2);
    assert_string_equal(row.ranges.items[1], "www.example.org:8443");
    assert_string_equal(row.excludes.items[0], "192.0.2.9");
    assert_string_equal(row.ports, "443,quick");
    assert_string_equal(row.options.items[0], "--rate=200");
    assert_string_equal(row.rules.items[0], "by \"name\"");
    assert_string_equal(row.frequency, "weekly");
    assert_string_equal(row.at, "02:30");
    assert_string_equal(row.on, "mon");
    assert_string_equal(row.timezone, "Europe/Athens");
    assert_string_equal(row.window, "22:00-06:00");
    assert_true(row.known_only && row.enabled);
    assert_int_equal(row.external_id, 17);
    assert_int_equal(row.created_at_s, NOW);
    assert_int_equal(row.scheduled_at_s, NOW);
    task_row_dispose(&row);
}

static void a_name_is_taken_once_whatever_its_case(void **state)
{
    struct world *world = *state;
    int64_t id;
    struct task_row again = campus();
    again.external_id = 0;
    add(world, campus());
    again.name[0] = 'C';
    assert_int_equal(tasks_add(world->store, &again, NOW, &id, &world->diag), CS_E_EXISTS);
    assert_string_equal(world->diag.text, "there is a task \"Campus\" already");
    task_row_dispose(&again);
}

static void what_does_not_exist_is_not_found(void **state)
{
    struct world *world = *state;
    struct task_row row;
    assert_int_equal(tasks_get(world->store, "none", &row, &world->diag), CS_E_NOT_FOUND);
    task_row_dispose(&row);
    assert_int_equal(tasks_remove(world->store, "none", NOW, &world->diag), CS_E_NOT_FOUND);
    assert_int_equal(tasks_enable(world->store, "none", true, NOW, &world->diag), CS_E_NOT_FOUND);
    row = campus();
    row.id = 99;
    assert_int_equal(tasks_edit(world->store, &row, false, NOW, &world->diag), CS_E_NOT_FOUND);
    task_row_dispose(&row);
}

static void an_edit_keeps_times_and_external_ids(void **state)
{
    struct world *world = *state;
    int64_t id = add(world, campus());
    struct task_row row = get(world, "campus");
    row.external_id = 0;
    free(row.name);
    row.name = text_copy("whole campus");
    assert_int_equal(tasks_edit(world->store, &row, false, NOW + 60, &world->diag), CS_OK);
    task_row_dispose(&row);
    row = get(world, "whole campus");
    assert_int_equal(row.id, id);
    assert_int_equal(row.external_id, 17);
    assert_int_equal(row.created_at_s, NOW);
    assert_int_equal(row.changed_at_s, NOW + 60);
    assert_int_equal(row.scheduled_at_s, NOW);
    assert_int_equal(tasks_edit(world->store, &row, true, NOW + 90, &world->diag), CS_OK);
    task_row_dispose(&row);
    row = get(world, "whole campus");
    assert_int_equal(row.scheduled_at_s, NOW + 90);
    task_row_dispose(&row);
}

static void enabling_does_not_catch_up_what_lies_behind(void **state)
{
    struct world *world = *state;
    add(world, campus());
    assert_int_equal(tasks_enable(world->store, "campus", false, NOW + 10, &world->diag), CS_OK);
    struct task_row row = get(world, "campus");
    assert_false(row.enabled);
    assert_int_equal(row.scheduled_at_s, NOW);
    task_row_dispose(&row);
    assert_int_equal(tasks_enable(world->store, "campus", true, NOW + 20, &world->diag), CS_OK);
    assert_int_equal(tasks_enable(world->store, "campus", true, NOW + 30, &world->diag), CS_OK);
    row = get(world, "campus");
    assert_int_equal(row.scheduled_at_s, NOW + 20);
    task_row_dispose(&row);
}

static int64_t begin_scan(struct world *world, int64_t task_id)
{
    int64_t id;
    const struct scan_row row = {.network = "",
                                 .targets = "{}",
                                 .rules = "[]",
                                 .options = "{}",
                                 .summary = "192.0.2.0/24",
                                 .shard_count = 1,
                                 .target_count = 1,
                                 .started_at_s = NOW,
                                 .task_id = task_id,
                                 .task_name = "campus"};
    assert_int_equal(scans_create(world->store, &row, &id, &world->diag), CS_OK);
    return id;
}

static void a_task_never_overlaps_itself(void **state)
{
    struct world *world = *state;
    int64_t task_id = add(world, campus());
    int64_t first = begin_scan(world, task_id);
    int64_t second = begin_scan(world, task_id);
    int64_t other = begin_scan(world, 0);
    assert_int_equal(scans_lease(world->store, first, "one", NOW, &world->diag), CS_OK);
    assert_int_equal(scans_lease(world->store, second, "two", NOW + 29, &world->diag), CS_E_BUSY);
    assert_int_equal(scans_lease(world->store, second, "one", NOW + 29, &world->diag), CS_E_BUSY);
    assert_int_equal(scans_lease(world->store, other, "two", NOW + 29, &world->diag), CS_OK);
    assert_int_equal(scans_lease(world->store, first, "one", NOW + 29, &world->diag), CS_OK);
    /* the first was killed: its lease runs out */
    assert_int_equal(scans_lease(world->store, second, "two", NOW + 59, &world->diag), CS_OK);
    assert_int_equal(scans_finish(world->store, second, SCAN_DONE, NOW + 60, &world->diag), CS_OK);
    assert_int_equal(scans_lease(world->store, first, "three", NOW + 60, &world->diag), CS_OK);
}

static enum cs_err keep_name(void *context, const struct scan_row *row)
{
    char *name = context;
    assert_int_equal(row->task_id, 0);
    snprintf(name, 20, "%s", row->task_name);
    return CS_OK;
}

static void a_task_that_runs_is_not_removed_and_its_scans_outlive_it(void **state)
{
    struct world *world = *state;
    char name[20] = "";
    int64_t scan_id = begin_scan(world, add(world, campus()));
    assert_int_equal(scans_lease(world->store, scan_id, "one", NOW, &world->diag), CS_OK);
    assert_int_equal(tasks_remove(world->store, "campus", NOW, &world->diag), CS_E_BUSY);
    assert_int_equal(scans_finish(world->store, scan_id, SCAN_DONE, NOW, &world->diag), CS_OK);
    assert_int_equal(tasks_remove(world->store, "campus", NOW, &world->diag), CS_OK);
    assert_int_equal(scans_get(world->store, scan_id, keep_name, name, &world->diag), CS_OK);
    assert_string_equal(name, "campus");
}

static enum cs_err count_row(void *context, const struct task_row *row)
{
    assert_string_equal(row->name, "campus");
    ++*(int *)context;
    return CS_OK;
}

static void what_the_schedule_is_satisfied_up_to_never_goes_back(void **state)
{
    struct world *world = *state;
    int count = 0;
    int64_t id = add(world, campus());
    assert_int_equal(tasks_set_external(world->store, id, 0, &world->diag), CS_OK);
    assert_int_equal(tasks_set_scheduled(world->store, id, NOW + 100, &world->diag), CS_OK);
    assert_int_equal(tasks_set_scheduled(world->store, id, NOW + 50, &world->diag), CS_OK);
    struct task_row row = get(world, "campus");
    assert_int_equal(row.external_id, 0);
    assert_int_equal(row.scheduled_at_s, NOW + 100);
    task_row_dispose(&row);
    assert_int_equal(tasks_each(world->store, count_row, &count, &world->diag), CS_OK);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_task_comes_back_as_it_was_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_is_taken_once_whatever_its_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_exist_is_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_edit_keeps_times_and_external_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(enabling_does_not_catch_up_what_lies_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_task_never_overlaps_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_task_that_runs_is_not_removed_and_its_scans_outlive_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_the_schedule_is_satisfied_up_to_never_goes_back, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
