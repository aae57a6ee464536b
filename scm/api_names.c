// SPDX-License-Identifier: Apache-2.0
#include "scm/api_names.h"

/* UNCONFIRMED: which right each call takes; the manual names privileges, but not call by call. */
#define RIGHT_IMPORT    "the privileges sslManage and sslImport, and the API enabled for that organization"
#define RIGHT_MANAGE    "the privilege sslManage"
#define RIGHT_BUCKET    "the client id of a bucket with \"Enable Discovery Import API access\""
#define RIGHT_DISCOVERY "a role that sees SCM's Discovery pages; SCM does not document which privilege"
#define RULES           "/api/discovery/v1/assignmentrule"
#define BUCKETS         "/api/discovery/v1/bucket"
#define TASKS           "/api/discovery/v4/net_task"
#define RUNS            "/api/discovery/v1/net_task/{id}/operation"
static const struct api_call_info calls[CALL_COUNT] = {
    [CALL_ORGANIZATIONS] = {"GET", "/api/organization/v1", false, true, .max_body = API_ANSWER_MAX,
                            "any role in that organization"},
    [CALL_ORGANIZATION] = {"GET", "/api/organization/v1/", false, true, .max_body = API_ANSWER_MAX,
                           "any role in that organization"},
    [CALL_DOMAINS] = {"GET", "/api/domain/v1", true, true, .max_body = API_ANSWER_MAX,
                      "the privilege to manage domains"},
    [CALL_DOMAIN] = {"GET", "/api/domain/v1/", false, true, .max_body = API_ANSWER_MAX,
                     "the privilege to manage domains"},
    [CALL_CERTIFICATES] = {"GET", "/api/ssl/v1", true, true, .max_body = API_ANSWER_MAX,
                           "an SSL role (MRAO, RAO SSL, DRAO SSL)"},
    [CALL_CERTIFICATE] = {"GET", "/api/ssl/v1/", false, true, .max_body = API_ANSWER_MAX,
                          "an SSL role (MRAO, RAO SSL, DRAO SSL)"},
    [CALL_REPORT] = {"POST", "/api/report/v1/ssl-certificates", false, true, .max_body = API_REPORT_MAX,
                     "an SSL role with reports"},
    [CALL_ADMINS] = {"GET", "/api/admin/v1", true, true, .max_body = API_ANSWER_MAX,
                     "the privilege to see administrators"},
    [CALL_ADMIN] = {"GET", "/api/admin/v1/", false, true, .max_body = API_ANSWER_MAX,
                    "the privilege to see administrators"},
    [CALL_PASSWORD] = {"GET", "/api/admin/v1/password", false, true, .max_body = API_ANSWER_MAX,
                       "nothing but a login"},
    [CALL_IMPORT] = {"POST", "/api/ssl/v2/import", false, true, .changes = true, .max_body = API_ANSWER_MAX,
                     RIGHT_IMPORT},
    [CALL_LOCATIONS] = {"GET", "/api/ssl/v1/{id}/location", false, true, .max_body = API_ANSWER_MAX,
                        "an SSL role (MRAO, RAO SSL, DRAO SSL)"},
    [CALL_ADD_LOCATION] = {"POST", "/api/ssl/v1/{id}/location", false, false, .changes = true,
                           .bodyless = true, .max_body = API_ANSWER_MAX, RIGHT_MANAGE},
    [CALL_DELETE_LOCATION] = {"DELETE", "/api/ssl/v1/{id}/location/{sub}", false, true, .changes = true,
                              .bodyless = true, .max_body = API_ANSWER_MAX, RIGHT_MANAGE},
    [CALL_DELETE_CERTIFICATE] = {"DELETE", "/api/ssl/v1/", false, true, .changes = true, .bodyless = true,
                                 .max_body = API_ANSWER_MAX, RIGHT_MANAGE},
    /* a service of its own; UNCONFIRMED: everything but paths and verbs of the operations */
    [CALL_OPERATIONS] = {"GET", "/api/v1/operations", true, true, .max_body = API_ANSWER_MAX, RIGHT_BUCKET},
    [CALL_ADD_OPERATION] = {"POST", "/api/v1/operations", false, false, .changes = true, .bodyless = true,
                            .max_body = API_ANSWER_MAX, RIGHT_BUCKET},
    [CALL_SET_OPERATION] = {"PUT", "/api/v1/operations/", false, true, .changes = true, .bodyless = true,
                            .max_body = API_ANSWER_MAX, RIGHT_BUCKET},
    [CALL_DISCOVERY_IMPORT] = {"POST", "/api/v1/operations/{id}/certificates", false, true, .changes = true,
                               .bodyless = true, .max_body = API_ANSWER_MAX, RIGHT_BUCKET},
    [CALL_RULES] = {"GET", RULES, true, true, .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_RULE] = {"GET", RULES "/", false, true, .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_ADD_RULE] = {"POST", RULES, false, false, .changes = true, .bodyless = true,
                       .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_SET_RULE] = {"PUT", RULES, false, true, .changes = true, .bodyless = true,
                       .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_DELETE_RULE] = {"DELETE", RULES "/", false, true, .changes = true, .bodyless = true,
                          .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_BUCKETS] = {"GET", BUCKETS, true, true, .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_BUCKET] = {"GET", BUCKETS "/", false, true, .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    /* UNCONFIRMED: that assignmentRules replaces the list, and that its order is the order of rules */
    [CALL_SET_BUCKET] = {"PUT", BUCKETS "/", false, true, .changes = true, .bodyless = true,
                         .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_TASKS] = {"GET", TASKS, true, true, .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_TASK] = {"GET", TASKS "/", false, true, .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_ADD_TASK] = {"POST", TASKS, false, false, .changes = true, .bodyless = true,
                       .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_SET_TASK] = {"PUT", TASKS "/", false, true, .changes = true, .bodyless = true,
                       .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_RUNS] = {"GET", RUNS, true, true, .wrapped = true, .max_body = API_ANSWER_MAX, RIGHT_DISCOVERY},
    [CALL_RESULTS] = {"GET", RUNS "/{sub}/result", true, true, .wrapped = true, .max_body = API_ANSWER_MAX,
                      RIGHT_DISCOVERY},
};

const struct api_call_info *api_call_info(enum api_call call)
{
    return &calls[call];
}

static const char *const fields[API_FIELD_COUNT] = {
    [API_ID] = "id",
    [API_SSL_ID] = "sslId",
    [API_NAME] = "name",
    [API_DEPARTMENTS] = "departments",
    [API_CONTACT_MAILS] =
        "contactEmails", /* UNCONFIRMED: one text or an array, and whether departments have it */
    [API_DELEGATION_STATUS] = "delegationStatus",
    [API_DOMAIN_STATE] = "state",
    [API_VALIDATION_STATUS] = "validationStatus", /* samples differ in case and spelling: folded */
    [API_VALIDATION_METHOD] = "validationMethod",
    [API_DCV_EXPIRATION] = "dcvExpiration",
    [API_DELEGATIONS] = "delegations",
    [API_DELEGATION_ORG] = "orgId",
    [API_COMMON_NAME] = "commonName",
    [API_ALT_NAMES] = "subjectAlternativeNames",
    [API_SERIAL] = "serialNumber", /* UNCONFIRMED: with colons or without, leading zeros or not */
    [API_ORG_ID] = "orgId",
    [API_STATUS] = "status",
    [API_VALIDATION_TYPE] = "validationType",
    [API_REQUESTER] = "requester",
    [API_REQUESTED_VIA] = "requestedVia", /* codes in the manual, labels in the OpenAPI */
    [API_ISSUED] = "issued",
    [API_EXPIRES] = "expires",
    [API_REVOKED] = "revoked",
    [API_DETAILS] = "certificateDetails",
    [API_ISSUER] = "issuer",
    [API_SHA1] = "sha1Hash",
    [API_SHA256] = "sha256Hash", /* UNCONFIRMED: OpenAPI 25.9 only */
    [API_REPORTS] = "reports",
    [API_REPORT_SHA1] = "sha1",
    [API_REPORT_NAMES] = "subjAltNames", /* UNCONFIRMED: that "; " stands between them; one sample has it */
    [API_REPORT_ORGANIZATIONS] = "organizationIds", /* UNCONFIRMED: whether departments come with theirs */
    [API_LOGIN] = "login",
    [API_ADMIN_TYPE] = "type",
    [API_CREDENTIALS] = "credentials",
    [API_ROLE] = "role",
    [API_PRIVILEGES] = "privileges",
    [API_PASSWORD_STATE] = "state",
    [API_PASSWORD_EXPIRES] = "expirationDate",
    [API_IMPORT_ORG] = "orgID", /* in capitals here alone */
    [API_IMPORT_CERT] = "cert",
    [API_COMMENTS] = "comments",
    [API_CREATED] = "created",
    [API_ERROR] = "errorMessage",
    [API_LOCATION_TYPE] = "locationType",
    [API_LOCATION_DETAILS] = "details",
    [API_LOCATION_IP] = "IP", /* the keys of a custom location are free */
    [API_LOCATION_PORT] = "Port",
    [API_LOCATION_HOST] = "Host",
    [API_LOCATION_SOURCE] = "Source",
    [API_OPERATION_STATUS] = "status",             /* UNCONFIRMED, as all below but the last */
    [API_DISCOVERY_CERTIFICATES] = "certificates", /* the body's array; [scm] discovery_list_field */
    [API_DISCOVERY_CERTIFICATE] = "certificate",   /* base64 DER; [scm] discovery_certificate_field */
    [API_DISCOVERY_LOCATION] = "location",         /* [scm] discovery_location_field */
    [API_DISCOVERY_ADDRESS] = "ip",
    [API_DISCOVERY_PORT] = "port",
    [API_DISCOVERY_HOST] = "hostName",
    [API_RULE_ID] = "ruleId", /* in the body of a change; no answer has it */
    [API_CERT_TYPE] = "certType",
    [API_FILTERS] = "filters",
    [API_FILTER_TYPE] = "filterType",
    [API_MATCH_TYPE] = "matchType",
    [API_VALUE] = "value",
    [API_BUCKET_RULES] = "assignmentRules",
    [API_BUCKET_LOGIN] = "authenticationEnabled",
    [API_TASK_ID] = "taskId",
    [API_TASK_BUCKET] = "certBucketId", /* sent; no answer has it */
    [API_AGENT] = "agent",              /* its name; UNCONFIRMED: how Sectigo's own is called */
    [API_RANGES] = "ranges",
    [API_ADDRESS] = "address",     /* UNCONFIRMED: anything but CIDR of IPv4 and domain names */
    [API_PORTS] = "ports",         /* UNCONFIRMED: lists and ranges; samples are single numbers */
    [API_FREQUENCY] = "frequency", /* UNCONFIRMED: which of the fields below each one takes */
    [API_TIME_ZONE] = "timeZone",  /* UNCONFIRMED: which texts are allowed */
    [API_TIME] = "time",
    [API_HOURS] = "hours",
    [API_MINUTES] = "minutes",
    [API_MONTH] = "month",
    [API_DAY_OF_MONTH] = "dayOfMonth",
    [API_DAY_OF_WEEK] = "dayOfWeek",
    [API_YEAR] = "year", /* UNCONFIRMED: that it belongs to Once */
    [API_TOTAL] = "total",
    [API_ROWS] = "data",
    [API_RUN_CREATED] = "created",
    [API_RESULT_CERTIFICATE] = "certificate",
    [API_RESULT_HASH] = "hash", /* UNCONFIRMED: SHA-1 in samples */
    [API_RESULT_METADATA] = "metadata",
    [API_RESULT_MANAGED] = "managedId", /* "ssl:130"; UNCONFIRMED: absent when unmanaged */
    [API_RESULT_LOCATION] = "location",
    [API_RESULT_DETAILS] = "details",
    [API_RESULT_IP] = "ip",
    [API_RESULT_PORT] = "port",
    [API_RESULT_HOST] = "hostName",
    [API_RESULT_SERIAL] = "sn",
    [API_RESULT_CREATED] = "created",
    [API_CODE] = "code",
    [API_DESCRIPTION] = "description",
};

const char *api_field(enum api_field field)
{
    return fields[field];
}
