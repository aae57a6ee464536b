// SPDX-License-Identifier: Apache-2.0
/* Endpoints, known and new, and what it says of their assets that a target has ended. */
#include <stdio.h>
#include <string.h>

#include "db/ingest_inner.h"

#define GONE_AFTER 2 /* misses in a row */

/* Of a named endpoint the place is noted too, by which a target without name finds it. */
enum cs_err ingest_note_endpoint(struct ingest *ingest, const struct endpoint *endpoint)
{
    struct endpoint place = *endpoint;
    place.server_name = NULL;
    enum cs_err err = set64_add(&ingest->endpoints, endpoint_hash(endpoint), NULL);
    if (err == CS_OK && endpoint->server_name != NULL)
        err = set64_add(&ingest->named_places, endpoint_hash(&place), NULL);
    return err;
}

static void bind_endpoint(sqlite3_stmt *stmt, const struct endpoint *endpoint)
{
    sql_bind_text(stmt, 1, endpoint->network);
    sql_bind_blob(stmt, 2, endpoint->ip.bytes, sizeof endpoint->ip.bytes);
    sql_bind_int(stmt, 3, endpoint->port);
    sql_bind_int(stmt, 4, endpoint->protocol);
    sql_bind_text(stmt, 5, endpoint->server_name != NULL ? endpoint->server_name : "");
}

/* To this process, which is enough for a target that showed nothing. */
static bool is_known(const struct ingest *ingest, const struct endpoint *endpoint)
{
    return set64_has(&ingest->endpoints, endpoint_hash(endpoint));
}

/* `*has_name`: its host name is stored already, or there is none to store. */
static enum cs_err find_endpoint(struct ingest *ingest, const struct endpoint *endpoint,
                                 const char *host_name, int64_t *id, bool *has_name, struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, FIND_ENDPOINT);
    bool row;
    *id = 0;
    *has_name = true;
    bind_endpoint(stmt, endpoint);
    enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
    if (err != CS_OK || !row)
        return err;
    const char *stored = sql_text(stmt, 1);
    *id = sqlite3_column_int64(stmt, 0);
    *has_name = host_name == NULL || (stored != NULL && strcmp(stored, host_name) == 0);
    sqlite3_reset(stmt);
    return CS_OK;
}

enum cs_err ingest_host_name(struct ingest *ingest, const struct endpoint *endpoint,
                             char out[ENDPOINT_MAX_NAME + 1], struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, FIND_ENDPOINT);
    bool row;
    out[0] = '\0';
    if (!ingest->others_write && !is_known(ingest, endpoint))
        return CS_OK;
    bind_endpoint(stmt, endpoint);
    enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
    if (err != CS_OK || !row)
        return err;
    const char *stored = sql_text(stmt, 1);
    snprintf(out, ENDPOINT_MAX_NAME + 1, "%s", stored != NULL ? stored : "");
    sqlite3_reset(stmt);
    return CS_OK;
}

static enum cs_err touch_endpoint(struct ingest *ingest, int64_t id, enum outcome outcome, int64_t at_s,
                                  struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, TOUCH_ENDPOINT);
    sql_bind_int(stmt, 1, id);
    sql_bind_int(stmt, 2, at_s);
    sql_bind_int(stmt, 3, outcome);
    sql_bind_int(stmt, 4, ingest->scan_id);
    return ingest_run(ingest, TOUCH_ENDPOINT, diag);
}

static enum cs_err name_host(struct ingest *ingest, int64_t id, const char *host_name, struct diag *diag)
{
    sql_bind_int(ingest_use(ingest, NAME_HOST), 1, id);
    sql_bind_text(ingest_use(ingest, NAME_HOST), 2, host_name);
    return ingest_run(ingest, NAME_HOST, diag);
}

static enum cs_err put_endpoint(struct ingest *ingest, const struct ingest_sighting *sighting, int64_t *id,
                                struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, PUT_ENDPOINT);
    bind_endpoint(stmt, &sighting->endpoint);
    sql_bind_text(stmt, 6, sighting->host_name);
    sql_bind_int(stmt, 7, sighting->seen_at_s);
    sql_bind_int(stmt, 8, ingest->scan_id);
    enum cs_err err = ingest_run(ingest, PUT_ENDPOINT, diag);
    *id = ingest_last_id(ingest);
    return err == CS_OK ? ingest_note_endpoint(ingest, &sighting->endpoint) : err;
}

enum cs_err ingest_find_or_put_endpoint(struct ingest *ingest, const struct ingest_sighting *sighting,
                                        int64_t *id, bool *is_new, struct diag *diag)
{
    bool has_name;
    enum cs_err err = CS_OK;
    *id = 0;
    if (ingest->others_write || is_known(ingest, &sighting->endpoint))
        err = find_endpoint(ingest, &sighting->endpoint, sighting->host_name, id, &has_name, diag);
    if (err != CS_OK)
        return err;
    *is_new = *id == 0;
    if (*is_new)
        return put_endpoint(ingest, sighting, id, diag);
    if (!has_name)
        err = name_host(ingest, *id, sighting->host_name, diag);
    return err == CS_OK ? touch_endpoint(ingest, *id, OUTCOME_CERTIFICATE, sighting->seen_at_s, diag) : err;
}

/* ---- targets that ended ---- */

static enum cs_err miss_assets(struct ingest *ingest, int64_t endpoint_id, const struct ingest_end *end,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, MISS_ASSETS);
    sql_bind_int(stmt, 1, endpoint_id);
    sql_bind_int(stmt, 2, ingest->scan_id);
    sql_bind_text(stmt, 3, end->slot_count > 0 ? end->slots_seen[0] : NULL);
    sql_bind_text(stmt, 4, end->slot_count > 1 ? end->slots_seen[1] : NULL);
    sql_bind_int(stmt, 5, GONE_AFTER);
    sql_bind_int(stmt, 6, end->at_s);
    return ingest_run(ingest, MISS_ASSETS, diag);
}

/* Nothing is at the place, so nothing is there by any name; what was seen there in this scan all the same
 * stays. */
static enum cs_err miss_named(struct ingest *ingest, const struct endpoint *place, int64_t at_s,
                              struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, MISS_NAMED);
    sql_bind_int(stmt, 1, GONE_AFTER);
    sql_bind_int(stmt, 2, ingest->scan_id);
    sql_bind_text(stmt, 3, place->network);
    sql_bind_blob(stmt, 4, place->ip.bytes, sizeof place->ip.bytes);
    sql_bind_int(stmt, 5, place->port);
    sql_bind_int(stmt, 6, place->protocol);
    sql_bind_int(stmt, 7, at_s);
    return ingest_run(ingest, MISS_NAMED, diag);
}

static enum cs_err end_known(struct ingest *ingest, const struct endpoint *endpoint,
                             const struct ingest_end *end, bool is_miss, struct diag *diag)
{
    int64_t id;
    bool has_name;
    enum cs_err err = find_endpoint(ingest, endpoint, NULL, &id, &has_name, diag);
    if (err != CS_OK || id == 0)
        return err;
    if (end->outcome != OUTCOME_CERTIFICATE)
        err = touch_endpoint(ingest, id, end->outcome, end->at_s, diag);
    return err == CS_OK && is_miss ? miss_assets(ingest, id, end, diag) : err;
}

enum cs_err ingest_target_ended(struct ingest *ingest, const struct endpoint *endpoint,
                                const struct ingest_end *end, struct diag *diag)
{
    const struct endpoint_state *latest = &ingest->latest;
    if (end->outcome == OUTCOME_CERTIFICATE && latest->id != 0 && latest->hash == endpoint_hash(endpoint))
        return latest->others_live ? miss_assets(ingest, latest->id, end, diag) : CS_OK;
    bool is_miss = !end->throttled && outcome_is_conclusive(end->outcome);
    bool has_named =
        endpoint->server_name == NULL && set64_has(&ingest->named_places, endpoint_hash(endpoint));
    enum cs_err err = CS_OK;
    if (is_known(ingest, endpoint))
        err = end_known(ingest, endpoint, end, is_miss, diag);
    if (err == CS_OK && has_named && is_miss && !end->wants_name)
        err = miss_named(ingest, endpoint, end->at_s, diag);
    return err;
}
