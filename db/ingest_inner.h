// SPDX-License-Identifier: Apache-2.0
/* Inside of ingest, shared by its files: statements and transactions (ingest.c), endpoints and targets that
 * ended (ingest_endpoint.c), assets (ingest_asset.c), certificates and chains (ingest_certificate.c). */
#ifndef DB_INGEST_INNER_H
#define DB_INGEST_INNER_H

#include "base/set64.h"
#include "db/certificate_row.h"
#include "db/certificate_writer.h"
#include "db/ingest.h"
#include "db/sql.h"
#include "model/owner.h"

#define CERTIFICATES_REMEMBERED 4096
#define CHAINS_REMEMBERED       1024
#define CHAIN_REMEMBERED_CERTS  4 /* longer ones are looked up each time */
#define OWNERS_REMEMBERED       64

enum ingest_statement {
    FIND_CERTIFICATE,
    READ_CERTIFICATE,
    FIND_CHAIN,
    PUT_CHAIN,
    FIND_ENDPOINT,
    PUT_ENDPOINT,
    TOUCH_ENDPOINT,
    NAME_HOST,
    FIND_ASSETS,
    PUT_ASSET,
    TOUCH_ASSET,
    CHANGE_LEAF,
    PUT_INTERVAL,
    TOUCH_INTERVAL,
    LAST_INTERVAL,
    HAS_ASSIGNMENTS,
    FIND_ASSIGNMENT,
    SET_OWNER,
    NAME_OWNER,
    MISS_ASSETS,
    MISS_NAMED,
    MARK_TASK,
    STATEMENT_COUNT
};

struct remembered_certificate {
    uint8_t sha256[SHA256_SIZE];
    int64_t id; /* 0 = free, as below */
};

struct remembered_chain {
    uint8_t members[CHAIN_REMEMBERED_CERTS * SHA256_SIZE];
    size_t cert_count;
    int64_t id;
    struct chain_verdict verdict;
};

struct remembered_owner {
    int64_t id;
    bool has_department;
    struct owner_name name;
};

struct ingest_memory { /* of what the store has; emptied when another process has written */
    struct remembered_certificate certificates[CERTIFICATES_REMEMBERED];
    struct remembered_chain chains[CHAINS_REMEMBERED];
    struct remembered_owner owners[OWNERS_REMEMBERED];
};

struct ingest {
    struct store *store;
    int64_t scan_id;
    int64_t task_id; /* whose scan it is; 0 = nobody's */
    char network[256];
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct certificate_reader reader;
    struct certificate_writer writer;
    struct ingest_memory *memory;
    struct set64 endpoints;    /* hashes of the known ones of this network */
    struct set64 named_places; /* likewise, without their names, of those that have one */
    struct set64 certificates; /* first bytes of the fingerprints of the stored ones, of any version */
    bool loaded;               /* both */
    bool others_write;         /* since then: what is in no set may be stored all the same */
    bool begun;                /* data_version is known */
    int64_t data_version;      /* for which `memory` holds */
    bool has_assignments;      /* there is one at all */
    int64_t last_interval;     /* highest id in the table; the transaction's lock keeps it ours */
    struct endpoint_state {    /* the endpoint of the last sighting */
        uint64_t hash;
        int64_t id;
        bool others_live; /* it has a live asset in another slot */
    } latest;
};

sqlite3_stmt *ingest_use(struct ingest *ingest, enum ingest_statement which);
CS_MUST_USE enum cs_err ingest_run(struct ingest *ingest, enum ingest_statement which, struct diag *diag);
int64_t ingest_last_id(const struct ingest *ingest);

/* It is known from now on. */
CS_MUST_USE enum cs_err ingest_note_endpoint(struct ingest *ingest, const struct endpoint *endpoint);
CS_MUST_USE enum cs_err ingest_find_or_put_endpoint(struct ingest *ingest,
                                                    const struct ingest_sighting *sighting, int64_t *id,
                                                    bool *is_new, struct diag *diag);

/* Reads what makes `certificates`. */
CS_MUST_USE enum cs_err ingest_load_certificates(struct ingest *ingest, struct diag *diag);
/* 0 = not stored, or by an older record version. */
CS_MUST_USE enum cs_err ingest_find_certificate(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE],
                                                int64_t *id, struct diag *diag);
CS_MUST_USE enum cs_err ingest_chain(struct ingest *ingest, const struct ingest_sighting *sighting,
                                     int64_t *id, struct diag *diag);

#endif
