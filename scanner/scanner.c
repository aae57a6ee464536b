// SPDX-License-Identifier: Apache-2.0
#include "scanner/scanner.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/scan_loop.h"

#define INFLIGHT_WITHOUT_RATE 4096
#define OTHER_FILES           64 /* descriptors for the store, the terminal, loops and look-ups */
#define MAX_THREADS           64

const struct scan_limits scan_limits_default = {
    .rate_per_s = 500,
    .max_inflight = 0,
    .per_host = 2,
    .per_prefix = 64,
    .connect_timeout_ms = 3000,
    .answer_timeout_ms = 8000,
    .timeout_ms = 30000,
    .threads = 1,
};

struct scanner {
    struct scan_shared shared;
    struct scan_loop *loops; /* owned */
    uint32_t loop_count;     /* started */
    uint64_t *low_water;     /* delivered, of each loop; owned */
    uint32_t ended;
    bool complete; /* of the loops that have ended */
};

uint32_t scan_limits_inflight(const struct scan_limits *limits)
{
    if (limits->max_inflight != 0)
        return limits->max_inflight;
    if (limits->rate_per_s == 0)
        return INFLIGHT_WITHOUT_RATE;
    uint64_t inflight = (uint64_t)limits->rate_per_s * limits->connect_timeout_ms / 1000;
    return inflight < 1 ? 1 : inflight > UINT32_MAX ? UINT32_MAX : (uint32_t)inflight;
}

/* Raises the soft limit to the hard one and says how many connections fit below it. */
static uint32_t fit_to_files(uint32_t wanted, unsigned scans, struct diag *diag)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return wanted;
    if (files.rlim_cur < files.rlim_max) {
        struct rlimit raised = {files.rlim_max, files.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            files = raised;
    }
    uint64_t room = files.rlim_cur > 2 * OTHER_FILES ? files.rlim_cur - OTHER_FILES : files.rlim_cur / 2;
    room /= scans;
    if (files.rlim_cur == RLIM_INFINITY || wanted <= room)
        return wanted;
    diag_set(
        diag,
        "connections at once are limited to %u instead of %u by the limit of %llu open files (ulimit -n)",
        (unsigned)room, wanted, (unsigned long long)files.rlim_cur);
    return room > 0 ? (uint32_t)room : 1;
}

static enum cs_err check_plan(const struct scan_plan *plan, struct diag *diag)
{
    const struct scan_limits *limits = &plan->limits;
    if (limits->threads < 1 || limits->threads > MAX_THREADS)
        return diag_fail(diag, CS_E_INVALID, "threads: from 1 to %d", MAX_THREADS);
    if (plan->shard_count < 1 || plan->shard_index >= plan->shard_count)
        return diag_fail(diag, CS_E_INVALID, "shard: I/K with I from 1 to K");
    if (limits->connect_timeout_ms < 1 || limits->answer_timeout_ms < 1 || limits->timeout_ms < 1)
        return diag_fail(diag, CS_E_INVALID, "a time limit must be above zero");
    if (target_set_count(plan->targets) == 0)
        return diag_fail(diag, CS_E_INVALID, "nothing to scan");
    return CS_OK;
}

/* Found out here, for to a connect it looks like local ports that have run out, which is worth waiting for.
 */
static enum cs_err check_source(const struct scan_plan *plan, struct diag *diag)
{
    char text[IP_TEXT_SIZE];
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    if (!plan->has_source)
        return CS_OK;
    ip_format(text, plan->source);
    bool is_v4 = ip_is_v4(plan->source);
    int rc = is_v4 ? uv_ip4_addr(text, 0, &address.v4) : uv_ip6_addr(text, 0, &address.v6);
    int fd = rc == 0 ? socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    bool is_ours = fd >= 0 && bind(fd, &address.any, is_v4 ? sizeof address.v4 : sizeof address.v6) == 0;
    if (fd >= 0)
        close(fd);
    return is_ours ? CS_OK : diag_fail(diag, CS_E_INVALID, "source: %s is not an address of this host", text);
}

/* No loop without a connection of its own, or together they would have more than allowed. */
static uint32_t fit_to_inflight(uint32_t threads, uint32_t max_inflight)
{
    return threads < max_inflight ? threads : max_inflight;
}

static enum cs_err start_loops(struct scanner *scanner, struct diag *diag)
{
    uint32_t count = scanner->shared.plan.limits.threads;
    uint32_t share = scanner->shared.max_inflight / count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t extra = i < scanner->shared.max_inflight % count;
        enum cs_err err = scan_loop_start(&scanner->loops[i], &scanner->shared, i, share + extra, diag);
        if (err != CS_OK)
            return err;
        scanner->loop_count++;
    }
    return CS_OK;
}

enum cs_err scanner_start(struct scanner **out, const struct scan_plan *plan, struct diag *diag)
{
    *out = NULL;
    diag_set(diag, "%s", "");
    enum cs_err err = check_plan(plan, diag);
    if (err == CS_OK)
        err = check_source(plan, diag);
    if (err != CS_OK)
        return err;
    struct scanner *scanner = calloc(1, sizeof *scanner);
    if (scanner == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    scanner->complete = true;
    scanner->shared.plan = *plan;
    atomic_store(&scanner->shared.pause, plan->paused);
    scanner->shared.max_inflight =
        fit_to_files(scan_limits_inflight(&plan->limits), plan->budget != NULL ? BUDGET_SCANS : 1, diag);
    uint32_t threads = fit_to_inflight(plan->limits.threads, scanner->shared.max_inflight);
    scanner->shared.plan.limits.threads = threads;
    scanner->loops = calloc(threads, sizeof *scanner->loops);
    scanner->low_water = calloc(threads, sizeof *scanner->low_water);
    permutation_init(&scanner->shared.order, target_set_count(plan->targets), plan->seed);
    if (scanner->loops == NULL || scanner->low_water == NULL)
        err = diag_fail(diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = rate_init(&scanner->shared.rate, plan->limits.rate_per_s, threads, uv_hrtime());
    if (err == CS_OK) {
        err = result_queue_init(&scanner->shared.queue);
        if (err != CS_OK)
            rate_dispose(&scanner->shared.rate);
    }
    if (err != CS_OK) {
        free(scanner->low_water);
        free(scanner->loops);
        free(scanner);
        return err;
    }
    for (uint32_t i = 0; i < threads; i++)
        scanner->low_water[i] = plan->low_water;
    err = start_loops(scanner, diag);
    if (err != CS_OK) {
        scanner_free(scanner);
        return err;
    }
    *out = scanner;
    return CS_OK;
}

static uint64_t lowest_delivered(const struct scanner *scanner)
{
    uint64_t low = UINT64_MAX;
    for (uint32_t i = 0; i < scanner->loop_count; i++)
        low = scanner->low_water[i] < low ? scanner->low_water[i] : low;
    return low;
}

struct scan_batch *scanner_take(struct scanner *scanner, unsigned wait_ms)
{
    struct loop_batch *batch = result_queue_pop(&scanner->shared.queue, wait_ms);
    if (batch == NULL)
        return NULL;
    scanner->low_water[batch->loop] = batch->low_water;
    scanner->ended += batch->ended;
    scanner->complete &= !batch->ended || batch->complete;
    batch->batch.low_water = lowest_delivered(scanner);
    batch->batch.last = scanner->ended == scanner->loop_count;
    batch->batch.complete = batch->batch.last && scanner->complete;
    return &batch->batch;
}

void scan_batch_free(struct scan_batch *batch)
{
    loop_batch_free((struct loop_batch *)batch); /* its first member */
}

static void wake_all(struct scanner *scanner)
{
    for (uint32_t i = 0; i < scanner->loop_count; i++)
        scan_loop_wake(&scanner->loops[i]);
}

void scanner_drain(struct scanner *scanner)
{
    atomic_store(&scanner->shared.drain, true);
    wake_all(scanner);
}

void scanner_pause(struct scanner *scanner, bool paused)
{
    atomic_store(&scanner->shared.pause, paused); /* a tick of the loops is soon enough */
}

void scanner_abort(struct scanner *scanner)
{
    atomic_store(&scanner->shared.abort, true);
    wake_all(scanner);
}

enum cs_err scanner_exclude(struct scanner *scanner, const struct ip_set *excluded)
{
    enum cs_err err = CS_OK;
    for (uint32_t i = 0; i < scanner->loop_count && err == CS_OK; i++)
        err = scan_loop_exclude(&scanner->loops[i], excluded);
    wake_all(scanner);
    return err;
}

static void add_counters(struct scan_progress *out, struct loop_counters *counters)
{
    uint64_t position = atomic_load_explicit(&counters->position, memory_order_relaxed);
    out->position = position < out->position ? position : out->position;
    for (int i = 0; i < OUTCOME_COUNT; i++)
        out->outcomes[i] += atomic_load_explicit(&counters->outcomes[i], memory_order_relaxed);
    out->certificates += atomic_load_explicit(&counters->certificates, memory_order_relaxed);
    out->connections += atomic_load_explicit(&counters->connections, memory_order_relaxed);
    out->slowed_down_count += atomic_load_explicit(&counters->slowed_down, memory_order_relaxed);
    out->in_flight += atomic_load_explicit(&counters->in_flight, memory_order_relaxed);
    out->parked += atomic_load_explicit(&counters->parked, memory_order_relaxed);
}

void scanner_progress(struct scanner *scanner, struct scan_progress *out)
{
    uint64_t count = target_set_count(scanner->shared.plan.targets);
    *out = (struct scan_progress){
        .position = count,
        .position_count = count,
        .max_inflight = scanner->shared.max_inflight,
    };
    for (uint32_t i = 0; i < scanner->loop_count; i++)
        add_counters(out, &scanner->loops[i].counters);
}

void scanner_free(struct scanner *scanner)
{
    if (scanner == NULL)
        return;
    scanner_abort(scanner);
    for (uint32_t i = 0; i < scanner->loop_count; i++)
        scan_loop_join(&scanner->loops[i]);
    result_queue_dispose(&scanner->shared.queue);
    rate_dispose(&scanner->shared.rate);
    free(scanner->loops);
    free(scanner->low_water);
    free(scanner);
}
