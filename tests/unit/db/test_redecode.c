// SPDX-License-Identifier: Apache-2.0
#include "db/redecode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <sqlite3.h>

#include "db/migrations.h"
#include "tests/support/forge.h"
#include "tests/support/temp_dir.h"

struct world {
    char *folder;
    char path[4200];
    struct diag diag;
};

static int make_world(void **state)
{
    static struct world world;
    world = (struct world){.folder = temp_dir_new()};
    snprintf(world.path, sizeof world.path, "%s/store.db", world.folder);
    *state = &world;
    return 0;
}

static int end_world(void **state)
{
    temp_dir_remove(((struct world *)*state)->folder);
    return 0;
}

static void exec(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

/* A database as certscour had it at schema `version`; the caller closes it. */
static sqlite3 *older(const struct world *world, int version)
{
    sqlite3 *db;
    char pragma[80];
    assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
    for (int i = 0; i < version; i++)
        exec(db, migrations[i]);
    snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             STORE_APPLICATION_ID, version);
    exec(db, pragma);
    return db;
}

/* Of the first record version; its columns are empty here, so that those of today are told apart. */
static void put_old_row(sqlite3 *db, const uint8_t *der, size_t der_len)
{
    sqlite3_stmt *stmt;
    uint8_t sha256[SHA256_SIZE];
    assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, der, der_len, sha256, NULL), 1);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "INSERT INTO certificate (sha256, record_version, malformed,"
                                        " first_seen, der) VALUES (?1, 1, 0, 77, ?2)",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_blob(stmt, 1, sha256, sizeof sha256, SQLITE_STATIC);
    sqlite3_bind_blob(stmt, 2, der, (int)der_len, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
}

/* The last schema without the record version of the file. */
static int before_record_version(void)
{
    int version = 0;
    while (strstr(migrations[version], "'record_version', 1") == NULL)
        version++;
    return version;
}

static enum cs_err opens(struct world *world, enum store_mode mode)
{
    struct store *store = NULL;
    enum cs_err err = store_open(&store, world->path, mode, &world->diag);
    store_close(store);
    return err;
}

static int64_t number(const struct world *world, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return value;
}

static void an_upgrade_decodes_again_from_der(void **state)
{
    struct world *world = *state;
    struct forged issuer = forge(&(struct forge_options){.common_name = "ca.example", .is_ca = 1});
    struct forged weak = forge(&(struct forge_options){.common_name = "www.example",
                                                       .alt_names = "DNS:www.example",
                                                       .key = "rsa-exponent:3",
                                                       .issuer = &issuer});
    sqlite3 *db = older(world, before_record_version());
    put_old_row(db, weak.der, weak.der_len);
    put_old_row(db, (const uint8_t *)"\x30", 1);
    sqlite3_close(db);
    assert_int_equal(opens(world, STORE_WRITE), CS_OK);
    assert_int_equal(number(world, "SELECT flaws FROM certificate WHERE id = 1 AND first_seen = 77"
                                   " AND common_name = 'www.example'"),
                     CERT_FLAW_SMALL_EXPONENT);
    assert_int_equal(number(world, "SELECT count(*) FROM certificate_value WHERE certificate_id = 1"
                                   " AND value = 'www.example'"),
                     1);
    assert_int_equal(number(world, "SELECT malformed FROM certificate WHERE id = 2"), 1);
    assert_int_equal(number(world, "SELECT count(*) FROM certificate"), 2);
    assert_int_equal(opens(world, STORE_READ), CS_OK);
    forge_free(&weak);
    forge_free(&issuer);
}

/* As after a kill in the middle: the schema is new, some rows are not. */
static void it_goes_on_where_it_was_and_readers_wait_for_it(void **state)
{
    struct world *world = *state;
    struct forged leaf = forge(&(struct forge_options){.common_name = "www.example"});
    sqlite3 *db = older(world, migration_count);
    put_old_row(db, leaf.der, leaf.der_len);
    sqlite3_close(db);
    assert_int_equal(opens(world, STORE_READ), CS_E_READONLY);
    assert_int_equal(opens(world, STORE_WRITE), CS_OK);
    assert_int_equal(opens(world, STORE_READ), CS_OK);
    assert_int_equal(number(world, "SELECT common_name = 'www.example' FROM certificate"), 1);
    forge_free(&leaf);
}

static void more_than_a_batch_is_decoded_to_the_end(void **state)
{
    struct world *world = *state;
    struct forged leaf = forge(&(struct forge_options){.common_name = "www.example"});
    sqlite3 *db = older(world, migration_count);
    exec(db, "BEGIN");
    for (uint32_t i = 0; i < 2500; i++)
        put_old_row(db, (const uint8_t *)&i, sizeof i);
    put_old_row(db, leaf.der, leaf.der_len);
    exec(db, "COMMIT");
    sqlite3_close(db);
    assert_int_equal(opens(world, STORE_WRITE), CS_OK);
    assert_int_equal(number(world, "SELECT count(*) FROM certificate WHERE malformed = 1"), 2500);
    assert_int_equal(number(world, "SELECT common_name = 'www.example' FROM certificate"
                                   " WHERE common_name IS NOT NULL"),
                     1);
    forge_free(&leaf);
}

static void records_of_a_newer_version_are_refused(void **state)
{
    struct world *world = *state;
    assert_int_equal(opens(world, STORE_WRITE), CS_OK);
    assert_int_equal(number(world, "SELECT value FROM store_state WHERE name = 'record_version'"),
                     CERT_RECORD_VERSION);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
    exec(db, "UPDATE store_state SET value = value + 1 WHERE name = 'record_version'");
    sqlite3_close(db);
    assert_int_equal(opens(world, STORE_READ), CS_E_NEWER);
    assert_int_equal(opens(world, STORE_WRITE), CS_E_NEWER);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(an_upgrade_decodes_again_from_der),
        IN_FOLDER(it_goes_on_where_it_was_and_readers_wait_for_it),
        IN_FOLDER(more_than_a_batch_is_decoded_to_the_end),
        IN_FOLDER(records_of_a_newer_version_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
