// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/inventory_owner.h"
#include "db/owners.h"
#include "db/rule_links.h"
#include "db/rule_table.h"
#include "rules/ruleset.h"
#include "scm/pull.h"
#include "scm/rule_order.h"
#include "scm/rule_sync.h"

struct pulling {
    const struct rule_pull_options *options;
    struct rule_pull_result *result;
    struct rule_book book;
    int64_t *order; /* ids of SCM's rules that are in question */
    size_t order_count;
    struct linked_rules local; /* as before the pull */
    bool *used;                /* local ones that have found their twin */
    int64_t *made;             /* local id of each in `order`; 0 = it has none */
};

/* One of SCM's rules as it would be here. */
struct incoming {
    struct rule_reply *reply;
    struct owner_name owner;
    int64_t owner_id;
};

static enum cs_err note(struct pulling *pulling, enum rule_note_kind kind, const struct rule_reply *rule,
                        const char *detail, struct diag *diag)
{
    return rule_notes_add(&pulling->result->notes, kind, rule->id, rule->name, detail, diag);
}

/* ---- owners ---- */

/* Does the inventory know every organization that a rule gives something to? */
static enum cs_err knows_organizations(struct pulling *pulling, bool *all, struct diag *diag)
{
    enum cs_err err = CS_OK;
    *all = true;
    for (size_t i = 0; i < pulling->order_count && err == CS_OK && *all; i++) {
        const struct rule_reply *rule = rule_book_find(&pulling->book, pulling->order[i]);
        struct inventory_owner owner;
        if (!rule_reply_is_ssl(rule) || rule->organization_id == 0)
            continue;
        err =
            inventory_owner_find(pulling->options->store, INVENTORY_SCM, rule->organization_id, &owner, diag);
        *all = owner.known;
        inventory_owner_dispose(&owner);
    }
    return err;
}

static enum cs_err pull_organizations(struct pulling *pulling, struct diag *diag)
{
    struct pull_options options = {.client = pulling->options->client, .store = pulling->options->store};
    struct pull_result result;
    bool known;
    enum cs_err err = knows_organizations(pulling, &known, diag);
    if (err != CS_OK || known)
        return err;
    pulling->result->organizations = true;
    return pull_resource(&options, INVENTORY_ORGANIZATIONS, &result, diag);
}

/* Makes it under SCM's names, and its organization before it. */
static enum cs_err make_owner(struct pulling *pulling, struct incoming *in,
                              const struct inventory_owner *there, struct diag *diag)
{
    struct store *store = pulling->options->store;
    struct owner_name organization;
    int64_t above_id = 0;
    bool made = false;
    bool above_made = false;
    enum cs_err err = owner_parse(&in->owner, buf_str(&there->name), diag);
    organization = in->owner;
    organization.department[0] = '\0';
    if (err == CS_OK && there->parent_id != 0) {
        err = owners_make_within(store, &organization, &above_id, &above_made, diag);
        if (err == CS_OK)
            err = inventory_owner_adopt(store, INVENTORY_SCM, there->parent_id, above_id, diag);
        if (err == CS_OK && above_made)
            err = rule_notes_add(&pulling->result->notes, RULE_OWNER, there->parent_id,
                                 organization.organization, "", diag);
    }
    if (err == CS_OK)
        err = owners_make_within(store, &in->owner, &in->owner_id, &made, diag);
    if (err == CS_OK)
        err = inventory_owner_adopt(store, INVENTORY_SCM, in->reply->organization_id, in->owner_id, diag);
    if (err == CS_OK && made)
        err = rule_notes_add(&pulling->result->notes, RULE_OWNER, in->reply->organization_id,
                             buf_str(&there->name), "", diag);
    return err;
}

/* The local owner of the rule's organization. CS_E_INVALID: there is none and none can be made, with the
 * reason. */
static enum cs_err find_owner(struct pulling *pulling, struct incoming *in, struct diag *diag)
{
    struct inventory_owner there;
    if (in->reply->organization_id == 0)
        return diag_fail(diag, CS_E_INVALID, "it names no organization");
    enum cs_err err = inventory_owner_find(pulling->options->store, INVENTORY_SCM, in->reply->organization_id,
                                           &there, diag);
    if (err == CS_OK && !there.known)
        err = diag_fail(diag, CS_E_INVALID, "its organization %lld is none that SCM shows this account",
                        (long long)in->reply->organization_id);
    in->owner_id = there.owner_id;
    if (err == CS_OK && in->owner_id == 0)
        err = make_owner(pulling, in, &there, diag);
    if (err == CS_OK)
        err = owners_name(pulling->options->store, in->owner_id, &in->owner, diag);
    inventory_owner_dispose(&there);
    return err;
}

/* ---- one rule ---- */

static enum cs_err remember(struct pulling *pulling, const struct incoming *in, int64_t rule_id,
                            bool made_here, struct diag *diag)
{
    char bucket[BUCKET_ID] = "";
    if (pulling->options->bucket != NULL)
        memcpy(bucket, pulling->book.buckets[0].id, sizeof bucket);
    struct rule_twin twin = {
        .external_id = in->reply->id,
        .made_here = made_here,
        .bucket = bucket[0] != '\0' ? bucket : NULL,
        .name = in->reply->name,
        .match = in->reply->match,
        .organization_id = in->reply->organization_id,
    };
    return rule_links_put(pulling->options->store, INVENTORY_SCM, rule_id, &twin, diag);
}

static bool name_is_free(const struct pulling *pulling, const char *name)
{
    for (size_t i = 0; i < pulling->local.count; i++) {
        if (pulling->local.items[i].name != NULL && text_equals(pulling->local.items[i].name, name))
            return false;
    }
    for (size_t i = 0; i < pulling->result->notes.count; i++) {
        const struct rule_note *made = &pulling->result->notes.items[i];
        if (made->kind == RULE_ADDED && text_equals(made->name, name))
            return false;
    }
    return true;
}

/* A name of SCM's that is nobody's here but `own`'s, which may be NULL. */
static void choose_name(const struct pulling *pulling, const struct incoming *in, const char *own,
                        struct buf *out)
{
    rule_local_name(out, in->reply->name, in->reply->id, true);
    if ((own != NULL && text_equals(buf_str(out), own)) || name_is_free(pulling, buf_str(out)))
        return;
    buf_reset(out);
    rule_local_name(out, in->reply->name, in->reply->id, false);
}

static enum cs_err add_rule(struct pulling *pulling, const struct incoming *in, int64_t *id,
                            struct diag *diag)
{
    struct buf name = {0};
    choose_name(pulling, in, NULL, &name);
    enum cs_err err = rule_table_add_within(pulling->options->store, buf_str(&name), in->reply->match,
                                            &in->owner, id, diag);
    if (err == CS_OK)
        err = remember(pulling, in, *id, false, diag);
    if (err == CS_OK)
        err = rule_notes_add(&pulling->result->notes, RULE_ADDED, in->reply->id, buf_str(&name), "", diag);
    buf_dispose(&name);
    return err;
}

static enum cs_err change_rule(struct pulling *pulling, const struct incoming *in,
                               const struct linked_rule *local, struct diag *diag)
{
    struct buf name = {0};
    choose_name(pulling, in, local->name, &name);
    enum cs_err err = rule_table_edit_within(pulling->options->store, local->name, buf_str(&name),
                                             in->reply->match, &in->owner, diag);
    if (err == CS_OK)
        err = remember(pulling, in, local->rule_id, local->twin.made_here, diag);
    buf_dispose(&name);
    return err == CS_OK ? note(pulling, RULE_CHANGED, in->reply, in->reply->match, diag) : err;
}

/* Has the local one been changed since both last agreed? */
static bool is_edited(const struct linked_rule *local)
{
    const struct rule_twin *agreed = &local->twin;
    return !rule_name_is(local->name, agreed->name, agreed->external_id) ||
           !scm_match_same(local->match, agreed->match) || local->organization_id != agreed->organization_id;
}

/* What both sides were when they last agreed tells which of them has changed since. */
static enum cs_err meet_twin(struct pulling *pulling, const struct incoming *in,
                             const struct linked_rule *local, struct diag *diag)
{
    const struct rule_reply *reply = in->reply;
    const struct rule_twin *agreed = &local->twin;
    bool same = local->owner_id == in->owner_id && scm_match_same(local->match, reply->match) &&
                rule_name_is(local->name, reply->name, reply->id);
    bool scm_changed = agreed->organization_id != reply->organization_id ||
                       !scm_match_same(agreed->match, reply->match) || strcmp(agreed->name, reply->name) != 0;
    bool edited = !same && is_edited(local);
    if (same) {
        pulling->result->unchanged++;
        return remember(pulling, in, local->rule_id, agreed->made_here, diag);
    }
    if (edited && !pulling->options->overwrite)
        return note(pulling, RULE_KEPT, reply,
                    scm_changed ? "was changed both here and in SCM, and stays as it is here; --overwrite "
                                  "takes what SCM has"
                                : "was changed here; `certscour scm push rules` sends it",
                    diag);
    return change_rule(pulling, in, local, diag);
}

/* The local rule that is this one's twin, or (`*same`) one without twin that asks the same for the same
 * owner. SIZE_MAX = none. */
static size_t find_twin(const struct pulling *pulling, const struct incoming *in, bool *same)
{
    size_t found = SIZE_MAX;
    *same = false;
    for (size_t i = 0; i < pulling->local.count; i++) {
        const struct linked_rule *local = &pulling->local.items[i];
        if (local->rule_id != 0 && local->twin.external_id == in->reply->id)
            return i;
    }
    for (size_t i = 0; i < pulling->local.count; i++) {
        const struct linked_rule *local = &pulling->local.items[i];
        if (local->rule_id == 0 || local->twin.external_id != 0 || pulling->used[i] ||
            local->owner_id != in->owner_id || !scm_match_same(local->match, in->reply->match))
            continue;
        *same = true;
        if (found == SIZE_MAX || rule_name_is(local->name, in->reply->name, in->reply->id))
            found = i;
    }
    return found;
}

/* Would the rule set take it? */
static enum cs_err check(const struct incoming *in, struct diag *diag)
{
    struct ruleset set = {0};
    struct buf name = {0};
    rule_local_name(&name, in->reply->name, in->reply->id, true);
    enum cs_err err = ruleset_add(&set, 0, buf_str(&name), in->reply->match, &in->owner, 0, diag);
    ruleset_dispose(&set);
    buf_dispose(&name);
    return err == CS_E_LIMIT ? CS_E_INVALID : err;
}

static enum cs_err take_rule(struct pulling *pulling, size_t at, struct diag *diag)
{
    struct incoming in = {.reply = rule_book_find(&pulling->book, pulling->order[at])};
    struct diag why = {0};
    bool same;
    if (!rule_reply_is_ssl(in.reply)) {
        diag_set(&why, "it is for certificates of another type, %s", in.reply->cert_type);
        return note(pulling, RULE_SKIPPED, in.reply, why.text, diag);
    }
    if (in.reply->match == NULL)
        return note(pulling, RULE_SKIPPED, in.reply, in.reply->reason.text, diag);
    enum cs_err err = check(&in, &why);
    if (err == CS_OK)
        err = find_owner(pulling, &in, &why);
    if (err == CS_E_INVALID)
        return note(pulling, RULE_SKIPPED, in.reply, why.text, diag);
    if (err != CS_OK) {
        *diag = why;
        return err;
    }
    size_t twin = find_twin(pulling, &in, &same);
    if (twin == SIZE_MAX)
        return add_rule(pulling, &in, &pulling->made[at], diag);
    struct linked_rule *local = &pulling->local.items[twin];
    pulling->used[twin] = true;
    pulling->made[at] = local->rule_id;
    if (!same)
        return meet_twin(pulling, &in, local, diag);
    err = remember(pulling, &in, local->rule_id, true, diag);
    return err == CS_OK ? note(pulling, RULE_LINKED, in.reply, "", diag) : err;
}

/* ---- what SCM does not have any more ---- */

static bool is_gone(const struct pulling *pulling, const struct rule_twin *twin)
{
    if (rule_book_find(&pulling->book, twin->external_id) == NULL)
        return true;
    return pulling->options->bucket != NULL && twin->bucket != NULL && !twin->made_here &&
           strcmp(twin->bucket, pulling->book.buckets[0].id) == 0 &&
           !rule_order_has(pulling->order, pulling->order_count, twin->external_id);
}

static enum cs_err let_go(struct pulling *pulling, const struct linked_rule *local, struct diag *diag)
{
    struct store *store = pulling->options->store;
    const struct rule_twin *twin = &local->twin;
    bool stays = local->rule_id != 0 && (twin->made_here || is_edited(local));
    enum cs_err err = rule_links_drop(store, INVENTORY_SCM, twin->external_id, diag);
    if (err != CS_OK || local->rule_id == 0)
        return err;
    if (!stays)
        err = rule_table_remove_within(store, local->name, diag);
    return err != CS_OK ? err
                        : rule_notes_add(&pulling->result->notes, stays ? RULE_KEPT : RULE_REMOVED,
                                         twin->external_id, local->name,
                                         stays ? "is not in SCM any more, and stays here as a rule of your "
                                                 "own"
                                               : "",
                                         diag);
}

static enum cs_err let_all_go(struct pulling *pulling, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < pulling->local.count && err == CS_OK; i++) {
        const struct linked_rule *local = &pulling->local.items[i];
        if (local->twin.external_id != 0 && is_gone(pulling, &local->twin))
            err = let_go(pulling, local, diag);
    }
    return err;
}

/* An account that has lost its roles is shown no rules. */
static enum cs_err check_empty(const struct pulling *pulling, struct diag *diag)
{
    bool had = false;
    for (size_t i = 0; i < pulling->local.count && !had; i++)
        had = pulling->local.items[i].twin.external_id != 0;
    if (pulling->book.rule_count > 0 || !had || pulling->options->accept_empty)
        return CS_OK;
    return diag_fail(diag, CS_E_MALFORMED,
                     "GET %s: SCM shows no assignment rules any more, and had some; has the account lost its "
                     "roles? If that is right, pull once with --accept-empty",
                     api_call_info(CALL_RULES)->path);
}

/* ---- order ---- */

static enum cs_err put_in_order(struct pulling *pulling, struct diag *diag)
{
    struct linked_rules now = {0};
    struct store *store = pulling->options->store;
    size_t wanted = 0;
    size_t count = 0;
    enum cs_err err = rule_links_read(store, INVENTORY_SCM, &now, diag);
    int64_t *current = calloc(now.count + 1, sizeof *current);
    int64_t *out = calloc(now.count + pulling->order_count + 1, sizeof *out);
    if (err == CS_OK && (current == NULL || out == NULL))
        err = diag_fail(diag, CS_E_NOMEM, "out of memory");
    for (size_t i = 0; i < pulling->order_count && err == CS_OK; i++) {
        if (pulling->made[i] != 0)
            pulling->made[wanted++] = pulling->made[i];
    }
    /* those that were just made stand last by their position, and are to be placed */
    for (size_t i = 0; i < now.count && err == CS_OK; i++) {
        bool was_there = false;
        for (size_t k = 0; k < pulling->local.count && !was_there; k++)
            was_there = pulling->local.items[k].rule_id == now.items[i].rule_id;
        if (now.items[i].rule_id != 0 && was_there)
            current[count++] = now.items[i].rule_id;
    }
    if (err == CS_OK) {
        size_t total = rule_order_merge(out, current, count, pulling->made, wanted);
        for (size_t i = 0, at = 0; i < total; i++) {
            if (rule_order_has(current, count, out[i]))
                pulling->result->reordered |= out[i] != current[at++];
        }
        err = rule_table_order_within(store, out, total, diag);
    }
    free(current);
    free(out);
    linked_rules_dispose(&now);
    return err;
}

/* ---- all of it ---- */

static enum cs_err change_rules(struct pulling *pulling, struct diag *diag)
{
    struct store *store = pulling->options->store;
    enum cs_err err = store_begin(store, diag);
    if (err != CS_OK)
        return err;
    err = rule_links_read(store, INVENTORY_SCM, &pulling->local, diag);
    pulling->used = calloc(pulling->local.count + 1, sizeof *pulling->used);
    if (err == CS_OK && pulling->used == NULL)
        err = diag_fail(diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = check_empty(pulling, diag);
    for (size_t i = 0; i < pulling->order_count && err == CS_OK; i++)
        err = take_rule(pulling, i, diag);
    if (err == CS_OK)
        err = let_all_go(pulling, diag);
    if (err == CS_OK)
        err = put_in_order(pulling, diag);
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store); /* reports nothing: the first error is the one to keep */
    return err;
}

static enum cs_err make_order(struct pulling *pulling, struct diag *diag)
{
    size_t room = pulling->book.rule_count + 1;
    pulling->order = calloc(room, sizeof *pulling->order);
    pulling->made = calloc(room, sizeof *pulling->made);
    if (pulling->order == NULL || pulling->made == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    pulling->order_count = rule_book_order(&pulling->book, pulling->options->bucket == NULL, pulling->order);
    return CS_OK;
}

enum cs_err rule_pull(const struct rule_pull_options *options, struct rule_pull_result *result,
                      struct diag *diag)
{
    struct pulling pulling = {.options = options, .result = result};
    *result = (struct rule_pull_result){0};
    enum cs_err err = rule_book_read(&pulling.book, options->client, options->bucket, options->progress,
                                     options->context, diag);
    if (err == CS_OK)
        err = make_order(&pulling, diag);
    if (err == CS_OK)
        err = pull_organizations(&pulling, diag);
    if (err == CS_OK)
        err = change_rules(&pulling, diag);
    rule_book_dispose(&pulling.book);
    linked_rules_dispose(&pulling.local);
    free(pulling.order);
    free(pulling.made);
    free(pulling.used);
    return err;
}
