/* Memory that runs out while an answer is read: there is no answer then, and none that is wrong. */
#include "probes/soap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <libxml/xmlmemory.h>
#include <stdlib.h>
#include <string.h>

#define WMI "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"

static const char text[] =
    "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
    "xmlns:n=\"http://schemas.xmlsoap.org/ws/2004/09/enumeration\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><s:Body><n:PullResponse><n:Items><p:Win32_Service "
    "xmlns:p=\"" WMI
    "Win32_Service\"><p:Name>a &lt; b</p:Name><p:State xsi:nil=\"true\"/></p:Win32_Service></n:Items><n:EndOfSequence/>"
    "</n:PullResponse></s:Body></s:Envelope>";

/* How many allocations of libxml2 are still granted (-1: all), and how many were refused. */
static int granted = -1;
static unsigned refused;
static bool only_one;

static bool refuse(void)
{
    if (granted < 0 || granted-- > 0)
        return false;
    granted = only_one ? -1 : 0;
    refused++;
    return true;
}

static void *get(size_t bytes)
{
    return refuse() ? NULL : malloc(bytes);
}

static void *resize(void *old, size_t bytes)
{
    return refuse() ? NULL : realloc(old, bytes);
}

static char *copy(const char *string)
{
    return refuse() ? NULL : strdup(string);
}

static unsigned properties;

static void on_property(void *user, unsigned item, const char *class_name, const char *name, const char *value)
{
    (void)user;
    assert_int_equal(item, 0);
    assert_string_equal(class_name, "Win32_Service");
    assert_string_equal(name, properties == 0 ? "Name" : "State");
    assert_true(properties == 0 ? value && strcmp(value, "a < b") == 0 : !value);
    properties++;
}

static int read_it(struct soap_answer *ret, char why[SOAP_WHY_BYTES])
{
    static const struct soap_sink sink = { .property = on_property };

    properties = 0;
    refused = 0;
    return soap_read(text, sizeof text - 1, NULL, &sink, NULL, ret, why);
}

static void no_memory_is_no_answer(void **state)
{
    (void)state;
    struct soap_answer answer, untouched;
    char why[SOAP_WHY_BYTES];

    assert_int_equal(read_it(&answer, why), 0);
    assert_int_equal(answer.items, 1);
    assert_int_equal(properties, 2);
    memset(&untouched, 0x5a, sizeof untouched);
    for (int mode = 0; mode < 2; mode++) {
        int r = -ENOMEM;
        for (int n = 0; r != 0; n++) {
            only_one = mode == 1;
            granted = n;
            answer = untouched;
            r = read_it(&answer, why);
            granted = -1;
            if (r == 0)
                assert_int_equal(refused, 0);
            else
                assert_memory_equal(&answer, &untouched, sizeof answer);
            /* libxml2 takes some names that it could not keep for empty ones, and the text for a wrong one. */
            assert_true(r == 0 || r == -ENOMEM || (only_one && r == -EBADMSG));
            assert_in_range(n, 0, 10000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_is_no_answer),
    };

    if (xmlMemSetup(free, get, resize, copy) != 0)
        return 1;
    soap_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
