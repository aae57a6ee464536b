// SPDX-License-Identifier: Apache-2.0
#include "db/store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/exclusions.h"
#include "db/owners.h"
#include "db/rule_table.h"
#include "db/scans.h"
#include "tests/support/temp_dir.h"

struct world {
    char *folder;
    char path[4200];
    struct store *store;
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->folder = temp_dir_new();
    snprintf(world->path, sizeof world->path, "%s/deep/store.db", world->folder);
    assert_int_equal(store_open(&world->store, world->path, STORE_WRITE, NULL), CS_OK);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    store_close(world->store);
    temp_dir_remove(world->folder);
    free(world);
    return 0;
}

static struct owner_name owner(const char *text)
{
    struct owner_name name;
    assert_int_equal(owner_parse(&name, text, NULL), CS_OK);
    return name;
}

static void files_are_private_unless_a_group_shares_the_folder(void **state)
{
    struct world *world = *state;
    struct stat info;
    struct store *shared;
    char path[4200];
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(chmod(world->folder, 0770), 0);
    snprintf(path, sizeof path, "%s/shared.db", world->folder);
    assert_int_equal(store_open(&shared, path, STORE_WRITE, NULL), CS_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0660);
    store_close(shared);
}

static void reading_never_creates(void **state)
{
    struct world *world = *state;
    struct store *none;
    struct diag diag = {0};
    char path[4200];
    snprintf(path, sizeof path, "%s/none.db", world->folder);
    assert_int_equal(store_open(&none, path, STORE_READ, &diag), CS_E_NOT_FOUND);
    assert_non_null(strstr(diag.text, "no database yet"));
    assert_int_equal(access(path, F_OK), -1);
}

static void owners_keep_their_tree(void **state)
{
    struct world *world = *state;
    struct diag diag = {0};
    struct owner_name org = owner("Org");
    struct owner_name dept = owner("Org/Dept");
    int64_t id;
    assert_int_equal(owners_add(world->store, &dept, NULL, &diag), CS_E_NOT_FOUND);
    assert_int_equal(owners_add(world->store, &org, NULL, &diag), CS_OK);
    assert_int_equal(owners_add(world->store, &dept, NULL, &diag), CS_OK);
    struct owner_name other_case = owner("ORG");
    assert_int_equal(owners_add(world->store, &other_case, NULL, &diag), CS_E_EXISTS);
    assert_int_equal(owners_remove(world->store, &org, 1, &diag), CS_E_INVALID);
    assert_non_null(strstr(diag.text, "1 departments"));
    assert_int_equal(owners_rename(world->store, &org, "New", &diag), CS_OK);
    struct owner_name renamed = owner("New/Dept");
    assert_int_equal(owners_find(world->store, &renamed, &id, &diag), CS_OK);
    assert_int_equal(owners_remove(world->store, &renamed, 1, &diag), CS_OK);
    assert_int_equal(owners_find(world->store, &renamed, &id, &diag), CS_E_NOT_FOUND);
}

static enum cs_err append_name(void *context, const struct rule_row *row)
{
    strcat(context, row->name);
    return CS_OK;
}

static void assert_order(struct world *world, const char *expected)
{
    char names[64] = "";
    assert_int_equal(rule_table_each(world->store, append_name, names, NULL), CS_OK);
    assert_string_equal(names, expected);
}

static void rules_keep_the_order_they_are_given(void **state)
{
    struct world *world = *state;
    struct owner_name org = owner("Org");
    struct diag diag = {0};
    assert_int_equal(rule_table_add(world->store, "a", "port = 1", &org, NULL, &diag), CS_E_NOT_FOUND);
    assert_int_equal(owners_add(world->store, &org, NULL, NULL), CS_OK);
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rule_table_add(world->store, names[i], "port = 1", &org, NULL, NULL), CS_OK);
    assert_int_equal(rule_table_add(world->store, "A", "port = 1", &org, NULL, &diag), CS_E_EXISTS);
    assert_order(world, "abcd");
    assert_int_equal(rule_table_move(world->store, "d", "b", NULL), CS_OK);
    assert_order(world, "adbc");
    assert_int_equal(rule_table_move(world->store, "a", NULL, NULL), CS_OK);
    assert_order(world, "dbca");
    assert_int_equal(rule_table_move(world->store, "a", "c", NULL), CS_OK);
    assert_order(world, "dbac");
    assert_int_equal(rule_table_remove(world->store, "b", NULL), CS_OK);
    assert_order(world, "dac");
    assert_int_equal(rule_table_move(world->store, "b", NULL, &diag), CS_E_NOT_FOUND);
    assert_int_equal(rule_table_move(world->store, "a", "a", &diag), CS_E_INVALID);
}

static enum cs_err count_exclusion(void *context, const struct exclusion_row *row)
{
    (void)row;
    ++*(int *)context;
    return CS_OK;
}

static void an_exclusion_ends_with_its_date(void **state)
{
    struct world *world = *state;
    struct ip_range range;
    int64_t until_s = 2000;
    assert_int_equal(ip_range_parse("192.0.2.0/24", 12, &range, NULL), CS_OK);
    assert_int_equal(exclusions_add(world->store, "192.0.2.0/24", &range, "asked", 1000, &until_s, NULL),
                     CS_OK);
    assert_int_equal(exclusions_add(world->store, "printer.example", NULL, "asked", 1000, NULL, NULL), CS_OK);
    assert_int_equal(exclusions_add(world->store, "printer.example", NULL, "twice", 1000, NULL, NULL),
                     CS_E_EXISTS);
    static const struct {
        int64_t now_s;
        bool all;
        int count;
    } cases[] = {{1999, false, 2}, {2000, false, 1}, {2000, true, 2}};
    for (size_t i = 0; i < 3; i++) {
        int count = 0;
        assert_int_equal(
            exclusions_each(world->store, cases[i].now_s, cases[i].all, count_exclusion, &count, NULL),
            CS_OK);
        assert_int_equal(count, cases[i].count);
    }
    assert_int_equal(exclusions_remove(world->store, "192.0.2.0/24", NULL), CS_OK);
    assert_int_equal(exclusions_remove(world->store, "192.0.2.0/24", NULL), CS_E_NOT_FOUND);
}

static int64_t new_scan(struct store *store)
{
    int64_t id;
    struct scan_row row = {.network = "",
                           .targets = "{}",
                           .rules = "{}",
                           .options = "{}",
                           .summary = "x",
                           .shard_count = 1,
                           .seed = UINT64_MAX,
                           .target_count = 1000};
    assert_int_equal(scans_create(store, &row, &id, NULL), CS_OK);
    return id;
}

static enum cs_err keep_seed(void *context, const struct scan_row *row)
{
    *(uint64_t *)context = row->seed;
    return CS_OK;
}

static void a_scan_is_leased_to_one_process_at_a_time(void **state)
{
    struct world *world = *state;
    struct diag diag = {0};
    bool stop;
    uint64_t seed = 0;
    int64_t id = new_scan(world->store);
    assert_int_equal(scans_lease(world->store, id, "one", 1000, &diag), CS_OK);
    assert_int_equal(scans_lease(world->store, id, "two", 1000 + SCAN_LEASE_S - 1, &diag), CS_E_BUSY);
    assert_non_null(strstr(diag.text, "(one)"));
    assert_int_equal(scans_lease(world->store, id, "one", 1010, &diag), CS_OK);
    assert_int_equal(scans_request_stop(world->store, id, &diag), CS_OK);
    assert_int_equal(scans_stop_requested(world->store, id, &stop, &diag), CS_OK);
    assert_true(stop);
    assert_int_equal(scans_finish(world->store, id, SCAN_STOPPED, 1020, &diag), CS_OK);
    assert_int_equal(scans_request_stop(world->store, id, &diag), CS_E_NOT_FOUND);
    assert_int_equal(scans_lease(world->store, id, "two", 1021, &diag), CS_OK);
    assert_int_equal(scans_stop_requested(world->store, id, &stop, &diag), CS_OK);
    assert_false(stop);
    assert_int_equal(scans_get(world->store, 0, keep_seed, &seed, NULL), CS_OK);
    assert_true(seed == UINT64_MAX);
}

struct log {
    const struct attempt_entry *expected;
    size_t count;
    size_t at;
    uint64_t from;
};

static enum cs_err check_entry(void *context, const struct attempt_entry *entry)
{
    struct log *log = context;
    while (log->at < log->count && log->expected[log->at].position < log->from)
        log->at++;
    assert_true(log->at < log->count);
    const struct attempt_entry *expected = &log->expected[log->at++];
    assert_true(entry->position == expected->position);
    assert_int_equal(entry->outcome, expected->outcome);
    assert_int_equal(entry->ended_at_s, expected->ended_at_s);
    return CS_OK;
}

static void the_attempt_log_gives_back_what_went_in(void **state)
{
    struct world *world = *state;
    int64_t id = new_scan(world->store);
    static const struct attempt_entry entries[] = {
        {5, 0, 1800000000}, {3, 1, 1800000000},    {(1ull << 48) - 1, 14, 1800000007},
        {0, 3, 1799999999}, {1000, 9, 1800000100},
    };
    struct log log = {.expected = entries, .count = 5};
    assert_int_equal(attempts_append(world->store, id, entries, 3, 0, NULL), CS_OK);
    assert_int_equal(attempts_append(world->store, id, entries + 3, 2, 4, NULL), CS_OK);
    assert_int_equal(attempts_append(world->store, id, NULL, 0, 6, NULL), CS_OK);
    assert_int_equal(attempts_each(world->store, id, 0, check_entry, &log, NULL), CS_OK);
    assert_int_equal(log.at, 5);
    struct log late = {.expected = entries, .count = 5, .from = 6};
    assert_int_equal(attempts_each(world->store, id, 6, check_entry, &late, NULL), CS_OK);
    assert_int_equal(late.at, 5);
}

static void two_processes_write_in_turn(void **state)
{
    struct world *world = *state;
    struct owner_name org;
    pid_t child = fork();
    for (int i = 0; i < 50; i++) { /* both, each with a connection of its own */
        struct store *store;
        char name[32];
        snprintf(name, sizeof name, "%s %d", child == 0 ? "child" : "parent", i);
        org = owner(name);
        if (store_open(&store, world->path, STORE_WRITE, NULL) != CS_OK ||
            owners_add(store, &org, NULL, NULL) != CS_OK)
            _exit(1);
        store_close(store);
    }
    if (child == 0)
        _exit(0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    int64_t id;
    org = owner("child 49");
    assert_int_equal(owners_find(world->store, &org, &id, NULL), CS_OK);
}

struct counted {
    uint64_t round;
    uint64_t seen;
};

static enum cs_err count_round(void *context, const struct attempt_entry *entry)
{
    struct counted *counted = context;
    counted->seen += entry->position >> 32 == counted->round;
    return CS_OK;
}

/* The child commits batches until it is killed; whatever it said was committed has to be there. */
static void a_killed_writer_loses_nothing_it_committed(void **state)
{
    struct world *world = *state;
    int64_t id = new_scan(world->store);
    for (int round = 0; round < 5; round++) {
        int said[2];
        uint64_t committed = 0;
        assert_int_equal(pipe(said), 0);
        pid_t child = fork();
        if (child == 0) {
            struct store *store;
            if (store_open(&store, world->path, STORE_WRITE, NULL) != CS_OK)
                _exit(1);
            for (uint64_t i = 1;; i++) {
                struct attempt_entry entry = {(uint64_t)round << 32 | i, 1, 1800000000};
                if (store_begin(store, NULL) != CS_OK ||
                    attempts_append(store, id, &entry, 1, 0, NULL) != CS_OK ||
                    store_commit(store, NULL) != CS_OK || write(said[1], &i, sizeof i) != sizeof i)
                    _exit(1);
            }
        }
        close(said[1]);
        assert_int_equal(read(said[0], &committed, sizeof committed), sizeof committed); /* it is at work */
        usleep(20000 + 7000 * (useconds_t)round);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        for (uint64_t i; read(said[0], &i, sizeof i) == sizeof i;)
            committed = i;
        close(said[0]);
        assert_true(committed > 0);
        struct counted counted = {.round = (uint64_t)round};
        assert_int_equal(attempts_each(world->store, id, counted.round << 32, count_round, &counted, NULL),
                         CS_OK);
        assert_true(counted.seen >= committed);
    }
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(files_are_private_unless_a_group_shares_the_folder),
        IN_A_WORLD(reading_never_creates),
        IN_A_WORLD(owners_keep_their_tree),
        IN_A_WORLD(rules_keep_the_order_they_are_given),
        IN_A_WORLD(an_exclusion_ends_with_its_date),
        IN_A_WORLD(a_scan_is_leased_to_one_process_at_a_time),
        IN_A_WORLD(the_attempt_log_gives_back_what_went_in),
        IN_A_WORLD(two_processes_write_in_turn),
        IN_A_WORLD(a_killed_writer_loses_nothing_it_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
