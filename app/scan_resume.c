// SPDX-License-Identifier: Apache-2.0
/* The plan of a scan that was interrupted, from its row. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/scan_job.h"
#include "base/json.h"
#include "base/text.h"
#include "db/owners.h"
#include "db/scans.h"

/* What belongs to the scan and not to its pace or output. */
static enum cs_err check_resume_options(struct scan_job *job)
{
    static const char *const frozen[] = {"ports",      "exclude",  "exclude-file", "targets",   "names",
                                         "sni",        "network",  "seed",         "shard",     "source",
                                         "no-store",   "dry-run",  "lane",         "key-types", "ehlo-name",
                                         "names-from", "max-names"};
    for (size_t i = 0; i < sizeof frozen / sizeof frozen[0]; i++) {
        if (app_was_given(job->app, frozen[i]))
            return diag_fail(&job->app->diag, CS_E_INVALID,
                             "--%s cannot be changed by --resume: the scan keeps what it began with",
                             frozen[i]);
    }
    if (job->app->words.count > 0)
        return diag_fail(&job->app->diag, CS_E_INVALID,
                         "--resume takes no targets (write --resume=%.20s to name a scan)",
                         job->app->words.items[0]);
    return CS_OK;
}

/* The frozen rules by name, with the ids of owners and rules as they are now. */
static enum cs_err thaw_rules(struct scan_job *job, const char *text)
{
    struct ruleset now = {0};
    struct diag ignored;
    enum cs_err err = ruleset_from_json(&job->rules, text, strlen(text), NULL, NULL, NULL, &job->app->diag);
    if (err == CS_OK)
        err = app_load_rules(job->app, &now);
    for (size_t i = 0; i < job->rules.count && err == CS_OK; i++) {
        struct rule *rule = &job->rules.rules[i];
        if (owners_find(job->app->store, &rule->owner, &rule->owner_id, &ignored) != CS_OK)
            rule->owner_id = 0; /* the owner was removed meanwhile */
        for (size_t k = 0; k < now.count; k++) {
            if (text_equals(now.rules[k].name, rule->name))
                rule->id = now.rules[k].id;
        }
    }
    ruleset_dispose(&now);
    return err;
}

static enum cs_err thaw_options(struct scan_job *job, const char *text)
{
    struct json_value *json;
    enum cs_err err = json_parse(&json, text, strlen(text), &job->app->diag);
    if (err != CS_OK)
        return err;
    err = scan_source_parse(json_to_string(json_get(json, "source")), &job->plan, &job->app->diag);
    if (err == CS_OK)
        err = scan_ehlo_parse(json_to_string(json_get(json, "ehlo_name")), job->ehlo_name, &job->app->diag);
    if (err == CS_OK)
        err = scan_policy_parse(json_to_string(json_get(json, "lane")),
                                json_to_string(json_get(json, "key_types")), &job->plan.policy,
                                &job->app->diag);
    if (err == CS_OK)
        err = scan_names_parse(json_to_string(json_get(json, "names_from")), &job->names, &job->app->diag);
    int64_t max_names = 0; /* of a scan from before there were names: none */
    json_to_int(json_get(json, "max_names"), &max_names);
    job->names.max_names = (unsigned)max_names;
    const char *dns_server = json_to_string(json_get(json, "dns"));
    if (err == CS_OK && dns_server != NULL && job->options->request.dns_server == NULL) {
        job->dns_server = text_copy(dns_server);
        job->options->request.dns_server = job->dns_server;
    }
    json_free(json);
    return err;
}

static enum cs_err thaw_row(void *context, const struct scan_row *row)
{
    struct scan_job *job = context;
    if (row->state == SCAN_DONE)
        return diag_fail(&job->app->diag, CS_E_INVALID,
                         "scan %" PRId64 " is done: there is nothing to resume", row->id);
    job->scan_id = row->id;
    job->plan.seed = row->seed;
    job->plan.shard_index = row->shard_index;
    job->plan.shard_count = row->shard_count;
    job->plan.low_water = row->low_water;
    job->network = text_copy(row->network);
    enum cs_err err = target_set_thaw(&job->targets, row->targets, strlen(row->targets), &job->app->diag);
    if (err == CS_OK)
        err = thaw_rules(job, row->rules);
    if (err == CS_OK)
        err = thaw_options(job, row->options);
    return err;
}

static enum cs_err keep_done(void *context, const struct attempt_entry *entry)
{
    struct scan_job *job = context;
    if (job->done_count == job->done_cap) {
        size_t cap = job->done_cap == 0 ? 1024 : job->done_cap * 2;
        uint64_t *done = realloc(job->done, cap * sizeof *done);
        if (done == NULL)
            return CS_E_NOMEM;
        job->done = done;
        job->done_cap = cap;
    }
    job->done[job->done_count++] = entry->position;
    return CS_OK;
}

static int by_position(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

enum cs_err scan_job_plan_resume(struct scan_job *job)
{
    struct app *app = job->app;
    const char *text = job->options->resume;
    job->plan.limits = job->options->limits;
    uint64_t id = 0;
    enum cs_err err = check_resume_options(job);
    if (err == CS_OK && text[0] != '\0' && text_to_u64(text, strlen(text), INT64_MAX, &id) != CS_OK)
        err = diag_fail(&app->diag, CS_E_INVALID, "--resume=%.40s: expected the number of a scan", text);
    if (err == CS_OK && app->store == NULL)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = scans_get(app->store, (int64_t)id, thaw_row, job, &app->diag);
    if (err == CS_OK)
        err = attempts_each(app->store, job->scan_id, job->plan.low_water, keep_done, job, &app->diag);
    if (err == CS_OK && job->done_count > 1)
        qsort(job->done, job->done_count, sizeof *job->done, by_position);
    job->plan.done = job->done;
    job->plan.done_count = job->done_count;
    return err;
}
