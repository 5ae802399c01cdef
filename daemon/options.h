/* The options: one table of every section and key that the configuration knows. Parsing, its faults, the example file
 * and the manual page all come from it; to add an option is to add one entry. */
#ifndef AH_DAEMON_OPTIONS_H
#define AH_DAEMON_OPTIONS_H

#include "config.h"
#include "config_memory.h"

enum section_id {
    SECTION_COLLECTOR,
    SECTION_SNMP,
    SECTION_NOTIFICATIONS,
    SECTION_POLICY,
    SECTION_INVENTORY,
    SECTION_SERVER,
    SECTION_SOURCE,
    SECTION_PROBE_LISTENER,
    SECTION_PROBE_SERVER,
    SECTION_PROBE_FEED,
    SECTION_PROBE_WINRM,
    SECTION_PROBE_SOURCE,
    SECTION_PROBE_LOCATION,
    SECTION_PROXY_INTERNAL,
    SECTION_PROXY_EXTERNAL,
    SECTION_WINRM_NAMES,
    SECTION_SMART_PROTECTION,
    SECTION_LOCATION,
    SECTION_PROBE_CENTRAL,
    SECTION_CENTRAL,
    SECTION_PROBE_VISION,
    SECTION_VISION,
    SECTION_AGENT,
    SECTIONS
};

/* A kind of section. A named one is written `[kind NAME]` and may be there any number of times. */
struct section_kind {
    const char *title; /* without the NAME */
    const char *name;  /* NULL: not a named one; else the name that the example shows */
    const char *help;
    bool aside; /* the example has it as a comment: what is in it only its reader knows */
};

extern const struct section_kind section_kinds[SECTIONS];

/* What may stand behind the equals sign. */
enum option_type {
    OPTION_TEXT,
    OPTION_WORD, /* one of `words`; stored as its position, or in a text field as the word */
    OPTION_YES_NO,
    OPTION_NUMBER,    /* min to max, in `unit`; stored multiplied by `scale`, where that is not 0 */
    OPTION_PATH,      /* relative to the configuration's folder; like the next three, need not exist */
    OPTION_FILE,      /* likewise, but a readable regular file */
    OPTION_SECRET,    /* likewise, and not accessible to others */
    OPTION_DIRECTORY, /* likewise, but a directory */
    OPTION_URL,       /* absolute, http or https, without credentials */
    OPTION_URL_PATH,
    OPTION_HOST,      /* an address or a host name */
    OPTION_ADDRESSES, /* addresses, separated by commas or blanks */
    OPTION_SOCKET,    /* TRANSPORT:WHERE as net-snmp takes it; `words` are the transports */
    OPTION_RANGES,    /* address ranges, separated likewise */
    OPTION_GATEWAYS,  /* addresses and MACs, separated likewise; what is neither is told later */
    OPTION_QUERY,     /* of a URL: a question mark and what follows */
    OPTION_PROXY,     /* http://HOST:PORT or socks5://HOST:PORT */
    OPTION_NO_PROXY,  /* a list as no_proxy.h has it */
    OPTION_OID,
    OPTION_PIN, /* of a public key, as curl takes it */
    OPTION_PATH_OR_URL,
    OPTION_PATTERN, /* one of `words`, or a path with %NAME% or %ADDRESS% in it; stored as a text */
    OPTION_KEYS,    /* of an INI file: section:key or section:*, separated by commas */
    OPTION_NAME,    /* a name on the endpoint: it goes between quotes, so it has none; empty only where min is 0 */
    OPTION_TYPES
};

enum option_field { FIELD_TEXT, FIELD_BOOL, FIELD_UNSIGNED, FIELD_INT64, FIELD_SNMP };

struct option {
    enum section_id section;
    const char *key;
    enum option_type type;
    enum option_field field; /* the field of the section's struct that it fills */
    size_t offset;
    unsigned min, max;
    int64_t scale;
    const char *unit;
    const char *words;   /* separated by blanks */
    const char *initial; /* as it would be written; NULL: none */
    const char *example; /* shown where there is no initial value, or in a named section */
    const char *help;
    bool required;
};

extern const struct option options[];
extern const size_t options_count;

/* Where the inventory comes from: [inventory]. */
struct inventory_settings {
    const char *csv; /* "": none */
    const char *encoding;
    const char *column_name, *column_address, *column_port, *column_guid, *column_group;
    const char *column_server; /* "": rows do not tell their server */
};

/* NULL: no such key in that section. Keys fold case. */
const struct option *options_find(enum section_id section, const char *key);

enum { OPTION_WHAT_BYTES = 1400 };

/* How texts become values. */
struct option_context {
    struct config_memory *memory; /* keeps the texts */
    const char *folder;           /* that relative paths start from; "": the working one */
    char what[OPTION_WHAT_BYTES]; /* what was wrong */
};

/* Reads `text` into the option's field of `target`, the section's struct. 0, -EINVAL with context->what set, or
 * -ENOMEM; on failure the field stays as it was. */
int option_set(const struct option *option, const char *text, struct option_context *context,
               void *target) AH_WARN_UNUSED;

/* Gives every field of the section its initial value; a text field without one becomes "". */
int options_set_initial(enum section_id section, struct option_context *context, void *target) AH_WARN_UNUSED;

/* Reads `bytes` decimal digits that make at most `max` (below UINT64_MAX / 10). 0 or -EINVAL. */
int option_read_number(const char *text, size_t bytes, uint64_t max, uint64_t *ret) AH_WARN_UNUSED;

/* Why a text can not be an address or a host name; NULL: it can. */
const char *option_host_fault(const char *text);

#endif
