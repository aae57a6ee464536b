// SPDX-License-Identifier: Apache-2.0
#include "db/redecode.h"

#include <stdlib.h>
#include <string.h>

#include "db/certificate_writer.h"

#define BATCH 1000

struct redecode {
    struct certificate_writer writer;
    sqlite3_stmt *next; /* the old row behind an id */
    int64_t last_id;
    bool done;
};

enum cs_err stored_record_version(struct store *store, int64_t *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt, "SELECT value FROM store_state WHERE name = 'record_version'", diag);
    if (err == CS_OK)
        err = sql_int(store, stmt, out, 1, diag);
    sqlite3_finalize(stmt);
    return err;
}

/* A copy, for the row it comes from is rewritten. */
static enum cs_err decode_row(struct redecode *redecode, struct diag *diag)
{
    struct cert_record record = {0};
    size_t len = (size_t)sqlite3_column_bytes(redecode->next, 1);
    uint8_t *der = malloc(len + 1);
    int64_t id;
    enum cs_err err = der != NULL ? CS_OK : CS_E_NOMEM;
    redecode->last_id = sqlite3_column_int64(redecode->next, 0);
    if (err == CS_OK && len > 0)
        memcpy(der, sqlite3_column_blob(redecode->next, 1), len);
    sqlite3_reset(redecode->next);
    if (err == CS_OK)
        err = cert_record_parse(&record, der, len);
    if (err != CS_OK)
        diag_set(diag, "%s", cs_err_text(err));
    else
        err = certificate_writer_put(&redecode->writer, &record, der, len, 0, &id, diag);
    cert_record_dispose(&record);
    free(der);
    return err;
}

static enum cs_err decode_batch(struct store *store, void *context, struct diag *diag)
{
    struct redecode *redecode = context;
    enum cs_err err = CS_OK;
    for (int i = 0; i < BATCH && err == CS_OK && !redecode->done; i++) {
        bool row = false;
        sql_bind_int(redecode->next, 1, redecode->last_id);
        sql_bind_int(redecode->next, 2, CERT_RECORD_VERSION);
        err = sql_step(store, redecode->next, &row, diag);
        if (err == CS_OK && row)
            err = decode_row(redecode, diag);
        redecode->done = !row;
    }
    return err;
}

static enum cs_err note_version(struct store *store, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(
        store, &stmt, "UPDATE store_state SET value = max(value, ?1) WHERE name = 'record_version'", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, CERT_RECORD_VERSION);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err redecode_certificates(struct store *store, struct diag *diag)
{
    struct redecode redecode = {0};
    int64_t version = 0;
    enum cs_err err = stored_record_version(store, &version, diag);
    if (err != CS_OK || version >= CERT_RECORD_VERSION)
        return err;
    err = certificate_writer_init(&redecode.writer, store, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &redecode.next,
                          "SELECT id, der FROM certificate WHERE id > ?1 AND record_version < ?2"
                          " ORDER BY id LIMIT 1",
                          diag);
    while (err == CS_OK && !redecode.done)
        err = sql_transaction(store, decode_batch, &redecode, diag);
    if (err == CS_OK)
        err = note_version(store, diag);
    sqlite3_finalize(redecode.next);
    certificate_writer_dispose(&redecode.writer);
    return err;
}
