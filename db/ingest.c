// SPDX-License-Identifier: Apache-2.0
/* Statements are prepared once; certificates met lately are remembered by hash in a table of fixed size,
 * known endpoints in a set, so that a target in dark space costs no SQL at all. */
#include "db/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "base/set64.h"
#include "db/certificate_row.h"
#include "model/owner.h"

#define REMEMBERED 4096
#define GONE_AFTER 2 /* misses in a row */

enum statement {
    FIND_CERTIFICATE,
    PUT_CERTIFICATE,
    CLEAR_VALUES,
    PUT_VALUE,
    FIND_CHAIN,
    PUT_CHAIN,
    FIND_ENDPOINT,
    PUT_ENDPOINT,
    TOUCH_ENDPOINT,
    FIND_ASSET,
    PUT_ASSET,
    TOUCH_ASSET,
    CHANGE_LEAF,
    PUT_INTERVAL,
    TOUCH_INTERVAL,
    FIND_ASSIGNMENT,
    SET_OWNER,
    NAME_OWNER,
    MISS_ASSETS,
    STATEMENT_COUNT
};

static const char *const sql[STATEMENT_COUNT] = {
    [FIND_CERTIFICATE] = "SELECT id FROM certificate WHERE sha256 = ?1 AND record_version >= ?2",
    [PUT_CERTIFICATE] =
        "INSERT INTO certificate (sha256, record_version, malformed, spki_sha256, common_name, subject, "
        "organization,"
        " city, state, country, issuer, issuer_common_name, issuer_organization, serial, key_type, key_bits,"
        " signature_algorithm, template_name, not_before, not_after, lifetime_days, self_signed, is_ca, "
        "wildcard,"
        " first_seen, der) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
        "?17, ?18,"
        " ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26) ON CONFLICT (sha256) DO UPDATE SET"
        " record_version = excluded.record_version, malformed = excluded.malformed,"
        " spki_sha256 = excluded.spki_sha256, common_name = excluded.common_name, subject = excluded.subject,"
        " organization = excluded.organization, city = excluded.city, state = excluded.state,"
        " country = excluded.country, issuer = excluded.issuer, issuer_common_name = "
        "excluded.issuer_common_name,"
        " issuer_organization = excluded.issuer_organization, serial = excluded.serial,"
        " key_type = excluded.key_type, key_bits = excluded.key_bits,"
        " signature_algorithm = excluded.signature_algorithm, template_name = excluded.template_name,"
        " not_before = excluded.not_before, not_after = excluded.not_after,"
        " lifetime_days = excluded.lifetime_days, self_signed = excluded.self_signed, is_ca = excluded.is_ca,"
        " wildcard = excluded.wildcard RETURNING id",
    [CLEAR_VALUES] = "DELETE FROM certificate_value WHERE certificate_id = ?1",
    [PUT_VALUE] =
        "INSERT INTO certificate_value (certificate_id, kind, number, value) VALUES (?1, ?2, ?3, ?4)",
    [FIND_CHAIN] = "SELECT id FROM chain WHERE members = ?1",
    [PUT_CHAIN] = "INSERT INTO chain (members) VALUES (?1)",
    [FIND_ENDPOINT] = "SELECT id FROM endpoint WHERE network = ?1 AND ip = ?2 AND port = ?3 AND protocol = ?4"
                      " AND server_name = ?5",
    [PUT_ENDPOINT] = "INSERT INTO endpoint (network, ip, port, protocol, server_name, host_name, last_probe,"
                     " last_outcome, last_scan_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)",
    [TOUCH_ENDPOINT] = "UPDATE endpoint SET last_probe = ?2, last_outcome = ?3, last_scan_id = ?4,"
                       " host_name = coalesce(?5, host_name) WHERE id = ?1",
    [FIND_ASSET] =
        "SELECT id, certificate_id, interval_id, owner_id, rule_id, rule_name, assignment_id FROM asset"
        " WHERE endpoint_id = ?1 AND slot = ?2",
    [PUT_ASSET] =
        "INSERT INTO asset (endpoint_id, slot, state, certificate_id, chain_id, interval_id, tls_version,"
        " lane, first_seen, last_seen, last_scan_id)"
        " VALUES (?1, ?2, 'live', ?3, ?4, 0, ?5, ?6, ?7, ?7, ?8)",
    [TOUCH_ASSET] =
        "UPDATE asset SET state = 'live', chain_id = ?2, tls_version = ?3, lane = ?4, last_seen = ?5,"
        " last_scan_id = ?6, missed = 0, missed_scan_id = NULL WHERE id = ?1",
    [CHANGE_LEAF] = "UPDATE asset SET certificate_id = ?2, interval_id = ?3 WHERE id = ?1",
    [PUT_INTERVAL] =
        "INSERT INTO asset_interval (asset_id, certificate_id, first_seen, last_seen, first_scan_id,"
        " last_scan_id) VALUES (?1, ?2, ?3, ?3, ?4, ?4)",
    [TOUCH_INTERVAL] = "UPDATE asset_interval SET last_seen = ?2, last_scan_id = ?3 WHERE id = ?1",
    [FIND_ASSIGNMENT] = "SELECT id, owner_id FROM assignment WHERE endpoint_id = ?1 OR certificate_id = ?2"
                        " ORDER BY endpoint_id IS NULL LIMIT 1",
    [SET_OWNER] = "UPDATE asset SET owner_id = (SELECT id FROM owner WHERE id = ?2),"
                  " rule_id = (SELECT id FROM rule WHERE id = ?3), rule_name = ?4,"
                  " assignment_id = ?5 WHERE id = ?1",
    [NAME_OWNER] = "SELECT coalesce(p.name, o.name), CASE WHEN o.parent_id IS NULL THEN NULL ELSE o.name END"
                   " FROM owner o LEFT JOIN owner p ON p.id = o.parent_id WHERE o.id = ?1",
    [MISS_ASSETS] = "UPDATE asset SET missed = missed + 1, missed_scan_id = ?2,"
                    " state = CASE WHEN missed + 1 >= ?5 THEN 'gone' ELSE state END"
                    " WHERE endpoint_id = ?1 AND state = 'live' AND missed_scan_id IS NOT ?2"
                    " AND slot IS NOT ?3 AND slot IS NOT ?4",
};

struct remembered {
    uint8_t sha256[SHA256_SIZE];
    int64_t id; /* 0 = free */
};

struct ingest {
    struct store *store;
    int64_t scan_id;
    char network[256];
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct remembered *remembered;
    struct set64 endpoints;
    bool endpoints_loaded;
    struct owner_name owner; /* what the last decision points to */
};

static sqlite3_stmt *use(struct ingest *ingest, enum statement which)
{
    return ingest->statements[which];
}

static enum cs_err run(struct ingest *ingest, enum statement which, struct diag *diag)
{
    return sql_run(ingest->store, use(ingest, which), diag);
}

static int64_t last_id(const struct ingest *ingest)
{
    return sqlite3_last_insert_rowid(ingest->store->db);
}

/* ---- life ---- */

static enum cs_err load_endpoints(struct ingest *ingest, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum cs_err err =
        sql_prepare(ingest->store, &stmt,
                    "SELECT ip, port, protocol, server_name FROM endpoint WHERE network = ?1", diag);
    if (err == CS_OK)
        sql_bind_text(stmt, 1, ingest->network);
    while (err == CS_OK) {
        err = sql_step(ingest->store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        const char *name = sql_text(stmt, 3);
        struct endpoint endpoint = {
            .network = ingest->network,
            .port = (uint16_t)sqlite3_column_int(stmt, 1),
            .protocol = (enum protocol)sqlite3_column_int(stmt, 2),
            .server_name = name[0] != '\0' ? name : NULL,
        };
        if (sqlite3_column_bytes(stmt, 0) == (int)sizeof endpoint.ip.bytes)
            memcpy(endpoint.ip.bytes, sqlite3_column_blob(stmt, 0), sizeof endpoint.ip.bytes);
        err = set64_add(&ingest->endpoints, endpoint_hash(&endpoint), NULL);
    }
    sqlite3_finalize(stmt);
    ingest->endpoints_loaded = err == CS_OK;
    return err;
}

enum cs_err ingest_new(struct ingest **out, struct store *store, int64_t scan_id, const char *network,
                       struct diag *diag)
{
    *out = NULL;
    struct ingest *ingest = calloc(1, sizeof *ingest);
    if (ingest == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    ingest->store = store;
    ingest->scan_id = scan_id;
    strncpy(ingest->network, network, sizeof ingest->network - 1);
    ingest->remembered = calloc(REMEMBERED, sizeof *ingest->remembered);
    enum cs_err err = ingest->remembered != NULL ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
    for (int i = 0; i < STATEMENT_COUNT && err == CS_OK; i++)
        err = sql_prepare(store, &ingest->statements[i], sql[i], diag);
    if (err == CS_OK)
        err = load_endpoints(ingest, diag);
    if (err != CS_OK) {
        ingest_free(ingest);
        return err;
    }
    *out = ingest;
    return CS_OK;
}

void ingest_free(struct ingest *ingest)
{
    if (ingest == NULL)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(ingest->statements[i]);
    set64_dispose(&ingest->endpoints);
    free(ingest->remembered);
    free(ingest);
}

void ingest_forget(struct ingest *ingest)
{
    memset(ingest->remembered, 0, REMEMBERED * sizeof *ingest->remembered);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_reset(ingest->statements[i]);
    set64_dispose(&ingest->endpoints);
    ingest->endpoints_loaded = false; /* loaded again when next needed */
}

/* ---- certificates ---- */

static struct remembered *place_of(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE])
{
    uint64_t key;
    memcpy(&key, sha256, sizeof key);
    return &ingest->remembered[key % REMEMBERED];
}

static void remember(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE], int64_t id)
{
    struct remembered *place = place_of(ingest, sha256);
    memcpy(place->sha256, sha256, SHA256_SIZE);
    place->id = id;
}

/* 0 = not stored, or by an older record version. */
static enum cs_err find_certificate(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE], int64_t *id,
                                    struct diag *diag)
{
    const struct remembered *place = place_of(ingest, sha256);
    if (place->id != 0 && memcmp(place->sha256, sha256, SHA256_SIZE) == 0) {
        *id = place->id;
        return CS_OK;
    }
    sqlite3_stmt *stmt = use(ingest, FIND_CERTIFICATE);
    sql_bind_blob(stmt, 1, sha256, SHA256_SIZE);
    sql_bind_int(stmt, 2, CERT_RECORD_VERSION);
    enum cs_err err = sql_int(ingest->store, stmt, id, 0, diag);
    if (err == CS_OK && *id != 0)
        remember(ingest, sha256, *id);
    return err;
}

bool ingest_knows_certificate(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE])
{
    int64_t id;
    return find_certificate(ingest, sha256, &id, NULL) == CS_OK && id != 0;
}

static void bind_record(sqlite3_stmt *stmt, const struct cert_record *record)
{
    const char *const texts[] = {
        record->common_name,
        record->subject,
        record->organization,
        record->city,
        record->state,
        record->country,
        record->issuer,
        record->issuer_common_name,
        record->issuer_organization,
        record->serial,
        record->key_type,
    };
    sqlite3_clear_bindings(stmt);
    sql_bind_blob(stmt, 1, record->sha256, SHA256_SIZE);
    sql_bind_int(stmt, 2, CERT_RECORD_VERSION);
    sql_bind_int(stmt, 3, record->malformed);
    if (record->malformed)
        return;
    sql_bind_blob(stmt, 4, record->spki_sha256, SHA256_SIZE);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sql_bind_text(stmt, 5 + (int)i, texts[i]);
    sql_bind_id(stmt, 16, record->key_bits);
    sql_bind_text(stmt, 17, record->signature_algorithm);
    sql_bind_text(stmt, 18, record->template_name);
    sql_bind_int(stmt, 19, record->not_before_s);
    sql_bind_int(stmt, 20, record->not_after_s);
    sql_bind_int(stmt, 21, cert_record_lifetime_days(record));
    sql_bind_int(stmt, 22, record->self_signed);
    sql_bind_int(stmt, 23, record->is_ca);
    sql_bind_int(stmt, 24, record->wildcard);
}

static enum cs_err put_values(struct ingest *ingest, const struct cert_record *record, int64_t id,
                              struct diag *diag)
{
    struct cert_record borrowed = *record; /* for the lists alone */
    sql_bind_int(use(ingest, CLEAR_VALUES), 1, id);
    enum cs_err err = run(ingest, CLEAR_VALUES, diag);
    for (int kind = VALUE_DNS_NAME; kind <= VALUE_KIND_LAST && err == CS_OK; kind++) {
        const struct text_list *list = certificate_values(&borrowed, (enum value_kind)kind);
        for (size_t i = 0; i < list->count && err == CS_OK; i++) {
            sqlite3_stmt *stmt = use(ingest, PUT_VALUE);
            sql_bind_int(stmt, 1, id);
            sql_bind_int(stmt, 2, kind);
            sql_bind_int(stmt, 3, (int64_t)i);
            sql_bind_text(stmt, 4, list->items[i]);
            err = run(ingest, PUT_VALUE, diag);
        }
    }
    return err;
}

enum cs_err ingest_certificate(struct ingest *ingest, const struct cert_record *record, const uint8_t *der,
                               size_t der_len, int64_t now_s, struct diag *diag)
{
    sqlite3_stmt *stmt = use(ingest, PUT_CERTIFICATE);
    int64_t id;
    bind_record(stmt, record);
    sql_bind_int(stmt, 25, now_s);
    sql_bind_blob(stmt, 26, der, der_len);
    enum cs_err err = sql_int(ingest->store, stmt, &id, 0, diag);
    if (err == CS_OK)
        err = put_values(ingest, record, id, diag);
    if (err == CS_OK)
        remember(ingest, record->sha256, id);
    return err;
}

static enum cs_err find_or_put_chain(struct ingest *ingest, const struct chain *chain, int64_t *id,
                                     struct diag *diag)
{
    uint8_t members[CHAIN_MAX_CERTS * SHA256_SIZE];
    size_t len = chain->cert_count * SHA256_SIZE;
    for (size_t i = 0; i < chain->cert_count; i++)
        memcpy(members + i * SHA256_SIZE, chain->certs[i].sha256, SHA256_SIZE);
    sql_bind_blob(use(ingest, FIND_CHAIN), 1, members, len);
    enum cs_err err = sql_int(ingest->store, use(ingest, FIND_CHAIN), id, 0, diag);
    if (err != CS_OK || *id != 0)
        return err;
    sql_bind_blob(use(ingest, PUT_CHAIN), 1, members, len);
    err = run(ingest, PUT_CHAIN, diag);
    *id = last_id(ingest);
    return err;
}

/* ---- endpoints ---- */

static void bind_endpoint(sqlite3_stmt *stmt, const struct endpoint *endpoint)
{
    sql_bind_text(stmt, 1, endpoint->network);
    sql_bind_blob(stmt, 2, endpoint->ip.bytes, sizeof endpoint->ip.bytes);
    sql_bind_int(stmt, 3, endpoint->port);
    sql_bind_int(stmt, 4, endpoint->protocol);
    sql_bind_text(stmt, 5, endpoint->server_name != NULL ? endpoint->server_name : "");
}

static enum cs_err find_endpoint(struct ingest *ingest, const struct endpoint *endpoint, int64_t *id,
                                 struct diag *diag)
{
    sqlite3_stmt *stmt = use(ingest, FIND_ENDPOINT);
    *id = 0;
    if (!ingest->endpoints_loaded) {
        enum cs_err err = load_endpoints(ingest, diag);
        if (err != CS_OK)
            return err;
    }
    if (!set64_has(&ingest->endpoints, endpoint_hash(endpoint)))
        return CS_OK;
    bind_endpoint(stmt, endpoint);
    return sql_int(ingest->store, stmt, id, 0, diag);
}

static enum cs_err touch_endpoint(struct ingest *ingest, int64_t id, enum outcome outcome,
                                  const char *host_name, int64_t at_s, struct diag *diag)
{
    sqlite3_stmt *stmt = use(ingest, TOUCH_ENDPOINT);
    sql_bind_int(stmt, 1, id);
    sql_bind_int(stmt, 2, at_s);
    sql_bind_int(stmt, 3, outcome);
    sql_bind_int(stmt, 4, ingest->scan_id);
    sql_bind_text(stmt, 5, host_name);
    return run(ingest, TOUCH_ENDPOINT, diag);
}

static enum cs_err find_or_put_endpoint(struct ingest *ingest, const struct ingest_sighting *sighting,
                                        int64_t *id, struct diag *diag)
{
    enum cs_err err = find_endpoint(ingest, &sighting->endpoint, id, diag);
    if (err != CS_OK)
        return err;
    if (*id != 0)
        return touch_endpoint(ingest, *id, OUTCOME_CERTIFICATE, sighting->host_name, sighting->seen_at_s,
                              diag);
    sqlite3_stmt *stmt = use(ingest, PUT_ENDPOINT);
    bind_endpoint(stmt, &sighting->endpoint);
    sql_bind_text(stmt, 6, sighting->host_name);
    sql_bind_int(stmt, 7, sighting->seen_at_s);
    sql_bind_int(stmt, 8, ingest->scan_id);
    err = run(ingest, PUT_ENDPOINT, diag);
    *id = last_id(ingest);
    return err == CS_OK ? set64_add(&ingest->endpoints, endpoint_hash(&sighting->endpoint), NULL) : err;
}

/* ---- assets ---- */

struct asset {  /* as stored, or as about to be */
    int64_t id; /* 0 = new */
    int64_t certificate_id;
    int64_t interval_id;
    int64_t owner_id;
    int64_t rule_id;
    int64_t assignment_id;
    bool same_rule_name;
};

static enum cs_err find_asset(struct ingest *ingest, int64_t endpoint_id,
                              const struct ingest_sighting *sighting, struct asset *asset, struct diag *diag)
{
    sqlite3_stmt *stmt = use(ingest, FIND_ASSET);
    bool row;
    *asset = (struct asset){0};
    sql_bind_int(stmt, 1, endpoint_id);
    sql_bind_text(stmt, 2, sighting->slot);
    enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
    if (err != CS_OK || !row)
        return err;
    const char *rule_name = sql_text(stmt, 5);
    *asset = (struct asset){
        .id = sqlite3_column_int64(stmt, 0),
        .certificate_id = sqlite3_column_int64(stmt, 1),
        .interval_id = sqlite3_column_int64(stmt, 2),
        .owner_id = sqlite3_column_int64(stmt, 3),
        .rule_id = sqlite3_column_int64(stmt, 4),
        .assignment_id = sqlite3_column_int64(stmt, 6),
        .same_rule_name = (rule_name == NULL) == (sighting->rule_name == NULL) &&
                          (rule_name == NULL || strcmp(rule_name, sighting->rule_name) == 0),
    };
    sqlite3_reset(stmt);
    return CS_OK;
}

static enum cs_err put_asset(struct ingest *ingest, int64_t endpoint_id, int64_t chain_id,
                             int64_t certificate_id, const struct ingest_sighting *sighting,
                             struct asset *asset, struct diag *diag)
{
    sqlite3_stmt *stmt = use(ingest, PUT_ASSET);
    sql_bind_int(stmt, 1, endpoint_id);
    sql_bind_text(stmt, 2, sighting->slot);
    sql_bind_int(stmt, 3, certificate_id);
    sql_bind_int(stmt, 4, chain_id);
    sql_bind_text(stmt, 5, tls_version_name(sighting->chain->tls_version));
    sql_bind_int(stmt, 6, sighting->chain->lane);
    sql_bind_int(stmt, 7, sighting->seen_at_s);
    sql_bind_int(stmt, 8, ingest->scan_id);
    enum cs_err err = run(ingest, PUT_ASSET, diag);
    asset->id = last_id(ingest);
    return err;
}

static enum cs_err touch_asset(struct ingest *ingest, int64_t chain_id,
                               const struct ingest_sighting *sighting, const struct asset *asset,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = use(ingest, TOUCH_ASSET);
    sql_bind_int(stmt, 1, asset->id);
    sql_bind_int(stmt, 2, chain_id);
    sql_bind_text(stmt, 3, tls_version_name(sighting->chain->tls_version));
    sql_bind_int(stmt, 4, sighting->chain->lane);
    sql_bind_int(stmt, 5, sighting->seen_at_s);
    sql_bind_int(stmt, 6, ingest->scan_id);
    return run(ingest, TOUCH_ASSET, diag);
}

/* The interval of the leaf goes on, or a new one begins. */
static enum cs_err extend_history(struct ingest *ingest, int64_t certificate_id, int64_t at_s,
                                  const struct asset *asset, struct diag *diag)
{
    if (asset->certificate_id == certificate_id) {
        sqlite3_stmt *stmt = use(ingest, TOUCH_INTERVAL);
        sql_bind_int(stmt, 1, asset->interval_id);
        sql_bind_int(stmt, 2, at_s);
        sql_bind_int(stmt, 3, ingest->scan_id);
        return run(ingest, TOUCH_INTERVAL, diag);
    }
    sqlite3_stmt *stmt = use(ingest, PUT_INTERVAL);
    sql_bind_int(stmt, 1, asset->id);
    sql_bind_int(stmt, 2, certificate_id);
    sql_bind_int(stmt, 3, at_s);
    sql_bind_int(stmt, 4, ingest->scan_id);
    enum cs_err err = run(ingest, PUT_INTERVAL, diag);
    if (err != CS_OK)
        return err;
    stmt = use(ingest, CHANGE_LEAF);
    sql_bind_int(stmt, 1, asset->id);
    sql_bind_int(stmt, 2, certificate_id);
    sql_bind_int(stmt, 3, last_id(ingest));
    return run(ingest, CHANGE_LEAF, diag);
}

static enum cs_err find_assignment(struct ingest *ingest, int64_t endpoint_id, int64_t certificate_id,
                                   int64_t *assignment_id, int64_t *owner_id, struct diag *diag)
{
    sqlite3_stmt *stmt = use(ingest, FIND_ASSIGNMENT);
    bool row;
    sql_bind_int(stmt, 1, endpoint_id);
    sql_bind_int(stmt, 2, certificate_id);
    enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
    *assignment_id = err == CS_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
    *owner_id = err == CS_OK && row ? sqlite3_column_int64(stmt, 1) : 0;
    sqlite3_reset(stmt);
    return err;
}

static enum cs_err name_owner(struct ingest *ingest, struct ingest_decision *decision, struct diag *diag)
{
    sqlite3_stmt *stmt = use(ingest, NAME_OWNER);
    bool row = false;
    enum cs_err err = CS_OK;
    if (decision->owner_id != 0) {
        sql_bind_int(stmt, 1, decision->owner_id);
        err = sql_step(ingest->store, stmt, &row, diag);
    }
    if (err == CS_OK && row) {
        const char *department = sql_text(stmt, 1);
        strncpy(ingest->owner.organization, sql_text(stmt, 0), sizeof ingest->owner.organization - 1);
        strncpy(ingest->owner.department, department != NULL ? department : "",
                sizeof ingest->owner.department - 1);
        decision->owner_organization = ingest->owner.organization;
        decision->owner_department = department != NULL ? ingest->owner.department : NULL;
    }
    sqlite3_reset(stmt);
    return err;
}

/* A manual assignment wins over the rule; what is stored already is not written again. */
static enum cs_err decide_owner(struct ingest *ingest, int64_t endpoint_id, int64_t certificate_id,
                                const struct ingest_sighting *sighting, const struct asset *asset,
                                struct ingest_decision *decision, struct diag *diag)
{
    int64_t assignment_id;
    int64_t assigned_owner;
    enum cs_err err =
        find_assignment(ingest, endpoint_id, certificate_id, &assignment_id, &assigned_owner, diag);
    if (err != CS_OK)
        return err;
    decision->manual = assignment_id != 0;
    decision->owner_id = decision->manual ? assigned_owner : sighting->owner_id;
    decision->rule = decision->manual ? "manual" : sighting->rule_name;
    int64_t rule_id = decision->manual ? 0 : sighting->rule_id;
    bool same_rule = decision->manual || (asset->rule_id == rule_id && asset->same_rule_name);
    if (asset->owner_id != decision->owner_id || asset->assignment_id != assignment_id || !same_rule) {
        sqlite3_stmt *stmt = use(ingest, SET_OWNER);
        sql_bind_int(stmt, 1, asset->id);
        sql_bind_id(stmt, 2, decision->owner_id);
        sql_bind_id(stmt, 3, rule_id);
        sql_bind_text(stmt, 4, decision->manual ? NULL : sighting->rule_name);
        sql_bind_id(stmt, 5, assignment_id);
        err = run(ingest, SET_OWNER, diag);
    }
    return err == CS_OK ? name_owner(ingest, decision, diag) : err;
}

enum cs_err ingest_sighting(struct ingest *ingest, const struct ingest_sighting *sighting,
                            struct ingest_decision *decision, struct diag *diag)
{
    int64_t endpoint_id = 0;
    int64_t chain_id = 0;
    int64_t certificate_id = 0;
    struct asset asset;
    *decision = (struct ingest_decision){0};
    enum cs_err err = find_certificate(ingest, sighting->chain->certs[0].sha256, &certificate_id, diag);
    if (err == CS_OK && certificate_id == 0)
        return diag_fail(diag, CS_E_NOT_FOUND, "a leaf that is not stored");
    if (err == CS_OK)
        err = find_or_put_chain(ingest, sighting->chain, &chain_id, diag);
    if (err == CS_OK)
        err = find_or_put_endpoint(ingest, sighting, &endpoint_id, diag);
    if (err == CS_OK)
        err = find_asset(ingest, endpoint_id, sighting, &asset, diag);
    if (err != CS_OK)
        return err;
    decision->is_new = asset.id == 0;
    decision->is_changed = asset.id != 0 && asset.certificate_id != certificate_id;
    err = decision->is_new ? put_asset(ingest, endpoint_id, chain_id, certificate_id, sighting, &asset, diag)
                           : touch_asset(ingest, chain_id, sighting, &asset, diag);
    decision->asset_id = asset.id;
    if (err == CS_OK)
        err = extend_history(ingest, certificate_id, sighting->seen_at_s, &asset, diag);
    if (err == CS_OK)
        err = decide_owner(ingest, endpoint_id, certificate_id, sighting, &asset, decision, diag);
    return err;
}

enum cs_err ingest_target_ended(struct ingest *ingest, const struct endpoint *endpoint, enum outcome outcome,
                                const char *const *slots_seen, size_t slot_count, int64_t at_s,
                                struct diag *diag)
{
    int64_t id;
    enum cs_err err = find_endpoint(ingest, endpoint, &id, diag);
    if (err != CS_OK || id == 0)
        return err;
    if (outcome != OUTCOME_CERTIFICATE)
        err = touch_endpoint(ingest, id, outcome, NULL, at_s, diag);
    if (err != CS_OK || !outcome_is_conclusive(outcome))
        return err;
    sqlite3_stmt *stmt = use(ingest, MISS_ASSETS);
    sql_bind_int(stmt, 1, id);
    sql_bind_int(stmt, 2, ingest->scan_id);
    sql_bind_text(stmt, 3, slot_count > 0 ? slots_seen[0] : NULL);
    sql_bind_text(stmt, 4, slot_count > 1 ? slots_seen[1] : NULL);
    sql_bind_int(stmt, 5, GONE_AFTER);
    return run(ingest, MISS_ASSETS, diag);
}
