// SPDX-License-Identifier: Apache-2.0
#include "dns/caa_climb.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map64.h"
#include "base/text.h"

struct question {
    char *name; /* owned */
    bool answered;
    struct caa_set set;
    char *unknown; /* why; owned; NULL = it is known */
};

struct climber {
    char *name;      /* owned */
    size_t at;       /* where in `name` the ancestor begins that is asked about */
    size_t question; /* about it, or about what it is an alias of */
    unsigned aliases;
    bool ended;
    bool found;         /* the set of `question` */
    const char *reason; /* nobody knows; borrowed or static */
};

struct caa_climb {
    struct question *questions; /* owned */
    size_t question_count;
    size_t question_cap;
    struct map64 numbers;     /* of questions, by hash of the name */
    struct climber *climbers; /* owned */
    size_t climber_count;
    size_t climber_cap;
    size_t told; /* questions that were open once */
};

enum cs_err caa_climb_new(struct caa_climb **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? CS_OK : CS_E_NOMEM;
}

void caa_climb_free(struct caa_climb *climb)
{
    if (climb == NULL)
        return;
    for (size_t i = 0; i < climb->question_count; i++) {
        free(climb->questions[i].name);
        free(climb->questions[i].unknown);
        caa_set_dispose(&climb->questions[i].set);
    }
    for (size_t i = 0; i < climb->climber_count; i++)
        free(climb->climbers[i].name);
    free(climb->questions);
    free(climb->climbers);
    map64_dispose(&climb->numbers);
    free(climb);
}

/* Room for one more of `size` bytes each. */
static enum cs_err grow(void **items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return CS_OK;
    size_t more = *cap == 0 ? 64 : *cap * 2;
    void *moved = realloc(*items, more * size);
    if (moved == NULL)
        return CS_E_NOMEM;
    *items = moved;
    *cap = more;
    return CS_OK;
}

static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0;
    for (; *name != '\0'; name++)
        hash = hash_mix64(hash ^ (unsigned char)text_lower(*name));
    return hash;
}

/* The question about `name`, asked before or new. Two names of one hash are asked about apart. */
static enum cs_err find_question(struct caa_climb *climb, const char *name, size_t *out)
{
    uint32_t number;
    uint64_t hash = hash_of(name);
    if (map64_get(&climb->numbers, hash, &number) && text_equals(climb->questions[number].name, name)) {
        *out = number;
        return CS_OK;
    }
    enum cs_err err = grow((void **)&climb->questions, climb->question_count, &climb->question_cap,
                           sizeof *climb->questions);
    if (err == CS_OK)
        err = map64_add(&climb->numbers, hash, (uint32_t)climb->question_count);
    char *copy = err == CS_OK ? text_copy(name) : NULL;
    if (copy == NULL)
        return CS_E_NOMEM;
    *out = climb->question_count++;
    climb->questions[*out] = (struct question){.name = copy};
    return CS_OK;
}

enum cs_err caa_climb_add(struct caa_climb *climb, const char *name)
{
    struct climber climber = {.name = text_copy(name)};
    enum cs_err err = climber.name == NULL ? CS_E_NOMEM
                                           : grow((void **)&climb->climbers, climb->climber_count,
                                                  &climb->climber_cap, sizeof *climb->climbers);
    if (err == CS_OK)
        err = find_question(climb, name, &climber.question);
    if (err == CS_OK)
        climb->climbers[climb->climber_count++] = climber;
    else
        free(climber.name);
    return err;
}

/* The root has no CAA records: behind the last label the climb ends. */
static enum cs_err go_up(struct caa_climb *climb, struct climber *climber)
{
    const char *dot = strchr(climber->name + climber->at, '.');
    if (dot == NULL) {
        climber->ended = true;
        return CS_OK;
    }
    climber->at = (size_t)(dot + 1 - climber->name);
    climber->aliases = 0;
    return find_question(climb, climber->name + climber->at, &climber->question);
}

/* Of an alias the records of its target count, and no ancestor of the target. The DNS follows aliases itself;
 * an answer that ends at one is asked on, for some servers do not. */
static enum cs_err step(struct caa_climb *climb, struct climber *climber)
{
    const struct question *question = &climb->questions[climber->question];
    const char *owner = question->set.owner;
    climber->reason = question->unknown;
    climber->found = question->set.count > 0;
    climber->ended = climber->found || climber->reason != NULL;
    if (climber->ended)
        return CS_OK;
    if (owner == NULL || text_equals(owner, question->name))
        return go_up(climb, climber);
    if (++climber->aliases > CAA_MAX_ALIAS) {
        climber->reason = "too many aliases, or they go round";
        climber->ended = true;
        return CS_OK;
    }
    return find_question(climb, owner, &climber->question);
}

enum cs_err caa_climb_advance(struct caa_climb *climb, size_t *first, size_t *end)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < climb->climber_count && err == CS_OK; i++) {
        struct climber *climber = &climb->climbers[i];
        while (!climber->ended && climb->questions[climber->question].answered && err == CS_OK)
            err = step(climb, climber);
    }
    *first = climb->told;
    *end = climb->told = climb->question_count;
    return err;
}

const char *caa_climb_question(const struct caa_climb *climb, size_t number)
{
    return climb->questions[number].name;
}

void caa_climb_answer(struct caa_climb *climb, size_t number, struct caa_set *set)
{
    climb->questions[number].set = *set;
    climb->questions[number].answered = true;
    *set = (struct caa_set){0};
}

enum cs_err caa_climb_unknown(struct caa_climb *climb, size_t number, const char *reason)
{
    climb->questions[number].unknown = text_copy(reason);
    climb->questions[number].answered = true;
    return climb->questions[number].unknown != NULL ? CS_OK : CS_E_NOMEM;
}

size_t caa_climb_count(const struct caa_climb *climb)
{
    return climb->climber_count;
}

void caa_climb_get(const struct caa_climb *climb, size_t number, struct caa_found *out)
{
    const struct climber *climber = &climb->climbers[number];
    *out = (struct caa_found){
        .name = climber->name,
        .set = climber->found ? &climb->questions[climber->question].set : NULL,
        .at = climber->name + climber->at,
        .reason = climber->ended ? climber->reason : "it was not asked about",
    };
}
