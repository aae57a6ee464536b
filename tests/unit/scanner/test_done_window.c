// SPDX-License-Identifier: Apache-2.0
#include "scanner/done_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static struct done_window window_of(uint64_t low, uint64_t end, const uint64_t *done, size_t done_count)
{
    struct done_window window;
    assert_int_equal(done_window_init(&window, low, end, done, done_count), CS_OK);
    return window;
}

static uint64_t draw(struct done_window *window)
{
    uint64_t position = UINT64_MAX;
    assert_true(done_window_draw(window, &position));
    return position;
}

static void draws_nothing(struct done_window *window)
{
    uint64_t position;
    assert_false(done_window_draw(window, &position));
}

static void positions_are_drawn_in_order_up_to_the_end(void **state)
{
    (void)state;
    struct done_window window = window_of(5, 8, NULL, 0);
    assert_false(done_window_exhausted(&window));
    for (uint64_t expected = 5; expected < 8; expected++)
        assert_int_equal(draw(&window), expected);
    draws_nothing(&window);
    assert_true(done_window_exhausted(&window));
    assert_int_equal(window.low, 5); /* drawn is not finished */
    done_window_dispose(&window);
}

static void an_empty_span_is_exhausted_at_once(void **state)
{
    (void)state;
    struct done_window window = window_of(7, 7, NULL, 0);
    assert_true(done_window_exhausted(&window));
    draws_nothing(&window);
    done_window_dispose(&window);
}

static void the_low_water_mark_waits_for_the_oldest(void **state)
{
    (void)state;
    struct done_window window = window_of(0, 100, NULL, 0);
    for (int i = 0; i < 4; i++)
        draw(&window);
    done_window_finish(&window, 1);
    done_window_finish(&window, 3);
    assert_int_equal(window.low, 0);
    done_window_finish(&window, 0);
    assert_int_equal(window.low, 2);
    done_window_finish(&window, 2);
    assert_int_equal(window.low, 4);
    done_window_dispose(&window);
}

static void a_full_window_stops_drawing_until_the_oldest_ends(void **state)
{
    (void)state;
    struct done_window window = window_of(10, UINT64_MAX, NULL, 0);
    for (uint64_t i = 0; i < DONE_WINDOW_POSITIONS; i++)
        draw(&window);
    draws_nothing(&window);
    assert_false(done_window_exhausted(&window)); /* full is not the end */
    done_window_finish(&window, 11);
    draws_nothing(&window);
    done_window_finish(&window, 10);
    assert_int_equal(draw(&window), 10 + DONE_WINDOW_POSITIONS);
    assert_int_equal(draw(&window), 11 + DONE_WINDOW_POSITIONS);
    draws_nothing(&window);
    done_window_dispose(&window);
}

static void positions_finished_before_are_not_drawn_again(void **state)
{
    (void)state;
    static const uint64_t done[] = {3, 5, 6, 9};
    struct done_window window = window_of(3, 10, done, 4);
    assert_int_equal(draw(&window), 4);
    assert_int_equal(window.low, 4); /* 3 was done */
    assert_int_equal(draw(&window), 7);
    assert_int_equal(draw(&window), 8);
    draws_nothing(&window);
    assert_true(done_window_exhausted(&window));
    done_window_finish(&window, 8);
    done_window_finish(&window, 7);
    done_window_finish(&window, 4);
    assert_int_equal(window.low, 10);
    done_window_dispose(&window);
}

static void what_lies_below_the_start_or_beyond_the_end_is_ignored(void **state)
{
    (void)state;
    static const uint64_t done[] = {0, 1, 11, 50};
    struct done_window window = window_of(10, 13, done, 4);
    assert_int_equal(draw(&window), 10);
    assert_int_equal(draw(&window), 12);
    draws_nothing(&window);
    done_window_dispose(&window);
}

static void a_scan_all_done_draws_nothing(void **state)
{
    (void)state;
    static const uint64_t done[] = {0, 1, 2};
    struct done_window window = window_of(0, 3, done, 3);
    draws_nothing(&window);
    assert_true(done_window_exhausted(&window));
    assert_int_equal(window.low, 3);
    done_window_dispose(&window);
}

#define POSITIONS 20000

struct model {
    bool finished[POSITIONS];
    uint64_t low;
};

static uint64_t naive_low(struct model *model, uint64_t next)
{
    while (model->low < next && model->finished[model->low])
        model->low++;
    return model->low;
}

/* Draws and finishes at random, at most 500 open at once; every position comes exactly once. */
static void run_at_random(uint64_t seed, const uint64_t *done, size_t done_count)
{
    static struct model model;
    uint64_t open[500];
    size_t open_count = 0;
    struct done_window window = window_of(0, POSITIONS, done, done_count);
    model = (struct model){0};
    for (size_t i = 0; i < done_count; i++)
        model.finished[done[i]] = true;
    while (open_count > 0 || !done_window_exhausted(&window)) {
        uint64_t position;
        if (open_count < 500 && hash_next_random(&seed) % 2 == 0 && done_window_draw(&window, &position)) {
            assert_false(model.finished[position]);
            open[open_count++] = position;
        } else if (open_count > 0) {
            size_t pick = (size_t)(hash_next_random(&seed) % open_count);
            done_window_finish(&window, open[pick]);
            assert_false(model.finished[open[pick]]);
            model.finished[open[pick]] = true;
            open[pick] = open[--open_count];
        }
        assert_int_equal(window.low, naive_low(&model, window.next));
    }
    assert_int_equal(window.low, POSITIONS);
    done_window_dispose(&window);
}

static void random_orders_agree_with_a_naive_model(void **state)
{
    (void)state;
    static uint64_t done[POSITIONS];
    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t random = seed;
        size_t count = 0;
        for (uint64_t i = 0; i < POSITIONS; i++) {
            if (hash_next_random(&random) % 6 < seed - 1) /* none done up to five sixths done */
                done[count++] = i;
        }
        run_at_random(seed, done, count);
    }
}

/* The ring of bits is used over and over: what one round left must not show in the next. */
static void the_ring_is_clean_after_each_round(void **state)
{
    (void)state;
    struct done_window window = window_of(DONE_WINDOW_POSITIONS - 3, UINT64_MAX, NULL, 0);
    for (uint64_t i = 0; i < 3 * DONE_WINDOW_POSITIONS; i += 2) {
        uint64_t first = draw(&window);
        uint64_t second = draw(&window);
        done_window_finish(&window, second);
        assert_int_equal(window.low, first);
        done_window_finish(&window, first);
        assert_int_equal(window.low, second + 1);
    }
    done_window_dispose(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_drawn_in_order_up_to_the_end),
        cmocka_unit_test(an_empty_span_is_exhausted_at_once),
        cmocka_unit_test(the_low_water_mark_waits_for_the_oldest),
        cmocka_unit_test(a_full_window_stops_drawing_until_the_oldest_ends),
        cmocka_unit_test(positions_finished_before_are_not_drawn_again),
        cmocka_unit_test(what_lies_below_the_start_or_beyond_the_end_is_ignored),
        cmocka_unit_test(a_scan_all_done_draws_nothing),
        cmocka_unit_test(random_orders_agree_with_a_naive_model),
        cmocka_unit_test(the_ring_is_clean_after_each_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
