// SPDX-License-Identifier: Apache-2.0
#include "scm/advice.h"

#include <stddef.h>

#define ANY (-1)

/* The first row that fits; 0 in `code` stands for an answer without one. */
static const struct {
    int status;
    int code;
    int auth;
    enum refusal refusal;
    const char *text;
} rows[] = {
    {401, ANY, AUTH_PASSWORD, REFUSAL_LOGIN,
     "the login, password or customer_uri is wrong, or the account's password was never changed after "
     "it was made (log in to SCM once), or it is no API account"},
    {401, ANY, AUTH_CERTIFICATE, REFUSAL_LOGIN,
     "the client certificate does not belong to this login and customer_uri, or a proxy between takes "
     "TLS apart"},
    {401, ANY, AUTH_TOKEN, REFUSAL_LOGIN,
     "the API key was removed, or the admin it acts for lacks the right for this call"},
    {ANY, -16, ANY, REFUSAL_LOGIN, "the login, password or customer_uri is wrong"},
    {ANY, -970, ANY, REFUSAL_LOGIN, "the login, password or customer_uri is wrong"},
    {ANY, -1021, ANY, REFUSAL_RIGHT,
     "the API is not enabled for this organization: a MRAO ticks \"Enable Web/REST API\" in its SSL "
     "settings"},
    {ANY, -618, ANY, REFUSAL_OTHER,
     "the task scans just now in SCM: wait for its end, or stop it there, and run the same again"},
    {ANY, -303, ANY, REFUSAL_OTHER,
     "SCM takes fewer addresses and ports in one task: give the task a part of its ranges or ports, or "
     "narrow it with --live-only"},
    {ANY, -304, ANY, REFUSAL_OTHER, "SCM does not take one of the ranges"},
    {ANY, -607, ANY, REFUSAL_OTHER,
     "the agent is not set up for these private addresses: give it their range in SCM"},
    {ANY, -3, ANY, REFUSAL_RIGHT, "the account lacks a right"},
    {ANY, -25, ANY, REFUSAL_RIGHT, "the account lacks a right"},
    {ANY, -37, ANY, REFUSAL_RIGHT, "the account lacks a right"},
    {403, ANY, ANY, REFUSAL_RIGHT,
     "the account lacks a right, or its organization lets the API in from other addresses only"},
    {429, ANY, ANY, REFUSAL_LATER, "SCM wants fewer calls: lower [scm] requests_per_s, or try later"},
    {ANY, -124, ANY, REFUSAL_ABSENT, ""},
    {ANY, -727, ANY, REFUSAL_ABSENT, ""},
    {ANY, -1023, ANY, REFUSAL_ABSENT, ""},
    {404, 0, ANY, REFUSAL_ABSENT,
     "there is no such address: check [scm] base_url (the host alone, without /api)"},
    {404, ANY, ANY, REFUSAL_ABSENT, ""},
    {501, ANY, ANY, REFUSAL_OTHER, ""},
    {500, ANY, ANY, REFUSAL_LATER, "SCM is out of order; try later"},
    {502, ANY, ANY, REFUSAL_LATER, "SCM is out of order; try later"},
    {503, ANY, ANY, REFUSAL_LATER, "SCM is out of order; try later"},
    {504, ANY, ANY, REFUSAL_LATER, "SCM is out of order; try later"},
    {301, ANY, ANY, REFUSAL_OTHER, "it sends us elsewhere: check [scm] base_url"},
    {302, ANY, ANY, REFUSAL_OTHER,
     "it sends us elsewhere: check [scm] base_url, or is it the page of a proxy?"},
    {307, ANY, ANY, REFUSAL_OTHER, "it sends us elsewhere: check [scm] base_url"},
    {308, ANY, ANY, REFUSAL_OTHER, "it sends us elsewhere: check [scm] base_url"},
    {407, ANY, ANY, REFUSAL_OTHER, "the proxy wants a login"},
};

struct advice advice_for(int status, int64_t code, enum auth_kind auth)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((rows[i].status == ANY || rows[i].status == status) &&
            (rows[i].code == ANY || rows[i].code == code) &&
            (rows[i].auth == ANY || rows[i].auth == (int)auth))
            return (struct advice){rows[i].refusal, rows[i].text};
    }
    return (struct advice){REFUSAL_OTHER, ""};
}
