// SPDX-License-Identifier: Apache-2.0
#include "app/batch_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scanner/result_queue.h"

/* One that says its number by the low-water mark, with an observation of `certs` certificates of 1 KiB. */
static struct scan_batch *batch_of(uint64_t number, size_t certs)
{
    struct loop_batch *batch = loop_batch_new(0);
    struct observation *seen = calloc(1, sizeof *seen);
    assert_non_null(batch);
    assert_non_null(seen);
    if (certs > 0) {
        struct der *list = calloc(1, certs * (sizeof *list + 1024)); /* one allocation, as chains are */
        assert_non_null(list);
        for (size_t i = 0; i < certs; i++)
            list[i] = (struct der){.bytes = (uint8_t *)(list + certs) + i * 1024, .len = 1024};
        seen->chains[0] = (struct chain){.certs = list, .cert_count = certs};
        seen->chain_count = 1;
    }
    assert_int_equal(loop_batch_reserve(batch), CS_OK);
    loop_batch_add(batch, (struct attempt){.position = number}, seen);
    batch->batch.low_water = number;
    return &batch->batch;
}

static void put(struct batch_queue *queue, uint64_t number, size_t certs)
{
    assert_int_equal(batch_queue_put(queue, batch_of(number, certs), 1000 + number), CS_OK);
}

static void takes(struct batch_queue *queue, uint64_t number)
{
    uint64_t since_ms = 0;
    const struct scan_batch *first = batch_queue_first(queue, &since_ms);
    assert_non_null(first);
    assert_int_equal(since_ms, 1000 + number);
    struct scan_batch *taken = batch_queue_take(queue);
    assert_ptr_equal(taken, first);
    assert_int_equal(taken->low_water, number);
    scan_batch_free(taken);
}

static void batches_come_out_as_they_went_in_however_many_there_are(void **state)
{
    struct batch_queue queue = {0};
    uint64_t since_ms;
    uint64_t in = 0;
    uint64_t out = 0;
    (void)state;
    assert_null(batch_queue_first(&queue, &since_ms));
    assert_null(batch_queue_take(&queue));
    while (in < 200) { /* three in, two out: it grows, and moves down what is left */
        for (int i = 0; i < 3; i++)
            put(&queue, in++, 0);
        for (int i = 0; i < 2; i++)
            takes(&queue, out++);
    }
    while (out < in)
        takes(&queue, out++);
    assert_null(batch_queue_first(&queue, &since_ms));
    assert_int_equal(queue.bytes, 0);
    batch_queue_dispose(&queue);
}

static void a_queue_that_is_never_long_stays_small(void **state)
{
    struct batch_queue queue = {0};
    (void)state;
    put(&queue, 0, 0);
    for (uint64_t i = 1; i < 1000; i++) {
        put(&queue, i, 0);
        takes(&queue, i - 1);
    }
    assert_in_range(queue.cap, 1, 16);
    batch_queue_dispose(&queue);
}

static void it_knows_about_how_much_it_holds(void **state)
{
    struct batch_queue queue = {0};
    (void)state;
    put(&queue, 0, 0);
    size_t small = queue.bytes;
    put(&queue, 1, 100);
    assert_in_range(queue.bytes - small, 100 * 1024, 150 * 1024);
    takes(&queue, 0);
    assert_in_range(queue.bytes, 100 * 1024, 150 * 1024);
    batch_queue_dispose(&queue); /* with what is still in it */
    assert_int_equal(queue.bytes, 0);
    batch_queue_dispose(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_out_as_they_went_in_however_many_there_are),
        cmocka_unit_test(a_queue_that_is_never_long_stays_small),
        cmocka_unit_test(it_knows_about_how_much_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
