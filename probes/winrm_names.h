/* The names by which endpoints are asked: [winrm names]. A new agent version that calls something otherwise needs a
 * line in the configuration, not a release. */
#ifndef AH_PROBES_WINRM_NAMES_H
#define AH_PROBES_WINRM_NAMES_H

enum winrm_value {
#define WINRM_VALUE(constant, ...) WINRM_VALUE_##constant,
#include "winrm_values.def"
#undef WINRM_VALUE
    WINRM_VALUES
};

enum winrm_name {
#define WINRM_NAME(constant, ...) WINRM_NAME_##constant,
#include "winrm_names.def"
#undef WINRM_NAME
    WINRM_NAMES
};

/* UTF-8 texts, never NULL; "" for what is not asked for. */
struct winrm_names {
    const char *names[WINRM_NAMES];
    const char *values[WINRM_VALUES]; /* path and name below the registry root: PATH\NAME, or NAME */
};

#endif
