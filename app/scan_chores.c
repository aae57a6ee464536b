// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <time.h>

#include "app/scan_session.h"
#include "app/standing.h"
#include "db/scans.h"

#define CHORE_EVERY_MS 1000
#define LEASE_EVERY_MS (SCAN_LEASE_S * 1000 / 3)
#define LINE_EVERY_MS  10000 /* progress where no terminal shows it */
#define WITHIN_HOURS   "certscour: within the allowed hours again: going on\n"

uint64_t scan_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void scan_clear_progress(const struct session *session)
{
    if (session->run->show_progress && session->run->progress_on_terminal)
        fputs("\r\033[K", stderr);
}

int scan_interrupts(const struct session *session)
{
    const volatile sig_atomic_t *count = session->run->control.interrupts;
    return count != NULL ? *count : 0;
}

void scan_stop_early(struct session *session, enum scan_end end, const char *message)
{
    if (session->stopping)
        return;
    session->stopping = true;
    session->end = end;
    scan_clear_progress(session);
    fprintf(stderr, "certscour: %s\n", message);
    scanner_drain(session->scanner);
}

static void obey_signals(struct session *session)
{
    int caught = scan_interrupts(session);
    if (caught == session->signals_obeyed)
        return;
    session->signals_obeyed = caught;
    if (caught == 1) {
        scan_stop_early(session, SCAN_END_INTERRUPTED,
                        "interrupted: finishing what is under way (interrupt again to stop at once)");
        return;
    }
    session->stopping = true;
    session->end = SCAN_END_INTERRUPTED;
    scanner_abort(session->scanner);
}

static void show_progress(struct session *session, uint64_t now_ms)
{
    if (!session->run->show_progress ||
        (!session->run->progress_on_terminal && now_ms < session->next_line_ms))
        return;
    session->next_line_ms = now_ms + LINE_EVERY_MS;
    struct scan_progress progress;
    scanner_progress(session->scanner, &progress);
    buf_reset(&session->line);
    progress_append(&session->progress, &session->line, &progress,
                    pipeline_totals(session->pipeline)->distinct, now_ms);
    fprintf(stderr, session->run->progress_on_terminal ? "\r\033[K%s" : "certscour: %s\n",
            buf_str(&session->line));
    fflush(stderr);
}

void scan_warn(const struct session *session, const char *what, const struct diag *diag)
{
    scan_clear_progress(session);
    fprintf(stderr, "certscour: %s: %s\n", what, diag->text);
}

/* New opt-outs hold for a running scan too. */
static void look_for_exclusions(struct session *session)
{
    struct store *store = session->run->exclusion_store;
    int64_t version = store != NULL ? store_data_version(store) : 0;
    if (version == session->data_version)
        return;
    struct diag diag = {0};
    struct ip_set excluded = {0};
    enum cs_err err =
        standing_exclusions(store, (int64_t)time(NULL), session->run->dns_server, &excluded, &diag);
    if (err == CS_OK)
        err = scanner_exclude(session->scanner, &excluded);
    if (err == CS_OK)
        session->data_version = version;
    else
        scan_warn(session, "standing exclusions could not be read, trying again", &diag);
    ip_set_dispose(&excluded);
}

static void look_for_stop(struct session *session)
{
    struct diag diag = {0};
    bool requested = false;
    struct pipeline_options *options = &session->run->pipeline;
    if (options->store == NULL || session->stopping)
        return;
    if (scans_stop_requested(options->store, options->scan_id, &requested, &diag) == CS_OK && requested)
        scan_stop_early(session, SCAN_END_STOPPED, "stop requested: finishing what is under way");
}

static void renew_lease(struct session *session, uint64_t now_ms)
{
    struct pipeline_options *options = &session->run->pipeline;
    if (options->store == NULL || now_ms < session->next_lease_ms)
        return;
    struct diag diag = {0};
    session->next_lease_ms = now_ms + LEASE_EVERY_MS;
    enum cs_err err =
        scans_lease(options->store, options->scan_id, session->run->lease_holder, (int64_t)time(NULL), &diag);
    if (err != CS_OK)
        scan_warn(session, "the scan's lease could not be renewed", &diag);
}

bool scan_may_send_now(const struct session *session)
{
    const struct scan_control *control = &session->run->control;
    return control->may_send == NULL || control->may_send(control->context, (int64_t)time(NULL));
}

/* Allowed hours: outside them what is under way is finished, and nothing is begun. */
static void look_at_the_clock(struct session *session)
{
    bool may_send = scan_may_send_now(session);
    if (may_send == !session->held_back)
        return;
    session->held_back = !may_send;
    scanner_pause(session->scanner, session->held_back);
    scan_clear_progress(session);
    fputs(may_send ? WITHIN_HOURS : SCAN_OUTSIDE_HOURS, stderr);
}

void scan_do_chores(struct session *session)
{
    uint64_t now_ms = scan_clock_ms();
    obey_signals(session);
    if (now_ms < session->next_chore_ms)
        return;
    session->next_chore_ms = now_ms + CHORE_EVERY_MS;
    look_for_exclusions(session);
    look_for_stop(session);
    look_at_the_clock(session);
    renew_lease(session, now_ms);
    show_progress(session, now_ms);
}
