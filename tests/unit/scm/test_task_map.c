// SPDX-License-Identifier: Apache-2.0
#include "scm/task_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* `members` stands in a task's object; what comes of it, or the reason why nothing does. The note stands
 * behind it in brackets. */
static char *mapped(const char *members)
{
    struct buf text = {0};
    struct buf out = {0};
    struct buf note = {0};
    struct json_value *root = NULL;
    struct task_reply reply;
    struct task_row row;
    struct diag why = {0};
    buf_printf(&text, "{\"name\":\"campus\",%s}", members);
    assert_int_equal(json_parse(&root, buf_str(&text), text.len, NULL), CS_OK);
    assert_int_equal(reply_task(&reply, 5, root), CS_OK);
    if (task_from_reply(&row, &reply, &note, &why) == CS_OK) {
        assert_int_equal(row.external_id, 5);
        assert_false(row.enabled);
        assert_string_equal(row.name, "campus");
        task_content(&out, &row);
    } else {
        buf_append_str(&out, why.text);
    }
    if (note.len > 0)
        buf_printf(&out, "(%s)", buf_str(&note));
    task_row_dispose(&row);
    task_reply_dispose(&reply);
    json_free(root);
    buf_dispose(&text);
    buf_dispose(&note);
    return buf_take_str(&out);
}

static void becomes(const char *members, const char *expected)
{
    char *got = mapped(members);
    assert_string_equal(got, expected);
    free(got);
}

#define RANGE "\"ranges\":[{\"address\":\"192.0.2.0/24\",\"ports\":\"443\"}]"
#define TIME  "\"timeZone\":\"UTC-05:00\",\"time\":{\"hours\":2,\"minutes\":5}"
#define WORDS "range 192.0.2.0/24\nports 443\n"

static void offsets_are_read_and_have_zones(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t minutes;
        const char *name;
    } rows[] = {
        {"UTC-05:00", -300, "Etc/GMT+5"},        {"UTC+00:00 - GMT, UCT, UTC, WET, EGST", 0, "Etc/UTC"},
        {"UTC+05:30", 330, "Asia/Kolkata"},      {"UTC+13:45 - CHAST", 825, NULL},
        {"UTC", TASK_ZONE_UNKNOWN, NULL},        {"", TASK_ZONE_UNKNOWN, NULL},
        {"UTC+5:00", TASK_ZONE_UNKNOWN, NULL},   {"UTC+05:60", TASK_ZONE_UNKNOWN, NULL},
        {"UTC+05:000", TASK_ZONE_UNKNOWN, NULL}, {"Europe/Athens", TASK_ZONE_UNKNOWN, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = task_zone_name(task_zone_minutes(rows[i].text));
        assert_int_equal(task_zone_minutes(rows[i].text), rows[i].minutes);
        assert_string_equal(name != NULL ? name : "-", rows[i].name != NULL ? rows[i].name : "-");
    }
}

static void each_frequency_takes_its_day(void **state)
{
    (void)state;
#define DAYS           ",\"year\":2027,\"month\":3,\"dayOfMonth\":15,\"dayOfWeek\":7"
#define ALL(frequency) RANGE "," TIME DAYS ",\"frequency\":\"" frequency "\""
    becomes(ALL("Manual"), WORDS "frequency manual\n");
    becomes(ALL("Once"), WORDS "frequency once\nat 02:05\non 2027-03-15\ntimezone Etc/GMT+5\n");
    becomes(ALL("Daily"), WORDS "frequency daily\nat 02:05\ntimezone Etc/GMT+5\n");
    becomes(ALL("Weekly"), WORDS "frequency weekly\nat 02:05\non sun\ntimezone Etc/GMT+5\n");
    becomes(ALL("Monthly"), WORDS "frequency monthly\nat 02:05\non 15\ntimezone Etc/GMT+5\n");
    becomes(ALL("Quarterly"), WORDS "frequency quarterly\nat 02:05\non 03-15\ntimezone Etc/GMT+5\n");
    becomes(ALL("SemiAnnually"), WORDS "frequency semiannually\nat 02:05\non 03-15\ntimezone Etc/GMT+5\n");
    becomes(ALL("ANNUALLY"), WORDS "frequency annually\nat 02:05\non 03-15\ntimezone Etc/GMT+5\n");
}

static void a_schedule_that_cannot_be_read_makes_it_manual(void **state)
{
    (void)state;
#define MANUALLY WORDS "frequency manual\n"
    becomes(RANGE "," TIME, MANUALLY "(manual, since SCM tells no frequency)");
    becomes(RANGE "," TIME ",\"frequency\":\"Hourly\"",
            MANUALLY "(manual, since its frequency \"Hourly\" is not known here)");
    becomes(RANGE ",\"frequency\":\"Daily\"", MANUALLY "(manual, since SCM tells no time zone)");
    becomes(RANGE ",\"frequency\":\"Daily\",\"timeZone\":\"Mars\"",
            MANUALLY "(manual, since its time zone \"Mars\" is not known here)");
    becomes(RANGE ",\"frequency\":\"Daily\",\"timeZone\":\"UTC+00:00\",\"time\":{\"hours\":24,\"minutes\":0}",
            MANUALLY "(manual, since SCM tells no time of day)");
    becomes(RANGE "," TIME ",\"frequency\":\"Weekly\",\"dayOfWeek\":8",
            MANUALLY "(manual, since SCM does not tell the day)");
    becomes(RANGE "," TIME ",\"frequency\":\"Once\",\"month\":1,\"dayOfMonth\":1",
            MANUALLY "(manual, since SCM does not tell the day)");
}

#define TWO(a, b)                                                                                            \
    "\"frequency\":\"Manual\",\"ranges\":[{\"address\":\"192.0.2.1\",\"ports\":\"" a                         \
    "\"},{\"address\":\"2001:db8::/64\",\"ports\":\"" b "\"}]"
#define ONE(address, ports)                                                                                  \
    "\"frequency\":\"Manual\",\"ranges\":[{\"address\":\"" address "\",\"ports\":\"" ports "\"}]"

static void ports_that_differ_become_the_ranges_own(void **state)
{
    (void)state;
    becomes(TWO("443, 8000-8010", "443, 8000-8010"),
            "range 192.0.2.1\nrange 2001:db8::/64\nports 443,8000-8010\nfrequency manual\n");
    becomes(TWO("443,8443", "25"),
            "range 192.0.2.1:443\nrange 192.0.2.1:8443\nrange [2001:db8::/64]:25\nfrequency manual\n");
    becomes(TWO("443,8443", "25-26"), "its ranges have different ports, and not just single ones");
    becomes(ONE("www.example", "443"), "range www.example\nports 443\nfrequency manual\n");
}

static void what_is_no_range_or_port_is_refused(void **state)
{
    (void)state;
    becomes("\"frequency\":\"Manual\"", "SCM tells no ranges of it");
    becomes("\"ranges\":[7]", "SCM tells no range of it");
    becomes("\"ranges\":[{\"address\":\"192.0.2.1\"}]", "SCM tells no ports of it");
    becomes(ONE("192.0.2.1:22/ssh", "443"), "its range \"192.0.2.1:22/ssh\" cannot be read");
    becomes(ONE("--rate=0", "443"), "its range \"--rate=0\" cannot be read");
    becomes(ONE("192.0.2.1", "deep"), "its ports \"deep\" cannot be read");
    becomes(ONE("192.0.2.1", "443/tls"), "its ports \"443/tls\" cannot be read");
}

static struct buf lines_of(const struct task_reply *task)
{
    struct buf lines = {0};
    task_lines(&lines, task);
    return lines;
}

static void what_is_sent_reads_back_as_the_same(void **state)
{
    (void)state;
    static const char *const frequencies[] = {"manual",  "once",      "daily",        "weekly",
                                              "monthly", "quarterly", "semiannually", "annually"};
    assert_null(task_frequency_there("hourly"));
    for (size_t i = 0; i < sizeof frequencies / sizeof frequencies[0]; i++) {
        struct task_reply sent = {.name = "campus",
                                  .agent = "an \"agent\"",
                                  .hours = 23,
                                  .minutes = 59,
                                  .month = 12,
                                  .day_of_month = 31,
                                  .day_of_week = 7,
                                  .year = 2027};
        struct task_reply back;
        struct buf body = {0};
        struct json_value *root = NULL;
        snprintf(sent.frequency, sizeof sent.frequency, "%s", task_frequency_there(frequencies[i]));
        task_zone_there(sent.time_zone, -570);
        assert_int_equal(task_reply_add(&sent, "192.0.2.0/24", "443,8000-8010"), CS_OK);
        task_body(&body, &sent, "a-bucket");
        assert_int_equal(json_parse(&root, buf_str(&body), body.len, NULL), CS_OK);
        assert_string_equal(json_to_string(json_get(root, "certBucketId")), "a-bucket");
        assert_int_equal(reply_task(&back, 1, root), CS_OK);
        struct buf here = lines_of(&sent);
        struct buf there = lines_of(&back);
        assert_string_equal(buf_str(&here), buf_str(&there));
        assert_non_null(strstr(buf_str(&here), "range 192.0.2.0/24 ports 443,8000-8010\n"));
        assert_int_equal(strstr(buf_str(&here), "time 23:59 UTC-09:30\n") != NULL, i > 0);
        buf_dispose(&here);
        buf_dispose(&there);
        buf_dispose(&body);
        json_free(root);
        task_reply_dispose(&sent);
        task_reply_dispose(&back);
    }
}

static void more_ranges_than_the_limit_are_refused(void **state)
{
    (void)state;
    struct task_reply task = {0};
    for (int i = 0; i < TASK_RANGES; i++)
        assert_int_equal(task_reply_add(&task, "192.0.2.1/32", "443"), CS_OK);
    assert_int_equal(task_reply_add(&task, "192.0.2.1/32", "443"), CS_E_LIMIT);
    task_reply_dispose(&task);
}

static void one_without_name_is_no_task(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "[]", "7", "{\"name\":null}", "{\"name\":7}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct json_value *root = NULL;
        struct task_reply reply;
        assert_int_equal(json_parse(&root, texts[i], strlen(texts[i]), NULL), CS_OK);
        assert_int_equal(reply_task(&reply, 5, root), CS_E_MALFORMED);
        task_reply_dispose(&reply);
        json_free(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_read_and_have_zones),
        cmocka_unit_test(each_frequency_takes_its_day),
        cmocka_unit_test(a_schedule_that_cannot_be_read_makes_it_manual),
        cmocka_unit_test(ports_that_differ_become_the_ranges_own),
        cmocka_unit_test(what_is_no_range_or_port_is_refused),
        cmocka_unit_test(what_is_sent_reads_back_as_the_same),
        cmocka_unit_test(more_ranges_than_the_limit_are_refused),
        cmocka_unit_test(one_without_name_is_no_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
