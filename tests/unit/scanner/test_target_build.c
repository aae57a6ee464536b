// SPDX-License-Identifier: Apache-2.0
/* Random requests against a naive model that knows every (address, port, name) by itself, and the sizes that
 * have to work at once. */
#include <time.h>

#include "base/hash.h"
#include "tests/unit/scanner/target_world.h"

#define HOSTS 24 /* 192.0.2.0 and on */
#define PORTS 3  /* 443, 8443, 9000 */
#define NAMES 3  /* a.example and on; number NAMES is no name */

static const uint16_t port_numbers[PORTS] = {443, 8443, 9000};
static const char *const names[NAMES] = {"a.example", "b.example", "c.example"};

struct model {
    bool scanned[HOSTS][PORTS][NAMES + 1];
    bool by_address[HOSTS][PORTS]; /* whatever its name is: --names follow these */
    bool excluded[HOSTS];
    unsigned sni; /* of addresses */
};

struct request {
    struct world world;
    struct model model;
    uint64_t random;
};

static unsigned below(struct request *request, unsigned limit)
{
    return (unsigned)(hash_next_random(&request->random) % limit);
}

/* The default ports are the first two. */
static void scan(struct model *model, unsigned host, unsigned port, unsigned name)
{
    for (unsigned p = 0; p < PORTS; p++) {
        if (port == p || (port == PORTS && p < 2))
            model->scanned[host][p][name] = true;
    }
}

static void scan_by_address(struct model *model, unsigned host, unsigned port)
{
    scan(model, host, port, model->sni);
    for (unsigned p = 0; p < PORTS; p++)
        model->by_address[host][p] |= port == p || (port == PORTS && p < 2);
}

/* A range, on the default ports or on one; through a file, so that a wholly excluded one is no mistake. */
static void give_range(struct request *request)
{
    unsigned first = below(request, HOSTS);
    unsigned last = first + below(request, HOSTS - first);
    unsigned port = below(request, PORTS + 1);
    char text[64];
    int len = snprintf(text, sizeof text, "192.0.2.%u-192.0.2.%u", first, last);
    if (port < PORTS)
        snprintf(text + len, sizeof text - (size_t)len, ":%u", port_numbers[port]);
    from_file(&request->world, text);
    for (unsigned host = first; host <= last; host++)
        scan_by_address(&request->model, host, port);
}

static void give_exclusion(struct request *request)
{
    unsigned first = below(request, HOSTS);
    unsigned last = first + below(request, 4);
    char text[64];
    snprintf(text, sizeof text, "192.0.2.%u-192.0.2.%u", first, last);
    exclude(&request->world, text);
    for (unsigned host = first; host <= last && host < HOSTS; host++)
        request->model.excluded[host] = true;
}

/* A host name that is wanted on some ports and lives at some addresses. */
static void give_name(struct request *request, unsigned name)
{
    char text[64];
    char addresses[128] = "";
    size_t len = 0;
    unsigned port = below(request, PORTS + 1);
    unsigned second_port = below(request, PORTS);
    snprintf(text, sizeof text, "%s:%u", names[name], port_numbers[port % PORTS]);
    target(&request->world, port == PORTS ? names[name] : text);
    snprintf(text, sizeof text, "%s:%u", names[name], port_numbers[second_port]);
    target(&request->world, text);
    for (unsigned i = 0; i < 3; i++) {
        unsigned host = below(request, HOSTS);
        len += (size_t)snprintf(addresses + len, sizeof addresses - len, i > 0 ? " 192.0.2.%u" : "192.0.2.%u",
                                host);
        scan(&request->model, host, port, name);
        scan(&request->model, host, second_port, name);
    }
    dns_says(&request->world, names[name], addresses);
}

/* --names: on whatever ports the address is scanned by address. */
static void give_sent_name(struct request *request, unsigned name)
{
    unsigned host = below(request, HOSTS);
    char text[64];
    snprintf(text, sizeof text, "192.0.2.%u %s\n", host, names[name]);
    send_names(&request->world, text);
    for (unsigned p = 0; p < PORTS; p++) {
        if (request->model.by_address[host][p])
            request->model.scanned[host][p][name] = true;
    }
}

static uint64_t model_count(struct model *model)
{
    uint64_t count = 0;
    for (unsigned host = 0; host < HOSTS; host++) {
        for (unsigned p = 0; p < PORTS; p++) {
            for (unsigned name = 0; name <= NAMES; name++) {
                model->scanned[host][p][name] &= !model->excluded[host];
                count += model->scanned[host][p][name];
            }
        }
    }
    return count;
}

static unsigned name_number(const char *server_name)
{
    unsigned name = 0;
    while (server_name != NULL && name < NAMES && strcmp(names[name], server_name) != 0)
        name++;
    return server_name == NULL ? NAMES : name;
}

/* Strikes every target off the model: one that is not there came twice, or never should have come. */
static void agrees_with_model(struct request *request)
{
    const struct target_set *set = request->world.set;
    uint64_t expected = model_count(&request->model);
    for (uint64_t i = 0; i < target_set_count(set); i++) {
        struct target it;
        target_set_get(set, i, &it);
        unsigned host = it.ip.bytes[15];
        unsigned p = it.port == 443 ? 0 : it.port == 8443 ? 1 : 2;
        unsigned name = name_number(it.server_name);
        assert_true(it.has_ip && host < HOSTS);
        if (!request->model.scanned[host][p][name])
            fail_msg("192.0.2.%u:%u#%s is there twice or wrongly", host, it.port, it.server_name);
        request->model.scanned[host][p][name] = false;
    }
    assert_int_equal(target_set_count(set), expected);
}

static void request_at_random(struct request *request, uint64_t seed, bool with_names, bool with_sni)
{
    *request = (struct request){.random = seed, .model = {.sni = NAMES}};
    world_open(&request->world, "443,8443");
    if (with_sni) {
        request->model.sni = below(request, NAMES); /* perhaps one that comes again as a host name */
        assert_int_equal(target_list_set_sni(request->world.list, names[request->model.sni], NULL), CS_OK);
    }
    unsigned ranges = 1 + below(request, 6);
    for (unsigned i = 0; i < ranges; i++)
        give_range(request);
    unsigned exclusions = below(request, 5);
    for (unsigned i = 0; i < exclusions; i++)
        give_exclusion(request);
    for (unsigned name = 0; with_names && name < NAMES; name++) {
        if (below(request, 2) == 0)
            give_name(request, name);
    }
    unsigned sent = with_names ? below(request, 8) : 0;
    for (unsigned i = 0; i < sent; i++)
        give_sent_name(request, below(request, NAMES));
}

static void run_at_random(bool with_names, bool with_sni)
{
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct request request;
        request_at_random(&request, seed, with_names, with_sni);
        if (model_count(&request.model) == 0) {
            assert_int_equal(try_build(&request.world), CS_E_INVALID);
        } else {
            build(&request.world);
            agrees_with_model(&request);
        }
        world_close(&request.world);
    }
}

static void random_ranges_ports_and_exclusions_agree_with_a_naive_model(void **state)
{
    (void)state;
    run_at_random(false, false);
}

static void random_names_agree_with_a_naive_model(void **state)
{
    (void)state;
    run_at_random(true, false);
}

static void a_name_that_is_also_the_sni_of_addresses_is_sent_once(void **state)
{
    (void)state;
    run_at_random(true, true);
}

static double seconds_since(struct timespec start)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
}

static struct timespec start_clock(void)
{
    struct timespec start;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    return start;
}

/* The limits of time are wide, for sanitizers slow everything down: they catch work for each address, not
 * milliseconds. */
static void a_private_class_a_on_24_ports_builds_at_once(void **state)
{
    (void)state;
    struct world world;
    struct target_set_facts facts;
    struct timespec start = start_clock();
    world_open(&world, "1-24");
    target(&world, "10.0.0.0/8");
    build(&world);
    target_set_facts(world.set, &facts);
    assert_int_equal(target_set_count(world.set), 402653184);
    assert_true(seconds_since(start) < 0.2);
    world_close(&world);
}

static void a_hundred_thousand_listed_pairs_build_without_quadratic_work(void **state)
{
    (void)state;
    struct world world;
    struct buf text = {0};
    struct timespec start = start_clock();
    world_open(&world, "443");
    for (unsigned i = 0; i < 100000; i++) /* scattered, on 50 ports */
        buf_printf(&text, "10.%u.%u.%u:%u\n", i * 7919 % 256, i * 31 % 256, i % 251, 8000 + i % 50);
    from_file(&world, buf_str(&text));
    build(&world);
    assert_true(target_set_count(world.set) > 90000);
    assert_true(seconds_since(start) < 10);
    buf_dispose(&text);
    world_close(&world);
}

static void twenty_thousand_names_build_without_quadratic_work(void **state)
{
    (void)state;
    struct world world;
    struct timespec start = start_clock();
    world_open(&world, "443");
    for (unsigned i = 0; i < 20000; i++) {
        char name[32];
        char ip[32];
        snprintf(name, sizeof name, "host%u.example", i);
        snprintf(ip, sizeof ip, "198.51.%u.%u", i / 256, i % 256);
        target(&world, name);
        dns_says(&world, name, ip);
    }
    build(&world);
    assert_int_equal(target_set_count(world.set), 20000);
    assert_true(seconds_since(start) < 10);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_ranges_ports_and_exclusions_agree_with_a_naive_model),
        cmocka_unit_test(random_names_agree_with_a_naive_model),
        cmocka_unit_test(a_name_that_is_also_the_sni_of_addresses_is_sent_once),
        cmocka_unit_test(a_private_class_a_on_24_ports_builds_at_once),
        cmocka_unit_test(a_hundred_thousand_listed_pairs_build_without_quadratic_work),
        cmocka_unit_test(twenty_thousand_names_build_without_quadratic_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
