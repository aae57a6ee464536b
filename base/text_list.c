// SPDX-License-Identifier: Apache-2.0
#include "base/text_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum cs_err text_list_take(struct text_list *list, char *text)
{
    if (text == NULL)
        return CS_E_NOMEM;
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 4 : list->cap * 2;
        char **items = realloc(list->items, cap * sizeof *items);
        if (items == NULL) {
            free(text);
            return CS_E_NOMEM;
        }
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = text;
    return CS_OK;
}

enum cs_err text_list_add_n(struct text_list *list, const char *text, size_t len)
{
    return text_list_take(list, text_copy_n(text, len));
}

enum cs_err text_list_add(struct text_list *list, const char *text)
{
    return text_list_add_n(list, text, strlen(text));
}

bool text_list_has(const struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (text_equals(list->items[i], text))
            return true;
    }
    return false;
}

void text_list_dispose(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct text_list){0};
}
