// SPDX-License-Identifier: Apache-2.0
/* A growable list of owned strings. Zero-initialised is an empty list. */
#ifndef BASE_TEXT_LIST_H
#define BASE_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct text_list {
    char **items; /* owned, as is each string */
    size_t count;
    size_t cap;
};

CS_MUST_USE enum cs_err text_list_add(struct text_list *list, const char *text); /* copies */
CS_MUST_USE enum cs_err text_list_add_n(struct text_list *list, const char *text, size_t len);
CS_MUST_USE enum cs_err text_list_take(struct text_list *list, char *text); /* takes over, frees on error */
bool text_list_has(const struct text_list *list, const char *text);         /* whatever the case */
void text_list_dispose(struct text_list *list);                             /* idempotent */

/* The items as the facts of model/field.h want them. */
static inline const char *const *text_list_view(const struct text_list *list)
{
    return (const char *const *)list->items;
}

#endif
