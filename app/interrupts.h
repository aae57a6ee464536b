// SPDX-License-Identifier: Apache-2.0
/* SIGINT and SIGTERM, counted: the first asks to end in order, the second at once. */
#ifndef APP_INTERRUPTS_H
#define APP_INTERRUPTS_H

#include <signal.h>

/* From now on they are counted here instead of ending the process. */
const volatile sig_atomic_t *interrupts_catch(void);

#endif
