// SPDX-License-Identifier: Apache-2.0
/* Certificates and chains: those met lately are remembered, so that one served in many places costs no SQL.
 */
#include <string.h>

#include "db/chain_verdicts.h"
#include "db/ingest_inner.h"

static uint64_t fingerprint(const uint8_t sha256[SHA256_SIZE])
{
    uint64_t key;
    memcpy(&key, sha256, sizeof key);
    return key;
}

/* Of every record version, for the index of fingerprints alone says that: the table with all its DER stays
 * unread. The versions are looked at when a certificate is asked for. */
enum cs_err ingest_load_certificates(struct ingest *ingest, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum cs_err err = sql_prepare(ingest->store, &stmt, "SELECT substr(sha256, 1, 8) FROM certificate", diag);
    while (err == CS_OK) {
        err = sql_step(ingest->store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        if (sqlite3_column_bytes(stmt, 0) == sizeof(uint64_t))
            err = set64_add(&ingest->certificates, fingerprint(sqlite3_column_blob(stmt, 0)), NULL);
    }
    sqlite3_finalize(stmt);
    return err;
}

static struct remembered_certificate *place_of(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE])
{
    return &ingest->memory->certificates[fingerprint(sha256) % CERTIFICATES_REMEMBERED];
}

static void remember(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE], int64_t id)
{
    struct remembered_certificate *place = place_of(ingest, sha256);
    memcpy(place->sha256, sha256, SHA256_SIZE);
    place->id = id;
}

enum cs_err ingest_find_certificate(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE], int64_t *id,
                                    struct diag *diag)
{
    const struct remembered_certificate *place = place_of(ingest, sha256);
    if (place->id != 0 && memcmp(place->sha256, sha256, SHA256_SIZE) == 0) {
        *id = place->id;
        return CS_OK;
    }
    *id = 0;
    if (!set64_has(&ingest->certificates, fingerprint(sha256)))
        return CS_OK;
    sqlite3_stmt *stmt = ingest_use(ingest, FIND_CERTIFICATE);
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
    return ingest_find_certificate(ingest, sha256, &id, NULL) == CS_OK && id != 0;
}

enum cs_err ingest_certificate(struct ingest *ingest, const struct cert_record *record, const uint8_t *der,
                               size_t der_len, int64_t now_s, struct diag *diag)
{
    int64_t id;
    enum cs_err err = certificate_writer_put(&ingest->writer, record, der, der_len, now_s, &id, diag);
    if (err == CS_OK)
        err = set64_add(&ingest->certificates, fingerprint(record->sha256), NULL);
    if (err == CS_OK)
        remember(ingest, record->sha256, id);
    return err;
}

enum cs_err ingest_read_certificate(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE],
                                    struct cert_record *out, struct diag *diag)
{
    int64_t id;
    bool row = false;
    sqlite3_stmt *stmt = ingest_use(ingest, READ_CERTIFICATE);
    *out = (struct cert_record){0};
    enum cs_err err = ingest_find_certificate(ingest, sha256, &id, diag);
    if (err != CS_OK || id == 0)
        return err == CS_OK ? CS_E_NOT_FOUND : err;
    sql_bind_int(stmt, 1, id);
    err = sql_step(ingest->store, stmt, &row, diag);
    if (err == CS_OK && !row)
        return CS_E_NOT_FOUND;
    if (err == CS_OK)
        err = certificate_reader_read(&ingest->reader, stmt, 0, id, diag);
    sqlite3_reset(stmt);
    if (err == CS_OK) {
        *out = ingest->reader.record;
        ingest->reader.record = (struct cert_record){0};
    }
    ingest->reader.id = 0;
    return err;
}

static struct remembered_chain *chain_place_of(struct ingest *ingest, const struct chain *chain)
{
    uint64_t key = chain->cert_count;
    for (size_t i = 0; i < chain->cert_count; i++) {
        uint64_t part;
        memcpy(&part, chain->certs[i].sha256, sizeof part);
        key = key * 31 + part;
    }
    return &ingest->memory->chains[key % CHAINS_REMEMBERED];
}

/* The chain as it is stored, `id` 0 where it is not; one met lately costs no SQL. */
static enum cs_err find_chain(struct ingest *ingest, const struct chain *chain, struct remembered_chain *out,
                              struct diag *diag)
{
    uint8_t members[CHAIN_MAX_CERTS * SHA256_SIZE];
    size_t len = chain->cert_count * SHA256_SIZE;
    struct remembered_chain *place = chain_place_of(ingest, chain);
    sqlite3_stmt *stmt = ingest_use(ingest, FIND_CHAIN);
    bool row = false;
    for (size_t i = 0; i < chain->cert_count; i++)
        memcpy(members + i * SHA256_SIZE, chain->certs[i].sha256, SHA256_SIZE);
    if (place->id != 0 && place->cert_count == chain->cert_count &&
        memcmp(place->members, members, len) == 0) {
        *out = *place;
        return CS_OK;
    }
    *out = (struct remembered_chain){.cert_count = chain->cert_count};
    sql_bind_blob(stmt, 1, members, len);
    enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
    if (err != CS_OK || !row)
        return err;
    out->id = sqlite3_column_int64(stmt, 0);
    out->verdict = chain_verdict_read(stmt, 1);
    sqlite3_reset(stmt);
    if (chain->cert_count <= CHAIN_REMEMBERED_CERTS) {
        memcpy(out->members, members, len);
        *place = *out;
    }
    return CS_OK;
}

enum cs_err ingest_find_verdict(struct ingest *ingest, const struct chain *chain, struct chain_verdict *out,
                                struct diag *diag)
{
    struct remembered_chain found;
    enum cs_err err = find_chain(ingest, chain, &found, diag);
    *out = found.verdict;
    return err;
}

enum cs_err ingest_chain(struct ingest *ingest, const struct ingest_sighting *sighting, int64_t *id,
                         struct diag *diag)
{
    uint8_t members[CHAIN_MAX_CERTS * SHA256_SIZE];
    const struct chain *chain = sighting->chain;
    struct remembered_chain found;
    enum cs_err err = find_chain(ingest, chain, &found, diag);
    *id = found.id;
    if (err != CS_OK || found.id != 0)
        return err;
    sqlite3_stmt *stmt = ingest_use(ingest, PUT_CHAIN);
    for (size_t i = 0; i < chain->cert_count; i++)
        memcpy(members + i * SHA256_SIZE, chain->certs[i].sha256, SHA256_SIZE);
    sql_bind_blob(stmt, 1, members, chain->cert_count * SHA256_SIZE);
    chain_verdict_bind(stmt, 2, sighting->verdict, sighting->roots);
    err = ingest_run(ingest, PUT_CHAIN, diag);
    *id = ingest_last_id(ingest);
    return err;
}
