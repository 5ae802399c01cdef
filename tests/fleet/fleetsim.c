/* fleetsim.c: the program: its options, its signals, its end. What is simulated is said by the script. */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "fleet.h"
#include "script.h"

#define THREADS_MAX        64
#define LIFETIME_MAX_S     86400
#define LIFETIME_DEFAULT_S 3600

static const char usage[] = "usage: fleetsim [--threads N] [--lifetime SECONDS] SCRIPT\n"
                            "       fleetsim --control SOCKET COMMAND...\n"
                            "Simulates Security Agents and what they depend on in 127.0.0.0/8, as the script says.\n"
                            "  --threads N         threads that serve them (2)\n"
                            "  --lifetime SECONDS  ends by itself after that time (3600)\n"
                            "  --control SOCKET    sends a command to a running one and prints the answer\n"
                            "Exit: 0 ended as told or answered ok, 1 bad script or answered error, 2 bad usage.\n";

struct run_options {
    long threads;
    long lifetime_s;
    const char *control;
};

static void on_end(evutil_socket_t number, short what, void *argument)
{
    (void)number, (void)what;
    event_base_loopbreak(argument);
}

/* Serves until a signal, the command to quit, or the end of its time. */
static int serve(struct fleet *fleet, const struct run_options *options, struct fault *fault)
{
    const struct timeval lifetime = { .tv_sec = options->lifetime_s };
    struct control *control = NULL;
    int result = -ENOMEM;

    struct event *terminated = evsignal_new(fleet->base, SIGTERM, on_end, fleet->base);
    struct event *interrupted = evsignal_new(fleet->base, SIGINT, on_end, fleet->base);
    struct event *expired = evtimer_new(fleet->base, on_end, fleet->base);
    if (!terminated || !interrupted || !expired || event_add(terminated, NULL) < 0 ||
        event_add(interrupted, NULL) < 0 || event_add(expired, &lifetime) < 0)
        goto done;
    if ((result = fleet_start(fleet, (size_t)options->threads, fleet->base, fault)) < 0)
        goto done;
    if (fleet->control_path && (result = control_new(fleet, &control)) < 0) {
        fault_set(fault, "control socket %s: %s", fleet->control_path, strerror(-result));
        goto done;
    }
    printf("ready");
    for (enum group group = 0; group < GROUPS; group++)
        if (group <= GROUP_SERVERS || fleet->estate.counts[group] > 0)
            printf(" %s=%zu", group_names[group], fleet->estate.counts[group]);
    printf("\n");
    fflush(stdout);
    event_base_dispatch(fleet->base);
    result = 0;

done:
    control_free(control);
    if (terminated)
        event_free(terminated);
    if (interrupted)
        event_free(interrupted);
    if (expired)
        event_free(expired);
    return result;
}

static int run(const char *script, const struct run_options *options)
{
    struct fault fault = { "out of memory" };
    struct fleet fleet = { .tls_settings = { .tickets = true, .certificate_days = TLS_DAYS_USUAL } };

    signal(SIGPIPE, SIG_IGN);
    int result = (fleet.base = event_base_new()) ? 0 : -ENOMEM;
    if (result == 0)
        result = script_read(script, &fleet, &fault);
    if (result == 0)
        result = serve(&fleet, options, &fault);
    if (result < 0)
        fprintf(stderr, "fleetsim: %s\n", fault.text);
    struct event_base *base = fleet.base;
    fleet_stop(&fleet);
    if (base)
        event_base_free(base);
    return result < 0;
}

/* Reads an option's number. Returns whether it is one within the bounds. */
static int read_count(const char *key, long max, long *ret_number)
{
    struct fault fault;

    if (words_number(key, optarg, 1, max, ret_number, &fault) == 0)
        return 1;
    fprintf(stderr, "fleetsim: --%s\n", fault.text);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option known[] = { { "threads", required_argument, NULL, 't' },
                                           { "lifetime", required_argument, NULL, 'l' },
                                           { "control", required_argument, NULL, 'c' },
                                           { "help", no_argument, NULL, 'h' },
                                           { NULL, 0, NULL, 0 } };
    struct run_options options = { .threads = 2, .lifetime_s = LIFETIME_DEFAULT_S };
    int option, good = 1;

    /* '+': what follows the first other word belongs to the command. */
    while (good && (option = getopt_long(argc, argv, "+t:l:c:h", known, NULL)) != -1) {
        if (option == 't')
            good = read_count("threads", THREADS_MAX, &options.threads);
        else if (option == 'l')
            good = read_count("lifetime", LIFETIME_MAX_S, &options.lifetime_s);
        else if (option == 'c')
            options.control = optarg;
        else if (option == 'h')
            return fputs(usage, stdout) < 0;
        else
            good = 0;
    }
    const int words = argc - optind;
    if (!good || words < 1 || (!options.control && words > 1)) {
        fputs(usage, stderr);
        return 2;
    }
    return options.control ? control_ask(options.control, argv + optind, words) : run(argv[optind], &options);
}
