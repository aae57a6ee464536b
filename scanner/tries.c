// SPDX-License-Identifier: Apache-2.0
/* modern hello -> [small hello | libssl] -> [libssl] -> the same again for the other keys. */
#include "scanner/tries.h"

struct try tries_first(struct tries *tries, const struct tries_policy *policy)
{
    *tries = (struct tries){.count = 1};
    tries->current.lane = policy->lane == LANE_CHOICE_FULL ? LANE_FULL : LANE_DIRECT;
    return tries->current;
}

static bool go_on(struct tries *tries, enum lane lane, enum hello_kind hello, enum key_family keys,
                  struct try *next)
{
    if (tries->count == TRIES_MAX)
        return false;
    tries->count++;
    tries->current = (struct try){lane, hello, keys};
    *next = tries->current;
    return true;
}

/* About what was offered, not about who asks or for which name. */
static bool is_negotiable(uint8_t alert)
{
    switch (alert) {
    case 40:  /* handshake_failure */
    case 47:  /* illegal_parameter */
    case 50:  /* decode_error */
    case 70:  /* protocol_version */
    case 71:  /* insufficient_security */
    case 109: /* missing_extension */
    case 110: /* unsupported_extension */
        return true;
    default:
        return false;
    }
}

static bool chokes(const struct try_end *end)
{
    enum outcome outcome = end->result->outcome;
    return outcome == OUTCOME_CLOSED || outcome == OUTCOME_RESET || outcome == OUTCOME_TLS_ALERT ||
           end->silent_on_tls_port;
}

static bool ask_for_other_keys(struct tries *tries, const struct tries_policy *policy,
                               const struct try_end *end, struct try *next)
{
    if (!policy->both_keys || tries->current.keys != KEY_FAMILY_ANY || end->leaf == KEY_FAMILY_ANY)
        return false;
    enum key_family other = end->leaf == KEY_FAMILY_RSA ? KEY_FAMILY_OTHER : KEY_FAMILY_RSA;
    return go_on(tries, tries->current.lane, tries->current.hello, other, next);
}

bool tries_next(struct tries *tries, const struct tries_policy *policy, const struct try_end *end,
                struct try *next)
{
    const struct try *last = &tries->current;
    bool may_be_full = policy->lane == LANE_CHOICE_AUTO && last->lane == LANE_DIRECT;
    if (end->result->outcome == OUTCOME_CERTIFICATE)
        return ask_for_other_keys(tries, policy, end, next);
    if (end->unsupported)
        return may_be_full && go_on(tries, LANE_FULL, HELLO_MODERN, last->keys, next);
    if (last->keys != KEY_FAMILY_ANY || last->lane == LANE_FULL)
        return false;
    if (end->result->outcome == OUTCOME_MALFORMED) /* libssl may know better */
        return may_be_full && go_on(tries, LANE_FULL, HELLO_MODERN, KEY_FAMILY_ANY, next);
    if (end->result->outcome == OUTCOME_TLS_ALERT && end->result->alerted && !tries->alerted) {
        tries->alerted = true;
        tries->negotiable = is_negotiable(end->result->alert);
    }
    if (last->hello == HELLO_MODERN)
        return chokes(end) && go_on(tries, LANE_DIRECT, HELLO_LEGACY, KEY_FAMILY_ANY, next);
    return may_be_full && tries->negotiable && go_on(tries, LANE_FULL, HELLO_MODERN, KEY_FAMILY_ANY, next);
}

bool tries_again(struct tries *tries)
{
    if (tries->count == TRIES_MAX)
        return false;
    tries->count++;
    return true;
}

bool outcome_says_more(enum outcome a, enum outcome b)
{
    static const unsigned char rank[OUTCOME_COUNT] = {
        [OUTCOME_CERTIFICATE] = 9, [OUTCOME_TLS_ALERT] = 8,   [OUTCOME_STARTTLS_REFUSED] = 7,
        [OUTCOME_TOO_LARGE] = 6,   [OUTCOME_MALFORMED] = 6,   [OUTCOME_NOT_TLS] = 6,
        [OUTCOME_CLOSED] = 5,      [OUTCOME_RESET] = 4,       [OUTCOME_TIMEOUT_HANDSHAKE] = 3,
        [OUTCOME_REFUSED] = 2,     [OUTCOME_UNREACHABLE] = 2, [OUTCOME_TIMEOUT_CONNECT] = 1,
        [OUTCOME_UNRESOLVED] = 0,  [OUTCOME_CANCELLED] = 0,   [OUTCOME_LOCAL_ERROR] = 0,
    };
    return rank[a] > rank[b];
}
