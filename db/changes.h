// SPDX-License-Identifier: Apache-2.0
/* What became of assets since a moment: the state, leaf and owner of then beside those of now. What lies
 * between is not told: an asset that was gone and came back has not changed. */
#ifndef DB_CHANGES_H
#define DB_CHANGES_H

#include "cert/record.h"
#include "db/store.h"
#include "model/endpoint.h"

/* Changes after scan `scan_id`, which had ended `at_s`; or with scan_id 0 from `at_s` on. All zero = all. */
struct change_since {
    int64_t scan_id;
    int64_t at_s;
};

/* CS_E_NOT_FOUND if there is no such scan. */
CS_MUST_USE enum cs_err change_since_scan(struct store *store, int64_t scan_id, struct change_since *out,
                                          struct diag *diag);
/* What the latest scan that is done has brought: since the one done before it, or all if there was none. */
CS_MUST_USE enum cs_err change_since_latest(struct store *store, struct change_since *out, struct diag *diag);

enum leaf_change {
    LEAF_SAME,
    LEAF_RENEWED, /* the same names from the same issuer, issued later */
    LEAF_REPLACED /* any other */
};

struct asset_change {         /* text is valid until the next call */
    bool is_new;              /* there was none: nothing but `leaf_at_s` and `leaf_scan_id` is set */
    const char *state_before; /* NULL = as it is now */
    int64_t state_at_s;
    int64_t state_scan_id; /* 0 = no scan has done it */
    enum leaf_change leaf;
    int64_t leaf_at_s;
    int64_t leaf_scan_id;
    uint8_t sha256_before[SHA256_SIZE]; /* of the leaf of then, changed or not; so are the next two */
    const char *issuer_before;          /* its common name; NULL = none */
    int64_t not_after_before_s;
    bool owner_changed;
    const char *owner_before; /* as written; NULL = nobody */
    int64_t owner_at_s;
    int64_t owner_scan_id;
    /* where it seems to be now, if it is gone or moved: the same name, or its leaf on an asset that is new */
    bool is_elsewhere;
    struct endpoint elsewhere;
};

struct change_reader; /* opaque */

/* `since` is borrowed. Use it beside assets_each with asset_filter.changed_since. */
CS_MUST_USE enum cs_err change_reader_new(struct change_reader **out, struct store *store,
                                          const struct change_since *since, struct diag *diag);
void change_reader_free(struct change_reader *reader); /* NULL is fine */
CS_MUST_USE enum cs_err change_reader_read(struct change_reader *reader, int64_t asset_id,
                                           struct asset_change *out, struct diag *diag);

#endif
