// SPDX-License-Identifier: Apache-2.0
/* `size` and `position` of a list, and the parts of a path. */
#ifndef SCM_SIMULATOR_PAGE_H
#define SCM_SIMULATOR_PAGE_H

#include "answer.h"

struct page {
    int size;
    int position;
};

/* False: `answer` has the refusal. */
bool page_read(struct world *world, const struct question *question, struct page *page,
               struct answer *answer);
/* Is the row that has `before` rows before it in that page? */
bool page_has(const struct page *page, int before);

/* What follows `prefix` in the question's path: "" for the collection itself; NULL: the path is another. */
const char *path_after(const struct question *question, const char *prefix);

bool question_is(const struct question *question, const char *method);

#endif
