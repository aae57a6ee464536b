// SPDX-License-Identifier: Apache-2.0
#include "dns/caa_lookup.h"

#include <ares.h>
#include <stdio.h>

#include "dns/lookups.h"

#define CLASS_IN 1

struct level {
    struct lookups lookups;
    struct caa_climb *climb;
    size_t first; /* number of its first question */
};

static enum cs_err fail_question(struct level *level, size_t number, const char *reason)
{
    return caa_climb_unknown(level->climb, level->first + number, reason);
}

/* The message itself decides; c-ares only tells whether one has come. */
static enum cs_err take_message(struct level *level, size_t number, const unsigned char *message, size_t len)
{
    size_t question = level->first + number;
    struct caa_set set;
    struct diag why = {0};
    enum cs_err err = caa_answer_parse(&set, caa_climb_question(level->climb, question), message, len, &why);
    if (err == CS_E_NOMEM)
        return err;
    if (err != CS_OK && err != CS_E_NOT_FOUND)
        return caa_climb_unknown(level->climb, question, why.text);
    caa_climb_answer(level->climb, question, &set);
    return CS_OK;
}

static void on_answer(void *data, int status, int timeouts, unsigned char *message, int len)
{
    struct lookup at = *(const struct lookup *)data;
    struct level *level = at.lookups->context;
    (void)timeouts;
    bool answered = lookup_end(data, status);
    if (at.lookups->err != CS_OK)
        return;
    at.lookups->err = answered && message != NULL && len > 0
                          ? take_message(level, at.number, message, (size_t)len)
                          : fail_question(level, at.number, ares_strerror(status));
}

static void ask(struct lookups *lookups, size_t number, struct lookup *lookup)
{
    const struct level *level = lookups->context;
    ares_query(lookups->channel, caa_climb_question(level->climb, level->first + number), CLASS_IN, CAA_TYPE,
               on_answer, lookup);
}

static void leave(struct lookups *lookups, size_t number)
{
    lookups->err = fail_question(lookups->context, number, "no DNS server answers");
}

enum cs_err caa_lookup(struct caa_climb *climb, const struct resolver_options *options, struct diag *diag)
{
    bool has_answered = false;
    for (;;) {
        size_t end;
        struct level level = {.climb = climb};
        enum cs_err err = caa_climb_advance(climb, &level.first, &end);
        if (err != CS_OK || level.first == end)
            return err;
        level.lookups = (struct lookups){
            .options = options,
            .count = end - level.first,
            .begin = ask,
            .leave = leave,
            .context = &level,
            .has_answered = has_answered,
        };
        err = lookups_run(&level.lookups, diag);
        if (err != CS_OK)
            return err;
        has_answered = level.lookups.has_answered;
    }
}
