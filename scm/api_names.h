// SPDX-License-Identifier: Apache-2.0
/* Every path and every field name of SCM's REST API that certscour uses, once. They follow the vendor's
 * manual (25.5) and its OpenAPI (25.9); none was tried against every tenant. What those do not say, and we
 * had to choose, is marked UNCONFIRMED in api_names.c and named in docs/scm.md. */
#ifndef SCM_API_NAMES_H
#define SCM_API_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define API_PAGE_SIZE  200 /* the most that `size` takes */
#define API_TOKEN_URL  "https://auth.sso.sectigo.com/auth/realms/apiclients/protocol/openid-connect/token"
#define API_ANSWER_MAX ((size_t)8 << 20)  /* bytes of one answer */
#define API_REPORT_MAX ((size_t)16 << 20) /* of a report, which has no pages */

/* SCM's own codes that are told apart. */
#define API_CODE_RULE_IN_USE (-5003)

enum api_call {
    CALL_ORGANIZATIONS,
    CALL_ORGANIZATION,
    CALL_DOMAINS,
    CALL_DOMAIN,
    CALL_CERTIFICATES,
    CALL_CERTIFICATE,
    CALL_REPORT,
    CALL_ADMINS,
    CALL_ADMIN,
    CALL_PASSWORD,
    CALL_IMPORT,
    CALL_LOCATIONS,
    CALL_ADD_LOCATION,
    CALL_DELETE_LOCATION,
    CALL_DELETE_CERTIFICATE,
    CALL_OPERATIONS,
    CALL_ADD_OPERATION,
    CALL_SET_OPERATION,
    CALL_DISCOVERY_IMPORT,
    CALL_RULES,
    CALL_RULE,
    CALL_ADD_RULE,
    CALL_SET_RULE,
    CALL_DELETE_RULE,
    CALL_BUCKETS,
    CALL_BUCKET,
    CALL_SET_BUCKET,
    CALL_TASKS,
    CALL_TASK,
    CALL_ADD_TASK,
    CALL_SET_TASK,
    CALL_RUNS,
    CALL_RESULTS,
    CALL_COUNT
};

struct api_call_info {
    const char *method;
    const char *path; /* without /private; an id follows where it ends with /, or stands for {id}, {sub} */
    bool paged;       /* size and position */
    bool repeatable;  /* may be sent again after a failure */
    bool changes;     /* something in SCM: such calls are journalled */
    bool bodyless;    /* a good answer need not have a body */
    bool wrapped;     /* the rows are API_ROWS of an object, and API_TOTAL says how many there are */
    size_t max_body;
    const char *needs; /* which right in SCM, for messages */
};
const struct api_call_info *api_call_info(enum api_call call);

enum api_field {
    API_ID,
    API_SSL_ID,
    API_NAME,
    API_DEPARTMENTS,
    API_CONTACT_MAILS,
    API_DELEGATION_STATUS,
    API_DOMAIN_STATE,
    API_VALIDATION_STATUS,
    API_VALIDATION_METHOD,
    API_DCV_EXPIRATION,
    API_DELEGATIONS,
    API_DELEGATION_ORG,
    API_COMMON_NAME,
    API_ALT_NAMES,
    API_SERIAL,
    API_ORG_ID,
    API_STATUS,
    API_VALIDATION_TYPE,
    API_REQUESTER,
    API_REQUESTED_VIA,
    API_ISSUED,
    API_EXPIRES,
    API_REVOKED,
    API_DETAILS,
    API_ISSUER,
    API_SHA1,
    API_SHA256,
    API_REPORTS,
    API_REPORT_SHA1,
    API_REPORT_NAMES,
    API_REPORT_ORGANIZATIONS,
    API_LOGIN,
    API_ADMIN_TYPE,
    API_CREDENTIALS,
    API_ROLE,
    API_PRIVILEGES,
    API_PASSWORD_STATE,
    API_PASSWORD_EXPIRES,
    API_IMPORT_ORG,
    API_IMPORT_CERT,
    API_COMMENTS,
    API_CREATED,
    API_ERROR,
    API_LOCATION_TYPE,
    API_LOCATION_DETAILS,
    API_LOCATION_IP,
    API_LOCATION_PORT,
    API_LOCATION_HOST,
    API_LOCATION_SOURCE,
    API_OPERATION_STATUS,
    API_DISCOVERY_CERTIFICATES,
    API_DISCOVERY_CERTIFICATE,
    API_DISCOVERY_LOCATION,
    API_DISCOVERY_ADDRESS,
    API_DISCOVERY_PORT,
    API_DISCOVERY_HOST,
    API_RULE_ID,
    API_CERT_TYPE,
    API_FILTERS,
    API_FILTER_TYPE,
    API_MATCH_TYPE,
    API_VALUE,
    API_BUCKET_RULES,
    API_BUCKET_LOGIN,
    API_TASK_ID,
    API_TASK_BUCKET,
    API_AGENT,
    API_RANGES,
    API_ADDRESS,
    API_PORTS,
    API_FREQUENCY,
    API_TIME_ZONE,
    API_TIME,
    API_HOURS,
    API_MINUTES,
    API_MONTH,
    API_DAY_OF_MONTH,
    API_DAY_OF_WEEK,
    API_YEAR,
    API_TOTAL,
    API_ROWS,
    API_RUN_CREATED,
    API_RESULT_CERTIFICATE,
    API_RESULT_HASH,
    API_RESULT_METADATA,
    API_RESULT_MANAGED,
    API_RESULT_LOCATION,
    API_RESULT_DETAILS,
    API_RESULT_IP,
    API_RESULT_PORT,
    API_RESULT_HOST,
    API_RESULT_SERIAL,
    API_RESULT_CREATED,
    API_CODE,
    API_DESCRIPTION,
    API_FIELD_COUNT
};
const char *api_field(enum api_field field);

#endif
