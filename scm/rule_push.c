// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "db/inventory.h"
#include "db/rule_links.h"
#include "rules/parse.h"
#include "scm/line_diff.h"
#include "scm/rule_order.h"
#include "scm/rule_sync.h"

enum fate {
    FATE_OUT,  /* not in question, or not to be expressed */
    FATE_SAME, /* its twin is as it is */
    FATE_MAKE,
    FATE_CHANGE,
    FATE_LEFT, /* its twin stays as it is */
};

struct planned {
    enum fate fate;
    int64_t external_id; /* 0 = it has no twin yet */
};

struct pushing {
    const struct rule_push_options *options;
    struct rule_push_result *result;
    struct rule_book book;
    struct linked_rules local;
    struct planned *plan; /* one for each of `local` */
    size_t changes;
};

/* ---- what a rule is there ---- */

static enum cs_err to_filters(const struct linked_rule *rule, struct scm_filters *filters, struct diag *why)
{
    struct expr *expr = NULL;
    char shown[300];
    struct buf owner = {0};
    if (rule->organization_id == 0) {
        owner_append(&owner, rule->owner.organization, rule->owner.department);
        diag_set(
            why,
            "its owner %s is no organization of SCM's that is known here (certscour scm pull organizations)",
            text_printable(shown, sizeof shown, buf_str(&owner)));
        buf_dispose(&owner);
        return CS_E_INVALID;
    }
    enum cs_err err = rules_parse(&expr, rule->match, RULES_ASSIGN, why);
    if (err == CS_OK)
        err = scm_filters_from_expr(filters, expr, why);
    expr_free(expr);
    return err == CS_E_LIMIT ? CS_E_INVALID : err;
}

/* The name it has, or shall have, there: of one that came from there it is SCM's own. */
static const char *name_there(const struct linked_rule *rule, const struct rule_reply *twin)
{
    return twin != NULL && rule_name_is(rule->name, twin->name, twin->id) ? twin->name : rule->name;
}

static void write_body(struct buf *out, const struct linked_rule *rule, const struct rule_reply *twin,
                       const struct scm_filters *filters)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    if (twin != NULL)
        json_member_int(&json, api_field(API_RULE_ID), twin->id);
    json_member_string(&json, api_field(API_NAME), name_there(rule, twin));
    json_member_int(&json, api_field(API_ORG_ID), rule->organization_id);
    json_member_string(&json, api_field(API_CERT_TYPE), "SSL");
    json_key(&json, api_field(API_FILTERS));
    json_begin_array(&json);
    for (size_t i = 0; i < filters->count; i++) {
        json_begin_object(&json);
        json_member_string(&json, api_field(API_FILTER_TYPE), filters->items[i].type);
        json_member_string(&json, api_field(API_MATCH_TYPE), filters->items[i].match);
        json_member_string(&json, api_field(API_VALUE), filters->items[i].value);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
}

/* ---- differences, as lines ---- */

static void append_owner(struct buf *out, char sign, const struct linked_rule *rule)
{
    struct buf line = {0};
    struct buf name = {0};
    owner_append(&name, rule->owner.organization, rule->owner.department);
    buf_printf(&line, "organization %" PRId64 " (", rule->organization_id);
    text_append_printable(&line, buf_str(&name), name.len);
    buf_append_char(&line, ')');
    line_diff_line(out, sign, buf_str(&line), line.len);
    buf_dispose(&name);
    buf_dispose(&line);
}

static void difference(struct buf *out, const struct linked_rule *rule, const struct rule_reply *twin,
                       const struct scm_filters *filters)
{
    struct buf lines = {0};
    for (size_t i = 0; i < filters->count; i++)
        rule_filter_append(&lines, filters->items[i].type, filters->items[i].match, filters->items[i].value);
    if (twin != NULL && strcmp(name_there(rule, twin), twin->name) != 0) {
        line_diff_name(out, '-', twin->name);
        line_diff_name(out, '+', rule->name);
    }
    if (twin != NULL && twin->organization_id != rule->organization_id)
        buf_printf(out, "-       organization %" PRId64 "\n", twin->organization_id);
    append_owner(out, twin != NULL && twin->organization_id == rule->organization_id ? ' ' : '+', rule);
    if (twin != NULL)
        line_diff_append(out, twin->filters, buf_str(&lines), '-', '\0');
    line_diff_append(out, buf_str(&lines), twin != NULL ? twin->filters : "", '+', ' ');
    buf_dispose(&lines);
}

/* ---- the plan ---- */

static bool is_taken(const struct pushing *pushing, int64_t external_id)
{
    for (size_t i = 0; i < pushing->local.count; i++) {
        if ((pushing->local.items[i].rule_id != 0 &&
             pushing->local.items[i].twin.external_id == external_id) ||
            pushing->plan[i].external_id == external_id)
            return true;
    }
    return false;
}

/* By id, else one that is nobody's twin and asks the same for the same owner: made by a push that was killed,
 * or by people. */
static const struct rule_reply *find_twin(const struct pushing *pushing, const struct linked_rule *rule)
{
    const struct rule_reply *found =
        rule->twin.external_id != 0 ? rule_book_find(&pushing->book, rule->twin.external_id) : NULL;
    for (size_t i = 0; i < pushing->book.rule_count && found == NULL; i++) {
        const struct rule_reply *reply = &pushing->book.rules[i];
        if (rule_reply_is_ssl(reply) && reply->match != NULL &&
            reply->organization_id == rule->organization_id && strcmp(reply->name, rule->name) == 0 &&
            scm_match_same(reply->match, rule->match) && !is_taken(pushing, reply->id))
            found = reply;
    }
    for (size_t i = 0; i < pushing->book.rule_count && found == NULL; i++) {
        const struct rule_reply *reply = &pushing->book.rules[i];
        if (rule_reply_is_ssl(reply) && reply->match != NULL &&
            reply->organization_id == rule->organization_id && scm_match_same(reply->match, rule->match) &&
            !is_taken(pushing, reply->id))
            found = reply;
    }
    return found;
}

static bool is_same(const struct linked_rule *rule, const struct rule_reply *twin)
{
    return twin->match != NULL && twin->organization_id == rule->organization_id &&
           rule_name_is(rule->name, twin->name, twin->id) && scm_match_same(twin->match, rule->match);
}

/* Somebody has changed it in SCM since it was read here. */
static bool changed_there(const struct linked_rule *rule, const struct rule_reply *twin)
{
    const struct rule_twin *agreed = &rule->twin;
    return agreed->external_id == twin->id &&
           (twin->match == NULL || strcmp(agreed->name, twin->name) != 0 ||
            agreed->organization_id != twin->organization_id || !scm_match_same(agreed->match, twin->match));
}

static enum cs_err note(struct pushing *pushing, enum rule_note_kind kind, const struct linked_rule *rule,
                        const struct rule_reply *twin, const char *detail, struct diag *diag)
{
    return rule_notes_add(&pushing->result->notes, kind, twin != NULL ? twin->id : 0, rule->name, detail,
                          diag);
}

static enum cs_err plan_change(struct pushing *pushing, size_t at, const struct scm_filters *filters,
                               const struct rule_reply *twin, struct diag *diag)
{
    const struct linked_rule *rule = &pushing->local.items[at];
    struct buf lines = {0};
    if (pushing->options->limit != 0 && pushing->changes >= pushing->options->limit) {
        pushing->plan[at].fate = FATE_LEFT;
        return note(pushing, RULE_WAITS, rule, twin, "", diag);
    }
    pushing->changes++;
    pushing->plan[at].fate = twin != NULL ? FATE_CHANGE : FATE_MAKE;
    difference(&lines, rule, twin, filters);
    enum cs_err err =
        note(pushing, twin != NULL ? RULE_CHANGED : RULE_ADDED, rule, twin, buf_str(&lines), diag);
    buf_dispose(&lines);
    return err;
}

static enum cs_err plan_known(struct pushing *pushing, size_t at, const struct scm_filters *filters,
                              const struct rule_reply *twin, struct diag *diag)
{
    const struct linked_rule *rule = &pushing->local.items[at];
    pushing->plan[at].external_id = twin->id;
    if (is_same(rule, twin)) {
        pushing->plan[at].fate = FATE_SAME;
        if (rule->twin.external_id == twin->id) {
            pushing->result->unchanged++;
            return CS_OK;
        }
        return note(pushing, RULE_LINKED, rule, twin, "", diag);
    }
    if (changed_there(rule, twin) && !pushing->options->overwrite) {
        pushing->plan[at].fate = FATE_LEFT;
        return note(
            pushing, RULE_KEPT, rule, twin,
            "was changed in SCM since it was last read, and stays as it is there; `certscour scm pull "
            "rules` shows how, --overwrite sends this one",
            diag);
    }
    return plan_change(pushing, at, filters, twin, diag);
}

static bool is_wanted(const struct pushing *pushing, const struct linked_rule *rule)
{
    const struct owner_name *owner = pushing->options->owner;
    return owner == NULL ||
           (text_equals(owner->organization, rule->owner.organization) &&
            (owner->department[0] == '\0' || text_equals(owner->department, rule->owner.department)));
}

static enum cs_err plan_rule(struct pushing *pushing, size_t at, bool *skipped_before, struct diag *diag)
{
    const struct linked_rule *rule = &pushing->local.items[at];
    struct scm_filters filters;
    struct diag why = {0};
    if (rule->rule_id == 0 || !is_wanted(pushing, rule))
        return CS_OK;
    enum cs_err err = to_filters(rule, &filters, &why);
    if (err == CS_E_INVALID) {
        *skipped_before = true;
        const struct rule_reply *old = rule_book_find(&pushing->book, rule->twin.external_id);
        if (old != NULL)
            diag_set(&why, "%.300s; SCM keeps the rule that it has", why.text);
        return note(pushing, RULE_SKIPPED, rule, old, why.text, diag);
    }
    if (err != CS_OK) {
        *diag = why;
        return err;
    }
    pushing->result->hides |= *skipped_before;
    const struct rule_reply *twin = find_twin(pushing, rule);
    return twin != NULL ? plan_known(pushing, at, &filters, twin, diag)
                        : plan_change(pushing, at, &filters, NULL, diag);
}

/* Of a rule that has been removed here only its twin is left. */
static enum cs_err plan_removed(struct pushing *pushing, size_t at, struct diag *diag)
{
    const struct rule_twin *twin = &pushing->local.items[at].twin;
    if (pushing->local.items[at].rule_id != 0 || rule_book_find(&pushing->book, twin->external_id) == NULL)
        return CS_OK;
    return rule_notes_add(&pushing->result->notes, pushing->options->remove ? RULE_REMOVED : RULE_KEPT,
                          twin->external_id, twin->name,
                          pushing->options->remove ? ""
                                                   : "was removed here, and stays in SCM; --remove takes it "
                                                     "away there too",
                          diag);
}

static enum cs_err make_plan(struct pushing *pushing, struct diag *diag)
{
    bool skipped = false;
    pushing->plan = calloc(pushing->local.count + 1, sizeof *pushing->plan);
    if (pushing->plan == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < pushing->local.count && err == CS_OK; i++) {
        err = plan_rule(pushing, i, &skipped, diag);
        if (err == CS_OK)
            err = plan_removed(pushing, i, diag);
    }
    return err;
}

/* ---- the bucket ---- */

#define NEW_RULE(at) (-1 - (int64_t)(at)) /* stands for the id of one that is not made yet */

static bool is_removed(const struct pushing *pushing, int64_t id)
{
    for (size_t i = 0; i < pushing->local.count && pushing->options->remove; i++) {
        if (pushing->local.items[i].rule_id == 0 && pushing->local.items[i].twin.external_id == id)
            return true;
    }
    return false;
}

/* Rules of ours in local order: those of this push, and others that are in the bucket already. */
static size_t wanted_order(const struct pushing *pushing, const struct bucket_reply *bucket, int64_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < pushing->local.count; i++) {
        const struct planned *planned = &pushing->plan[i];
        int64_t id = planned->external_id;
        if (id == 0 && planned->fate == FATE_MAKE)
            id = NEW_RULE(i);
        else if (id == 0 && rule_book_find(&pushing->book, pushing->local.items[i].twin.external_id) != NULL)
            id = pushing->local.items[i].twin.external_id;
        bool is_in = rule_order_has(bucket->rules, bucket->rule_count, id);
        if (pushing->local.items[i].rule_id != 0 && id != 0 && (is_in || planned->fate != FATE_OUT))
            out[count++] = id;
    }
    return count;
}

static enum cs_err bucket_order(const struct pushing *pushing, const struct bucket_reply *bucket,
                                int64_t **out, size_t *count, struct diag *diag)
{
    int64_t *current = calloc(bucket->rule_count + 1, sizeof *current);
    int64_t *wanted = calloc(pushing->local.count + 1, sizeof *wanted);
    size_t kept = 0;
    *out = calloc(bucket->rule_count + pushing->local.count + 1, sizeof **out);
    if (current == NULL || wanted == NULL || *out == NULL) {
        free(current);
        free(wanted);
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < bucket->rule_count; i++) {
        if (!is_removed(pushing, bucket->rules[i]))
            current[kept++] = bucket->rules[i];
    }
    size_t wanted_count = wanted_order(pushing, bucket, wanted);
    *count = rule_order_merge(*out, current, kept, wanted, wanted_count);
    free(current);
    free(wanted);
    return CS_OK;
}

static bool order_differs(const struct bucket_reply *bucket, const int64_t *order, size_t count)
{
    return count != bucket->rule_count ||
           (count > 0 && memcmp(order, bucket->rules, count * sizeof *order) != 0);
}

static void append_place(struct buf *out, const struct pushing *pushing, char sign, size_t place, int64_t id)
{
    struct buf line = {0};
    const struct rule_reply *reply = rule_book_find(&pushing->book, id);
    const char *name = id < 0 ? pushing->local.items[-1 - id].name : reply != NULL ? reply->name : "?";
    buf_printf(&line, "%zu. ", place);
    if (id > 0)
        buf_printf(&line, "%" PRId64 " ", id);
    buf_append_char(&line, '"');
    text_append_printable(&line, name, strlen(name));
    buf_append_char(&line, '"');
    line_diff_line(out, sign, buf_str(&line), line.len);
    buf_dispose(&line);
}

/* Each place of the list that does not hold what it held. */
static enum cs_err show_order(struct pushing *pushing, const int64_t *order, size_t count, struct diag *diag)
{
    const struct bucket_reply *bucket = &pushing->book.buckets[0];
    struct rule_push_result *result = pushing->result;
    struct buf lines = {0};
    memcpy(result->bucket, bucket->name, sizeof result->bucket);
    result->bucket_before = bucket->rule_count;
    result->bucket_after = count;
    result->reordered = order_differs(bucket, order, count);
    for (size_t i = 0; i < bucket->rule_count && result->reordered; i++) {
        if (i >= count || order[i] != bucket->rules[i])
            append_place(&lines, pushing, '-', i + 1, bucket->rules[i]);
    }
    for (size_t i = 0; i < count && result->reordered; i++) {
        bool same = i < bucket->rule_count && order[i] == bucket->rules[i];
        append_place(&lines, pushing, same ? ' ' : '+', i + 1, order[i]);
    }
    result->order = buf_take_str(&lines);
    return result->order != NULL ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
}

static enum cs_err preview_order(struct pushing *pushing, struct diag *diag)
{
    int64_t *order = NULL;
    size_t count = 0;
    enum cs_err err = bucket_order(pushing, &pushing->book.buckets[0], &order, &count, diag);
    if (err == CS_OK)
        err = show_order(pushing, order, count, diag);
    free(order);
    return err;
}

static void write_bucket(struct buf *out, const struct bucket_reply *bucket, const int64_t *order,
                         size_t count)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_member_string(&json, api_field(API_NAME), bucket->name);
    json_key(&json, api_field(API_BUCKET_RULES));
    json_begin_array(&json);
    for (size_t i = 0; i < count; i++)
        json_int(&json, order[i]);
    json_end_array(&json);
    if (bucket->authentication != TOLD_NOTHING)
        json_member_bool(&json, api_field(API_BUCKET_LOGIN), bucket->authentication == TOLD_YES);
    json_end_object(&json);
}

/* What the bucket holds is read again: making rules has taken a while. */
static enum cs_err order_bucket(struct pushing *pushing, struct diag *diag)
{
    struct client *client = pushing->options->client;
    struct rule_book now = {0};
    struct json_value *root = NULL;
    struct buf body = {0};
    int64_t *order = NULL;
    size_t count = 0;
    enum cs_err err = rule_book_read_buckets(&now, client, pushing->book.buckets[0].id, diag);
    if (err == CS_OK)
        err = bucket_order(pushing, &now.buckets[0], &order, &count, diag);
    if (err == CS_OK && order_differs(&now.buckets[0], order, count)) {
        struct client_question question = {
            .call = CALL_SET_BUCKET, .id_text = now.buckets[0].id, .about = now.buckets[0].name};
        write_bucket(&body, &now.buckets[0], order, count);
        question.body = buf_str(&body);
        err = body.err == CS_OK ? client_ask(client, &question, &root, diag)
                                : diag_fail(diag, CS_E_NOMEM, "out of memory");
        pushing->result->ordered = err == CS_OK;
    }
    json_free(root);
    buf_dispose(&body);
    free(order);
    rule_book_dispose(&now);
    return err;
}

/* ---- doing it ---- */

static enum cs_err remember(struct pushing *pushing, size_t at, const char *name, const char *match,
                            int64_t organization_id, struct diag *diag)
{
    const struct linked_rule *rule = &pushing->local.items[at];
    bool was = rule->twin.external_id == pushing->plan[at].external_id;
    struct rule_twin twin = {
        .external_id = pushing->plan[at].external_id,
        .made_here = was ? rule->twin.made_here : true,
        .bucket = was ? rule->twin.bucket : NULL,
        .name = (char *)name, /* read only */
        .match = (char *)match,
        .organization_id = organization_id,
    };
    return rule_links_put(pushing->options->store, INVENTORY_SCM, rule->rule_id, &twin, diag);
}

static enum cs_err send_rule(struct pushing *pushing, size_t at, struct diag *diag)
{
    struct client *client = pushing->options->client;
    const struct linked_rule *rule = &pushing->local.items[at];
    struct planned *planned = &pushing->plan[at];
    bool makes = planned->fate == FATE_MAKE;
    const struct rule_reply *twin = makes ? NULL : rule_book_find(&pushing->book, planned->external_id);
    struct scm_filters filters;
    struct buf body = {0};
    struct json_value *root = NULL;
    enum cs_err err = to_filters(rule, &filters, diag);
    if (err == CS_OK) {
        write_body(&body, rule, twin, &filters);
        err = body.err == CS_OK ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    struct client_question question = {
        .call = makes ? CALL_ADD_RULE : CALL_SET_RULE, .body = buf_str(&body), .about = rule->name};
    if (err == CS_OK)
        err = client_ask(client, &question, &root, diag);
    if (err == CS_OK && makes && !client_created_id(client, &planned->external_id))
        err = diag_fail(diag, CS_E_MALFORMED,
                        "SCM has made a rule and does not tell its id; run the same again, it will be found");
    if (err == CS_OK)
        err = remember(pushing, at, name_there(rule, twin), rule->match, rule->organization_id, diag);
    pushing->result->made += err == CS_OK && makes;
    pushing->result->changed += err == CS_OK && !makes;
    json_free(root);
    buf_dispose(&body);
    return err;
}

/* Twins that were found by what they say. */
static enum cs_err link_rule(struct pushing *pushing, size_t at, struct diag *diag)
{
    const struct rule_reply *twin = rule_book_find(&pushing->book, pushing->plan[at].external_id);
    if (pushing->local.items[at].twin.external_id == twin->id)
        return CS_OK;
    return remember(pushing, at, twin->name, twin->match, twin->organization_id, diag);
}

static enum cs_err remove_rule(struct pushing *pushing, int64_t id, struct diag *diag)
{
    struct client *client = pushing->options->client;
    const struct rule_reply *reply = rule_book_find(&pushing->book, id);
    struct json_value *root = NULL;
    if (reply == NULL)
        return rule_links_drop(pushing->options->store, INVENTORY_SCM, id, diag);
    struct client_question question = {.call = CALL_DELETE_RULE, .id = id, .about = reply->name};
    enum cs_err err = client_ask(client, &question, &root, diag);
    json_free(root);
    if (err == CS_E_IO && client->status == 404)
        err = CS_OK;
    else if (err == CS_E_IO && client->code == API_CODE_RULE_IN_USE)
        return rule_notes_add(&pushing->result->notes, RULE_KEPT, id, reply->name,
                              "is still used in SCM, by another bucket or a task", diag);
    if (err != CS_OK)
        return err;
    pushing->result->removed++;
    return rule_links_drop(pushing->options->store, INVENTORY_SCM, id, diag);
}

static enum cs_err apply(struct pushing *pushing, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < pushing->local.count && err == CS_OK; i++) {
        enum fate fate = pushing->plan[i].fate;
        if (fate == FATE_MAKE || fate == FATE_CHANGE)
            err = send_rule(pushing, i, diag);
        else if (fate == FATE_SAME)
            err = link_rule(pushing, i, diag);
    }
    if (err == CS_OK)
        err = order_bucket(pushing, diag);
    for (size_t i = 0; i < pushing->local.count && err == CS_OK && pushing->options->remove; i++) {
        if (pushing->local.items[i].rule_id == 0)
            err = remove_rule(pushing, pushing->local.items[i].twin.external_id, diag);
    }
    return err;
}

enum cs_err rule_push(const struct rule_push_options *options, struct rule_push_result *result,
                      struct diag *diag)
{
    struct pushing pushing = {.options = options, .result = result};
    *result = (struct rule_push_result){0};
    enum cs_err err = rule_links_read(options->store, INVENTORY_SCM, &pushing.local, diag);
    if (err == CS_OK)
        err = rule_book_read(&pushing.book, options->client, options->bucket, options->progress,
                             options->context, diag);
    if (err == CS_OK)
        err = make_plan(&pushing, diag);
    if (err == CS_OK)
        err = preview_order(&pushing, diag);
    if (err == CS_OK && options->apply)
        err = apply(&pushing, diag);
    rule_book_dispose(&pushing.book);
    linked_rules_dispose(&pushing.local);
    free(pushing.plan);
    return err;
}

void rule_push_result_dispose(struct rule_push_result *result)
{
    rule_notes_dispose(&result->notes);
    free(result->order);
    result->order = NULL;
}
