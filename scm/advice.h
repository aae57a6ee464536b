// SPDX-License-Identifier: Apache-2.0
/* What to do about an error that SCM answers with. Pure. */
#ifndef SCM_ADVICE_H
#define SCM_ADVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "scm/auth.h"

enum refusal {
    REFUSAL_LOGIN,  /* SCM does not know us, or not any more */
    REFUSAL_RIGHT,  /* it knows us, and we may not */
    REFUSAL_LATER,  /* too many, or it is out of order: another time */
    REFUSAL_ABSENT, /* what was asked for is not there */
    REFUSAL_OTHER,
};

struct advice {
    enum refusal refusal;
    const char *text; /* one sentence, or "" */
};

/* `code` is 0 where SCM gave none. */
struct advice advice_for(int status, int64_t code, enum auth_kind auth);

#endif
