// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *question_argument(const struct question *question, const char *name)
{
    return MHD_lookup_connection_value(question->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *question_header(const struct question *question, const char *name)
{
    return MHD_lookup_connection_value(question->connection, MHD_HEADER_KIND, name);
}

void answer_error(struct answer *answer, int status, int code, const char *description)
{
    cJSON_Delete(answer->json);
    answer->json = cJSON_CreateObject();
    cJSON_AddNumberToObject(answer->json, "code", code);
    cJSON_AddStringToObject(answer->json, "description", description);
    answer->status = status;
    answer->total = -1;
}

static void write_json(struct answer *answer)
{
    if (answer->json == NULL)
        return;
    char *text = cJSON_PrintUnformatted(answer->json);
    buf_reset(&answer->text);
    buf_append_str(&answer->text, text != NULL ? text : "");
    free(text);
    if (answer->cut)
        answer->text.len /= 2;
}

static void add_number(struct MHD_Response *response, const char *name, long number)
{
    char text[24];
    if (number < 0)
        return;
    snprintf(text, sizeof text, "%ld", number);
    MHD_add_response_header(response, name, text);
}

/* SCM gives it as an absolute URL. */
static void add_location(struct MHD_Response *response, const struct answer *answer,
                         const struct question *question)
{
    struct buf url = {0};
    const char *host = question_header(question, MHD_HTTP_HEADER_HOST);
    if (answer->location[0] == '\0')
        return;
    buf_printf(&url, "https://%s%s", host != NULL ? host : "scm.example", answer->location);
    MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, buf_str(&url));
    buf_dispose(&url);
}

enum MHD_Result answer_send(struct answer *answer, const struct question *question)
{
    write_json(answer);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->text.len, answer->text.data, MHD_RESPMEM_MUST_COPY);
    const char *type = answer->type != NULL ? answer->type : "application/json;charset=utf-8";
    if (answer->text.len > 0)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    add_number(response, "X-Total-Count", answer->total);
    add_location(response, answer, question);
    add_number(response, MHD_HTTP_HEADER_RETRY_AFTER, answer->retry_after_s);
    if (answer->status == MHD_HTTP_UNAUTHORIZED && question->by_token)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                "Bearer realm=\"apiclients\", error=\"invalid_token\"");
    enum MHD_Result result = MHD_queue_response(question->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    answer_dispose(answer);
    return result;
}

void answer_dispose(struct answer *answer)
{
    cJSON_Delete(answer->json);
    buf_dispose(&answer->text);
}
