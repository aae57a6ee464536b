// SPDX-License-Identifier: Apache-2.0
#include "app/patient_begin.h"

#include <stdio.h>
#include <time.h>

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

enum cs_err patient_begin(struct store *store, const volatile sig_atomic_t *interrupts, struct diag *diag)
{
    uint64_t give_up_ms = monotonic_ms() + BUSY_PATIENCE_MS;
    enum cs_err err = store_begin(store, diag); /* which waits itself, for a while */
    while (err == CS_E_BUSY && monotonic_ms() < give_up_ms && (interrupts == NULL || *interrupts < 2)) {
        fprintf(stderr, "certscour: waiting for the database: %s\n", diag->text);
        err = store_begin(store, diag);
    }
    return err;
}
