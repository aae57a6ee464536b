// SPDX-License-Identifier: Apache-2.0
/* Who the account is and what it may read, as far as the API tells. */
#ifndef SCM_ACCOUNT_H
#define SCM_ACCOUNT_H

#include "scm/client.h"

struct account { /* zero-initialise; "" or 0 where the API does not tell */
    bool known;  /* the list of administrators has our login */
    char type[24];
    struct buf roles;      /* "RAO_SSL 100, DRAO_SSL 101" */
    struct buf privileges; /* "sslManage, allowDCV" */
    char password_state[24];
    char password_expires[32]; /* as SCM writes it */
};

/* Asks for the password first, which every account may: an error of that is one of reachability or login.
 * What the account may not see of itself stays unknown and is no error. */
CS_MUST_USE enum cs_err account_read(struct client *client, struct account *account, struct diag *diag);
void account_dispose(struct account *account);

enum right { RIGHT_YES, RIGHT_NO, RIGHT_UNKNOWN };

/* May the account make this call? Makes it for one row. CS_OK also for RIGHT_NO and RIGHT_UNKNOWN, with the
 * reason in `diag`; errors: CS_E_CANCELLED, CS_E_NOMEM. */
CS_MUST_USE enum cs_err account_may(struct client *client, enum api_call call, enum right *right,
                                    struct diag *diag);

#endif
