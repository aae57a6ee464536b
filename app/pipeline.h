// SPDX-License-Identifier: Apache-2.0
/* The stages joined: what the scanner saw -> certificate -> rules -> store -> a line on stdout. One batch is
 * one transaction, and its lines appear after its commit. Belongs to one thread, the consumer behind the
 * loops. */
#ifndef APP_PIPELINE_H
#define APP_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "cert/finding.h"
#include "cert/trust.h"
#include "db/store.h"
#include "rules/ruleset.h"
#include "scanner/permutation.h"
#include "scanner/scanner.h"
#include "scanner/target_set.h"

struct pipeline_options { /* everything is borrowed for the pipeline's life */
    struct store *store;  /* NULL = nothing is stored */
    int64_t scan_id;      /* 0 without store */
    const char *network;  /* "" by default */
    struct ruleset *rules;
    const struct expiry_limits *expiry; /* NULL = expiry_usual */
    struct trust *trust;                /* by which new chains are judged; NULL = by none */
    const struct target_set *targets;
    const struct permutation *order; /* position -> target index */
    int out_fd;                      /* where lines go; -1 = none */
    bool decode;                     /* false: nothing but the attempts is of interest */
    bool outcomes;                   /* a line for targets without certificate too */
    /* Told of each leaf before it is stored; may be told again of a batch that is given again. NULL = nobody.
     */
    enum cs_err (*on_leaf)(void *context, const struct observation *seen, const struct cert_record *leaf);
    void *on_leaf_context;
};

struct pipeline_totals { /* of what this pipeline has committed */
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t attempts;
    uint64_t chains;                /* shown; two for an endpoint with an RSA and an ECDSA certificate */
    uint64_t distinct;              /* different leaves among them */
    uint64_t assets_new;            /* not known before */
    uint64_t assets_changed;        /* served another leaf before */
    uint64_t unowned;               /* chains that no rule took */
    uint64_t manual;                /* chains whose owner was assigned by hand */
    uint64_t *rule_hits;            /* for each rule of the set */
    uint64_t findings[FINDING_MAX]; /* in the order of the table in cert/finding.h */
};

struct pipeline;
CS_MUST_USE enum cs_err pipeline_new(struct pipeline **out, const struct pipeline_options *options,
                                     struct diag *diag);
void pipeline_free(struct pipeline *pipeline); /* NULL is fine */

/* Takes one batch all the way; the batch stays the caller's. On error nothing of it is stored nor printed
 * (after CS_E_BUSY it may be given again); but where standard output fails, the batch is stored already. */
CS_MUST_USE enum cs_err pipeline_process(struct pipeline *pipeline, const struct scan_batch *batch,
                                         struct diag *diag);

/* From here on, batches are about these targets: follow-ups, the first of which has the number `first` and
 * the target index PIPELINE_FOLLOW_UPS + first. Both are borrowed, as those before them. */
#define PIPELINE_FOLLOW_UPS ((uint64_t)1 << 48)
void pipeline_follow(struct pipeline *pipeline, const struct target_set *targets,
                     const struct permutation *order, uint64_t first);

/* The reader of the lines has gone away: nothing more is printed. */
bool pipeline_output_closed(const struct pipeline *pipeline);
const struct pipeline_totals *pipeline_totals(const struct pipeline *pipeline);

#endif
