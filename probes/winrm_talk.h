/* A conversation with one endpoint over WinRM, as the files winrm*.c share it: what it has found so far, and what is
 * remembered of the endpoint for the next time. */
#ifndef AH_PROBES_WINRM_TALK_H
#define AH_PROBES_WINRM_TALK_H

#include "driver.h"
#include "envelope.h"
#include "soap.h"

/* The line behind which a file follows in the output of a command. */
#define WINRM_FILE_MARK "ah-file"
/* What the agent's file is called in words. */
#define WINRM_FILE "ssnotify.ini"

enum { WINRM_VALUE_BYTES_MAX = 1024, WINRM_HOST_BYTES = 256, WINRM_PINGS_MAX = 3, WINRM_SUMMARY_BYTES = 4096 };

/* A registry value. */
struct winrm_reading {
    char *text;    /* owned; NULL: it is not there */
    char type[16]; /* REG_DWORD, REG_SZ, ...; "" as WMI gives it */
    bool too_long; /* it is there, and longer than WINRM_VALUE_BYTES_MAX */
};

enum winrm_view { VIEW_NATIVE, VIEW_32, VIEWS };

/* What a ping from the endpoint has shown. */
struct winrm_ping {
    char host[WINRM_HOST_BYTES];
    bool answered;          /* WMI has said something about it */
    bool resolved;          /* the name resolves there, to `address` where that could be read */
    bool has_status;        /* status is given (it is null where the name does not resolve) */
    int64_t status;         /* 0: a reply came; else an IP_STATUS of Windows (documented with Win32_PingStatus) */
    struct address address; /* family 0: none */
    uint32_t rtt_ms;
};

enum winrm_service { WINRM_REAL_TIME_SCAN, WINRM_LISTENER, WINRM_WEB_REPUTATION, WINRM_SERVICES };

struct winrm_findings {
    bool services_known;
    uint8_t services[WINRM_SERVICES]; /* enum service */
    bool services_odd;                /* something was listed that nobody asked for */
    bool real_time_scan_disabled;     /* its service must not start */
    bool registry_known;
    struct winrm_reading values[VIEWS][WINRM_VALUES];
    enum winrm_view view; /* the one that counts */
    struct winrm_ping pings[WINRM_PINGS_MAX];
    size_t n_pings;
    bool own_known;
    struct address_list own;
    uint8_t gateway;                /* enum tri: one of its gateways is a configured one; known with the addresses */
    char system[REPORT_TEXT_BYTES]; /* "" where not known */
    bool needs_web_reputation;      /* Windows 7, Server 2012, or later; true where the system is not known */
    int64_t skew_ms;                /* the endpoint's clock less ours */
    uint8_t files;                  /* enum files; 0: the agent's file was not to be read, or nothing is known */
    enum cause file_cause;          /* how it fared; 0: likewise */
    char file_detail[160];
    const struct difference *difference; /* owns a reference; NULL where none is known */
    bool out_of_memory;                  /* something that came in is missing */
};

/* Of an endpoint, from one conversation to the next. */
struct winrm_memory {
    int64_t no_shell_until_ms; /* mono: it refused a shell; 0: it did not */
    bool view_known;           /* where there is no shell: */
    uint8_t view;              /* enum winrm_view */
    uint32_t strings;  /* likewise: bit by enum winrm_value, of those that turned out not to be what was tried */
    int64_t system_ms; /* mono: when the system was asked for; 0: never */
    char system[REPORT_TEXT_BYTES];
    bool needs_web_reputation;
    int64_t own_ms; /* likewise: the addresses */
    struct address_list own;
    uint8_t gateway;                     /* enum tri, of then */
    char named_server[WINRM_HOST_BYTES]; /* "" where it names none */
    /* What the server's name resolved to when a ping was last answered: without a reply Windows does not say. */
    int64_t resolved_ms;
    char resolved_host[WINRM_HOST_BYTES];
    struct address resolved;
};

/* No endpoint has as much to say: one that never comes to an end is let go. */
enum { WINRM_MESSAGES_MAX = 256 };

/* What is asked, in this order; what is not needed is passed over. */
enum winrm_step {
    STEP_IDENTITY, /* for people alone: where somebody reads along */
    STEP_SERVICES,
    STEP_SHELL,
    STEP_COMMAND, /* all registry values, and the file, in one command */
    STEP_RECEIVE,
    STEP_DELETE,
    STEP_VALUE, /* where there is no shell: one value after the other */
    STEP_PING,
    STEP_SYSTEM,
    STEP_ADDRESSES,
    STEP_END
};

/* One object of a query's answer; its properties as far as they are wanted. */
struct winrm_item {
    unsigned number;
    char name[WINRM_HOST_BYTES]; /* Name, Address */
    char state[64], start_mode[64], caption[128], version[64], protocol_address[64];
    bool has_status, has_resolution;
    int64_t status, resolution, rtt_ms, product_type;
};

struct winrm_talk {
    const struct probe_job *job;
    struct winrm_memory *memory;
    int64_t begun_ms;
    enum winrm_step step;
    struct winrm_findings findings;
    /* What went wrong first; CAUSE_NONE: nothing. */
    enum cause cause;
    char detail[160];
    bool over; /* nothing more is asked */
    bool pings_chosen;
    /* The question under way. */
    uint64_t seed[2];
    unsigned messages;
    char message_id[64], question[2112], envelope[8192];
    /* What its answers have brought so far. */
    char context[SOAP_CONTEXT_BYTES], shell[SOAP_ID_BYTES], command[SOAP_ID_BYTES];
    struct winrm_item item;
    bool has_item;
    struct address_list gateways; /* of all its network adapters */
    char *output;                 /* owned: what the command wrote */
    size_t output_bytes, output_room;
    bool output_too_large;
    char complaint[256]; /* the first that it wrote to stderr */
    /* The value that is asked for by itself. */
    enum winrm_value value;
    bool other_view, other_type;
    bool value_read;
    int64_t return_value;
    /* For the transcript: what came, in words. */
    char summary[WINRM_SUMMARY_BYTES];
    size_t summary_bytes;
};

/* Writes the envelope of talk->step and its question in words. Its length; 0: a name makes no sense in it. */
size_t winrm_write_question(struct winrm_talk *talk);
/* The type that the value under way is asked for as. */
enum registry_type winrm_value_type(const struct winrm_talk *talk);
/* The values that are asked for one by one: the next one from `value` on; WINRM_VALUES: none. */
enum winrm_value winrm_next_value(const struct winrm_talk *talk, enum winrm_value value);

/* Where an answer's contents go; the user is the talk. */
extern const struct soap_sink winrm_sink;
/* Begins and ends the contents of one answer. */
void winrm_items_begin(struct winrm_talk *talk);
void winrm_items_end(struct winrm_talk *talk);
/* Makes sense of what the command wrote. */
void winrm_read_output(struct winrm_talk *talk);
/* Adds to the summary, if there is a transcript. */
void winrm_tell(struct winrm_talk *talk, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts a registry value where it belongs, if it is one that is asked for. `key` is below HKEY_LOCAL_MACHINE. */
void winrm_readings_put(struct winrm_findings *findings, const struct winrm_names *names, const char *key,
                        const char *name, const char *type, const char *value);
/* Takes a value that was asked for by itself; NULL: it is not there. -ENOMEM. */
int winrm_reading_set(struct winrm_reading *value, const char *type, const char *text) AH_WARN_UNUSED;
/* Decides which view counts: the one with more in it. */
void winrm_readings_choose_view(struct winrm_findings *findings);
void winrm_readings_done(struct winrm_findings *findings);
/* The text of a value in the view that counts; NULL: it is not there. */
const char *winrm_reading_text(const struct winrm_findings *findings, enum winrm_value value);

/* The name of the server that the agent is set to use, where the registry tells; else "". */
void winrm_named_server(const struct winrm_findings *findings, char ret[WINRM_HOST_BYTES]);
/* Whether the agent there has this GUID, braces and letter case aside; true where it does not tell, or `guid` is "". */
bool winrm_is_agent(const struct winrm_findings *findings, const char *guid);
/* The address that the agent itself believes to have; false: not known. */
bool winrm_own_record(const struct winrm_findings *findings, struct address *ret);
/* Whether the agent believes to be outside the company's network. */
bool winrm_is_outside(const struct winrm_findings *findings);

/* What the findings say, as an observation's facts and a report. Pure. -ENOMEM. */
int winrm_observe(const struct winrm_findings *findings, const struct probe_job *job, const struct now *now,
                  struct observation *observation) AH_WARN_UNUSED;

#endif
