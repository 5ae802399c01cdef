/* estate.h: who is simulated: everybody by name, with address and behaviour. Opens no socket. */
#ifndef FLEET_ESTATE_H
#define FLEET_ESTATE_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "words.h"

struct behaviour;
struct conn;
struct console;
struct endpoint;
struct feed_facts;
struct http_request;
struct proxy;
struct target;

#define ROLE_HEADERS_MAX 256

/* How selections and counts call the targets of a role. */
enum group {
    GROUP_AGENTS,
    GROUP_SERVERS,
    GROUP_WINRMS,
    GROUP_SOURCES,
    GROUP_PROXIES,
    GROUP_CENTRALS,
    GROUP_VISIONS,
    GROUPS
};
extern const char *const group_names[GROUPS];

/* What a kind of target serves to those who ask as they should. */
struct role {
    const char *name;
    enum group group;
    bool beside;        /* such a target stands beside another one in the script: ranges of the others pass it over */
    bool uncounted;     /* the target that it stands beside is counted in the same group */
    bool logs_on;       /* its logons are counted */
    unsigned audience;  /* of which behaviours that are not for everybody, see behaviours.h */
    const char *method; /* who uses another one is refused; NULL where `check` says it */
    /* One page; NULL where `answer` does it. */
    const char *path, *type, *body;
    void (*answer)(struct conn *conn);
    /* Returns the status that refuses a request for its method or path, or NULL. NULL: the method counts. */
    const char *(*check)(const struct http_request *request);
    /* Refuses with a status of HTTP, or what corresponds to it. NULL: with a page. */
    void (*refuse)(struct conn *conn, const char *status, const char *headers);
    /* Reads what has come, where the protocol is not HTTP, and calls conn_asked() once it is a request. */
    void (*read)(struct conn *conn);
    /* Writes header lines that all its answers have, each with its CRLF. NULL: none. */
    void (*headers)(const struct target *target, char text[ROLE_HEADERS_MAX]);
};

extern const struct role role_agent;
extern const struct role role_server;
extern const struct role role_winrm;  /* see winrm.h */
extern const struct role role_source; /* see source.c, and the next */
extern const struct role role_source_web;

LIST_HEAD(conn_list, conn);

struct target {
    char *name; /* owned */
    size_t index;
    const struct role *role;
    struct sockaddr_in address;
    bool https;
    struct feed_facts *feed; /* what its feed file says other than usual; owned, see feed.h */
    struct target *winrm;    /* of an agent: its endpoint, if it has one; borrowed */
    struct proxy *proxy;     /* what a proxy knows; owned, see proxy.h */
    struct console *console; /* likewise a console, see console.h */

    /* Changed by the worker that serves the target, once it runs, and by nobody else. */
    const struct behaviour *behaviour;
    unsigned delay_ms;
    long certificate_days;     /* until its certificate ends, or TLS_DAYS_USUAL */
    struct endpoint *endpoint; /* what a winrm target stands for; owned, see endpoint.h */
    int fd;                    /* the listening socket, or -1 */
    int filler_fd;             /* the connection that fills the queue of a backlogged one, or -1 */
    struct event acceptable;
    struct worker *worker;
    struct conn_list conns;

    atomic_uint connections;
    atomic_uint requests;
    atomic_uint logons_accepted, logons_rejected;
};

/* A further name of a target's address, as a DNS would have it. */
struct host {
    char *name; /* owned */
    struct in_addr address;
};

/* Holds the targets in the order in which they were added. Owns them. */
struct estate {
    struct target **targets;
    size_t count;
    size_t room;
    size_t counts[GROUPS];
    const struct target *first_server; /* NULL: there is none yet */
    void *by_name;
    struct host *hosts; /* owned */
    size_t hosts_count;
};

/* Targets chosen by name; owns the array, borrows the targets. */
struct selection {
    struct target **targets;
    size_t count;
};

#define ESTATE_NAME_MAX 63

/* Adds a healthy target. Returns 0, -ENOMEM, or -EINVAL with a fault: a bad or double name, an address outside
 * 127.0.0.0/8. Names are letters, digits, '-', '_' and single dots, so that they can name files. */
int estate_add(struct estate *estate, const struct role *role, const char *name, const struct sockaddr_in *address,
               bool https, struct target **ret_target, struct fault *fault) __attribute__((warn_unused_result));

/* Returns the target of that name, or NULL. */
struct target *estate_find(const struct estate *estate, const char *name);

/* Gives an address a further name. Returns 0, -ENOMEM, or -EINVAL with a fault: a bad name, or one of another address.
 */
int estate_add_host(struct estate *estate, const char *name, struct in_addr address, struct fault *fault)
    __attribute__((warn_unused_result));

/* Finds the address of a host: an address, a target's name, or a further one. Returns whether there is one. */
bool estate_resolve(const struct estate *estate, const char *name, struct in_addr *ret_address);

/* Chooses by text: NAME, FIRST..LAST (in the order of the script; of those that stand beside others, all of one role if
 * FIRST is such a one, else none), all, the name of a group, or several with commas between. The caller frees
 * ret_selection->targets. Returns 0, -ENOMEM, or -EINVAL with a fault. */
int estate_select(const struct estate *estate, char *text, struct selection *ret_selection, struct fault *fault)
    __attribute__((warn_unused_result));

/* Frees what the estate owns, not the estate; the sockets are closed before. */
void estate_done(struct estate *estate);

#endif
