// SPDX-License-Identifier: Apache-2.0
#include "app/caa_list.h"

#include <string.h>

#include "base/hash.h"

enum {
    COLUMN_NAME,
    COLUMN_ISSUE,
    COLUMN_ISSUEWILD,
    COLUMN_OWNER,
    COLUMN_AT,
    COLUMN_ISSUE_RECORD,
    COLUMN_ISSUE_FLAGS,
    COLUMN_ISSUE_TAG,
    COLUMN_ISSUE_VALUE,
    COLUMN_ISSUE_REASON,
    COLUMN_WILD_RECORD,
    COLUMN_WILD_FLAGS,
    COLUMN_WILD_TAG,
    COLUMN_WILD_VALUE,
    COLUMN_WILD_REASON,
    COLUMN_MISSING,
    COLUMN_MISSING_GENERIC,
    COLUMN_COUNT
};

const struct listing_column caa_columns[] = {
    [COLUMN_NAME] = {"name", true},
    [COLUMN_ISSUE] = {"issue", true},
    [COLUMN_ISSUEWILD] = {"issuewild", true},
    [COLUMN_OWNER] = {"owner", true},
    [COLUMN_AT] = {"at", false},
    [COLUMN_ISSUE_RECORD] = {"issue_record", true},
    [COLUMN_ISSUE_FLAGS] = {"issue_flags", false},
    [COLUMN_ISSUE_TAG] = {"issue_tag", false},
    [COLUMN_ISSUE_VALUE] = {"issue_value", false},
    [COLUMN_ISSUE_REASON] = {"issue_reason", true},
    [COLUMN_WILD_RECORD] = {"issuewild_record", true},
    [COLUMN_WILD_FLAGS] = {"issuewild_flags", false},
    [COLUMN_WILD_TAG] = {"issuewild_tag", false},
    [COLUMN_WILD_VALUE] = {"issuewild_value", false},
    [COLUMN_WILD_REASON] = {"issuewild_reason", false},
    [COLUMN_MISSING] = {"missing", false},
    [COLUMN_MISSING_GENERIC] = {"missing_generic", false},
};
const size_t caa_column_count = COLUMN_COUNT;

/* The columns of one question: may it issue for the name, or for the wildcard. */
struct columns {
    size_t verdict;
    size_t record;
    size_t flags;
    size_t tag;
    size_t value;
    size_t reason;
};
static const struct columns plain_columns = {COLUMN_ISSUE,     COLUMN_ISSUE_RECORD, COLUMN_ISSUE_FLAGS,
                                             COLUMN_ISSUE_TAG, COLUMN_ISSUE_VALUE,  COLUMN_ISSUE_REASON};
static const struct columns wild_columns = {COLUMN_ISSUEWILD, COLUMN_WILD_RECORD, COLUMN_WILD_FLAGS,
                                            COLUMN_WILD_TAG,  COLUMN_WILD_VALUE,  COLUMN_WILD_REASON};

static void put_decision(struct listing *listing, const struct columns *columns,
                         const struct caa_decision *decision)
{
    struct buf text = {0};
    listing_text(listing, columns->verdict, caa_verdict_name(decision->verdict));
    listing_text(listing, columns->reason, decision->reason);
    if (decision->record != NULL) {
        caa_append_text(&text, decision->record);
        listing_text(listing, columns->record, buf_str(&text));
        listing_int(listing, columns->flags, decision->record->flags);
        listing_text(listing, columns->tag, decision->record->tag);
        listing_text(listing, columns->value, decision->record->value);
    }
    buf_dispose(&text);
}

struct missing {
    struct text_list lines;
    struct text_list generic;
};

static enum cs_err add_line(struct text_list *lines, const char *owner,
                            void (*append)(struct buf *, const struct caa_record *),
                            const struct caa_record *record)
{
    struct buf line = {0};
    buf_printf(&line, "%s. ", owner);
    append(&line, record);
    return text_list_take(lines, buf_take_str(&line));
}

/* The record that, beside those of `owner`, lets the CA issue. */
static enum cs_err add_missing(const struct caa_list *list, const char *owner, const char *tag,
                               struct missing *missing)
{
    char tag_copy[16];
    char value[256];
    strncpy(tag_copy, tag, sizeof tag_copy - 1);
    tag_copy[sizeof tag_copy - 1] = '\0';
    strncpy(value, list->cas[0], sizeof value - 1);
    value[sizeof value - 1] = '\0';
    const struct caa_record record = {.tag = tag_copy, .value = value, .value_len = strlen(value)};
    enum cs_err err = add_line(&missing->lines, owner, caa_append_text, &record);
    return err == CS_OK ? add_line(&missing->generic, owner, caa_append_generic, &record) : err;
}

static enum cs_err find_missing(const struct caa_list *list, const struct caa_found *found,
                                const struct caa_decision *plain, const struct caa_decision *wild,
                                struct missing *out)
{
    enum cs_err err = CS_OK;
    if (plain->missing_tag != NULL)
        err = add_missing(list, found->set->owner, plain->missing_tag, out);
    bool is_another = wild->missing_tag != NULL &&
                      (plain->missing_tag == NULL || strcmp(plain->missing_tag, wild->missing_tag) != 0);
    if (err == CS_OK && is_another)
        err = add_missing(list, found->set->owner, wild->missing_tag, out);
    return err;
}

/* For those who read the table: every line once, however many names lack it. */
static enum cs_err remember(struct caa_list *list, const struct missing *missing)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < missing->lines.count && err == CS_OK; i++) {
        const char *line = missing->lines.items[i];
        bool added = false;
        err = set64_add(&list->told, hash_bytes(line, strlen(line), 0), &added);
        if (err == CS_OK && added)
            err = text_list_add(&list->missing, line);
        if (err == CS_OK && added)
            err = text_list_add(&list->missing, missing->generic.items[i]);
    }
    return err;
}

static void decide(const struct caa_list *list, const struct caa_found *found, bool wildcard,
                   struct caa_decision *out)
{
    if (found->reason == NULL)
        caa_decide(found->set, wildcard, list->cas, list->ca_count, out);
    else
        *out = (struct caa_decision){.verdict = CAA_UNKNOWN, .reason = found->reason};
}

static enum cs_err put_row(struct listing *listing, const struct caa_found *found,
                           const struct caa_decision *plain, const struct caa_decision *wild,
                           const struct missing *missing, struct diag *diag)
{
    listing_text(listing, COLUMN_NAME, found->name);
    listing_text(listing, COLUMN_OWNER, found->set != NULL ? found->set->owner : NULL);
    listing_text(listing, COLUMN_AT, found->set != NULL || found->reason != NULL ? found->at : NULL);
    put_decision(listing, &plain_columns, plain);
    put_decision(listing, &wild_columns, wild);
    listing_texts(listing, COLUMN_MISSING, text_list_view(&missing->lines), missing->lines.count);
    listing_texts(listing, COLUMN_MISSING_GENERIC, text_list_view(&missing->generic), missing->generic.count);
    return listing_end_row(listing, diag);
}

enum cs_err caa_list_row(struct caa_list *list, const struct caa_found *found, struct caa_answers *answers,
                         struct diag *diag)
{
    struct caa_decision plain;
    struct caa_decision wild;
    struct missing missing = {0};
    decide(list, found, false, &plain);
    decide(list, found, true, &wild);
    *answers = (struct caa_answers){plain.verdict, wild.verdict};
    enum cs_err err = find_missing(list, found, &plain, &wild, &missing);
    if (err == CS_OK && list->listing != NULL) {
        err = put_row(list->listing, found, &plain, &wild, &missing, diag);
        if (err == CS_OK)
            err = remember(list, &missing);
    }
    text_list_dispose(&missing.lines);
    text_list_dispose(&missing.generic);
    return err;
}

void caa_list_dispose(struct caa_list *list)
{
    text_list_dispose(&list->missing);
    set64_dispose(&list->told);
}
