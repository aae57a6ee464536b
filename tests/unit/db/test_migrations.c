// SPDX-License-Identifier: Apache-2.0
#include "db/migrations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "db/store.h"
#include "tests/support/temp_dir.h"

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = temp_dir_new();
    return folder != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    temp_dir_remove(folder);
    return 0;
}

static void path_of(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s/%s", folder, name);
}

static void exec(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static sqlite3 *open_file(const char *path)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

/* A database as certscour had it at schema `version`, with one owner in it. */
static void make_old(const char *path, int version)
{
    char pragma[80];
    sqlite3 *db = open_file(path);
    for (int i = 0; i < version; i++)
        exec(db, migrations[i]);
    snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             STORE_APPLICATION_ID, version);
    exec(db, pragma);
    exec(db, "INSERT INTO owner (name) VALUES ('My organization')");
    sqlite3_close(db);
}

static int add_row(void *context, int count, char **values, char **names)
{
    (void)names;
    for (int i = 0; i < count; i++)
        buf_printf(context, "%s|", values[i] != NULL ? values[i] : "");
    buf_append_char(context, '\n');
    return 0;
}

static struct buf rows_of(const char *path, const char *sql)
{
    struct buf rows = {0};
    sqlite3 *db = open_file(path);
    assert_int_equal(sqlite3_exec(db, sql, add_row, &rows, NULL), SQLITE_OK);
    sqlite3_close(db);
    return rows;
}

static void same_rows(const char *a, const char *b, const char *sql)
{
    struct buf left = rows_of(a, sql);
    struct buf right = rows_of(b, sql);
    assert_true(left.len > 0);
    assert_string_equal(buf_str(&left), buf_str(&right));
    buf_dispose(&left);
    buf_dispose(&right);
}

static const char schema[] = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";

static void every_older_schema_becomes_the_newest_and_keeps_its_rows(void **state)
{
    char fresh[4200];
    struct store *store;
    struct diag diag = {0};
    (void)state;
    path_of(fresh, sizeof fresh, "fresh.db");
    assert_int_equal(store_open(&store, fresh, STORE_WRITE, &diag), CS_OK);
    store_close(store);
    assert_true(migration_count > 1);
    for (int version = 1; version < migration_count; version++) {
        char old[4200];
        char name[32];
        snprintf(name, sizeof name, "old-%d.db", version);
        path_of(old, sizeof old, name);
        make_old(old, version);
        assert_int_equal(store_open(&store, old, STORE_WRITE, &diag), CS_OK);
        store_close(store);
        same_rows(old, fresh, schema);
        same_rows(old, fresh, "PRAGMA user_version");
        struct buf owners = rows_of(old, "SELECT name FROM owner");
        assert_string_equal(buf_str(&owners), "My organization|\n");
        buf_dispose(&owners);
    }
}

static void a_copy_of_the_older_one_is_kept_and_named(void **state)
{
    char old[4200];
    char copy[4300];
    struct store *store;
    struct diag diag = {0};
    (void)state;
    path_of(old, sizeof old, "store.db");
    snprintf(copy, sizeof copy, "%s.version-1", old);
    make_old(old, 1);
    assert_int_equal(store_open(&store, old, STORE_WRITE, &diag), CS_OK);
    store_close(store);
    assert_non_null(strstr(diag.text, copy));
    struct buf version = rows_of(copy, "PRAGMA user_version");
    assert_string_equal(buf_str(&version), "1|\n");
    buf_dispose(&version);
    same_rows(copy, old, "SELECT name FROM owner");
}

static void a_reader_leaves_an_older_one_as_it_is(void **state)
{
    char old[4200];
    struct store *store = NULL;
    struct diag diag = {0};
    (void)state;
    path_of(old, sizeof old, "store.db");
    make_old(old, 1);
    assert_int_equal(store_open(&store, old, STORE_READ, &diag), CS_E_READONLY);
    struct buf version = rows_of(old, "PRAGMA user_version");
    assert_string_equal(buf_str(&version), "1|\n");
    buf_dispose(&version);
}

static void a_newer_one_is_refused_by_name(void **state)
{
    char path[4200];
    char pragma[80];
    struct store *store = NULL;
    struct diag diag = {0};
    (void)state;
    path_of(path, sizeof path, "store.db");
    make_old(path, migration_count);
    sqlite3 *db = open_file(path);
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", migration_count + 1);
    exec(db, pragma);
    sqlite3_close(db);
    assert_int_equal(store_open(&store, path, STORE_WRITE, &diag), CS_E_NEWER);
    assert_non_null(strstr(diag.text, path));
    assert_non_null(strstr(diag.text, "newer"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_older_schema_becomes_the_newest_and_keeps_its_rows),
        IN_FOLDER(a_copy_of_the_older_one_is_kept_and_named),
        IN_FOLDER(a_reader_leaves_an_older_one_as_it_is),
        IN_FOLDER(a_newer_one_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
