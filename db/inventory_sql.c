// SPDX-License-Identifier: Apache-2.0
#include "db/inventory_sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/text_list.h"
#include "cert/digest.h"

static void sha1(sqlite3_context *context, int count, sqlite3_value **values)
{
    uint8_t digest[SHA1_SIZE];
    const uint8_t *bytes = sqlite3_value_blob(values[0]);
    (void)count;
    if (bytes == NULL)
        sqlite3_result_null(context);
    else if (cert_sha1(digest, bytes, (size_t)sqlite3_value_bytes(values[0])) != CS_OK)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_blob(context, digest, sizeof digest, SQLITE_TRANSIENT);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum cs_err add_name(struct text_list *names, const char *name, size_t len)
{
    enum cs_err err = text_list_add_n(names, name, len);
    for (char *at = err == CS_OK ? names->items[names->count - 1] : NULL; at != NULL && *at != '\0'; at++)
        *at = text_lower(*at);
    return err;
}

static enum cs_err add_lines(struct text_list *names, const char *lines)
{
    enum cs_err err = CS_OK;
    while (lines != NULL && *lines != '\0' && err == CS_OK) {
        size_t len = strcspn(lines, "\n");
        if (len > 0)
            err = add_name(names, lines, len);
        lines += len + (lines[len] == '\n');
    }
    return err;
}

static void name_set(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct text_list names = {0};
    struct buf out = {0};
    (void)count;
    enum cs_err err = add_lines(&names, (const char *)sqlite3_value_text(values[0]));
    if (err == CS_OK)
        err = add_lines(&names, (const char *)sqlite3_value_text(values[1]));
    if (names.count > 1)
        qsort(names.items, names.count, sizeof names.items[0], by_text);
    for (size_t i = 0; i < names.count; i++) {
        if (i == 0 || strcmp(names.items[i - 1], names.items[i]) != 0)
            buf_printf(&out, "%s%s", i > 0 ? "\n" : "", names.items[i]);
    }
    if (err != CS_OK || out.err != CS_OK)
        sqlite3_result_error_nomem(context);
    else if (out.len == 0)
        sqlite3_result_null(context);
    else
        sqlite3_result_text(context, buf_str(&out), -1, SQLITE_TRANSIENT);
    buf_dispose(&out);
    text_list_dispose(&names);
}

enum cs_err inventory_is_there(struct store *store, bool *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    int64_t there = 0;
    enum cs_err err = sql_prepare(
        store, &stmt, "SELECT EXISTS (SELECT 1 FROM inventory_certificate WHERE staged = 0)", diag);
    if (err == CS_OK)
        err = sql_int(store, stmt, &there, 0, diag);
    sqlite3_finalize(stmt);
    *out = there != 0;
    return err;
}

int inventory_sql_register(sqlite3 *db)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int rc = sqlite3_create_function_v2(db, "sha1", 1, flags, NULL, sha1, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "name_set", 2, flags, NULL, name_set, NULL, NULL, NULL);
    return rc;
}
