// SPDX-License-Identifier: Apache-2.0
/* The outbox: what a push has to send, has sent, and has made at a certificate manager. Each step is written
 * down before it is done and after it, so that a push that was killed is gone on with and taken back whole.
 *
 * An item is a certificate:  planned -> sending -> done (its id there is known) or failed (with the reason).
 * A location is an endpoint that serves it: the same states; it waits for its item to be done.
 * `sending` after a restart means that nobody knows what became of it. */
#ifndef DB_PUSH_H
#define DB_PUSH_H

#include <stddef.h>

#include "base/buf.h"
#include "db/store.h"
#include "model/endpoint.h"
#include "model/observation.h"

struct push_row { /* text is the row's own, cut where it is too long */
    int64_t id;
    char route[24];
    char server[256];
    char account[160];
    char tag[40];
    char operation[160]; /* of a Discovery Import; "" = none yet */
    bool operation_done;
    int64_t started_at_s;
    int64_t ended_at_s;  /* 0 = not all is done yet */
    int64_t undone_at_s; /* 0 = it was not taken back */
};
/* CS_E_NOT_FOUND. */
CS_MUST_USE enum cs_err push_get(struct store *store, int64_t id, struct push_row *row, struct diag *diag);
/* The oldest one that has not come to its end; 0 = there is none. */
CS_MUST_USE enum cs_err push_find_open(struct store *store, const char *provider, const char *server,
                                       const char *route, int64_t *id, struct diag *diag);
CS_MUST_USE enum cs_err push_set_operation(struct store *store, int64_t id, const char *operation, bool done,
                                           struct diag *diag);
/* What waited for a certificate that failed has failed too. */
CS_MUST_USE enum cs_err push_end(struct store *store, int64_t id, int64_t now_s, struct diag *diag);

struct push_counts {
    int64_t items_open; /* planned or sending */
    int64_t items_done;
    int64_t items_failed;
    int64_t items_created; /* of those done, by this push; and not taken back */
    int64_t items_unsure;  /* sending, or done without anybody knowing by whom */
    int64_t locations_open;
    int64_t locations_done;
    int64_t locations_failed;
    int64_t locations_created; /* on certificates that this push did not make; and not taken back */
    int64_t locations_unsure;  /* the same, sending */
};
CS_MUST_USE enum cs_err push_count(struct store *store, int64_t id, struct push_counts *out,
                                   struct diag *diag);

/* ---- certificates ---- */

struct push_item { /* dispose after use */
    int64_t id;
    int64_t organization_id;
    int64_t external_id;
    char serial[264]; /* as cert_record.serial; "" where it is longer or unknown */
    char name[256];   /* common name, for messages; may be "" */
    uint8_t sha256[SHA256_SIZE];
    struct buf der;
};
void push_items_dispose(struct push_item *items, size_t count); /* idempotent */

/* The next items to be sent, all for one organization unless `mixed`: at most `cap`, and no more than
 * `max_bytes` of DER together (but always one). */
struct push_batch {
    size_t cap;
    size_t max_bytes;
    bool mixed;
};
CS_MUST_USE enum cs_err push_next_items(struct store *store, int64_t push_id, const struct push_batch *batch,
                                        struct push_item *items, size_t *count, struct diag *diag);
/* One more attempt for each of them begins. */
CS_MUST_USE enum cs_err push_items_sending(struct store *store, const struct push_item *items, size_t count,
                                           struct diag *diag);

enum push_creator { PUSH_BY_OTHERS, PUSH_BY_US, PUSH_BY_UNKNOWN };
/* `external_id` 0: there is none (Discovery Import). */
CS_MUST_USE enum cs_err push_item_done(struct store *store, int64_t item_id, int64_t external_id,
                                       enum push_creator creator, int64_t now_s, struct diag *diag);
CS_MUST_USE enum cs_err push_item_failed(struct store *store, int64_t item_id, const char *error,
                                         int64_t now_s, struct diag *diag);

enum push_list {
    PUSH_UNSURE,      /* done, and nobody knows who made it */
    PUSH_INTERRUPTED, /* sending */
    PUSH_PLACED,      /* done, with locations that are open */
    PUSH_MADE,        /* made by this push, and not taken back */
    PUSH_MADE_PLACES, /* still there, with locations of this push that are not taken back */
};
/* The first item of that kind behind `after` (an item's id). `item->id` 0: there is none. */
CS_MUST_USE enum cs_err push_next_item(struct store *store, int64_t push_id, enum push_list list,
                                       int64_t after, struct push_item *item, struct diag *diag);

/* ---- locations ---- */

struct push_place { /* plain data */
    int64_t id;
    struct ip ip;
    uint16_t port;
    char host[ENDPOINT_MAX_NAME + 1]; /* server name, else PTR name, when it was planned; "" = none */
    int64_t external_id;              /* 0 = not known */
    enum push_creator creator;
    bool sending;
};
/* The next of an item's locations behind `after`: those that are open, or (`made`) those that this push made
 * or may have made and that are not taken back. */
CS_MUST_USE enum cs_err push_next_places(struct store *store, int64_t item_id, bool made, int64_t after,
                                         struct push_place *places, size_t cap, size_t *count,
                                         struct diag *diag);
CS_MUST_USE enum cs_err push_place_sending(struct store *store, int64_t place_id, struct diag *diag);
CS_MUST_USE enum cs_err push_place_done(struct store *store, int64_t place_id, int64_t external_id,
                                        enum push_creator creator, int64_t now_s, struct diag *diag);
CS_MUST_USE enum cs_err push_place_failed(struct store *store, int64_t place_id, const char *error,
                                          int64_t now_s, struct diag *diag);
/* Every open location of the push whose item is done. */
CS_MUST_USE enum cs_err push_places_done(struct store *store, int64_t push_id, int64_t now_s,
                                         struct diag *diag);

/* What was not taken, certificates and locations, with the reason. Text is valid for the call. */
struct push_failure {
    const char *name; /* common name of the certificate; NULL = none */
    const char *error;
    bool is_location;
    struct ip ip; /* of a location */
    uint16_t port;
};
typedef enum cs_err (*push_each_failed)(void *context, const struct push_failure *failure);
CS_MUST_USE enum cs_err push_failures(struct store *store, int64_t push_id, push_each_failed each,
                                      void *context, struct diag *diag);

/* ---- taking back ---- */

/* A certificate is gone there, for every push that knew it. */
CS_MUST_USE enum cs_err push_certificate_gone(struct store *store, const struct push_row *push,
                                              int64_t external_id, int64_t now_s, struct diag *diag);
CS_MUST_USE enum cs_err push_place_gone(struct store *store, int64_t place_id, int64_t now_s,
                                        struct diag *diag);
/* Nothing of it is left to be sent or taken back. */
CS_MUST_USE enum cs_err push_undone(struct store *store, int64_t id, int64_t now_s, struct diag *diag);

#endif
