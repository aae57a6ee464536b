// SPDX-License-Identifier: Apache-2.0
/* Runs a command pinned to one core and writes what it used as one JSON line.
 *   measure CORE RESULT-FILE COMMAND...
 * A program of its own, because the peak memory of a process includes that of the one it was forked from. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    cpu_set_t core;
    struct rusage used;
    int status;
    if (argc < 4)
        return 2;
    CPU_ZERO(&core);
    CPU_SET((unsigned)atoi(argv[1]), &core);
    double begun = now_s();
    pid_t child = fork();
    if (child == 0) {
        if (atoi(argv[1]) >= 0)
            sched_setaffinity(0, sizeof core, &core);
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 1;
    FILE *out = fopen(argv[2], "w");
    if (out == NULL)
        return 1;
    fprintf(out, "{\"cpu_s\":%.6f,\"rss_kib\":%ld,\"wall_s\":%.4f}\n",
            seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss, now_s() - begun);
    fclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
