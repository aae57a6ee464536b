// SPDX-License-Identifier: Apache-2.0
/* libuv callbacks report events; probe_on() decides; the table says what may follow what and what is done on
 * entering. A connection is closed by reset, so that a scan leaves no TIME_WAIT behind, but for one whose
 * dialogue has said goodbye. */
#include "scanner/probe.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "scanner/classify.h"
#include "scanner/leaf_key.h"
#include "scanner/port_list.h"
#include "scanner/probe_inner.h"

static void begin_dialogue(struct probe *probe);
static void begin_handshake(struct probe *probe);
static void begin_close(struct probe *probe);
static void begin_wait(struct probe *probe);
static void tell_end(struct probe *probe);
static bool take_silence(struct probe *probe);

#define TO(state) (1u << PROBE_##state)
static const struct {
    const char *name;
    unsigned next;
    void (*enter)(struct probe *);
} states[] = {
    [PROBE_IDLE] = {"idle", TO(CONNECTING), NULL},
    [PROBE_CONNECTING] = {"connecting", TO(TALKING) | TO(HANDSHAKING) | TO(CLOSING), probe_begin_connect},
    [PROBE_TALKING] = {"talking", TO(HANDSHAKING) | TO(CLOSING), begin_dialogue},
    [PROBE_HANDSHAKING] = {"handshaking", TO(CLOSING), begin_handshake},
    [PROBE_CLOSING] = {"closing", TO(WAITING) | TO(DONE), begin_close},
    [PROBE_WAITING] = {"waiting", TO(CONNECTING) | TO(DONE), begin_wait},
    [PROBE_DONE] = {"done", 0, tell_end},
};

static enum probe_state next_state(const struct probe *probe, enum probe_event event)
{
    switch (event) {
    case EV_START:
        return PROBE_CONNECTING;
    case EV_CONNECTED:
        return probe->protocol == PROTOCOL_TLS ? PROBE_HANDSHAKING : PROBE_TALKING;
    case EV_TLS:
        return PROBE_HANDSHAKING;
    case EV_OVER:
        return probe->state == PROBE_WAITING ? PROBE_DONE : PROBE_CLOSING;
    case EV_CLOSED:
        break;
    }
    return probe->more ? PROBE_WAITING : PROBE_DONE;
}

bool probe_is_open(const struct probe *probe)
{
    return probe->state == PROBE_CONNECTING || probe->state == PROBE_TALKING ||
           probe->state == PROBE_HANDSHAKING;
}

void probe_on(struct probe *probe, enum probe_event event)
{
    enum probe_state next = next_state(probe, event);
    assert((states[probe->state].next & 1u << next) != 0);
    probe->state = next;
    states[next].enter(probe); /* may hand the probe back to its owner */
}

void probe_end_with(struct probe *probe, enum outcome outcome, const char *detail)
{
    if (!probe_is_open(probe))
        return; /* a cancelled request reporting late */
    lane_end(&probe->got, outcome, detail);
    probe_on(probe, EV_OVER);
}

/* ---- the end of a connection, and what follows ---- */

static enum key_family leaf_of(const struct chain *chain)
{
    return leaf_key_family(chain->certs[0].bytes, chain->certs[0].len);
}

/* A second chain counts when its key is of the other family, which is what was asked for. */
static void keep_chain(struct probe_result *result, struct chain *chain)
{
    result->outcome = OUTCOME_CERTIFICATE;
    result->detail[0] = '\0';
    if (result->chain_count == 0 ||
        (result->chain_count < OBSERVATION_MAX_CHAINS && leaf_of(&result->chains[0]) != leaf_of(chain))) {
        result->chains[result->chain_count++] = *chain;
        *chain = (struct chain){0};
    }
    chain_dispose(chain);
}

/* Silence, a connection that never came to TLS, and a wish of the server's that our lane cannot fulfil say
 * nothing of what it has. */
static bool has_answered(const struct probe *probe)
{
    enum outcome outcome = probe->got.outcome;
    return probe->in_tls && !probe->unsupported &&
           (outcome == OUTCOME_CERTIFICATE || outcome == OUTCOME_TLS_ALERT || outcome == OUTCOME_CLOSED ||
            outcome == OUTCOME_RESET);
}

/* A server that has talked and now will not: it has had enough of us, which says nothing about what it has.
 */
static void tell_throttled(struct probe_result *result, const struct lane_result *got)
{
    char before[OBSERVATION_DETAIL];
    result->throttled = true;
    memcpy(before, result->detail, sizeof before);
    snprintf(result->detail, sizeof result->detail, "%.70s%s%s%.70s", before, before[0] != '\0' ? "; " : "",
             got->throttled ? "" : "throttled: ",
             got->detail[0] != '\0' ? got->detail : outcome_name(got->outcome));
}

static void keep_best(struct probe *probe)
{
    struct lane_result *got = &probe->got;
    probe->result.other_keys_asked |= probe->now.keys != KEY_FAMILY_ANY && has_answered(probe);
    bool throttled = probe->led_to_tls && !probe->in_tls && got->outcome != OUTCOME_CANCELLED &&
                     got->outcome != OUTCOME_LOCAL_ERROR;
    probe->result.protocol = probe->protocol;
    if (got->chain.certs != NULL) {
        keep_chain(&probe->result, &got->chain);
    } else if (throttled) {
        tell_throttled(&probe->result, got);
    } else if (probe->tries.count == 1 || outcome_says_more(got->outcome, probe->result.outcome)) {
        probe->result.outcome = got->outcome;
        probe->result.throttled = got->throttled;
        memcpy(probe->result.detail, got->detail, sizeof got->detail);
    }
}

static struct try_end describe_end(const struct probe *probe)
{
    const struct lane_result *got = &probe->got;
    return (struct try_end){
        .result = got,
        .unsupported = probe->unsupported,
        .silent_on_tls_port = got->outcome == OUTCOME_TIMEOUT_HANDSHAKE && probe->got_bytes == 0 &&
                              port_is_usual_for_tls(probe->target.port),
        .leaf = got->chain.certs != NULL ? leaf_of(&got->chain) : KEY_FAMILY_ANY,
    };
}

static bool wants_more(struct probe *probe, const struct try_end *end)
{
    if (probe->stopped || probe->end == PROBE_RETRY)
        return false;
    if (probe->shortage)
        return true; /* the same once more: local means ran out, that was no try */
    if (probe->heard != PROTOCOL_AUTO) {
        probe->greets_late = dialogue_is_greeted(probe->heard); /* then by the greeting, as ever */
        probe->protocol = probe->greets_late ? PROTOCOL_AUTO : probe->heard;
        return tries_again(&probe->tries);
    }
    if (!probe->in_tls || uv_now(probe->env->loop) >= probe->whole_deadline_ms ||
        probe->received > CHAIN_MAX_BYTES)
        return false;
    return tries_next(&probe->tries, &probe->env->policy, end, &probe->now);
}

static void on_closed(uv_handle_t *handle)
{
    probe_on(handle->data, EV_CLOSED);
}

/* A connect or write in flight still gets its callback first, with UV_ECANCELED. */
static void begin_close(struct probe *probe)
{
    struct try_end end = describe_end(probe);
    if (!probe->shortage || probe->end == PROBE_RETRY)
        keep_best(probe);
    probe->more = wants_more(probe, &end);
    dialogue_dispose(&probe->dialogue);
    lane_direct_dispose(&probe->direct);
    lane_full_free(probe->full);
    probe->full = NULL;
    if (probe->polite || uv_tcp_close_reset(&probe->tcp, on_closed) != 0) /* or no socket yet */
        uv_close((uv_handle_t *)&probe->tcp, on_closed);
}

static void tell_end(struct probe *probe)
{
    uv_timer_stop(&probe->timer);
    buf_dispose(&probe->out);
    buf_dispose(&probe->sending);
    probe->env->on_end(probe, probe->env->context);
}

/* ---- time ---- */

static void on_timer(uv_timer_t *timer);

static uint64_t deadline_ms(const struct probe *probe)
{
    return probe->answer_deadline_ms < probe->whole_deadline_ms ? probe->answer_deadline_ms
                                                                : probe->whole_deadline_ms;
}

/* Armed once for the deadline known now; an answer only moves the deadline, and a timer that fires too early
 * is armed again: cheaper than moving it with every byte. */
void probe_arm_timer(struct probe *probe)
{
    uint64_t now_ms = uv_now(probe->env->loop);
    uint64_t at_ms = deadline_ms(probe);
    probe->overdue = false;
    uv_timer_start(&probe->timer, on_timer, at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

/* Timers run before sockets are looked at. Where this process was late (a busy machine, a stopped program),
 * an answer may be waiting there already: so a deadline counts only when it is still passed one round later.
 */
static void on_timer(uv_timer_t *timer)
{
    struct probe *probe = timer->data;
    uint64_t now_ms = uv_now(probe->env->loop);
    if (probe->state == PROBE_CLOSING)
        return;
    if (now_ms < deadline_ms(probe) && !probe->stopped) {
        probe_arm_timer(probe);
        return;
    }
    if (!probe->overdue) {
        probe->overdue = true;
        uv_timer_start(timer, on_timer, 1, 0); /* 0 would come before the sockets again */
        return;
    }
    if (probe->state == PROBE_WAITING)
        probe_on(probe, EV_OVER);
    else if (probe->state == PROBE_CONNECTING)
        probe_end_with(probe, OUTCOME_TIMEOUT_CONNECT, "");
    else if (take_silence(probe))
        return;
    else if (now_ms >= probe->whole_deadline_ms)
        probe_end_with(probe, OUTCOME_TIMEOUT_HANDSHAKE, "the time for one target is used up");
    else
        probe_end_with(probe, OUTCOME_TIMEOUT_HANDSHAKE, probe->got_bytes == 0 ? "silent" : "fell silent");
}

/* Between two connections only the limit of the whole target counts. */
static void begin_wait(struct probe *probe)
{
    probe->answer_deadline_ms = UINT64_MAX;
    probe_arm_timer(probe);
    probe->env->on_wait(probe, probe->shortage, probe->env->context);
}

static void expect_answer(struct probe *probe)
{
    probe->answer_deadline_ms = uv_now(probe->env->loop) + probe->env->limits->answer_timeout_ms;
}

/* ---- what is said and heard ---- */

/* A server that wants a name and was sent none: say so, for that is what to try next (not so where the
 * version is what it cannot agree to). */
static void mention_missing_name(struct probe *probe)
{
    struct lane_result *result = &probe->got;
    size_t len = strlen(result->detail);
    bool about_version = strncmp(result->detail, "protocol_version", strlen("protocol_version")) == 0;
    if (probe->target.server_name == NULL && !about_version)
        snprintf(result->detail + len, sizeof result->detail - len, "%sno server name was sent",
                 len > 0 ? "; " : "");
}

static enum lane_verdict step_lane(struct probe *probe, const uint8_t *bytes, size_t len, struct buf *out)
{
    return probe->now.lane == LANE_DIRECT ? lane_direct_step(&probe->direct, bytes, len, out, &probe->got)
                                          : lane_full_step(probe->full, bytes, len, out, &probe->got);
}

static enum lane_verdict step(struct probe *probe, const uint8_t *bytes, size_t len)
{
    if (!dialogue_wraps(&probe->dialogue))
        return step_lane(probe, bytes, len, &probe->out);
    struct buf tls = {0};
    enum lane_verdict verdict = step_lane(probe, bytes, len, &tls);
    dialogue_wrap(&probe->dialogue, (struct cursor){tls.data, tls.len}, &probe->out);
    if (tls.err != CS_OK)
        verdict = lane_end(&probe->got, OUTCOME_LOCAL_ERROR, "out of memory");
    buf_dispose(&tls);
    return verdict;
}

static void feed(struct probe *probe, const uint8_t *bytes, size_t len)
{
    switch (step(probe, bytes, len)) {
    case LANE_MORE:
        probe_flush(probe);
        return;
    case LANE_UNSUPPORTED:
        probe->unsupported = true;
        break;
    case LANE_END:
        if (probe->got.alerted)
            mention_missing_name(probe);
        break;
    case LANE_CHAIN:
        break;
    }
    probe_on(probe, EV_OVER);
}

void probe_take_end(struct probe *probe, ssize_t status)
{
    bool reset = probe_is_reset(status);
    bool closed = status == UV_EOF;
    if (!reset && !closed) {
        probe_end_with(probe, status == UV_ETIMEDOUT ? OUTCOME_TIMEOUT_HANDSHAKE : OUTCOME_UNREACHABLE,
                       uv_strerror((int)status));
        return;
    }
    lane_end(&probe->got, reset ? OUTCOME_RESET : OUTCOME_CLOSED, probe->in_tls ? "" : "before TLS");
    if (probe->in_tls)
        mention_missing_name(probe);
    probe_on(probe, EV_OVER);
}

/* The first bytes of TLS, or of something else. */
static bool begins_tls(struct probe *probe, const uint8_t *bytes, size_t len)
{
    if (probe->got_bytes == 0 && !classify_is_tls(bytes, len)) {
        char detail[OBSERVATION_DETAIL];
        classify_describe(detail, bytes, len);
        if (probe->target.protocol == PROTOCOL_AUTO && probe->protocol == PROTOCOL_TLS)
            probe->heard = dialogue_guess(bytes, len);
        probe_end_with(probe, OUTCOME_NOT_TLS, detail);
        return false;
    }
    if (probe->got_bytes == 1 && bytes[0] != 3) {
        probe_end_with(probe, OUTCOME_NOT_TLS, "a first byte as of TLS, then something else");
        return false;
    }
    return true;
}

/* Before TLS. */
static void expect_words(struct probe *probe)
{
    uint64_t before_ms = probe->answer_deadline_ms;
    expect_answer(probe);
    if (dialogue_is_listening(&probe->dialogue))
        probe->answer_deadline_ms = uv_now(probe->env->loop) + DIALOGUE_LISTEN_MS;
    else if (dialogue_awaits_greeting(&probe->dialogue))
        probe->answer_deadline_ms = probe->whole_deadline_ms; /* mail servers let strangers wait */
    if (probe->answer_deadline_ms < before_ms)
        probe_arm_timer(probe);
}

/* What the dialogue has put out goes before anything of TLS, or as its farewell. */
static void talk(struct probe *probe, const uint8_t *bytes, size_t len)
{
    enum dialogue_verdict verdict = dialogue_step(&probe->dialogue, bytes, len, &probe->out, &probe->got);
    probe->protocol = dialogue_protocol(&probe->dialogue);
    probe->polite = verdict == DIALOGUE_END && probe->out.len > 0;
    probe_flush(probe);
    if (probe->state != PROBE_TALKING)
        return;
    if (verdict == DIALOGUE_MORE) {
        expect_words(probe);
        return;
    }
    if (verdict == DIALOGUE_TLS) {
        probe->led_to_tls = true;
        probe->result.starttls_injection |= probe->dialogue.injected;
    }
    probe_on(probe, verdict == DIALOGUE_TLS ? EV_TLS : EV_OVER);
}

/* What it means that nobody says anything; false: nothing but that. */
static bool take_silence(struct probe *probe)
{
    enum dialogue_verdict verdict =
        probe->state == PROBE_TALKING ? dialogue_silence(&probe->dialogue, &probe->got) : DIALOGUE_MORE;
    if (verdict == DIALOGUE_TLS)
        probe->protocol = PROTOCOL_TLS; /* of the next connections too */
    if (verdict != DIALOGUE_MORE)
        probe_on(probe, verdict == DIALOGUE_TLS ? EV_TLS : EV_OVER);
    return verdict != DIALOGUE_MORE;
}

static void take_tls(struct probe *probe, const uint8_t *bytes, size_t len)
{
    if (!begins_tls(probe, bytes, len))
        return;
    probe->got_bytes += len;
    feed(probe, bytes, len);
}

static void take_wrapped(struct probe *probe, struct cursor in)
{
    struct cursor tls;
    enum dialogue_verdict verdict = DIALOGUE_MORE;
    while (probe->state == PROBE_HANDSHAKING && dialogue_unwrap(&probe->dialogue, &in, &tls, &verdict))
        take_tls(probe, tls.at, tls.left);
    if (probe->state == PROBE_HANDSHAKING && verdict == DIALOGUE_END)
        probe_end_with(probe, OUTCOME_NOT_TLS, "not in the packets that were agreed on");
}

/* What came, of whatever it is a part. */
void probe_take(struct probe *probe, const uint8_t *bytes, size_t len)
{
    probe->received += len;
    if (probe->received > CHAIN_MAX_BYTES) {
        probe_end_with(probe, OUTCOME_TOO_LARGE, "more bytes than the limit for one target");
        return;
    }
    if (probe->in_tls)
        expect_answer(probe);
    if (probe->in_tls && dialogue_wraps(&probe->dialogue)) {
        take_wrapped(probe, (struct cursor){bytes, len});
    } else if (probe->in_tls) {
        take_tls(probe, bytes, len);
    } else {
        probe->got_bytes += len;
        talk(probe, bytes, len);
    }
}

static void begin_dialogue(struct probe *probe)
{
    const struct target *target = &probe->target;
    probe->names.own = probe->env->ehlo_name;
    probe->names.server = target->server_name != NULL ? target->server_name : target->host_name;
    ip_format(probe->names.literal, target->ip);
    dialogue_begin(&probe->dialogue, probe->protocol, &probe->names);
    probe->dialogue.will_greet = probe->greets_late;
    if (probe_start_reading(probe))
        talk(probe, NULL, 0);
}

static bool begin_lane(struct probe *probe)
{
    const struct probe_env *env = probe->env;
    const char *name = probe->target.server_name;
    if (probe->now.lane == LANE_FULL) {
        probe->full = lane_full_begin(env->full, probe->now.keys, name);
        return probe->full != NULL;
    }
    lane_direct_begin(&probe->direct, env->direct, probe->now.hello, probe->now.keys, name);
    return true;
}

static void begin_handshake(struct probe *probe)
{
    bool is_reading = probe->dialogue.protocol != NULL;
    probe->in_tls = true;
    probe->got_bytes = 0;
    expect_answer(probe);
    probe_arm_timer(probe);
    if (!begin_lane(probe)) {
        probe_end_with(probe, OUTCOME_LOCAL_ERROR, "out of memory");
        return;
    }
    if (is_reading || probe_start_reading(probe))
        feed(probe, NULL, 0);
}

/* ---- for the owner ---- */

void probe_result_dispose(struct probe_result *result)
{
    while (result->chain_count > 0)
        chain_dispose(&result->chains[--result->chain_count]);
}

void probe_open(struct probe *probe, uv_loop_t *loop)
{
    *probe = (struct probe){.end = PROBE_DELIVERED};
    uv_timer_init(loop, &probe->timer);
    probe->timer.data = probe;
}

void probe_close(struct probe *probe)
{
    uv_close((uv_handle_t *)&probe->timer, NULL);
}

void probe_reset(struct probe *probe)
{
    memset(probe, 0, offsetof(struct probe, timer));
}

void probe_start(struct probe *probe, const struct probe_env *env)
{
    probe->env = env;
    probe->end = PROBE_DELIVERED;
    probe->protocol = probe->target.protocol;
    probe->now = tries_first(&probe->tries, &env->policy);
    probe->connect.data = probe->write.data = probe;
    probe_on(probe, EV_START);
}

bool probe_go_on(struct probe *probe)
{
    if (probe->state != PROBE_WAITING || probe->stopped)
        return false;
    probe_on(probe, EV_START);
    return true;
}

/* No further connection; the one under way ends, if there is one. One that waits ends by its timer, as the
 * owner may be walking over its list. */
static void stop(struct probe *probe)
{
    probe->stopped = true;
    probe->more = false;
    if (probe_is_open(probe))
        probe_on(probe, EV_OVER);
    else if (probe->state == PROBE_WAITING)
        uv_timer_start(&probe->timer, on_timer, 0, 0);
}

void probe_cancel(struct probe *probe, const char *detail)
{
    lane_end(&probe->got, OUTCOME_CANCELLED, detail);
    stop(probe);
}

void probe_abandon(struct probe *probe)
{
    if (probe->stopped || (probe->state == PROBE_CLOSING && !probe->more))
        return;
    probe->end = PROBE_ABANDONED;
    probe_cancel(probe, "");
}
