// SPDX-License-Identifier: Apache-2.0
/* open -> settings -> is it ours -> migrate. A new file gets its mode before SQLite sees it, and SQLite gives
 * the -wal and -shm files the same. Commits are synchronous=NORMAL: a power cut may lose the last ones, a
 * killed process none. */
#include "db/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "db/inventory_sql.h"
#include "db/migrations.h"
#include "db/redecode.h"
#include "db/sql.h"

#define BUSY_TIMEOUT_MS 5000

static enum cs_err make_folders(const char *path, struct diag *diag)
{
    char *folder = text_copy(path);
    if (folder == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    for (char *at = strchr(folder + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            diag_set(diag, "%s: %s", folder, strerror(errno));
            free(folder);
            return CS_E_IO;
        }
        *at = '/';
    }
    free(folder);
    return CS_OK;
}

/* 0660 in a folder that a group shares, else 0600. */
static mode_t mode_for(const char *path)
{
    struct stat info;
    char *folder = text_copy(path);
    char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
    if (slash != NULL)
        *slash = '\0';
    const char *where = slash == NULL ? "." : slash == folder ? "/" : folder;
    bool shared = folder != NULL && stat(where, &info) == 0 && (info.st_mode & S_IWGRP) != 0;
    free(folder);
    return shared ? 0660 : 0600;
}

static enum cs_err create_file(const char *path, struct diag *diag)
{
    enum cs_err err = make_folders(path, diag);
    if (err != CS_OK)
        return err;
    mode_t mode = mode_for(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST)
        return CS_OK; /* another process was faster */
    if (fd < 0)
        return diag_fail(diag, errno == ENOSPC ? CS_E_FULL : CS_E_IO, "%s: %s", path, strerror(errno));
    if (fchmod(fd, mode) != 0) { /* whatever the umask */
        diag_set(diag, "%s: %s", path, strerror(errno));
        close(fd);
        return CS_E_IO;
    }
    close(fd);
    return CS_OK;
}

static enum cs_err pragma_int(struct store *store, const char *sql, int64_t *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK)
        err = sql_int(store, stmt, out, 0, diag);
    sqlite3_finalize(stmt);
    return err;
}

/* Beside the file, named after the version it holds. */
static enum cs_err copy_before_migration(struct store *store, int64_t version, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct buf copy = {0};
    struct diag failed = {0};
    buf_printf(&copy, "%s.version-%lld", store->path, (long long)version);
    unlink(buf_str(&copy));
    mode_t before = umask(0177);
    enum cs_err err = sql_prepare(store, &stmt, "VACUUM INTO ?1", &failed);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, buf_str(&copy));
        err = sql_run(store, stmt, &failed);
    }
    umask(before);
    sqlite3_finalize(stmt);
    if (err == CS_OK)
        diag_set(diag, "the database is brought up to date; a copy of it as it was is %s", buf_str(&copy));
    else
        diag_set(diag, "a copy before the update failed: %s", failed.text);
    buf_dispose(&copy);
    return err;
}

static enum cs_err apply_migrations(struct store *store, void *context, struct diag *diag)
{
    (void)context;
    int64_t version = 0;
    enum cs_err err =
        pragma_int(store, "PRAGMA user_version", &version, diag); /* again: now nobody else writes */
    bool is_new = version == 0;
    for (; version < migration_count && err == CS_OK; version++)
        err = sql_exec(store, migrations[version], diag);
    char pragma[80];
    if (err == CS_OK && is_new) {
        snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d", STORE_APPLICATION_ID);
        err = sql_exec(store, pragma, diag);
    }
    if (err == CS_OK) {
        snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", migration_count);
        err = sql_exec(store, pragma, diag);
    }
    return err;
}

static enum cs_err check_file(struct store *store, int64_t *version, struct diag *diag)
{
    int64_t application_id = 0;
    int64_t tables = 0;
    enum cs_err err = pragma_int(store, "PRAGMA application_id", &application_id, diag);
    if (err == CS_OK)
        err = pragma_int(store, "PRAGMA user_version", version, diag);
    if (err == CS_OK)
        err = pragma_int(store, "SELECT count(*) FROM sqlite_schema", &tables, diag);
    if (err != CS_OK)
        return err;
    bool is_empty = application_id == 0 && *version == 0 && tables == 0;
    if (!is_empty && application_id != STORE_APPLICATION_ID)
        return diag_fail(diag, CS_E_CORRUPT, "%s: an SQLite database, but not one of certscour", store->path);
    if (*version > migration_count)
        return diag_fail(diag, CS_E_NEWER,
                         "%s: written by a newer certscour (schema %lld, this one knows %d)", store->path,
                         (long long)*version, migration_count);
    int64_t record_version = CERT_RECORD_VERSION;
    if (*version == migration_count)
        err = stored_record_version(store, &record_version, diag);
    if (err != CS_OK)
        return err;
    if (record_version > CERT_RECORD_VERSION)
        return diag_fail(diag, CS_E_NEWER,
                         "%s: written by a newer certscour (records of version %lld, this one knows %d)",
                         store->path, (long long)record_version, CERT_RECORD_VERSION);
    if ((*version < migration_count || record_version < CERT_RECORD_VERSION) && store->mode == STORE_READ)
        return diag_fail(diag, CS_E_READONLY,
                         "%s: made by an older certscour; any command that writes brings it up to date",
                         store->path);
    return CS_OK;
}

static enum cs_err prepare(struct store *store, struct diag *diag)
{
    int64_t version = 0;
    sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    enum cs_err err = check_file(store, &version, diag);
    if (err == CS_OK)
        err = sql_exec(store, "PRAGMA foreign_keys = ON", diag);
    if (err != CS_OK || store->mode == STORE_READ)
        return err;
    err = sql_exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", diag);
    if (err == CS_OK && version > 0 && version < migration_count)
        err = copy_before_migration(store, version, diag);
    if (err == CS_OK && version < migration_count)
        err = sql_transaction(store, apply_migrations, NULL, diag);
    if (err == CS_OK)
        err = redecode_certificates(store, diag);
    return err;
}

static enum cs_err open_file(struct store *store, struct diag *diag)
{
    struct stat info;
    bool exists = stat(store->path, &info) == 0;
    if (!exists && errno != ENOENT)
        return diag_fail(diag, CS_E_IO, "%s: %s", store->path, strerror(errno));
    if (!exists && store->mode == STORE_READ)
        return diag_fail(diag, CS_E_NOT_FOUND,
                         "%s: there is no database yet; `certscour scan` or `certscour org add` makes one",
                         store->path);
    enum cs_err err = exists ? CS_OK : create_file(store->path, diag);
    if (err != CS_OK)
        return err;
    int flags =
        SQLITE_OPEN_NOMUTEX | (store->mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    int rc = sqlite3_open_v2(store->path, &store->db, flags, NULL);
    if (rc == SQLITE_OK)
        sqlite3_extended_result_codes(store->db, 1);
    if (rc == SQLITE_OK)
        rc = inventory_sql_register(store->db);
    return rc == SQLITE_OK ? CS_OK : sql_fail(store, rc, diag);
}

enum cs_err store_open(struct store **out, const char *path, enum store_mode mode, struct diag *diag)
{
    *out = NULL;
    diag_set(diag, "%s", "");
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    store->mode = mode;
    store->path = text_copy(path);
    enum cs_err err =
        store->path != NULL ? open_file(store, diag) : diag_fail(diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = prepare(store, diag);
    if (err != CS_OK) {
        store_close(store);
        return err;
    }
    *out = store;
    return CS_OK;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->kept_count; i++)
        sqlite3_finalize(store->kept[i].stmt);
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

const char *store_path(const struct store *store)
{
    return store->path;
}

enum cs_err store_begin(struct store *store, struct diag *diag)
{
    return sql_exec(store, "BEGIN IMMEDIATE", diag);
}

enum cs_err store_commit(struct store *store, struct diag *diag)
{
    return sql_exec(store, "COMMIT", diag);
}

void store_rollback(struct store *store)
{
    if (sqlite3_get_autocommit(store->db) == 0)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

int64_t store_data_version(struct store *store)
{
    int64_t version = 0;
    return pragma_int(store, "PRAGMA data_version", &version, NULL) == CS_OK ? version : 0;
}
