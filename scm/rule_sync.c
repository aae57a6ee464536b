// SPDX-License-Identifier: Apache-2.0
#include "scm/rule_sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "rules/ruleset.h"

enum cs_err rule_notes_add(struct rule_notes *notes, enum rule_note_kind kind, int64_t external_id,
                           const char *name, const char *detail, struct diag *diag)
{
    struct rule_note note = {kind, external_id, text_copy(name), text_copy(detail)};
    if (notes->count == notes->cap) {
        size_t cap = notes->cap == 0 ? 32 : notes->cap * 2;
        struct rule_note *items = realloc(notes->items, cap * sizeof *items);
        if (items != NULL) {
            notes->items = items;
            notes->cap = cap;
        }
    }
    if (note.name == NULL || note.detail == NULL || notes->count == notes->cap) {
        free(note.name);
        free(note.detail);
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    notes->items[notes->count++] = note;
    notes->counts[kind]++;
    return CS_OK;
}

void rule_notes_dispose(struct rule_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        free(notes->items[i].name);
        free(notes->items[i].detail);
    }
    free(notes->items);
    *notes = (struct rule_notes){0};
}

void rule_local_name(struct buf *out, const char *name, int64_t external_id, bool plain)
{
    char tail[40] = "";
    size_t len = 0;
    size_t all = strlen(name);
    if (!plain)
        snprintf(tail, sizeof tail, " (SCM %" PRId64 ")", external_id);
    while (len < all) {
        size_t step = utf8_length((const uint8_t *)name + len, all - len);
        if (step == 0 || len + step + strlen(tail) > RULE_MAX_NAME)
            break;
        len += step;
    }
    buf_append(out, name, len);
    buf_append_str(out, tail);
}

bool rule_name_is(const char *local, const char *name, int64_t external_id)
{
    bool same = false;
    for (int plain = 0; plain < 2 && !same; plain++) {
        struct buf made = {0};
        rule_local_name(&made, name, external_id, plain == 1);
        same = strcmp(local, buf_str(&made)) == 0;
        buf_dispose(&made);
    }
    return same;
}
