// SPDX-License-Identifier: Apache-2.0
/* What one loop has drawn and finished: positions are drawn in order and finish in any order; below the
 * low-water mark all are finished. A ring of bits covers the positions between low-water mark and next draw.
 */
#ifndef SCANNER_DONE_WINDOW_H
#define SCANNER_DONE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DONE_WINDOW_POSITIONS ((uint64_t)1 << 22) /* 512 KiB of bits */

struct done_window {
    uint64_t *bits; /* owned */
    uint64_t low;   /* low-water mark */
    uint64_t next;  /* the position to draw next */
    uint64_t end;
    const uint64_t *done; /* finished before the start; sorted; borrowed for the window's life */
    size_t done_count;
    size_t done_at;
};

/* Positions [low, end) are to be drawn but for those in `done`. CS_E_NOMEM. */
CS_MUST_USE enum cs_err done_window_init(struct done_window *window, uint64_t low, uint64_t end,
                                         const uint64_t *done, size_t done_count);
void done_window_dispose(struct done_window *window);

/* Draws the next position that is not finished. False at the end, and while the window is full: then
 * something drawn long ago has to finish first. */
bool done_window_draw(struct done_window *window, uint64_t *position);
/* Each drawn position once. */
void done_window_finish(struct done_window *window, uint64_t position);

/* All positions are drawn (but not all of them finished yet). */
static inline bool done_window_exhausted(const struct done_window *window)
{
    return window->next == window->end;
}

#endif
