// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include <string.h>

#include "base/text.h"
#include "fault.h"

#define MAX_SIZE     200
#define DEFAULT_SIZE 20

/* A whole number of the query, `missing` where there is none, -1 where it is no number. */
static int page_number(const struct question *question, const char *name, int missing)
{
    const char *text = question_argument(question, name);
    uint64_t number;
    if (text == NULL)
        return missing;
    return text_to_u64(text, strlen(text), 1000000000, &number) == CS_OK ? (int)number : -1;
}

bool page_read(struct world *world, const struct question *question, struct page *page, struct answer *answer)
{
    page->size = page_number(question, "size", DEFAULT_SIZE);
    page->position = page_number(question, "position", 0);
    if (page->size < 0 || page->size > MAX_SIZE || page->position < 0) {
        answer_error(answer, 400, -1601, "Invalid value of field size or position");
        return false;
    }
    if (page->position > 0)
        page->position -= fault_shift(world, question);
    return true;
}

bool page_has(const struct page *page, int before)
{
    return before >= page->position && before < page->position + page->size;
}

const char *path_after(const struct question *question, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(question->path, prefix, len) != 0)
        return NULL;
    const char *rest = question->path + len;
    return rest[0] == '\0' ? rest : rest[0] == '/' ? rest + 1 : NULL;
}

bool question_is(const struct question *question, const char *method)
{
    return strcmp(question->method, method) == 0;
}
