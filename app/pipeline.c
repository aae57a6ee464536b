// SPDX-License-Identifier: Apache-2.0
/* batch -> begin -> (each chain: decode -> rules -> sighting) -> (each target: ended) -> attempt log ->
 * commit -> print. Totals are counted on a copy that replaces the real ones after the commit, so that a batch
 * that is rolled back and given again is not counted twice. */
#include "app/pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/record_cache.h"
#include "app/verdict_cache.h"
#include "base/buf.h"
#include "base/set64.h"
#include "db/ingest.h"
#include "db/scan_names.h"
#include "db/scans.h"
#include "report/scan_line.h"
#include "scanner/follow_ups.h"

#define MAX_BATCH_TEXT ((size_t)256 << 20) /* lines of one batch; far above what a batch can hold */

struct pipeline {
    struct pipeline_options options;
    struct ingest *ingest; /* NULL without store */
    struct record_cache cache;
    struct verdict_cache verdicts;
    uint8_t roots[SHA256_SIZE]; /* version of the trust that judges */
    struct set64 leaves;        /* first bytes of the hashes met; a collision miscounts one certificate */
    struct pipeline_totals totals;
    struct pipeline_totals next; /* totals once the batch at hand is committed */
    struct attempt_entry *entries;
    size_t entry_cap;
    struct buf lines;
    bool output_closed;
    char host_name[ENDPOINT_MAX_NAME + 1]; /* of the observation at hand, as stored */
    bool follows;                          /* these targets are follow-ups ... */
    uint64_t first;                        /* ... the first of which has this number */
};

static enum cs_err read_stored(void *context, const uint8_t sha256[SHA256_SIZE], struct cert_record *out)
{
    return ingest_read_certificate(context, sha256, out, NULL);
}

enum cs_err pipeline_new(struct pipeline **out, const struct pipeline_options *options, struct diag *diag)
{
    *out = NULL;
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (pipeline == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    pipeline->options = *options;
    buf_init(&pipeline->lines, MAX_BATCH_TEXT);
    pipeline->totals.rule_hits = calloc(options->rules->count + 1, sizeof *pipeline->totals.rule_hits);
    pipeline->next.rule_hits = calloc(options->rules->count + 1, sizeof *pipeline->next.rule_hits);
    enum cs_err err = CS_OK;
    if (pipeline->totals.rule_hits == NULL || pipeline->next.rule_hits == NULL)
        err = diag_fail(diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK && options->store != NULL)
        err = ingest_new(&pipeline->ingest, options->store, options->scan_id, options->network, diag);
    if (pipeline->ingest != NULL)
        pipeline->cache = (struct record_cache){.source = read_stored, .source_context = pipeline->ingest};
    pipeline->verdicts.trust = options->trust;
    pipeline->verdicts.ingest = pipeline->ingest;
    if (err == CS_OK && options->trust != NULL)
        err = trust_version(options->trust, pipeline->roots);
    if (err != CS_OK) {
        pipeline_free(pipeline);
        return err;
    }
    *out = pipeline;
    return CS_OK;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    ingest_free(pipeline->ingest);
    record_cache_dispose(&pipeline->cache);
    set64_dispose(&pipeline->leaves);
    free(pipeline->totals.rule_hits);
    free(pipeline->next.rule_hits);
    free(pipeline->entries);
    buf_dispose(&pipeline->lines);
    free(pipeline);
}

static void copy_totals(struct pipeline_totals *to, const struct pipeline_totals *from, size_t rule_count)
{
    uint64_t *rule_hits = to->rule_hits;
    memcpy(rule_hits, from->rule_hits, rule_count * sizeof *rule_hits);
    *to = *from;
    to->rule_hits = rule_hits;
}

/* Every certificate of the chain into the store, those that are there already at the cost of a look-up. */
static enum cs_err store_chain(struct pipeline *pipeline, const struct chain *chain, int64_t now_s,
                               struct diag *diag)
{
    for (size_t i = 0; i < chain->cert_count; i++) {
        const struct der *der = &chain->certs[i];
        if (ingest_knows_certificate(pipeline->ingest, der->sha256))
            continue;
        const struct cert_record *record;
        enum cs_err err = record_cache_get(&pipeline->cache, der, &record);
        if (err == CS_OK)
            err = ingest_certificate(pipeline->ingest, record, der->bytes, der->len, now_s, diag);
        if (err != CS_OK)
            return err;
    }
    return CS_OK;
}

static void endpoint_facts(struct facts *facts, const struct pipeline *pipeline,
                           const struct observation *seen, const struct chain *chain)
{
    facts_set_ip(facts, seen->ip);
    facts_set_number(facts, FIELD_PORT, seen->port);
    facts_set_text(facts, FIELD_HOST_NAME, seen->host_name);
    facts_set_text(facts, FIELD_SERVER_NAME, seen->server_name);
    facts_set_text(facts, FIELD_NETWORK, pipeline->options.network);
    facts_set_text(facts, FIELD_PROTOCOL, protocol_name(seen->protocol));
    facts_set_text(facts, FIELD_TLS_VERSION, tls_version_name(chain->tls_version));
}

/* Index of the rule that takes the asset, RULESET_NO_MATCH if none does. */
static enum cs_err find_rule(struct pipeline *pipeline, const struct observation *seen,
                             const struct chain *chain, const struct cert_record *leaf, size_t *rule)
{
    struct facts facts = {0};
    struct cert_fact_scratch scratch = {0};
    enum cs_err err = cert_record_facts(leaf, &facts, &scratch);
    if (err == CS_OK) {
        endpoint_facts(&facts, pipeline, seen, chain);
        *rule = ruleset_match(pipeline->options.rules, &facts);
    }
    cert_fact_scratch_dispose(&scratch);
    return err;
}

static struct endpoint endpoint_of(const struct pipeline *pipeline, const struct observation *seen)
{
    return (struct endpoint){
        .network = pipeline->options.network,
        .ip = seen->ip,
        .port = seen->port,
        .protocol = seen->protocol,
        .server_name = seen->server_name,
    };
}

static enum cs_err store_sighting(struct pipeline *pipeline, const struct observation *seen,
                                  const struct chain *chain, const struct chain_verdict *verdict,
                                  const struct cert_record *leaf, const struct rule *rule,
                                  struct ingest_decision *decision, struct diag *diag)
{
    struct ingest_sighting sighting = {
        .endpoint = endpoint_of(pipeline, seen),
        .host_name = seen->host_name,
        .chain = chain,
        .verdict = verdict,
        .roots = pipeline->options.trust != NULL ? pipeline->roots : NULL,
        .slot = cert_record_slot(leaf),
        .owner_id = rule != NULL ? rule->owner_id : 0,
        .rule_id = rule != NULL ? rule->id : 0,
        .rule_name = rule != NULL ? rule->name : NULL,
        .seen_at_s = seen->seen_at_ms / 1000,
        .starttls_injection = seen->starttls_injection,
    };
    return ingest_sighting(pipeline->ingest, &sighting, decision, diag);
}

/* What a store would have decided, for a scan that keeps nothing. */
static void decide_by_rule(struct ingest_decision *decision, const struct rule *rule)
{
    if (rule == NULL)
        return;
    decision->owner_organization = rule->owner.organization;
    decision->owner_department = rule->owner.department[0] != '\0' ? rule->owner.department : NULL;
    decision->rule = rule->name;
}

static enum cs_err count_chain(struct pipeline *pipeline, const struct cert_record *leaf, size_t rule,
                               const struct ingest_decision *decision, const struct finding_facts *facts)
{
    struct pipeline_totals *totals = &pipeline->next;
    uint64_t key;
    memcpy(&key, leaf->sha256, sizeof key);
    enum cs_err err = set64_add(&pipeline->leaves, key, NULL);
    totals->chains++;
    totals->distinct = set64_count(&pipeline->leaves);
    totals->assets_new += decision->is_new;
    totals->assets_changed += decision->is_changed;
    totals->manual += decision->manual;
    totals->unowned += decision->owner_organization == NULL;
    if (!decision->manual && rule != RULESET_NO_MATCH)
        totals->rule_hits[rule]++;

    const char *names[FINDING_MAX];
    size_t count = findings_of(leaf, facts, names);
    for (size_t i = 0, row = 0; i < count; i++) { /* both are in table order */
        while (finding_at(row)->name != names[i])
            row++;
        totals->findings[row]++;
    }
    return err;
}

static void print_line(struct pipeline *pipeline, const struct observation *seen, const struct chain *chain,
                       const struct cert_record *leaf, const struct ingest_decision *decision,
                       const struct finding_facts *facts)
{
    struct scan_line line = {
        .scan_id = pipeline->options.scan_id,
        .network = pipeline->options.network,
        .observation = seen,
        .chain = chain,
        .leaf = leaf,
        .owner_organization = decision->owner_organization,
        .owner_department = decision->owner_department,
        .rule = decision->rule,
        .facts = facts,
    };
    scan_line_append(&pipeline->lines, &line);
}

static enum cs_err take_chain(struct pipeline *pipeline, const struct observation *seen,
                              const struct chain *chain, const char **slot, struct diag *diag)
{
    int64_t now_s = seen->seen_at_ms / 1000;
    enum cs_err err = pipeline->ingest != NULL ? store_chain(pipeline, chain, now_s, diag) : CS_OK;
    if (err != CS_OK)
        return err;

    const struct cert_record *leaf; /* last look-up: stays valid to the end */
    size_t rule = RULESET_NO_MATCH;
    err = record_cache_get(&pipeline->cache, &chain->certs[0], &leaf);
    if (err == CS_OK)
        err = find_rule(pipeline, seen, chain, leaf, &rule);
    if (err == CS_OK && pipeline->options.on_leaf != NULL)
        err = pipeline->options.on_leaf(pipeline->options.on_leaf_context, seen, leaf);
    if (err != CS_OK)
        return diag_fail(diag, err, "a certificate could not be decoded: %s", cs_err_text(err));

    const struct rule *taker = rule != RULESET_NO_MATCH ? &pipeline->options.rules->rules[rule] : NULL;
    struct ingest_decision decision = {0};
    struct chain_verdict verdict;
    err = verdict_cache_get(&pipeline->verdicts, chain, now_s, &verdict, diag);
    if (err != CS_OK)
        return err;
    const struct finding_facts facts = {
        .now_s = now_s,
        .server_name = seen->server_name,
        .starttls_injection = seen->starttls_injection,
        .tls_version = tls_version_name(chain->tls_version),
        .expiry = pipeline->options.expiry,
        .chain = &verdict,
    };
    *slot = cert_record_slot(leaf);
    if (pipeline->ingest != NULL)
        err = store_sighting(pipeline, seen, chain, &verdict, leaf, taker, &decision, diag);
    else
        decide_by_rule(&decision, taker);
    if (err == CS_OK)
        err = count_chain(pipeline, leaf, rule, &decision, &facts);
    if (err == CS_OK && pipeline->options.out_fd >= 0)
        print_line(pipeline, seen, chain, leaf, &decision, &facts);
    return err;
}

static enum cs_err tell_ended(struct pipeline *pipeline, const struct endpoint *endpoint,
                              const struct ingest_end *end, struct diag *diag)
{
    struct ingest_end told = *end;
    told.wants_name = follow_ups_wants_name(end->outcome, endpoint->protocol, endpoint->server_name);
    return ingest_target_ended(pipeline->ingest, endpoint, &told, diag);
}

/* Of an endpoint that was looked for under any protocol: what is stored under others than `found` (NULL:
 * under any) was not met. */
static enum cs_err miss_protocols(struct pipeline *pipeline, const struct endpoint *endpoint,
                                  const enum protocol *found, const struct ingest_end *end, struct diag *diag)
{
    struct endpoint other = *endpoint;
    enum cs_err err = CS_OK;
    for (int i = 0; i < PROTOCOL_COUNT && err == CS_OK; i++) {
        other.protocol = (enum protocol)i;
        if (found == NULL || *found != other.protocol)
            err = tell_ended(pipeline, &other, end, diag);
    }
    return err;
}

static enum cs_err take_observation(struct pipeline *pipeline, const struct observation *seen,
                                    struct diag *diag)
{
    const char *slots[OBSERVATION_MAX_CHAINS];
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < seen->chain_count && err == CS_OK; i++)
        err = take_chain(pipeline, seen, &seen->chains[i], &slots[i], diag);
    bool all_slots = seen->chain_count > 1 || seen->other_keys_asked; /* else another may be served as well */
    if (err == CS_OK && seen->chain_count > 0 && all_slots && pipeline->ingest != NULL) {
        struct endpoint endpoint = endpoint_of(pipeline, seen);
        const struct ingest_end shown = {.outcome = seen->outcome,
                                         .slots_seen = slots,
                                         .slot_count = seen->chain_count,
                                         .at_s = seen->seen_at_ms / 1000};
        err = tell_ended(pipeline, &endpoint, &shown, diag);
    }
    if (err == CS_OK && seen->chain_count > 0 && seen->any_protocol && pipeline->ingest != NULL) {
        struct endpoint endpoint = endpoint_of(pipeline, seen);
        const struct ingest_end elsewhere = {.outcome = seen->outcome, .at_s = seen->seen_at_ms / 1000};
        err = miss_protocols(pipeline, &endpoint, &seen->protocol, &elsewhere, diag);
    }
    if (err == CS_OK && seen->chain_count == 0 && pipeline->options.outcomes &&
        pipeline->options.out_fd >= 0) {
        struct ingest_decision nobody = {0};
        print_line(pipeline, seen, NULL, NULL, &nobody, NULL);
    }
    return err;
}

/* Where nobody said what the host's name is (the DNS failed, or was not asked), rules see the one that is
 * stored: what is not known anew is no reason to give an asset to somebody else. */
static enum cs_err take_named(struct pipeline *pipeline, struct observation *seen, struct diag *diag)
{
    enum cs_err err = CS_OK;
    if (seen->host_name != NULL || seen->chain_count == 0 || pipeline->ingest == NULL)
        return take_observation(pipeline, seen, diag);
    const struct endpoint endpoint = endpoint_of(pipeline, seen);
    err = ingest_host_name(pipeline->ingest, &endpoint, pipeline->host_name, diag);
    if (pipeline->host_name[0] != '\0')
        seen->host_name = pipeline->host_name;
    if (err == CS_OK)
        err = take_observation(pipeline, seen, diag);
    seen->host_name = NULL;
    return err;
}

static uint64_t index_of(const struct pipeline *pipeline, const struct attempt *attempt)
{
    return permutation_at(pipeline->options.order, attempt->position);
}

/* Tells the store of targets that showed no certificate; what they are follows from their position. */
static enum cs_err take_attempt(struct pipeline *pipeline, const struct attempt *attempt, struct diag *diag)
{
    pipeline->next.attempts++;
    pipeline->next.outcomes[attempt->outcome]++;
    if (pipeline->ingest == NULL || attempt->outcome == OUTCOME_CERTIFICATE)
        return CS_OK;
    struct target target;
    target_set_get(pipeline->options.targets, index_of(pipeline, attempt), &target);
    if (!target.has_ip)
        return CS_OK;
    struct endpoint endpoint = {
        .network = pipeline->options.network,
        .ip = target.ip,
        .port = target.port,
        .protocol = target.protocol,
        .server_name = target.server_name,
    };
    const struct ingest_end end = {.outcome = (enum outcome)attempt->outcome,
                                   .throttled = attempt->throttled,
                                   .at_s = attempt->ended_at_s};
    if (target.protocol == PROTOCOL_AUTO)
        return miss_protocols(pipeline, &endpoint, NULL, &end, diag);
    return tell_ended(pipeline, &endpoint, &end, diag);
}

/* Follow-ups are rows. */
static enum cs_err end_follow_ups(struct pipeline *pipeline, const struct scan_batch *batch,
                                  struct diag *diag)
{
    const struct pipeline_options *options = &pipeline->options;
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < batch->attempt_count && err == CS_OK; i++) {
        const struct attempt *attempt = &batch->attempts[i];
        err = follow_up_end(options->store, options->scan_id, pipeline->first + index_of(pipeline, attempt),
                            (enum outcome)attempt->outcome, attempt->ended_at_s, diag);
    }
    return err;
}

static enum cs_err log_attempts(struct pipeline *pipeline, const struct scan_batch *batch, struct diag *diag)
{
    if (batch->attempt_count > pipeline->entry_cap) {
        struct attempt_entry *entries = realloc(pipeline->entries, batch->attempt_count * sizeof *entries);
        if (entries == NULL)
            return diag_fail(diag, CS_E_NOMEM, "out of memory");
        pipeline->entries = entries;
        pipeline->entry_cap = batch->attempt_count;
    }
    for (size_t i = 0; i < batch->attempt_count; i++) {
        const struct attempt *attempt = &batch->attempts[i];
        pipeline->entries[i] =
            (struct attempt_entry){attempt->position, attempt->outcome, attempt->ended_at_s};
    }
    return attempts_append(pipeline->options.store, pipeline->options.scan_id, pipeline->entries,
                           batch->attempt_count, batch->low_water, diag);
}

static enum cs_err take_all(struct pipeline *pipeline, const struct scan_batch *batch, struct diag *diag)
{
    enum cs_err err = CS_OK;
    if (pipeline->options.decode) {
        for (size_t i = 0; i < batch->observation_count && err == CS_OK; i++)
            err = take_named(pipeline, batch->observations[i], diag);
    }
    for (size_t i = 0; i < batch->attempt_count && err == CS_OK; i++)
        err = take_attempt(pipeline, &batch->attempts[i], diag);
    if (err == CS_OK && pipeline->ingest != NULL)
        err = pipeline->follows ? end_follow_ups(pipeline, batch, diag) : log_attempts(pipeline, batch, diag);
    if (err == CS_OK && pipeline->lines.err != CS_OK)
        err = diag_fail(diag, pipeline->lines.err, "the output of a batch: %s",
                        cs_err_text(pipeline->lines.err));
    return err;
}

static enum cs_err store_batch(struct pipeline *pipeline, const struct scan_batch *batch, struct diag *diag)
{
    if (pipeline->ingest == NULL)
        return take_all(pipeline, batch, diag);
    enum cs_err err = ingest_begin(pipeline->ingest, diag);
    if (err != CS_OK)
        return err;
    err = take_all(pipeline, batch, diag);
    if (err == CS_OK)
        err = ingest_commit(pipeline->ingest, diag);
    if (err != CS_OK)
        ingest_rollback(pipeline->ingest);
    return err;
}

/* A blocked reader is back-pressure: this waits. A reader that went away is noted, and the scan may end in
 * order. */
static enum cs_err print_lines(struct pipeline *pipeline, struct diag *diag)
{
    const uint8_t *at = pipeline->lines.data;
    size_t left = pipeline->output_closed ? 0 : pipeline->lines.len;
    while (left > 0) {
        ssize_t written = write(pipeline->options.out_fd, at, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EPIPE) {
            pipeline->output_closed = true;
            return CS_OK;
        }
        if (written < 0)
            return diag_fail(diag, errno == ENOSPC ? CS_E_FULL : CS_E_IO, "standard output: %s",
                             strerror(errno));
        at += written;
        left -= (size_t)written;
    }
    return CS_OK;
}

enum cs_err pipeline_process(struct pipeline *pipeline, const struct scan_batch *batch, struct diag *diag)
{
    if (batch->attempt_count == 0 && batch->observation_count == 0 && !batch->last)
        return CS_OK;
    buf_reset(&pipeline->lines);
    copy_totals(&pipeline->next, &pipeline->totals, pipeline->options.rules->count);
    enum cs_err err = store_batch(pipeline, batch, diag);
    if (err != CS_OK)
        return err;
    copy_totals(&pipeline->totals, &pipeline->next, pipeline->options.rules->count);
    return print_lines(pipeline, diag);
}

void pipeline_follow(struct pipeline *pipeline, const struct target_set *targets,
                     const struct permutation *order, uint64_t first)
{
    pipeline->options.targets = targets;
    pipeline->options.order = order;
    pipeline->follows = true;
    pipeline->first = first;
}

bool pipeline_output_closed(const struct pipeline *pipeline)
{
    return pipeline->output_closed;
}

const struct pipeline_totals *pipeline_totals(const struct pipeline *pipeline)
{
    return &pipeline->totals;
}
