// SPDX-License-Identifier: Apache-2.0
/* Two lists under one lock: addresses on their way to the resolver's thread, answers on their way back. Only
 * want of memory ends that thread early: whether there is a server is tried at the start. */
#include "dns/ptr_lookups.h"

#include <stdlib.h>
#include <uv.h>

#include "base/text.h"

struct ptr_lookups {
    struct resolver_options options;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t asked_more;
    struct ip *asked; /* from asked_at on, not yet begun */
    size_t asked_at;
    size_t asked_count;
    size_t asked_cap;
    struct ptr_answer *answers; /* from answer_at on, not yet taken */
    size_t answer_at;
    size_t answer_count;
    size_t answer_cap;
    bool stopped;
    bool closing;
    bool failed;
};

/* Room for one more behind `*count` items of `size` bytes, where those before `*at` are gone. */
static bool make_room(void **items, size_t *at, size_t *count, size_t *cap, size_t size)
{
    if (*at == *count)
        *at = *count = 0;
    if (*count < *cap)
        return true;
    size_t grown = *cap == 0 ? 64 : *cap * 2;
    void *more = realloc(*items, grown * size);
    if (more == NULL)
        return false;
    *items = more;
    *cap = grown;
    return true;
}

/* ---- in the thread ---- */

static enum resolver_next give_address(void *context, bool may_wait, struct ip *out)
{
    struct ptr_lookups *lookups = context;
    uv_mutex_lock(&lookups->lock);
    while (may_wait && lookups->asked_at == lookups->asked_count && !lookups->closing)
        uv_cond_wait(&lookups->asked_more, &lookups->lock);
    enum resolver_next next = RESOLVER_NONE_YET;
    if (lookups->closing)
        next = RESOLVER_END;
    else if (lookups->asked_at < lookups->asked_count)
        next = RESOLVER_NEXT;
    if (next == RESOLVER_NEXT)
        *out = lookups->asked[lookups->asked_at++];
    uv_mutex_unlock(&lookups->lock);
    return next;
}

static bool is_stopped(void *context)
{
    struct ptr_lookups *lookups = context;
    uv_mutex_lock(&lookups->lock);
    bool stopped = lookups->stopped;
    uv_mutex_unlock(&lookups->lock);
    return stopped;
}

static enum cs_err keep_answer(void *context, struct ip ip, const char *name, bool answered)
{
    struct ptr_lookups *lookups = context;
    struct ptr_answer answer = {ip, text_copy(name), answered};
    if (name != NULL && answer.name == NULL)
        return CS_E_NOMEM;
    uv_mutex_lock(&lookups->lock);
    bool kept = make_room((void **)&lookups->answers, &lookups->answer_at, &lookups->answer_count,
                          &lookups->answer_cap, sizeof *lookups->answers);
    if (kept)
        lookups->answers[lookups->answer_count++] = answer;
    uv_mutex_unlock(&lookups->lock);
    if (!kept)
        free(answer.name);
    return kept ? CS_OK : CS_E_NOMEM;
}

static void look_up(void *context)
{
    struct ptr_lookups *lookups = context;
    const struct resolver_feed feed = {give_address, is_stopped, keep_answer, lookups};
    struct diag diag = {0};
    if (resolver_run_fed(&feed, &lookups->options, &diag) == CS_OK)
        return;
    uv_mutex_lock(&lookups->lock);
    lookups->failed = true;
    uv_mutex_unlock(&lookups->lock);
}

/* ---- in the consumer ---- */

static enum cs_err begin(struct ptr_lookups *lookups)
{
    if (uv_mutex_init(&lookups->lock) != 0)
        return CS_E_IO;
    if (uv_cond_init(&lookups->asked_more) == 0) {
        if (uv_thread_create(&lookups->thread, look_up, lookups) == 0)
            return CS_OK;
        uv_cond_destroy(&lookups->asked_more);
    }
    uv_mutex_destroy(&lookups->lock);
    return CS_E_IO;
}

enum cs_err ptr_lookups_start(struct ptr_lookups **out, const struct resolver_options *options,
                              struct diag *diag)
{
    const struct text_list nothing = {0};
    *out = NULL;
    enum cs_err err = resolver_run(&nothing, options, NULL, NULL, diag); /* is there a server to ask? */
    if (err != CS_OK)
        return err;
    struct ptr_lookups *lookups = calloc(1, sizeof *lookups);
    if (lookups == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    lookups->options = *options;
    err = begin(lookups);
    if (err != CS_OK) {
        free(lookups);
        return diag_fail(diag, err, "no thread for the DNS");
    }
    *out = lookups;
    return CS_OK;
}

enum cs_err ptr_lookups_ask(struct ptr_lookups *lookups, struct ip ip)
{
    uv_mutex_lock(&lookups->lock);
    bool kept = make_room((void **)&lookups->asked, &lookups->asked_at, &lookups->asked_count,
                          &lookups->asked_cap, sizeof *lookups->asked);
    if (kept)
        lookups->asked[lookups->asked_count++] = ip;
    uv_cond_signal(&lookups->asked_more);
    uv_mutex_unlock(&lookups->lock);
    return kept ? CS_OK : CS_E_NOMEM;
}

enum cs_err ptr_lookups_take(struct ptr_lookups *lookups, struct ptr_answer *out, bool *got)
{
    uv_mutex_lock(&lookups->lock);
    *got = lookups->answer_at < lookups->answer_count;
    if (*got)
        *out = lookups->answers[lookups->answer_at++];
    enum cs_err err = lookups->failed ? CS_E_NOMEM : CS_OK;
    uv_mutex_unlock(&lookups->lock);
    return *got ? CS_OK : err;
}

void ptr_lookups_stop(struct ptr_lookups *lookups)
{
    uv_mutex_lock(&lookups->lock);
    lookups->stopped = true;
    uv_mutex_unlock(&lookups->lock);
}

void ptr_lookups_free(struct ptr_lookups *lookups)
{
    if (lookups == NULL)
        return;
    uv_mutex_lock(&lookups->lock);
    lookups->stopped = lookups->closing = true;
    uv_cond_signal(&lookups->asked_more);
    uv_mutex_unlock(&lookups->lock);
    uv_thread_join(&lookups->thread);
    for (size_t i = lookups->answer_at; i < lookups->answer_count; i++)
        free(lookups->answers[i].name);
    free(lookups->asked);
    free(lookups->answers);
    uv_cond_destroy(&lookups->asked_more);
    uv_mutex_destroy(&lookups->lock);
    free(lookups);
}
