// SPDX-License-Identifier: Apache-2.0
#include "db/inventory_list.h"

#include <stdlib.h>

#include "base/text.h"
#include "cert/digest.h"
#include "db/sql.h"

#define ROWS_A_TRANSACTION 2000

struct inventory_list {
    struct inventory_pull pull;
    char *provider;
    char *source;
    int64_t now_s;
    int64_t rows;
    sqlite3_stmt *insert;
};

static void list_free(struct inventory_list *list)
{
    sqlite3_finalize(list->insert);
    free(list->provider);
    free(list->source);
    free(list);
}

/* A statement about one provider, ?1, and perhaps a text, ?2. */
static enum cs_err run(struct store *store, const char *sql, const char *provider, const char *text,
                       struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        if (text != NULL)
            sql_bind_text(stmt, 2, text);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err drop_staged(struct store *store, const char *provider, struct diag *diag)
{
    enum cs_err err = run(store, "DELETE FROM inventory_certificate WHERE provider = ?1 AND staged = 1",
                          provider, NULL, diag);
    if (err == CS_OK)
        err = run(store, "UPDATE inventory SET staging_at = NULL WHERE provider = ?1", provider, NULL, diag);
    return err;
}

static const char insert_certificate[] =
    "INSERT INTO inventory_certificate (provider, staged, external_id, detailed, common_name, names, serial,"
    " sha1, sha256, issuer, state, managed, requester, requested_via, issued, expires, revoked, names_key)"
    " VALUES (?1, 1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, name_set(?3, ?4))";

enum cs_err inventory_list_begin(struct inventory_list **out, struct store *store, const char *provider,
                                 const char *source, int64_t now_s, struct diag *diag)
{
    bool resumed;
    struct inventory_list *list = calloc(1, sizeof *list);
    *out = NULL;
    if (list == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    list->provider = text_copy(provider);
    list->source = text_copy(source);
    list->now_s = now_s;
    list->pull = (struct inventory_pull){store, list->provider, INVENTORY_CERTIFICATES, 0};
    enum cs_err err = list->provider != NULL && list->source != NULL
                          ? drop_staged(store, provider, diag)
                          : diag_fail(diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = inventory_begin(&list->pull, now_s, &resumed, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &list->insert, insert_certificate, diag);
    if (err != CS_OK) {
        list_free(list);
        return err;
    }
    *out = list;
    return CS_OK;
}

static void bind(struct inventory_list *list, const struct inventory_certificate *certificate)
{
    sqlite3_stmt *stmt = list->insert;
    sqlite3_clear_bindings(stmt);
    sql_bind_text(stmt, 1, list->provider);
    sql_bind_int(stmt, 2, list->rows);
    sql_bind_text(stmt, 3, certificate->common_name);
    sql_bind_text(stmt, 4, certificate->names);
    sql_bind_text(stmt, 5, certificate->serial);
    if (certificate->sha1 != NULL)
        sql_bind_blob(stmt, 6, certificate->sha1, SHA1_SIZE);
    if (certificate->sha256 != NULL)
        sql_bind_blob(stmt, 7, certificate->sha256, 32);
    sql_bind_text(stmt, 8, certificate->issuer);
    sql_bind_text(stmt, 9, certificate->state);
    sql_bind_int(stmt, 10, certificate->managed);
    sql_bind_text(stmt, 11, certificate->requester);
    sql_bind_text(stmt, 12, certificate->requested_via);
    sql_bind_id(stmt, 13, certificate->issued_s);
    sql_bind_id(stmt, 14, certificate->expires_s);
    sql_bind_id(stmt, 15, certificate->revoked_s);
}

enum cs_err inventory_list_put(struct inventory_list *list, const struct inventory_certificate *certificate,
                               struct diag *diag)
{
    struct store *store = list->pull.store;
    enum cs_err err = CS_OK;
    if (list->rows % ROWS_A_TRANSACTION == 0)
        err = store_begin(store, diag);
    if (err != CS_OK)
        return err;
    list->rows++;
    bind(list, certificate);
    err = sql_run(store, list->insert, diag);
    if (err == CS_OK && list->rows % ROWS_A_TRANSACTION == 0)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store);
    return err;
}

/* Best effort: there is an error already, and the next import drops them too. */
static void forget_failed(struct store *store, const char *provider)
{
    if (drop_staged(store, provider, NULL) != CS_OK ||
        run(store, "DELETE FROM inventory WHERE provider = ?1 AND pulled_at IS NULL", provider, NULL, NULL) !=
            CS_OK)
        store_rollback(store);
}

enum cs_err inventory_list_end(struct inventory_list *list, enum cs_err err, struct diag *diag)
{
    struct store *store = list->pull.store;
    if (err == CS_OK && list->rows % ROWS_A_TRANSACTION != 0)
        err = store_commit(store, diag);
    store_rollback(store); /* of what is open still */
    if (err == CS_OK)
        err = inventory_swap(&list->pull, list->now_s, diag);
    if (err == CS_OK)
        err = run(store, "UPDATE inventory SET source = ?2 WHERE provider = ?1", list->provider, list->source,
                  diag);
    else
        forget_failed(store, list->provider);
    list_free(list);
    return err;
}

static enum cs_err remove_all(struct store *store, void *context, struct diag *diag)
{
    static const char *const sql[] = {
        "DELETE FROM inventory_certificate WHERE provider = ?1",
        "DELETE FROM inventory_domain WHERE provider = ?1",
        "DELETE FROM inventory_owner WHERE provider = ?1",
        "DELETE FROM inventory WHERE provider = ?1",
    };
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < sizeof sql / sizeof sql[0] && err == CS_OK; i++)
        err = run(store, sql[i], context, NULL, diag);
    if (err == CS_OK && sqlite3_changes(store->db) == 0)
        err = diag_fail(diag, CS_E_NOT_FOUND, "there is no inventory \"%.60s\" (certscour inventory list)",
                        (const char *)context);
    return err;
}

enum cs_err inventory_remove(struct store *store, const char *provider, struct diag *diag)
{
    char *name = text_copy(provider);
    enum cs_err err = name != NULL ? sql_transaction(store, remove_all, name, diag)
                                   : diag_fail(diag, CS_E_NOMEM, "out of memory");
    free(name);
    return err;
}
