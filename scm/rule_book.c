// SPDX-License-Identifier: Apache-2.0
#include "scm/rule_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scm/rule_order.h"

#define NAMES_SHOWN 10

struct reading {
    struct rule_book *book;
    size_t rule_cap;
    size_t bucket_cap;
};

/* Makes room for one more; NULL: there is none, and nothing has changed. */
static void *grow(void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return items;
    size_t wanted = *cap == 0 ? 32 : *cap * 2;
    void *grown = realloc(items, wanted * size);
    if (grown != NULL)
        *cap = wanted;
    return grown;
}

static int by_id(const void *a, const void *b)
{
    int64_t first = ((const struct rule_reply *)a)->id;
    int64_t second = ((const struct rule_reply *)b)->id;
    return (first > second) - (first < second);
}

struct rule_reply *rule_book_find(const struct rule_book *book, int64_t id)
{
    struct rule_reply key = {.id = id};
    return book->rule_count == 0 ? NULL
                                 : bsearch(&key, book->rules, book->rule_count, sizeof *book->rules, by_id);
}

/* ---- rules ---- */

static bool has_rule(const struct rule_book *book, int64_t id)
{
    for (size_t i = 0; i < book->rule_count; i++) {
        if (book->rules[i].id == id)
            return true;
    }
    return false;
}

static enum cs_err take_ids(void *context, const struct json_value *rows, size_t *fresh, struct diag *diag)
{
    struct reading *reading = context;
    struct rule_book *book = reading->book;
    const struct json_value *row = json_array_first(rows);
    *fresh = 0;
    for (; row != NULL; row = json_next(row)) {
        int64_t id;
        if (!json_to_int(row, &id) || id <= 0)
            return diag_fail(diag, CS_E_MALFORMED, "GET %s: expected ids of rules",
                             api_call_info(CALL_RULES)->path);
        if (has_rule(book, id))
            continue;
        if (book->rule_count == BOOK_MAX_RULES)
            return diag_fail(diag, CS_E_LIMIT, "SCM has more than %d assignment rules", BOOK_MAX_RULES);
        struct rule_reply *rules =
            grow(book->rules, book->rule_count, &reading->rule_cap, sizeof *book->rules);
        if (rules == NULL)
            return diag_fail(diag, CS_E_NOMEM, "out of memory");
        book->rules = rules;
        book->rules[book->rule_count++] = (struct rule_reply){.id = id};
        (*fresh)++;
    }
    return CS_OK;
}

static enum cs_err read_rule(struct client *client, struct rule_reply *rule, bool *gone, struct diag *diag)
{
    struct json_value *root = NULL;
    int64_t id = rule->id;
    enum cs_err err = client_call(client, CALL_RULE, id, NULL, NULL, &root, diag);
    *gone = err == CS_E_IO && client->status == 404;
    if (err == CS_OK) {
        err = reply_rule(rule, id, root);
        if (err == CS_E_MALFORMED)
            diag_set(diag, "GET %s%lld: expected a rule with a name", api_call_info(CALL_RULE)->path,
                     (long long)id);
        else if (err != CS_OK)
            diag_set(diag, "out of memory");
    }
    json_free(root);
    return *gone ? CS_OK : err;
}

static enum cs_err read_rules(struct reading *reading, struct client *client, book_progress progress,
                              void *context, struct diag *diag)
{
    struct rule_book *book = reading->book;
    size_t kept = 0;
    enum cs_err err = client_list(client, CALL_RULES, NULL, take_ids, reading, diag);
    for (size_t i = 0; i < book->rule_count && err == CS_OK; i++) {
        bool gone; /* since the list was made */
        if (progress != NULL)
            progress(context, (int64_t)i, (int64_t)book->rule_count);
        err = read_rule(client, &book->rules[i], &gone, diag);
        if (err == CS_OK && !gone && kept != i) {
            book->rules[kept] = book->rules[i];
            book->rules[i] = (struct rule_reply){0};
        }
        kept += err == CS_OK && !gone;
    }
    if (err == CS_OK) {
        book->rule_count = kept;
        if (kept > 0)
            qsort(book->rules, kept, sizeof *book->rules, by_id);
    }
    return err;
}

/* ---- buckets ---- */

static enum cs_err take_buckets(void *context, const struct json_value *rows, size_t *fresh,
                                struct diag *diag)
{
    struct reading *reading = context;
    struct rule_book *book = reading->book;
    const struct json_value *row = json_array_first(rows);
    *fresh = 0;
    for (; row != NULL; row = json_next(row)) {
        struct bucket_reply bucket;
        bool known = false;
        if (reply_bucket(&bucket, row) != CS_OK) {
            bucket_reply_dispose(&bucket);
            return diag_fail(diag, CS_E_MALFORMED, "GET %s: a bucket without id or name",
                             api_call_info(CALL_BUCKETS)->path);
        }
        bucket_reply_dispose(&bucket); /* a list has no rules */
        for (size_t i = 0; i < book->bucket_count && !known; i++)
            known = strcmp(book->buckets[i].id, bucket.id) == 0;
        if (known)
            continue;
        if (book->bucket_count == BOOK_MAX_BUCKETS)
            return diag_fail(diag, CS_E_LIMIT, "SCM has more than %d buckets", BOOK_MAX_BUCKETS);
        struct bucket_reply *buckets =
            grow(book->buckets, book->bucket_count, &reading->bucket_cap, sizeof *book->buckets);
        if (buckets == NULL)
            return diag_fail(diag, CS_E_NOMEM, "out of memory");
        book->buckets = buckets;
        book->buckets[book->bucket_count++] = bucket;
        (*fresh)++;
    }
    return CS_OK;
}

static enum cs_err no_such_bucket(const struct rule_book *book, const char *wanted, struct diag *diag)
{
    struct buf names = {0};
    char shown[160];
    for (size_t i = 0; i < book->bucket_count && i < NAMES_SHOWN; i++) {
        buf_printf(&names, "%s\"%s\"", i > 0 ? ", " : "",
                   text_printable(shown, sizeof shown, book->buckets[i].name));
    }
    diag_set(diag, "SCM has no certificate bucket \"%s\"; %s%.300s",
             text_printable(shown, sizeof shown, wanted),
             book->bucket_count > 0 ? "there are " : "it shows this account none at all", buf_str(&names));
    buf_dispose(&names);
    return CS_E_NOT_FOUND;
}

/* Leaves only the bucket that is meant: by its id, or by a name that no other has. */
static enum cs_err choose(struct rule_book *book, const char *wanted, struct diag *diag)
{
    size_t found = 0;
    size_t at = 0;
    for (size_t i = 0; i < book->bucket_count && wanted != NULL; i++) {
        bool is_id = text_equals(book->buckets[i].id, wanted);
        if (is_id || strcmp(book->buckets[i].name, wanted) == 0) {
            at = i;
            found++;
        }
        if (is_id)
            break;
    }
    if (wanted == NULL)
        return CS_OK;
    if (found == 0)
        return no_such_bucket(book, wanted, diag);
    if (found > 1 && !text_equals(book->buckets[at].id, wanted))
        return diag_fail(diag, CS_E_INVALID,
                         "SCM has %zu certificate buckets of that name; give the id instead, e.g. %s", found,
                         book->buckets[at].id);
    book->buckets[0] = book->buckets[at];
    book->bucket_count = 1;
    return CS_OK;
}

static enum cs_err read_bucket(struct client *client, struct bucket_reply *bucket, struct diag *diag)
{
    struct json_value *root = NULL;
    struct bucket_reply details = {0};
    struct client_question question = {.call = CALL_BUCKET, .id_text = bucket->id};
    enum cs_err err = client_ask(client, &question, &root, diag);
    if (err == CS_OK) {
        err = reply_bucket(&details, root);
        if (err == CS_OK && strcmp(details.id, bucket->id) != 0)
            err = CS_E_MALFORMED;
        if (err != CS_OK)
            diag_set(diag, "GET %s%s: %s", api_call_info(CALL_BUCKET)->path, bucket->id,
                     err == CS_E_NOMEM   ? "out of memory"
                     : err == CS_E_LIMIT ? "too many rules"
                                         : "expected that bucket and the ids of its rules");
    }
    if (err == CS_OK)
        *bucket = details;
    else
        bucket_reply_dispose(&details);
    json_free(root);
    return err;
}

static enum cs_err read_buckets(struct reading *reading, struct client *client, const char *wanted,
                                struct diag *diag)
{
    struct rule_book *book = reading->book;
    enum cs_err err = client_list(client, CALL_BUCKETS, NULL, take_buckets, reading, diag);
    if (err == CS_OK)
        err = choose(book, wanted, diag);
    for (size_t i = 0; i < book->bucket_count && err == CS_OK; i++)
        err = read_bucket(client, &book->buckets[i], diag);
    return err;
}

/* ---- all of it ---- */

enum cs_err rule_book_read_buckets(struct rule_book *book, struct client *client, const char *bucket,
                                   struct diag *diag)
{
    struct reading reading = {.book = book};
    return read_buckets(&reading, client, bucket, diag);
}

enum cs_err rule_book_read(struct rule_book *book, struct client *client, const char *bucket,
                           book_progress progress, void *context, struct diag *diag)
{
    struct reading reading = {.book = book};
    enum cs_err err = read_buckets(&reading, client, bucket, diag);
    return err == CS_OK ? read_rules(&reading, client, progress, context, diag) : err;
}

void rule_book_dispose(struct rule_book *book)
{
    for (size_t i = 0; i < book->rule_count; i++)
        rule_reply_dispose(&book->rules[i]);
    for (size_t i = 0; i < book->bucket_count; i++)
        bucket_reply_dispose(&book->buckets[i]);
    free(book->rules);
    free(book->buckets);
    *book = (struct rule_book){0};
}

size_t rule_book_order(const struct rule_book *book, bool others, int64_t *out)
{
    size_t count = 0;
    for (size_t b = 0; b < book->bucket_count; b++) {
        const struct bucket_reply *bucket = &book->buckets[b];
        for (size_t i = 0; i < bucket->rule_count; i++) {
            if (rule_book_find(book, bucket->rules[i]) != NULL &&
                !rule_order_has(out, count, bucket->rules[i]))
                out[count++] = bucket->rules[i];
        }
    }
    size_t in_buckets = count;
    for (size_t i = 0; i < book->rule_count && others; i++) {
        if (!rule_order_has(out, in_buckets, book->rules[i].id))
            out[count++] = book->rules[i].id;
    }
    return count;
}
