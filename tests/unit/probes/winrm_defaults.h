/* [winrm names] as it is without a configuration. */
#ifndef AH_TEST_WINRM_DEFAULTS_H
#define AH_TEST_WINRM_DEFAULTS_H

#include "probes/winrm_names.h"

static const struct winrm_names default_names = {
    .names = {
#define WINRM_NAME(constant, key, initial, help) [WINRM_NAME_##constant] = initial,
#include "probes/winrm_names.def"
#undef WINRM_NAME
    },
    .values = {
#define WINRM_VALUE(constant, key, initial, type, help) [WINRM_VALUE_##constant] = initial,
#include "probes/winrm_values.def"
#undef WINRM_VALUE
    },
};

#endif
