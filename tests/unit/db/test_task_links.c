// SPDX-License-Identifier: Apache-2.0
#include "db/task_links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "db/tasks.h"
#include "tests/support/temp_dir.h"

static void a_link_is_kept_until_its_task_is_gone(void **state)
{
    (void)state;
    char *dir = temp_dir_new();
    char path[512];
    struct store *store;
    struct task_link link;
    struct task_row row = {.name = "campus", .frequency = "manual"};
    int64_t id = 0;
    snprintf(path, sizeof path, "%s/tasks.db", dir);
    assert_int_equal(store_open(&store, path, STORE_WRITE, NULL), CS_OK);
    assert_int_equal(tasks_add(store, &row, 1800000000, &id, NULL), CS_OK);
    assert_int_equal(task_links_get(store, id, &link, NULL), CS_OK);
    assert_null(link.bucket);
    assert_null(link.agreed);
    assert_int_equal(task_links_put(store, id, "a-bucket", "one", NULL), CS_OK);
    assert_int_equal(task_links_put(store, id, NULL, "two", NULL), CS_OK);
    assert_int_equal(task_links_get(store, id, &link, NULL), CS_OK);
    assert_string_equal(link.bucket, "a-bucket");
    assert_string_equal(link.agreed, "two");
    task_link_dispose(&link);
    assert_int_equal(tasks_remove(store, "campus", 1800000000, NULL), CS_OK);
    assert_int_equal(task_links_get(store, id, &link, NULL), CS_OK);
    assert_null(link.agreed);
    assert_int_not_equal(task_links_put(store, id, NULL, "three", NULL), CS_OK); /* of no task */
    store_close(store);
    temp_dir_remove(dir);
}

static void a_rollback_takes_tasks_and_links_back(void **state)
{
    (void)state;
    char *dir = temp_dir_new();
    char path[512];
    struct store *store;
    struct task_link link;
    struct task_row row = {.name = "campus", .frequency = "manual"};
    int64_t id = 0;
    snprintf(path, sizeof path, "%s/tasks.db", dir);
    assert_int_equal(store_open(&store, path, STORE_WRITE, NULL), CS_OK);
    assert_int_equal(store_begin(store, NULL), CS_OK);
    assert_int_equal(tasks_add_within(store, &row, 1800000000, &id, NULL), CS_OK);
    assert_int_equal(task_links_put(store, id, NULL, "one", NULL), CS_OK);
    store_rollback(store);
    assert_int_equal(tasks_get(store, "campus", &row, NULL), CS_E_NOT_FOUND);
    assert_int_equal(task_links_get(store, id, &link, NULL), CS_OK);
    assert_null(link.agreed);
    store_close(store);
    temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_kept_until_its_task_is_gone),
        cmocka_unit_test(a_rollback_takes_tasks_and_links_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
