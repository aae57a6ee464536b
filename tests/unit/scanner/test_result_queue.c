// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scanner/result_queue.h"

static struct result_queue queue;

static struct observation *an_observation(uint64_t position, size_t chain_bytes)
{
    struct observation *seen = calloc(1, sizeof *seen);
    assert_non_null(seen);
    seen->position = position;
    if (chain_bytes > 0) {
        struct der *certs = calloc(1, sizeof *certs + chain_bytes);
        assert_non_null(certs);
        certs[0].bytes = (const uint8_t *)(certs + 1);
        certs[0].len = chain_bytes;
        seen->chains[0] = (struct chain){.certs = certs, .cert_count = 1};
        seen->chain_count = 1;
    }
    return seen;
}

static void add(struct loop_batch *batch, uint64_t position, struct observation *seen)
{
    assert_int_equal(loop_batch_reserve(batch), CS_OK);
    loop_batch_add(batch, (struct attempt){.position = position}, seen);
}

static struct loop_batch *a_batch(uint32_t loop, uint64_t first, size_t count)
{
    struct loop_batch *batch = loop_batch_new(loop);
    assert_non_null(batch);
    for (size_t i = 0; i < count; i++)
        add(batch, first + i, NULL);
    return batch;
}

static void batches_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    assert_int_equal(result_queue_init(&queue), CS_OK);
    result_queue_push(&queue, a_batch(0, 0, 3));
    result_queue_push(&queue, a_batch(1, 100, 2));
    struct loop_batch *first = result_queue_pop(&queue, 0);
    struct loop_batch *second = result_queue_pop(&queue, 0);
    assert_int_equal(first->loop, 0);
    assert_int_equal(first->batch.attempt_count, 3);
    assert_int_equal(first->batch.attempts[2].position, 2);
    assert_int_equal(second->loop, 1);
    assert_int_equal(second->batch.attempts[1].position, 101);
    loop_batch_free(first);
    loop_batch_free(second);
    result_queue_dispose(&queue);
}

static void an_empty_queue_gives_nothing_when_the_time_is_over(void **state)
{
    (void)state;
    assert_int_equal(result_queue_init(&queue), CS_OK);
    assert_null(result_queue_pop(&queue, 0));
    uint64_t before = uv_hrtime();
    assert_null(result_queue_pop(&queue, 20));
    assert_true(uv_hrtime() - before < 5000000000u);
    result_queue_dispose(&queue);
}

static void a_batch_grows_and_counts_the_bytes_of_chains(void **state)
{
    (void)state;
    struct loop_batch *batch = loop_batch_new(0);
    assert_non_null(batch);
    for (uint64_t i = 0; i < 1000; i++)
        add(batch, i, i % 2 == 0 ? an_observation(i, 100) : NULL);
    assert_int_equal(batch->batch.attempt_count, 1000);
    assert_int_equal(batch->batch.observation_count, 500);
    assert_int_equal(batch->batch.observations[499]->position, 998);
    assert_true(batch->bytes >= 500 * (sizeof(struct observation) + 100));
    loop_batch_free(batch);
    loop_batch_free(NULL);
}

static void it_is_full_by_attempts_until_some_are_taken(void **state)
{
    (void)state;
    assert_int_equal(result_queue_init(&queue), CS_OK);
    result_queue_push(&queue, a_batch(0, 0, RESULT_QUEUE_MAX_ATTEMPTS - 1));
    assert_false(result_queue_is_full(&queue));
    result_queue_push(&queue, a_batch(0, 0, 1));
    assert_true(result_queue_is_full(&queue));
    loop_batch_free(result_queue_pop(&queue, 0));
    assert_false(result_queue_is_full(&queue));
    result_queue_dispose(&queue);
}

static void it_is_full_by_bytes_until_some_are_taken(void **state)
{
    (void)state;
    assert_int_equal(result_queue_init(&queue), CS_OK);
    struct loop_batch *batch = loop_batch_new(0);
    assert_non_null(batch);
    add(batch, 0, an_observation(0, RESULT_QUEUE_MAX_BYTES));
    result_queue_push(&queue, batch);
    assert_true(result_queue_is_full(&queue));
    loop_batch_free(result_queue_pop(&queue, 0));
    assert_false(result_queue_is_full(&queue));
    result_queue_dispose(&queue);
}

static void what_nobody_took_is_freed(void **state)
{
    (void)state;
    assert_int_equal(result_queue_init(&queue), CS_OK);
    struct loop_batch *batch = loop_batch_new(0);
    assert_non_null(batch);
    add(batch, 0, an_observation(0, 10));
    result_queue_push(&queue, batch);
    result_queue_push(&queue, a_batch(1, 0, 10));
    result_queue_dispose(&queue); /* a leak checker sees the rest */
}

/* ---- threads ---- */

#define BATCHES 200

static void push_many(void *data)
{
    const uint32_t *loop = data;
    for (uint64_t i = 0; i < BATCHES; i++)
        result_queue_push(&queue, a_batch(*loop, i, 5));
}

static void nothing_is_lost_between_threads(void **state)
{
    uv_thread_t threads[4];
    uint32_t loops[4] = {0, 1, 2, 3};
    uint64_t next[4] = {0};
    (void)state;
    assert_int_equal(result_queue_init(&queue), CS_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(uv_thread_create(&threads[i], push_many, &loops[i]), 0);
    for (int taken = 0; taken < 4 * BATCHES;) {
        struct loop_batch *batch = result_queue_pop(&queue, 100);
        if (batch == NULL)
            continue;
        assert_int_equal(batch->batch.attempts[0].position, next[batch->loop]++);
        loop_batch_free(batch);
        taken++;
    }
    for (int i = 0; i < 4; i++)
        uv_thread_join(&threads[i]);
    assert_null(result_queue_pop(&queue, 0));
    result_queue_dispose(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_out_in_the_order_they_went_in),
        cmocka_unit_test(an_empty_queue_gives_nothing_when_the_time_is_over),
        cmocka_unit_test(a_batch_grows_and_counts_the_bytes_of_chains),
        cmocka_unit_test(it_is_full_by_attempts_until_some_are_taken),
        cmocka_unit_test(it_is_full_by_bytes_until_some_are_taken),
        cmocka_unit_test(what_nobody_took_is_freed),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
