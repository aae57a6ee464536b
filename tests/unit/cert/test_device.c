// SPDX-License-Identifier: Apache-2.0
#include "cert/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *device(const char *subject, const char *issuer)
{
    struct cert_record record = {.subject = (char *)subject, .issuer = (char *)issuer};
    return cert_device(&record);
}

static void what_makers_write_tells_the_device(void **state)
{
    (void)state;
    assert_string_equal(device("CN=ILOCZ1234567,OU=ISS,O=Hewlett-Packard Company,C=US",
                               "CN=Default Issuer (Do not trust),OU=ISS,O=Hewlett-Packard Company,C=US"),
                        "iLO");
    assert_string_equal(device("CN=idrac-ABC1234,OU=Remote Access Group,O=Dell Inc.,C=US",
                               "CN=idrac-ABC1234,OU=Remote Access Group,O=Dell Inc.,C=US"),
                        "iDRAC");
    assert_string_equal(device("CN=HP00,OU=HP-IPG", "cn=hp jetdirect 00AA,O=HP"), "printer");
    assert_string_equal(
        device("CN=axis-00408c123456,O=Axis Communications AB", "CN=Axis device ID,O=Axis Communications AB"),
        "camera");
}

static void other_certificates_are_no_devices(void **state)
{
    (void)state;
    assert_null(device("CN=www.example.org,O=University", "CN=Example CA,O=Example"));
    assert_null(device("CN=idrac-7.example.org", "CN=Campus CA,O=Example University")); /* it was given one */
    assert_null(device(NULL, NULL)); /* cannot be decoded */
    assert_null(device("CN=silo.example.org", "CN=Example CA"));
    assert_null(device("CN=imaxis-test.example.org,OU=Immunology", "CN=Example CA,OU=Immunology"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makers_write_tells_the_device),
        cmocka_unit_test(other_certificates_are_no_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
