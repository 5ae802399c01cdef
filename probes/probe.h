/* What the daemon and the probe drivers say to each other: a question (probe_job), and its answer, an observation. */
#ifndef AH_PROBES_PROBE_H
#define AH_PROBES_PROBE_H

#include "core/evidence.h"
#include "reference.h"
#include "transcript.h"
#include "winrm_names.h"

enum http_auth {
    HTTP_AUTH_NONE,
    HTTP_AUTH_NEGOTIATE, /* Kerberos, with the tickets of the process; user and password are not used */
    HTTP_AUTH_BASIC,
    HTTP_AUTH_NTLM,
    HTTP_AUTH_CERTIFICATE /* the TLS client certificate is the logon (DSP0226, secprofile/https/mutual) */
};

/* A proxy, http://HOST:PORT or socks5://HOST:PORT; it is the proxy that resolves names. */
struct proxy_settings {
    const char *url;             /* "": there is none */
    const char *user, *password; /* "": it lets anybody through. The password is guarded like the others */
};

/* The proxies of agents by their location. */
enum agent_proxy { PROXY_INTERNAL, PROXY_EXTERNAL, AGENT_PROXIES };

/* How a driver asks. Immutable while any job refers to it; one per driver and configuration. */
struct probe_settings {
    enum driver driver;
    uint32_t timeout_ms; /* the one deadline of a whole probe */
    size_t body_max_bytes;
    const char *marker; /* what a healthy body contains (listener) or is, white space aside (server) */
    bool tls_verify;
    const char *ca_file; /* "" for the system's store */
    const char *pin;     /* "" or sha256//BASE64 */
    const char *user_agent;
    /* Logging on. The password is never logged nor shown, and wiped when the settings go. */
    enum http_auth auth;
    const char *user, *password;
    const char *cert_file, *key_file; /* PEM; "" for no client certificate; key_file "" where cert_file has both */
    /* Sources alone. */
    const char *content_type; /* of a good answer */
    struct proxy_settings proxies[AGENT_PROXIES];
    /* WinRM alone. */
    struct winrm_names winrm;
    const char *internet_host; /* what an endpoint outside should reach; "": it is not asked */
    bool reads_ssnotify;       /* the agent's ssnotify.ini is read, too */
    /* WinRM and the feed: by which gateways an endpoint is inside; as gateways_have() takes them. */
    const char *gateways;
    /* Files alone. */
    const char *ignored; /* keys that need not agree, as ini_compare() has them */
    bool ages;           /* an agent's file is a copy that somebody brings: what it says is as old as the file */
};

/* Whom a driver asks. Immutable while any job refers to it. */
struct probe_target {
    enum subject subject;
    uint32_t index;
    const char *where;              /* an absolute http or https URL, or a file's path */
    const char *name;               /* the agent's name (the feed checks it); a reference server's HOST:PORT */
    union {                         /* by the subject; there are as many targets as agents */
        struct {                    /* an agent's, or its server's */
            const char *connect_to; /* "" to connect to where the URL says, else as CURLOPT_CONNECT_TO takes it */
            const char *guid;       /* the agent's, "" where it is not known: another one's answers are not about it */
            const char *server;     /* the host name or address of the agent's management server; "" for none */
        };
        struct {                              /* a source's */
            const char *web;                  /* where it answers for web reputation; "": it is not asked */
            bool file_by_proxy, web_by_proxy; /* which of the two is asked through a proxy as well */
            bool outside;                     /* and that is the one of agents outside */
        };
    };
};

/* Copies, texts included, with one reference. NULL: out of memory. */
const struct probe_settings *probe_settings_new(const struct probe_settings *from);
const struct probe_settings *probe_settings_ref(const struct probe_settings *settings);
void probe_settings_unref(const struct probe_settings *settings); /* NULL-safe */
/* An asker's reference: as the two above, but it does not keep the settings in use. */
const struct probe_settings *probe_settings_keep(const struct probe_settings *settings);
void probe_settings_let_go(const struct probe_settings *settings);
/* True while somebody but askers has a reference: else nobody will ask under these settings again. */
bool probe_settings_in_use(const struct probe_settings *settings);
/* All references, askers' included; by the time it is read it may be another. */
unsigned probe_settings_references(const struct probe_settings *settings);
const struct probe_target *probe_target_new(const struct probe_target *from);
const struct probe_target *probe_target_ref(const struct probe_target *target);
void probe_target_unref(const struct probe_target *target); /* NULL-safe */

struct probe_job {
    const struct probe_settings *settings; /* owns a reference */
    const struct probe_target *target;     /* owns a reference */
    uint64_t ticket;                       /* given back with the answer */
    bool anew;                             /* nothing that is remembered of the target is to be relied on */
    struct transcript *transcript;         /* owned; NULL: nobody wants to read along. It goes to the answer */
    const struct reference *reference; /* owns a reference; NULL: there is nothing to hold an agent's file against */
};

struct probe_answer {
    uint64_t ticket;
    struct observation observation;
    struct transcript *transcript; /* owned; NULL: none */
    const struct reference
        *reference;   /* owns a reference: sscfg.ini, where that was asked for and is good; else NULL */
    char detail[160]; /* for the log and for people: the library's own words; "" when good. Never a body's content */
    /* How an agent's file fared that was to be read along with the rest: the files driver's numbers are of all files.
     */
    enum cause file_cause; /* 0: none was to be read */
    char file_detail[160];
};

/* Drops what a job or an answer owns. */
void probe_job_done(struct probe_job *job);
void probe_answer_done(struct probe_answer *answer);

#endif
