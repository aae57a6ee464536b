// SPDX-License-Identifier: Apache-2.0
#include "scanner/done_window.h"

#include <assert.h>
#include <stdlib.h>

#define WORD_BITS 64

enum cs_err done_window_init(struct done_window *window, uint64_t low, uint64_t end, const uint64_t *done,
                             size_t done_count)
{
    *window =
        (struct done_window){.low = low, .next = low, .end = end, .done = done, .done_count = done_count};
    window->bits = calloc(DONE_WINDOW_POSITIONS / WORD_BITS, sizeof *window->bits);
    return window->bits != NULL ? CS_OK : CS_E_NOMEM;
}

void done_window_dispose(struct done_window *window)
{
    free(window->bits);
    window->bits = NULL;
}

static uint64_t *word_of(struct done_window *window, uint64_t position, uint64_t *bit)
{
    uint64_t slot = position % DONE_WINDOW_POSITIONS;
    *bit = (uint64_t)1 << slot % WORD_BITS;
    return &window->bits[slot / WORD_BITS];
}

static void advance_low(struct done_window *window)
{
    uint64_t bit;
    while (window->low < window->next) {
        uint64_t *word = word_of(window, window->low, &bit);
        if ((*word & bit) == 0)
            return;
        *word &= ~bit;
        window->low++;
    }
}

void done_window_finish(struct done_window *window, uint64_t position)
{
    uint64_t bit;
    assert(position >= window->low && position < window->next);
    uint64_t *word = word_of(window, position, &bit);
    assert((*word & bit) == 0);
    *word |= bit;
    if (position == window->low)
        advance_low(window);
}

bool done_window_draw(struct done_window *window, uint64_t *position)
{
    while (window->next < window->end && window->next - window->low < DONE_WINDOW_POSITIONS) {
        *position = window->next++;
        while (window->done_at < window->done_count && window->done[window->done_at] < *position)
            window->done_at++;
        if (window->done_at == window->done_count || window->done[window->done_at] != *position)
            return true;
        done_window_finish(window, *position);
    }
    return false;
}
