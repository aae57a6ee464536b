// SPDX-License-Identifier: Apache-2.0
#include "cert/device.h"

#include "base/text.h"

/* Each part has to be in the place that is named; a place of NULL is not looked at. Parts are long enough not
 * to be met in other names by chance. */
static const struct {
    const char *kind;
    const char *subject;
    const char *issuer;
} devices[] = {
    {"iLO", NULL, "CN=Default Issuer (Do not trust)"}, /* HPE iLO 3 and later */
    {"iLO", NULL, "OU=ISS,O=Hewlett"},
    {"iLO", "CN=ILO", NULL},
    {"iDRAC", NULL, "OU=Remote Access Group"}, /* Dell */
    {"iDRAC", "CN=idrac", NULL},
    {"iDRAC", NULL, "CN=iDRAC"},
    {"management board", NULL, "O=Super Micro Computer"},
    {"management board", NULL, "CN=IPMI"},
    {"management board", NULL, "O=Cisco Systems Inc.,OU=PID:UCS"},
    {"printer", NULL, "CN=HP Jetdirect"},
    {"printer", NULL, "O=HP Inc.,OU=HP-IPG"},
    {"printer", NULL, "O=KYOCERA"},
    {"printer", NULL, "O=RICOH"},
    {"printer", NULL, "O=Xerox Corporation"},
    {"printer", NULL, "O=Lexmark"},
    {"printer", NULL, "O=Brother Industries"},
    {"printer", NULL, "O=CANON INC"},
    {"printer", NULL, "O=SEIKO EPSON"},
    {"printer", NULL, "O=Konica Minolta"},
    {"camera", NULL, "O=Axis Communications"},
    {"camera", "CN=axis-", NULL},
    {"camera", NULL, "O=HIKVISION"},
    {"camera", NULL, "O=Dahua"},
    {"camera", NULL, "CN=Mobotix"},
    {"network device", NULL, "CN=IOS-Self-Signed-Certificate"}, /* Cisco */
    {"network device", NULL, "O=Ubiquiti"},
    {"network device", NULL, "O=MikroTik"},
    {"network device", NULL, "O=American Power Conversion"},
    {"network device", NULL, "O=Schneider Electric"},
    {"network device", NULL, "CN=FortiGate"},
    {"network device", NULL, "O=Fortinet"},
};

static bool has(const char *text, const char *part)
{
    return part == NULL || (text != NULL && text_contains(text, part));
}

const char *cert_device(const struct cert_record *record)
{
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        bool is_own = devices[i].issuer != NULL || record->self_signed; /* not from a CA for such a name */
        if (is_own && has(record->subject, devices[i].subject) && has(record->issuer, devices[i].issuer))
            return devices[i].kind;
    }
    return NULL;
}
