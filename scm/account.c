// SPDX-License-Identifier: Apache-2.0
#include "scm/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void keep(char *out, size_t size, const struct json_value *object, enum api_field field)
{
    const char *text = json_to_string(json_get(object, api_field(field)));
    if (text != NULL)
        text_printable(out, size, text);
}

static void append_printable(struct buf *out, const char *text)
{
    text_append_printable(out, text, strlen(text));
}

static void keep_admin(struct account *account, const struct json_value *admin)
{
    const struct json_value *item;
    int64_t organization;
    keep(account->type, sizeof account->type, admin, API_ADMIN_TYPE);
    item = json_array_first(json_get(admin, api_field(API_CREDENTIALS)));
    for (; item != NULL; item = json_next(item)) {
        const char *role = json_to_string(json_get(item, api_field(API_ROLE)));
        if (role == NULL)
            continue;
        buf_append_str(&account->roles, account->roles.len > 0 ? ", " : "");
        append_printable(&account->roles, role);
        if (json_to_int(json_get(item, api_field(API_ORG_ID)), &organization))
            buf_printf(&account->roles, " %" PRId64, organization);
    }
    item = json_array_first(json_get(admin, api_field(API_PRIVILEGES)));
    for (; item != NULL; item = json_next(item)) {
        const char *privilege = json_to_string(item);
        if (privilege == NULL)
            continue;
        buf_append_str(&account->privileges, account->privileges.len > 0 ? ", " : "");
        append_printable(&account->privileges, privilege);
    }
}

/* The row with just this login: the filter may be one for parts of it. */
static bool find_login(const struct json_value *rows, const char *login, int64_t *id)
{
    const struct json_value *row = json_is_array(rows) ? json_array_first(rows) : NULL;
    for (; row != NULL; row = json_next(row)) {
        const char *text = json_to_string(json_get(row, api_field(API_LOGIN)));
        if (text != NULL && text_equals(text, login) && json_to_int(json_get(row, api_field(API_ID)), id))
            return true;
    }
    return false;
}

static void append_query(struct buf *query, const char *name, const char *value)
{
    buf_printf(query, "%s=", name);
    for (; *value != '\0'; value++)
        buf_printf(query, "%%%02X", (unsigned char)*value);
}

static enum cs_err read_admin(struct client *client, struct account *account, struct diag *diag)
{
    struct json_value *rows = NULL;
    struct json_value *admin = NULL;
    struct buf query = {0};
    int64_t id;
    buf_append_str(&query, "size=20&position=0&");
    append_query(&query, api_field(API_LOGIN), auth_login(client->auth));
    enum cs_err err = client_call(client, CALL_ADMINS, 0, buf_str(&query), NULL, &rows, diag);
    if (err == CS_OK && find_login(rows, auth_login(client->auth), &id))
        err = client_call(client, CALL_ADMIN, id, NULL, NULL, &admin, diag);
    if (err == CS_OK && json_is_object(admin)) {
        account->known = true;
        keep_admin(account, admin);
    }
    json_free(rows);
    json_free(admin);
    buf_dispose(&query);
    return err;
}

/* It knows us and we may not. To a token it says the same as to a stranger. */
static bool lacks_right(const struct client *client, enum cs_err err)
{
    return err == CS_E_IO && client->status != 0 &&
           (client->refusal == REFUSAL_RIGHT ||
            (client->refusal == REFUSAL_LOGIN && auth_kind(client->auth) == AUTH_TOKEN));
}

enum cs_err account_read(struct client *client, struct account *account, struct diag *diag)
{
    struct json_value *root = NULL;
    enum cs_err err = client_call(client, CALL_PASSWORD, 0, NULL, NULL, &root, diag);
    if (err == CS_OK) {
        keep(account->password_state, sizeof account->password_state, root, API_PASSWORD_STATE);
        keep(account->password_expires, sizeof account->password_expires, root, API_PASSWORD_EXPIRES);
    }
    json_free(root);
    if (lacks_right(client, err))
        err = CS_OK;
    if (err != CS_OK || auth_login(client->auth) == NULL)
        return err;
    err = read_admin(client, account, diag);
    return lacks_right(client, err) ? CS_OK : err;
}

void account_dispose(struct account *account)
{
    buf_dispose(&account->roles);
    buf_dispose(&account->privileges);
}

enum cs_err account_may(struct client *client, enum api_call call, enum right *right, struct diag *diag)
{
    struct json_value *root = NULL;
    const char *query = api_call_info(call)->paged ? "size=1&position=0" : NULL;
    enum cs_err err = client_call(client, call, 0, query, NULL, &root, diag);
    json_free(root);
    *right = err == CS_OK ? RIGHT_YES : lacks_right(client, err) ? RIGHT_NO : RIGHT_UNKNOWN;
    return err == CS_E_CANCELLED || err == CS_E_NOMEM ? err : CS_OK;
}
