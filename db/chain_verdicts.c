// SPDX-License-Identifier: Apache-2.0
/* store_state has the version of the roots under which all chains have been judged; where that is the one at
 * hand, no chain is looked at. A chain with a leaf that cannot be decoded is judged too: `roots` is set, and
 * its flaws are none. */
#include "db/chain_verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "db/sql.h"

#define BATCH 200

struct refresh {
    struct trust *trust;
    uint8_t roots[SHA256_SIZE];
    int64_t now_s;
    int64_t last_id;
    bool done;
    sqlite3_stmt *next; /* the stale chain behind an id */
    sqlite3_stmt *der;
    sqlite3_stmt *put;
};

struct chain_verdict chain_verdict_read(sqlite3_stmt *stmt, int at)
{
    bool known = sqlite3_column_int(stmt, at) != 0;
    bool ends = sqlite3_column_type(stmt, at + 2) != SQLITE_NULL;
    return (struct chain_verdict){
        .known = known,
        .flaws = (uint32_t)sqlite3_column_int64(stmt, at + 1),
        .path_ends_s = ends ? sqlite3_column_int64(stmt, at + 2) : INT64_MAX,
    };
}

void chain_verdict_bind(sqlite3_stmt *stmt, int at, const struct chain_verdict *verdict, const uint8_t *roots)
{
    static const struct chain_verdict nothing = {.path_ends_s = INT64_MAX};
    bool judged = verdict != NULL && roots != NULL;
    if (!judged || !verdict->known)
        verdict = &nothing;
    if (judged)
        sql_bind_blob(stmt, at, roots, SHA256_SIZE);
    else
        sqlite3_bind_null(stmt, at);
    sql_bind_int(stmt, at + 1, verdict->flaws);
    if (verdict->path_ends_s != INT64_MAX)
        sql_bind_int(stmt, at + 2, verdict->path_ends_s);
    else
        sqlite3_bind_null(stmt, at + 2);
}

/* 1 where store_state says that all chains were judged under these roots, and no chain was stored unjudged
 * since. */
static enum cs_err all_judged(struct store *store, const uint8_t roots[SHA256_SIZE], bool *out,
                              struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    int64_t judged = 0;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "SELECT EXISTS (SELECT 1 FROM store_state WHERE name = 'roots' AND value = ?1)"
                    " AND NOT EXISTS (SELECT 1 FROM chain WHERE roots IS NULL)",
                    diag);
    if (err == CS_OK) {
        sql_bind_blob(stmt, 1, roots, SHA256_SIZE);
        err = sql_int(store, stmt, &judged, 0, diag);
    }
    sqlite3_finalize(stmt);
    *out = judged != 0;
    return err;
}

enum cs_err chain_verdicts_stale(struct store *store, struct trust *trust, size_t most, size_t *out,
                                 struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    uint8_t roots[SHA256_SIZE];
    int64_t count = 0;
    bool judged = false;
    *out = 0;
    enum cs_err err = trust_version(trust, roots);
    if (err != CS_OK)
        return diag_fail(diag, err, "%s", cs_err_text(err));
    err = all_judged(store, roots, &judged, diag);
    if (err == CS_OK && !judged)
        err = sql_prepare(store, &stmt,
                          "SELECT count(*) FROM (SELECT 1 FROM chain WHERE roots IS NOT ?1 LIMIT ?2)", diag);
    if (err == CS_OK && !judged) {
        sql_bind_blob(stmt, 1, roots, SHA256_SIZE);
        sql_bind_int(stmt, 2, (int64_t)most);
        err = sql_int(store, stmt, &count, 0, diag);
    }
    sqlite3_finalize(stmt);
    *out = (size_t)count;
    return err;
}

/* ---- refresh ---- */

/* The DER of one member, copied; a member that is not stored has none. */
static enum cs_err read_der(struct store *store, struct refresh *refresh, const uint8_t *sha256,
                            struct der *out, struct diag *diag)
{
    bool row = false;
    memcpy(out->sha256, sha256, SHA256_SIZE);
    sql_bind_blob(refresh->der, 1, out->sha256, SHA256_SIZE);
    enum cs_err err = sql_step(store, refresh->der, &row, diag);
    if (err != CS_OK || !row)
        return err;
    out->len = (size_t)sqlite3_column_bytes(refresh->der, 0);
    uint8_t *bytes = malloc(out->len + 1);
    if (bytes != NULL && out->len > 0)
        memcpy(bytes, sqlite3_column_blob(refresh->der, 0), out->len);
    out->bytes = bytes;
    sqlite3_reset(refresh->der);
    return bytes != NULL ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
}

static enum cs_err put_verdict(struct store *store, struct refresh *refresh,
                               const struct chain_verdict *verdict, struct diag *diag)
{
    chain_verdict_bind(refresh->put, 2, verdict, refresh->roots);
    sql_bind_int(refresh->put, 1, refresh->last_id);
    return sql_run(store, refresh->put, diag);
}

static enum cs_err judge_row(struct store *store, struct refresh *refresh, struct diag *diag)
{
    struct der certs[CHAIN_MAX_CERTS] = {{0}};
    uint8_t members[CHAIN_MAX_CERTS * SHA256_SIZE];
    struct chain_verdict verdict;
    size_t len = (size_t)sqlite3_column_bytes(refresh->next, 1);
    len = len < sizeof members ? len : sizeof members;
    size_t count = len / SHA256_SIZE;
    enum cs_err err = CS_OK;
    refresh->last_id = sqlite3_column_int64(refresh->next, 0);
    if (len > 0)
        memcpy(members, sqlite3_column_blob(refresh->next, 1), len);
    sqlite3_reset(refresh->next);
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = read_der(store, refresh, members + i * SHA256_SIZE, &certs[i], diag);
    if (err == CS_OK) {
        err = trust_judge(refresh->trust, certs, count, refresh->now_s, &verdict);
        if (err != CS_OK)
            diag_set(diag, "%s", cs_err_text(err));
    }
    if (err == CS_OK)
        err = put_verdict(store, refresh, &verdict, diag);
    for (size_t i = 0; i < count; i++)
        free((void *)certs[i].bytes);
    return err;
}

static enum cs_err judge_batch(struct store *store, void *context, struct diag *diag)
{
    struct refresh *refresh = context;
    enum cs_err err = CS_OK;
    for (int i = 0; i < BATCH && err == CS_OK && !refresh->done; i++) {
        bool row = false;
        sql_bind_int(refresh->next, 1, refresh->last_id);
        sql_bind_blob(refresh->next, 2, refresh->roots, SHA256_SIZE);
        err = sql_step(store, refresh->next, &row, diag);
        if (err == CS_OK && row)
            err = judge_row(store, refresh, diag);
        refresh->done = !row;
    }
    return err;
}

static enum cs_err note_roots(struct store *store, const struct refresh *refresh, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt, "INSERT OR REPLACE INTO store_state VALUES ('roots', ?1)", diag);
    if (err == CS_OK) {
        sql_bind_blob(stmt, 1, refresh->roots, SHA256_SIZE);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err chain_verdicts_refresh(struct store *store, struct trust *trust, int64_t now_s, struct diag *diag)
{
    struct refresh refresh = {.trust = trust, .now_s = now_s};
    bool judged = false;
    enum cs_err err = trust_version(trust, refresh.roots);
    if (err != CS_OK)
        return diag_fail(diag, err, "%s", cs_err_text(err));
    err = all_judged(store, refresh.roots, &judged, diag);
    if (err != CS_OK || judged)
        return err;
    err = sql_prepare(store, &refresh.next,
                      "SELECT id, members FROM chain WHERE id > ?1 AND roots IS NOT ?2 ORDER BY id LIMIT 1",
                      diag);
    if (err == CS_OK)
        err = sql_prepare(store, &refresh.der, "SELECT der FROM certificate WHERE sha256 = ?1", diag);
    if (err == CS_OK)
        err = sql_prepare(store, &refresh.put,
                          "UPDATE chain SET roots = ?2, flaws = ?3, path_ends = ?4 WHERE id = ?1", diag);
    while (err == CS_OK && !refresh.done)
        err = sql_transaction(store, judge_batch, &refresh, diag);
    if (err == CS_OK)
        err = note_roots(store, &refresh, diag);
    sqlite3_finalize(refresh.next);
    sqlite3_finalize(refresh.der);
    sqlite3_finalize(refresh.put);
    return err;
}
