/* behaviours.h: what a target can do to those who come to it: one table, one entry each. */
#ifndef FLEET_BEHAVIOURS_H
#define FLEET_BEHAVIOURS_H

#include <stddef.h>

#include "hostile.h"
#include "tls.h"

struct conn;

enum listening {
    LISTENING,      /* a socket that accepts */
    LISTENING_NOT,  /* no socket: the kernel refuses */
    LISTENING_FULL, /* a socket whose queue is full and never emptied: the kernel drops who asks */
};

/* Those of whom not everybody has what a behaviour spoils. */
enum audience { FOR_WINRM = 1, FOR_CENTRAL = 2, FOR_VISION = 4, FOR_CONSOLES = FOR_CENTRAL | FOR_VISION };

struct behaviour {
    const char *name;
    enum listening listening;
    enum tls_certificate certificate;
    enum twist twist;    /* of what is inside the answers */
    unsigned audience;   /* the roles that it is for; 0: all */
    bool needs_http;     /* makes no sense in another protocol */
    bool rejects_logons; /* however right they are */
    /* Done as soon as a connection is accepted; then neither TLS nor HTTP is spoken, and input is thrown away. */
    void (*greet)(struct conn *conn);
    /* Done for each request that was read to its end, where there is no greet; may free the connection. */
    void (*answer)(struct conn *conn);
};

extern const struct behaviour behaviours[];
extern const size_t behaviours_count;

/* Returns the behaviour of that name, or NULL. */
const struct behaviour *behaviour_find(const char *name);

/* Returns the behaviour that a target has until it is told another. */
const struct behaviour *behaviour_healthy(void);

/* Returns its place in the table, below BEHAVIOURS_MAX. */
size_t behaviour_number(const struct behaviour *behaviour);

#endif
