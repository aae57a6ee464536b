// SPDX-License-Identifier: Apache-2.0
#include "scanner/lane.h"

#include <stdio.h>

#include "scanner/tls_alert.h"

enum lane_verdict lane_end(struct lane_result *result, enum outcome outcome, const char *detail)
{
    result->outcome = outcome;
    snprintf(result->detail, sizeof result->detail, "%s", detail);
    return LANE_END;
}

enum lane_verdict lane_end_by_alert(struct lane_result *result, uint8_t alert)
{
    result->alerted = true;
    result->alert = alert;
    return lane_end(result, alert == TLS_ALERT_CLOSE_NOTIFY ? OUTCOME_CLOSED : OUTCOME_TLS_ALERT,
                    tls_alert_name(alert));
}

enum lane_verdict lane_end_by_list(struct lane_result *result, enum cs_err err)
{
    if (err == CS_E_LIMIT)
        return lane_end(result, OUTCOME_TOO_LARGE, "too many certificates in the list");
    if (err == CS_E_MALFORMED)
        return lane_end(result, OUTCOME_MALFORMED, "the certificate list is empty or broken");
    return lane_end(result, OUTCOME_LOCAL_ERROR, "out of memory");
}
