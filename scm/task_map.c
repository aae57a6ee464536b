// SPDX-License-Identifier: Apache-2.0
#include "scm/task_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "model/ip.h"

#define LISTED_PORTS 64 /* ports that a range may have of its own, each a target here */

/* ---- time zones ---- */

/* Of zones without daylight saving time: the name of Etc/GMT+5 says west where SCM says UTC-05:00. */
static const struct {
    int32_t minutes;
    const char *name;
} zones[] = {
    {-720, "Etc/GMT+12"},        {-660, "Etc/GMT+11"},    {-600, "Etc/GMT+10"},
    {-570, "Pacific/Marquesas"}, {-540, "Etc/GMT+9"},     {-480, "Etc/GMT+8"},
    {-420, "Etc/GMT+7"},         {-360, "Etc/GMT+6"},     {-300, "Etc/GMT+5"},
    {-240, "Etc/GMT+4"},         {-180, "Etc/GMT+3"},     {-120, "Etc/GMT+2"},
    {-60, "Etc/GMT+1"},          {0, "Etc/UTC"},          {60, "Etc/GMT-1"},
    {120, "Etc/GMT-2"},          {180, "Etc/GMT-3"},      {210, "Asia/Tehran"},
    {240, "Etc/GMT-4"},          {270, "Asia/Kabul"},     {300, "Etc/GMT-5"},
    {330, "Asia/Kolkata"},       {345, "Asia/Kathmandu"}, {360, "Etc/GMT-6"},
    {390, "Asia/Yangon"},        {420, "Etc/GMT-7"},      {480, "Etc/GMT-8"},
    {525, "Australia/Eucla"},    {540, "Etc/GMT-9"},      {570, "Australia/Darwin"},
    {600, "Etc/GMT-10"},         {660, "Etc/GMT-11"},     {720, "Etc/GMT-12"},
    {780, "Etc/GMT-13"},         {840, "Etc/GMT-14"},
};

static bool two_digits(const char *text, int32_t *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

int32_t task_zone_minutes(const char *time_zone)
{
    int32_t hours;
    int32_t minutes;
    if (!text_starts_with(time_zone, "UTC") || strlen(time_zone) < 9 ||
        (time_zone[3] != '+' && time_zone[3] != '-') || !two_digits(time_zone + 4, &hours) ||
        time_zone[6] != ':' || !two_digits(time_zone + 7, &minutes) || minutes > 59 ||
        (time_zone[9] != '\0' && time_zone[9] != ' '))
        return TASK_ZONE_UNKNOWN;
    return (time_zone[3] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

const char *task_zone_name(int32_t minutes)
{
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        if (zones[i].minutes == minutes)
            return zones[i].name;
    }
    return NULL;
}

/* ---- the schedule ---- */

static enum cs_err set_text(char **to, const char *text)
{
    *to = text_copy(text);
    return *to != NULL ? CS_OK : CS_E_NOMEM;
}

enum day_form { DAY_NONE, DAY_DATE, DAY_OF_WEEK, DAY_OF_MONTH, DAY_OF_YEAR };

static const struct {
    const char *there;
    const char *here;
    enum day_form day;
} frequencies[] = {
    {"Manual", "manual", DAY_NONE},
    {"Once", "once", DAY_DATE},
    {"Daily", "daily", DAY_NONE},
    {"Weekly", "weekly", DAY_OF_WEEK},
    {"Monthly", "monthly", DAY_OF_MONTH},
    {"Quarterly", "quarterly", DAY_OF_YEAR},
    {"SemiAnnually", "semiannually", DAY_OF_YEAR},
    {"Annually", "annually", DAY_OF_YEAR},
};
#define MANUAL 0

static size_t find_frequency(const char *there)
{
    size_t at = 0;
    while (at < sizeof frequencies / sizeof frequencies[0] && !text_equals(frequencies[at].there, there))
        at++;
    return at;
}

/* The day as --on takes it. False: what it is made of was not told. */
static bool write_day(char out[16], const struct task_reply *task, enum day_form form)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    bool has_day = task->day_of_month != TASK_NOT_TOLD;
    bool has_month = task->month != TASK_NOT_TOLD;
    switch (form) {
    case DAY_NONE:
        return true;
    case DAY_DATE:
        snprintf(out, 16, "%04d-%02d-%02d", task->year, task->month, task->day_of_month);
        return has_day && has_month && task->year != TASK_NOT_TOLD;
    case DAY_OF_WEEK:
        if (task->day_of_week != TASK_NOT_TOLD)
            snprintf(out, 16, "%s", days[task->day_of_week - 1]);
        return task->day_of_week != TASK_NOT_TOLD;
    case DAY_OF_MONTH:
        snprintf(out, 16, "%d", task->day_of_month);
        return has_day;
    case DAY_OF_YEAR:
        snprintf(out, 16, "%02d-%02d", task->month, task->day_of_month);
        return has_day && has_month;
    }
    return false;
}

static enum cs_err make_manual(struct task_row *out, struct buf *note, const char *what, const char *said)
{
    if (note != NULL) {
        buf_printf(note, "manual, since %s", what);
        if (said[0] != '\0') {
            buf_append_str(note, " \"");
            text_append_printable(note, said, strlen(said));
            buf_append_str(note, "\" is not known here");
        }
    }
    return set_text(&out->frequency, frequencies[MANUAL].here);
}

static enum cs_err map_schedule(struct task_row *out, const struct task_reply *task, struct buf *note)
{
    char at[16];
    char day[16] = "";
    size_t row = find_frequency(task->frequency);
    const char *zone = task_zone_name(task_zone_minutes(task->time_zone));
    if (row == MANUAL)
        return set_text(&out->frequency, frequencies[MANUAL].here);
    if (row == sizeof frequencies / sizeof frequencies[0])
        return make_manual(out, note, task->frequency[0] != '\0' ? "its frequency" : "SCM tells no frequency",
                           task->frequency);
    if (zone == NULL)
        return make_manual(out, note, task->time_zone[0] != '\0' ? "its time zone" : "SCM tells no time zone",
                           task->time_zone);
    if (task->hours == TASK_NOT_TOLD || task->minutes == TASK_NOT_TOLD)
        return make_manual(out, note, "SCM tells no time of day", "");
    if (!write_day(day, task, frequencies[row].day))
        return make_manual(out, note, "SCM does not tell the day", "");
    snprintf(at, sizeof at, "%02d:%02d", task->hours, task->minutes);
    enum cs_err err = set_text(&out->frequency, frequencies[row].here);
    if (err == CS_OK)
        err = set_text(&out->at, at);
    if (err == CS_OK)
        err = set_text(&out->timezone, zone);
    return err == CS_OK && day[0] != '\0' ? set_text(&out->on, day) : err;
}

/* ---- ranges and ports ---- */

/* "443, 8000-8100" without its white space. False: there is something else in it, or nothing. UNCONFIRMED:
 * how SCM writes lists and ranges. */
static bool clean_ports(char out[256], const char *text)
{
    size_t len = 0;
    for (; *text != '\0' && len < 255; text++) {
        if (*text == ' ')
            continue;
        if ((*text < '0' || *text > '9') && *text != ',' && *text != '-')
            return false;
        out[len++] = *text;
    }
    out[len] = '\0';
    return *text == '\0' && len > 0;
}

/* A range of addresses, or a host name: nothing that would be a port here. */
static bool is_address(const char *text)
{
    struct ip_range range;
    if (ip_range_parse(text, strlen(text), &range, NULL) == CS_OK)
        return true;
    return text[0] != '\0' && text[0] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(text);
}

static enum cs_err refuse(struct diag *diag, const char *what, const char *said)
{
    char shown[160];
    text_printable(shown, sizeof shown, said);
    return said[0] != '\0' ? diag_fail(diag, CS_E_INVALID, "its %s \"%s\" cannot be read", what, shown)
                           : diag_fail(diag, CS_E_INVALID, "SCM tells no %s of it", what);
}

/* A range with ports of its own: one target for each of them. */
static enum cs_err add_pairs(struct task_row *out, const char *address, const char *ports, struct diag *diag)
{
    char target[400];
    size_t count = 0;
    enum cs_err err = CS_OK;
    if (strchr(ports, '-') != NULL)
        return diag_fail(diag, CS_E_INVALID, "its ranges have different ports, and not just single ones");
    while (*ports != '\0' && err == CS_OK) {
        size_t len = strcspn(ports, ",");
        if (count++ == LISTED_PORTS)
            return diag_fail(diag, CS_E_INVALID, "its ranges have different ports, and more than %d each",
                             LISTED_PORTS);
        snprintf(target, sizeof target, strchr(address, ':') != NULL ? "[%.250s]:%.*s" : "%.253s:%.*s",
                 address, (int)len, ports);
        err = text_list_add(&out->ranges, target);
        ports += len + (ports[len] == ',');
    }
    return err;
}

static bool same_ports(const struct task_reply *task)
{
    for (size_t i = 1; i < task->range_count; i++) {
        if (strcmp(task->ranges[i].ports, task->ranges[0].ports) != 0)
            return false;
    }
    return true;
}

static enum cs_err map_ranges(struct task_row *out, const struct task_reply *task, struct diag *diag)
{
    bool same = same_ports(task);
    char ports[256] = "";
    enum cs_err err = CS_OK;
    if (task->range_count == 0)
        return diag_fail(diag, CS_E_INVALID, "SCM tells no ranges of it");
    for (size_t i = 0; i < task->range_count && err == CS_OK; i++) {
        const struct task_range *range = &task->ranges[i];
        if (!is_address(range->address))
            return refuse(diag, "range", range->address);
        if (!clean_ports(ports, range->ports))
            return refuse(diag, "ports", range->ports);
        err =
            same ? text_list_add(&out->ranges, range->address) : add_pairs(out, range->address, ports, diag);
    }
    return err == CS_OK && same ? set_text(&out->ports, ports) : err;
}

enum cs_err task_from_reply(struct task_row *out, const struct task_reply *task, struct buf *note,
                            struct diag *diag)
{
    *out = (struct task_row){.external_id = task->id, .enabled = false};
    enum cs_err err = set_text(&out->name, task->name);
    if (err == CS_OK)
        err = map_ranges(out, task, diag);
    if (err == CS_OK)
        err = map_schedule(out, task, note);
    return err == CS_E_NOMEM ? diag_fail(diag, err, "out of memory") : err;
}

void task_content(struct buf *out, const struct task_row *row)
{
    const char *const words[] = {row->ports, row->frequency, row->at, row->on, row->timezone};
    static const char *const names[] = {"ports", "frequency", "at", "on", "timezone"};
    for (size_t i = 0; i < row->ranges.count; i++)
        buf_printf(out, "range %s\n", row->ranges.items[i]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i] != NULL)
            buf_printf(out, "%s %s\n", names[i], words[i]);
    }
}

/* ---- the other way ---- */

const char *task_frequency_there(const char *frequency)
{
    for (size_t i = 0; i < sizeof frequencies / sizeof frequencies[0]; i++) {
        if (strcmp(frequencies[i].here, frequency) == 0)
            return frequencies[i].there;
    }
    return NULL;
}

void task_zone_there(char out[16], int32_t minutes)
{
    snprintf(out, 16, "UTC%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes / 60) % 100, abs(minutes % 60));
}

static int64_t told_or(int number, int64_t missing)
{
    return number != TASK_NOT_TOLD ? number : missing;
}

void task_body(struct buf *out, const struct task_reply *task, const char *bucket)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_member_string(&json, api_field(API_NAME), task->name);
    json_member_string(&json, api_field(API_TASK_BUCKET), bucket);
    json_member_string(&json, api_field(API_AGENT), task->agent);
    json_key(&json, api_field(API_RANGES));
    json_begin_array(&json);
    for (size_t i = 0; i < task->range_count; i++) {
        json_begin_object(&json);
        json_member_string(&json, api_field(API_ADDRESS), task->ranges[i].address);
        json_member_string(&json, api_field(API_PORTS), task->ranges[i].ports);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_member_string(&json, api_field(API_FREQUENCY), task->frequency);
    json_member_string(&json, api_field(API_TIME_ZONE), task->time_zone);
    json_key(&json, api_field(API_TIME));
    json_begin_object(&json);
    json_member_int(&json, api_field(API_HOURS), told_or(task->hours, 0));
    json_member_int(&json, api_field(API_MINUTES), told_or(task->minutes, 0));
    json_end_object(&json);
    json_member_int(&json, api_field(API_MONTH), told_or(task->month, 1));
    json_member_int(&json, api_field(API_DAY_OF_MONTH), told_or(task->day_of_month, 1));
    json_member_int(&json, api_field(API_DAY_OF_WEEK), told_or(task->day_of_week, 1));
    if (task->year != TASK_NOT_TOLD)
        json_member_int(&json, api_field(API_YEAR), task->year);
    json_end_object(&json);
}

static void append_shown(struct buf *out, const char *what, const char *text)
{
    buf_printf(out, "%s ", what);
    text_append_printable(out, text, strlen(text));
}

static void schedule_lines(struct buf *out, const struct task_reply *task)
{
    char zone[16];
    char day[16] = "";
    size_t row = find_frequency(task->frequency);
    int32_t minutes = task_zone_minutes(task->time_zone);
    bool known = row < sizeof frequencies / sizeof frequencies[0];
    append_shown(out, "frequency", known ? frequencies[row].there : task->frequency);
    buf_append_char(out, '\n');
    if (row == MANUAL)
        return;
    task_zone_there(zone, minutes != TASK_ZONE_UNKNOWN ? minutes : 0);
    buf_printf(out, "time %02d:%02d", task->hours, task->minutes);
    append_shown(out, "", minutes != TASK_ZONE_UNKNOWN ? zone : task->time_zone);
    buf_append_char(out, '\n');
    if (known && frequencies[row].day != DAY_NONE)
        buf_printf(out, "day %s\n", write_day(day, task, frequencies[row].day) ? day : "not told");
}

void task_lines(struct buf *out, const struct task_reply *task)
{
    append_shown(out, "agent", task->agent);
    buf_append_char(out, '\n');
    for (size_t i = 0; i < task->range_count; i++) {
        char ports[256];
        const char *shown = clean_ports(ports, task->ranges[i].ports) ? ports : task->ranges[i].ports;
        append_shown(out, "range", task->ranges[i].address);
        append_shown(out, " ports", shown);
        buf_append_char(out, '\n');
    }
    schedule_lines(out, task);
}
