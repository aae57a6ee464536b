// SPDX-License-Identifier: Apache-2.0
#include "model/outcome.h"

static const struct {
    const char *name;
    bool conclusive;
} outcomes[OUTCOME_COUNT] = {
    [OUTCOME_CERTIFICATE] = {"certificate", true},
    [OUTCOME_REFUSED] = {"refused", true},
    [OUTCOME_UNREACHABLE] = {"unreachable", false},
    [OUTCOME_TIMEOUT_CONNECT] = {"timeout-connect", true},
    [OUTCOME_TIMEOUT_HANDSHAKE] = {"timeout-handshake", true},
    [OUTCOME_RESET] = {"reset", true},
    [OUTCOME_CLOSED] = {"closed", true},
    [OUTCOME_NOT_TLS] = {"not-tls", true},
    [OUTCOME_TLS_ALERT] = {"tls-alert", true},
    [OUTCOME_STARTTLS_REFUSED] = {"starttls-refused", true},
    [OUTCOME_MALFORMED] = {"malformed", true},
    [OUTCOME_TOO_LARGE] = {"too-large", true},
    [OUTCOME_UNRESOLVED] = {"unresolved", false},
    [OUTCOME_CANCELLED] = {"cancelled", false},
    [OUTCOME_LOCAL_ERROR] = {"local-error", false},
};

const char *outcome_name(enum outcome outcome)
{
    return (unsigned)outcome < OUTCOME_COUNT ? outcomes[outcome].name : "unknown";
}

bool outcome_is_conclusive(enum outcome outcome)
{
    return (unsigned)outcome < OUTCOME_COUNT && outcomes[outcome].conclusive;
}

bool outcome_is_answer(enum outcome outcome)
{
    return outcome_is_conclusive(outcome) && outcome != OUTCOME_TIMEOUT_CONNECT;
}
