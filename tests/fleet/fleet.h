/* fleet.h: the running whole, as the script describes it and the commands change it. */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H

#include "crew.h"
#include "endpoint.h"
#include "estate.h"
#include "feed.h"
#include "records.h"
#include "tls.h"

/* How every agent of the script is an endpoint as well, if the script says so. */
struct fleet_winrm {
    bool wanted;
    uint16_t port;
    bool https;
    char *settings[4]; /* key=value of each endpoint to begin with; owned, NULL: there is none */
};

/* Owns everything in it but the main event base. */
struct fleet {
    struct estate estate;
    struct tls_settings tls_settings;
    char *tls_names; /* further names of the certificates, or NULL */
    char *feed_directory;
    long feed_interval_s; /* 0: written when something changes, and never again by itself */
    char *control_path;
    struct fleet_winrm winrm;
    struct tls *tls;
    struct feed *feed;
    struct records *records; /* NULL: nobody asked for any */
    struct crew *crew;       /* NULL until fleet_start() */
    struct event_base *base; /* borrowed; that of the main thread */
    struct event feed_due;
};

/* What `set` or `endpoint` changes of a target. */
struct change {
    const struct behaviour *behaviour; /* NULL: as it was */
    long delay_ms;                     /* negative: as it was */
    long certificate_days;             /* TLS_DAYS_USUAL: as it was */
    char **settings;                   /* key=value, checked, for winrm endpoints alone */
    int settings_count;
};

/* Makes certificates and feed files, starts the workers and listens. Until fleet_stop(), only the thread of `base` may
 * touch the fleet. Returns 0 or a negative errno, the fault saying what did not work. */
int fleet_start(struct fleet *fleet, size_t threads, struct event_base *base, struct fault *fault)
    __attribute__((warn_unused_result));

/* Makes an agent an endpoint as well, as fleet->winrm says, before fleet_start(). Returns 0 or a negative errno with a
 * fault. */
int fleet_add_winrm(struct fleet *fleet, struct target *agent, struct fault *fault) __attribute__((warn_unused_result));

/* Changes the selected targets; when it returns, every new connection meets the change. Before fleet_start() it only
 * notes it. Returns 0 or a negative errno with a fault. */
int fleet_change(struct fleet *fleet, const struct selection *selection, const struct change *change,
                 struct fault *fault) __attribute__((warn_unused_result));

/* Closes every socket, ends the workers, and frees what the fleet owns. */
void fleet_stop(struct fleet *fleet);

#endif
