// SPDX-License-Identifier: Apache-2.0
/* start_next() takes a target from where one waits (put back, woken, or newly drawn), and starts it if its
 * places are free. It is called whenever a probe has ended, and by a tick every 10 ms, which so covers
 * everything that is waited for: rate tokens, a full result queue, the pause after a shortage. */
#include "scanner/scan_loop.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/shard.h"

#define TICK_MS         10
#define PAUSE_MS        100  /* after local ports or descriptors ran out */
#define WALK_BUDGET     4096 /* positions looked at before the loop looks at its sockets again */
#define PARKED_FOR_EACH 4    /* parked at most so many times the connections at once */

#define RELAXED memory_order_relaxed

static void deliver_unprobed(struct scan_loop *loop, const struct pending *item, const struct target *target,
                             enum outcome outcome, const char *detail)
{
    struct probe_result result = {.outcome = outcome};
    struct finished what = {item->position, item->index, target};
    strncpy(result.detail, detail, sizeof result.detail - 1);
    loop_results_deliver(&loop->results, &what, &result);
}

/* ---- memory that is used again ---- */

static struct pending *new_pending(struct scan_loop *loop)
{
    struct pending *item = loop->spare;
    if (item == NULL)
        return malloc(sizeof *item);
    loop->spare = item->next;
    return item;
}

static void keep_pending(struct scan_loop *loop, struct pending *item)
{
    item->next = loop->spare;
    loop->spare = item;
}

static struct probe *new_probe(struct scan_loop *loop)
{
    struct probe *probe = probe_list_take_last(&loop->idle); /* which is in the processor's cache */
    if (probe != NULL) {
        probe_reset(probe);
        return probe;
    }
    probe = malloc(sizeof *probe);
    if (probe != NULL)
        probe_open(probe, &loop->loop);
    return probe;
}

static void move_probe(struct probe *probe, struct probe_list *to)
{
    probe_list_remove(probe);
    probe_list_append(to, probe);
}

/* ---- drawing ---- */

static bool is_stopping(const struct scan_loop *loop)
{
    return atomic_load_explicit(&loop->shared->drain, RELAXED) ||
           atomic_load_explicit(&loop->shared->abort, RELAXED);
}

static bool is_paused(const struct scan_loop *loop)
{
    return atomic_load_explicit(&loop->shared->pause, RELAXED);
}

static bool may_draw(struct scan_loop *loop)
{
    return loop->slots.parked + loop->denied.count < (size_t)loop->share * PARKED_FOR_EACH &&
           !result_queue_is_full(&loop->shared->queue);
}

/* The next position that is this loop's. `*budget` counts down with every position looked at. */
static struct pending *draw(struct scan_loop *loop, struct target *target, uint32_t *budget)
{
    const struct scan_plan *plan = &loop->shared->plan;
    uint64_t position;
    struct pending *item = NULL;
    while (item == NULL && *budget > 0 && done_window_draw(&loop->window, &position)) {
        --*budget;
        uint64_t index = permutation_at(&loop->shared->order, position);
        target_set_get(plan->targets, index, target);
        bool mine = shard_is_mine(shard_hash(target), plan->shard_index, plan->shard_count, loop->number,
                                  plan->limits.threads);
        if (!mine) {
            done_window_finish(&loop->window, position);
            continue;
        }
        item = new_pending(loop);
        if (item == NULL)
            break; /* unfinished: a resume will take it */
        *item = (struct pending){.position = position, .index = index, .ip = target->ip};
    }
    atomic_store_explicit(&loop->counters.position, loop->window.next, RELAXED);
    return item;
}

static struct pending *take_waiting(struct scan_loop *loop, struct target *target)
{
    struct pending *item = pending_pop(&loop->retry);
    if (item == NULL)
        item = pending_pop(&loop->slots.awake);
    if (item != NULL)
        target_set_get(loop->shared->plan.targets, item->index, target);
    return item;
}

/* Local ports, descriptors or memory ran out: fewer at once for a while. */
static void slow_down(struct scan_loop *loop)
{
    uint64_t now_ms = uv_now(&loop->loop);
    if (now_ms < loop->paused_until_ms)
        return; /* one of many that failed together */
    loop->paused_until_ms = now_ms + PAUSE_MS;
    loop->limit = loop->limit > 1 ? loop->limit / 2 : 1;
    loop_count(&loop->counters.slowed_down, 1);
}

static void put_back(struct scan_loop *loop, struct pending *item)
{
    pending_push(&loop->retry, item);
    slow_down(loop);
}

/* For one connection. */
static void pay(struct scan_loop *loop)
{
    loop->tokens--;
    loop->shared_tokens -= loop->shared->plan.budget != NULL;
    loop_count(&loop->counters.connections, 1);
}

static void give_back(struct scan_loop *loop, struct ip ip)
{
    if (loop->shared->plan.budget != NULL)
        budget_leave(loop->shared->plan.budget, ip);
    slots_give_back(&loop->slots, ip);
}

/* A place that another scan holds is asked for again at the next tick. */
static bool enter_budget(struct scan_loop *loop, struct pending *item)
{
    struct budget *budget = loop->shared->plan.budget;
    if (budget == NULL || budget_enter(budget, item->ip))
        return true;
    slots_give_back(&loop->slots, item->ip);
    pending_push(&loop->denied, item);
    return false;
}

static void start(struct scan_loop *loop, struct pending *item, const struct target *target)
{
    struct probe *probe = new_probe(loop);
    if (probe == NULL) {
        give_back(loop, item->ip);
        put_back(loop, item);
        return;
    }
    probe->target = *target;
    probe->position = item->position;
    probe->index = item->index;
    keep_pending(loop, item);
    probe_list_append(&loop->active, probe);
    loop->in_flight++;
    pay(loop);
    probe_start(probe, &loop->env);
}

/* Ends `item` at once where nothing is to be sent. */
static bool settle_unprobed(struct scan_loop *loop, struct pending *item, const struct target *target)
{
    if (!target->has_ip)
        deliver_unprobed(loop, item, target, OUTCOME_UNRESOLVED, "");
    else if (loop->excluded.count > 0 && ip_set_has(&loop->excluded, target->ip))
        deliver_unprobed(loop, item, target, OUTCOME_CANCELLED, "excluded");
    else
        return false;
    slots_pass_on(&loop->slots, item->ip);
    keep_pending(loop, item);
    return true;
}

static bool has_token(struct scan_loop *loop)
{
    if (loop->tokens == 0)
        loop->tokens = rate_take(&loop->shared->rate, uv_hrtime());
    struct budget *budget = loop->shared->plan.budget;
    if (budget == NULL || loop->tokens == 0)
        return loop->tokens > 0;
    if (loop->shared_tokens == 0)
        loop->shared_tokens = budget_tokens(budget, uv_hrtime());
    return loop->shared_tokens > 0;
}

/* A further connection of a target that is under way comes before anything new. */
static void go_on(struct scan_loop *loop, struct probe *probe)
{
    move_probe(probe, &loop->active);
    if (probe_go_on(probe))
        pay(loop);
}

/* False when there is nothing to start now, for whatever reason. */
static bool start_next(struct scan_loop *loop, uint32_t *budget)
{
    struct target target;
    if (uv_now(&loop->loop) < loop->paused_until_ms || !has_token(loop))
        return false;
    if (loop->waiting.head != NULL) {
        go_on(loop, loop->waiting.head);
        return true;
    }
    if (is_stopping(loop) || is_paused(loop) || loop->in_flight >= loop->limit)
        return false;
    struct pending *item = take_waiting(loop, &target);
    if (item == NULL && may_draw(loop))
        item = draw(loop, &target, budget);
    if (item == NULL)
        return false;
    if (settle_unprobed(loop, item, &target))
        return true;
    switch (slots_take(&loop->slots, item)) {
    case SLOTS_TAKEN:
        if (enter_budget(loop, item))
            start(loop, item, &target);
        break;
    case SLOTS_PARKED:
        break;
    case SLOTS_NO_MEMORY:
        put_back(loop, item);
        break;
    }
    return true;
}

/* ---- the end ---- */

static bool has_waiting(const struct scan_loop *loop)
{
    return loop->slots.parked + loop->slots.awake.count + loop->retry.count + loop->denied.count > 0;
}

static bool is_over(const struct scan_loop *loop)
{
    if (loop->in_flight > 0)
        return false;
    return is_stopping(loop) || (done_window_exhausted(&loop->window) && !has_waiting(loop));
}

static void close_loop(struct scan_loop *loop)
{
    if (loop->closing)
        return;
    loop->closing = true;
    uv_mutex_lock(&loop->lock);
    loop->awake = false;
    uv_mutex_unlock(&loop->lock);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->tick, NULL);
    uv_close((uv_handle_t *)&loop->walk, NULL);
    for (struct probe *probe = loop->idle.head; probe != NULL; probe = probe->next)
        probe_close(probe);
}

static void on_walk(uv_idle_t *walk);

static void start_more(struct scan_loop *loop)
{
    uint32_t budget = WALK_BUDGET;
    if (loop->closing)
        return;
    while (budget > 0 && start_next(loop, &budget)) {
    }
    atomic_store_explicit(&loop->counters.in_flight, loop->in_flight, RELAXED);
    atomic_store_explicit(&loop->counters.parked, (uint32_t)loop->slots.parked, RELAXED);
    if (budget == 0)
        uv_idle_start(&loop->walk, on_walk);
    else
        uv_idle_stop(&loop->walk);
    if (is_over(loop))
        close_loop(loop);
}

static void on_walk(uv_idle_t *walk)
{
    start_more(walk->data);
}

static void on_tick(uv_timer_t *tick)
{
    struct scan_loop *loop = tick->data;
    uint64_t now_ms = uv_now(&loop->loop);
    if (loop->limit < loop->share && now_ms >= loop->paused_until_ms)
        loop->limit += loop->share / 200 + 1 < loop->share - loop->limit ? loop->share / 200 + 1
                                                                         : loop->share - loop->limit;
    for (struct pending *item; (item = pending_pop(&loop->denied)) != NULL;)
        pending_push(&loop->slots.awake, item);
    if (now_ms >= loop->results.next_flush_ms)
        loop_results_flush(&loop->results, now_ms);
    start_more(loop);
}

static void on_probe_end(struct probe *probe, void *context)
{
    struct scan_loop *loop = context;
    loop->in_flight--;
    give_back(loop, probe->target.ip);
    if (probe->end == PROBE_DELIVERED) {
        struct finished what = {probe->position, probe->index, &probe->target};
        loop_results_deliver(&loop->results, &what, &probe->result);
    } else if (probe->end == PROBE_RETRY) {
        struct pending *item = new_pending(loop);
        if (item != NULL) {
            *item =
                (struct pending){.position = probe->position, .index = probe->index, .ip = probe->target.ip};
            put_back(loop, item);
        }
    }
    probe_result_dispose(&probe->result);
    move_probe(probe, &loop->idle);
    start_more(loop);
}

static void on_probe_wait(struct probe *probe, bool shortage, void *context)
{
    struct scan_loop *loop = context;
    move_probe(probe, &loop->waiting);
    if (shortage)
        slow_down(loop);
    start_more(loop);
}

static void cancel_excluded(const struct scan_loop *loop, const struct probe_list *list)
{
    for (struct probe *probe = list->head; probe != NULL; probe = probe->next) {
        if (ip_set_has(&loop->excluded, probe->target.ip))
            probe_cancel(probe, "excluded");
    }
}

static void abandon_all(const struct probe_list *list)
{
    for (struct probe *probe = list->head; probe != NULL; probe = probe->next)
        probe_abandon(probe);
}

static void take_new_exclusions(struct scan_loop *loop)
{
    uv_mutex_lock(&loop->lock);
    bool has_new = loop->has_new_exclusions;
    struct ip_set excluded = loop->new_excluded;
    loop->new_excluded = (struct ip_set){0};
    loop->has_new_exclusions = false;
    uv_mutex_unlock(&loop->lock);
    if (!has_new)
        return;
    ip_set_dispose(&loop->excluded);
    loop->excluded = excluded;
    cancel_excluded(loop, &loop->active);
    cancel_excluded(loop, &loop->waiting);
}

static void on_wake(uv_async_t *wake)
{
    struct scan_loop *loop = wake->data;
    take_new_exclusions(loop);
    if (atomic_load_explicit(&loop->shared->abort, RELAXED)) {
        abandon_all(&loop->active);
        abandon_all(&loop->waiting);
    }
    start_more(loop);
}

/* ---- life ---- */

/* A write to a peer that has reset raises SIGPIPE; what a program does with signals is not for its scanner to
 * change, so only this thread is shielded. */
static void block_broken_pipe(void)
{
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
}

static void run(void *data)
{
    struct scan_loop *loop = data;
    block_broken_pipe();
    uv_run(&loop->loop, UV_RUN_DEFAULT);
    loop_results_end(&loop->results);
}

static void dispose(struct scan_loop *loop)
{
    for (struct probe *probe; (probe = probe_list_take_last(&loop->idle)) != NULL;)
        free(probe);
    for (struct pending *item = loop->spare; item != NULL;) {
        struct pending *next = item->next;
        free(item);
        item = next;
    }
    for (struct pending *item; (item = pending_pop(&loop->retry)) != NULL;)
        free(item);
    for (struct pending *item; (item = pending_pop(&loop->denied)) != NULL;)
        free(item);
    slots_dispose(&loop->slots);
    done_window_dispose(&loop->window);
    ip_set_dispose(&loop->excluded);
    ip_set_dispose(&loop->new_excluded);
    lane_full_context_free(loop->env.full);
    tls_crypto_free(loop->direct.crypto);
    free(loop->env.read_buffer);
    loop_results_dispose(&loop->results);
}

static enum cs_err prepare_memory(struct scan_loop *loop, struct diag *diag)
{
    const struct scan_plan *plan = &loop->shared->plan;
    enum cs_err err = tls_crypto_new(&loop->direct.crypto, diag);
    if (err == CS_OK)
        err = lane_full_context_new(&loop->env.full, loop->direct.crypto, diag);
    if (err != CS_OK)
        return err;
    loop->env.read_buffer = malloc(PROBE_READ_BUFFER);
    err = done_window_init(&loop->window, plan->low_water, target_set_count(plan->targets), plan->done,
                           plan->done_count);
    if (err == CS_OK)
        err = slots_init(&loop->slots, plan->limits.per_host, plan->limits.per_prefix,
                         (size_t)loop->share * (1 + PARKED_FOR_EACH));
    if (err == CS_OK && loop->env.read_buffer == NULL)
        err = CS_E_NOMEM;
    if (err == CS_OK && plan->excluded != NULL)
        err = scan_loop_exclude(loop, plan->excluded);
    return err == CS_OK ? CS_OK : diag_fail(diag, err, "out of memory");
}

static void prepare_env(struct scan_loop *loop)
{
    const struct scan_plan *plan = &loop->shared->plan;
    loop->results = (struct loop_results){
        .queue = &loop->shared->queue,
        .window = &loop->window,
        .counters = &loop->counters,
        .loop = loop->number,
        .want_outcomes = plan->want_outcomes,
    };
    loop->env.loop = &loop->loop;
    loop->env.direct = &loop->direct;
    loop->env.limits = &plan->limits;
    loop->env.policy = plan->policy;
    loop->env.has_source = plan->has_source;
    loop->env.source = plan->source;
    loop->env.ehlo_name = plan->ehlo_name != NULL ? plan->ehlo_name : "localhost";
    loop->env.on_wait = on_probe_wait;
    loop->env.on_end = on_probe_end;
    loop->env.context = loop;
}

/* Handles are made before the thread runs, so that the first wake finds them. */
static enum cs_err prepare_handles(struct scan_loop *loop, struct diag *diag)
{
    int rc = uv_loop_init(&loop->loop);
    if (rc != 0)
        return diag_fail(diag, CS_E_IO, "a scanning loop does not start: %s", uv_strerror(rc));
    rc = uv_async_init(&loop->loop, &loop->wake, on_wake);
    if (rc != 0) {
        uv_loop_close(&loop->loop);
        return diag_fail(diag, CS_E_IO, "a scanning loop does not start: %s", uv_strerror(rc));
    }
    uv_timer_init(&loop->loop, &loop->tick);
    uv_idle_init(&loop->loop, &loop->walk);
    loop->wake.data = loop->tick.data = loop->walk.data = loop;
    uv_timer_start(&loop->tick, on_tick, 0, TICK_MS);
    loop->awake = true;
    return CS_OK;
}

static void undo_handles(struct scan_loop *loop)
{
    close_loop(loop);
    uv_run(&loop->loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop->loop);
}

enum cs_err scan_loop_start(struct scan_loop *loop, struct scan_shared *shared, uint32_t number,
                            uint32_t share, struct diag *diag)
{
    *loop = (struct scan_loop){.shared = shared, .number = number, .share = share, .limit = share};
    if (uv_mutex_init(&loop->lock) != 0)
        return diag_fail(diag, CS_E_IO, "a scanning loop does not start");
    enum cs_err err = prepare_memory(loop, diag);
    take_new_exclusions(loop);
    prepare_env(loop);
    if (err == CS_OK)
        err = prepare_handles(loop, diag);
    if (err == CS_OK && uv_thread_create(&loop->thread, run, loop) != 0) {
        undo_handles(loop);
        err = diag_fail(diag, CS_E_IO, "a scanning thread does not start");
    }
    loop->running = err == CS_OK;
    if (err != CS_OK) {
        dispose(loop);
        uv_mutex_destroy(&loop->lock);
    }
    return err;
}

void scan_loop_wake(struct scan_loop *loop)
{
    uv_mutex_lock(&loop->lock);
    if (loop->awake)
        uv_async_send(&loop->wake);
    uv_mutex_unlock(&loop->lock);
}

enum cs_err scan_loop_exclude(struct scan_loop *loop, const struct ip_set *excluded)
{
    struct ip_set copy = {0};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < excluded->count && err == CS_OK; i++)
        err = ip_set_add(&copy, excluded->ranges[i]);
    if (err == CS_OK)
        err = ip_set_normalize(&copy);
    if (err != CS_OK) {
        ip_set_dispose(&copy);
        return err;
    }
    uv_mutex_lock(&loop->lock);
    ip_set_dispose(&loop->new_excluded);
    loop->new_excluded = copy;
    loop->has_new_exclusions = true;
    uv_mutex_unlock(&loop->lock);
    return CS_OK;
}

void scan_loop_join(struct scan_loop *loop)
{
    if (!loop->running)
        return;
    loop->running = false;
    uv_thread_join(&loop->thread);
    int rc = uv_loop_close(&loop->loop);
    assert(rc == 0);
    (void)rc;
    dispose(loop);
    uv_mutex_destroy(&loop->lock);
}
