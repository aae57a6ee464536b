// SPDX-License-Identifier: Apache-2.0
#include "app/interrupts.h"

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    (void)number;
    caught++;
}

const volatile sig_atomic_t *interrupts_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &caught;
}
