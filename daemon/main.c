/* The command line. */
#include "ah_mib.h"
#include "daemon/collector.h"
#include "daemon/inspect.h"
#include "daemon/log.h"
#include "daemon/once.h"
#include "daemon/pid_file.h"
#include "daemon/privileges.h"
#include "daemon/state_access.h"
#include "print_mib.h"
#include "probes/clock.h"
#include "probes/soap.h"
#include "version.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_BEGIN = 3 };
enum {
    OPTION_HELP = 256,
    OPTION_VERSION,
    OPTION_JSON,
    OPTION_PROBE,
    OPTION_PRINT_MIB,
    OPTION_PRINT_EXAMPLE,
    OPTION_PRINT_MANUAL
};

static const char help[] =
    "usage: agenthealthd -c FILE [-f] [-p PIDFILE] [-u USER] [-l LEVEL]\n"
    "                                                           watch the estate, serve SNMP\n"
    "       agenthealthd -c FILE -t                              check the configuration\n"
    "       agenthealthd -c FILE -1 [--json]                     probe everything once, print the fleet\n"
    "       agenthealthd -c FILE --probe NAME [--json]           ask one agent by every driver, show each question\n"
    "       agenthealthd [-c FILE] --print-mib                   print AGENT-HEALTH-MIB for the configured root\n"
    "       agenthealthd --print-config                          print a commented example configuration\n"
    "       agenthealthd --print-manual                          print its options, as roff for agenthealthd(8)\n"
    "\n"
    "  -c FILE      the configuration (INI)\n"
    "  -f           stay in the foreground, log to standard error\n"
    "  -p PIDFILE   write the process id there, and refuse to start a second time\n"
    "  -u USER      as root: become USER before anything else, instead of [collector] user\n"
    "  -l LEVEL     log err, warning, notice (default), info or debug\n"
    "  -t           print every fault as FILE: [section] key: what\n"
    "  -1           one sweep; --json for machines\n"
    "  --probe NAME the agent's questions and answers, its verdict and what to do; --json for machines\n"
    "  --version, --help (-h)\n"
    "\n"
    "signals: SIGHUP reads the configuration again (a bad one changes nothing), SIGTERM and SIGINT stop.\n"
    "\n"
    "exit codes: 0 good, stopped by a signal, or (-1, --probe) all healthy\n"
    "            1 (-t) the configuration has faults, (-1, --probe) some condition holds, or the configuration can "
    "not\n"
    "              be used\n"
    "            2 (-1, --probe) no condition holds, but something is unknown; (-1) a console could not be read; or "
    "the\n"
    "              command line is wrong\n"
    "            3 could not begin, or (--probe) no such agent: the log says why\n";

struct options {
    const char *config_path, *pid_path, *user, *probe;
    int level;
    bool foreground, check, once, json, print_mib;
};

struct faults {
    unsigned fatal, others;
};

/* We are who the daemon is, from the start or since we were root; or somebody else, who may look. */
enum who { WHO_SERVES, WHO_WAS_ROOT, WHO_LOOKS };

static bool serves(const struct options *options)
{
    return !options->check && !options->once && !options->print_mib && !options->probe;
}

static void print_fault(void *user, bool fatal, const char *text)
{
    struct faults *faults = user;
    *(fatal ? &faults->fatal : &faults->others) += 1;
    fprintf(stderr, "%s\n", text);
}

/* The second time, what does not stop us has been said. */
static void print_fatal_fault(void *user, bool fatal, const char *text)
{
    if (fatal)
        print_fault(user, fatal, text);
}

static int usage_error(const char *what)
{
    fprintf(stderr, "agenthealthd: %s\nTry agenthealthd --help\n", what);
    return EXIT_USAGE;
}

/* Reads the command line. -1: go on; else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        { "help", no_argument, NULL, OPTION_HELP },
        { "version", no_argument, NULL, OPTION_VERSION },
        { "json", no_argument, NULL, OPTION_JSON },
        { "probe", required_argument, NULL, OPTION_PROBE },
        { "print-mib", no_argument, NULL, OPTION_PRINT_MIB },
        { "print-config", no_argument, NULL, OPTION_PRINT_EXAMPLE },
        { "print-manual", no_argument, NULL, OPTION_PRINT_MANUAL },
        { NULL, 0, NULL, 0 },
    };
    for (int option; (option = getopt_long(argc, argv, "c:p:u:l:ft1h", longs, NULL)) != -1;) {
        switch (option) {
        case 'c':
            options->config_path = optarg;
            break;
        case 'p':
            options->pid_path = optarg;
            break;
        case 'u':
            if (!optarg || !*optarg)
                return usage_error("-u takes the name of a user");
            options->user = optarg;
            break;
        case 'l':
            if (log_level_parse(optarg, &options->level) < 0)
                return usage_error("-l takes err, warning, notice, info or debug");
            break;
        case 'f':
            options->foreground = true;
            break;
        case 't':
            options->check = true;
            break;
        case '1':
            options->once = true;
            break;
        case OPTION_JSON:
            options->json = true;
            break;
        case OPTION_PROBE:
            if (options->probe)
                return usage_error("one --probe at a time");
            options->probe = optarg;
            break;
        case OPTION_PRINT_MIB:
            options->print_mib = true;
            break;
        case OPTION_PRINT_EXAMPLE:
            return config_print_example(stdout) < 0 ? EXIT_BEGIN : 0;
        case OPTION_PRINT_MANUAL:
            return config_print_manual(stdout) < 0 ? EXIT_BEGIN : 0;
        case 'h':
        case OPTION_HELP:
            fputs(help, stdout);
            return 0;
        case OPTION_VERSION:
            puts("agenthealthd " AH_VERSION);
            return 0;
        default:
            return usage_error("unknown option");
        }
    }
    if (optind < argc)
        return usage_error("there are no arguments beside the options");
    if (!options->config_path && !options->print_mib)
        return usage_error("-c FILE is missing");
    if (options->json && !options->once && !options->probe)
        return usage_error("--json goes with -1 and --probe");
    if (options->check + options->once + options->print_mib + !!options->probe > 1)
        return usage_error("one of -t, -1, --probe and --print-mib at a time");
    return -1;
}

static int print_mib(const struct config *config)
{
    static const uint32_t default_root[] = { AH_ROOT_ARCS };
    const int error = config ? ah_mib_print(stdout, config->snmp.root, config->snmp.root_len)
                             : ah_mib_print(stdout, default_root, sizeof default_root / sizeof *default_root);
    if (error < 0 || fflush(stdout) != 0) {
        fprintf(stderr, "agenthealthd: the module could not be printed: %s\n", strerror(error < 0 ? -error : errno));
        return EXIT_BEGIN;
    }
    return 0;
}

/* Many probes are many sockets. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            log_write(LOG_WARNING, "the limit of open files stays low: %s", strerror(errno));
    }
}

/* In the background: what the daemon that is beginning has to do to be let go. */
struct background {
    int ready_fd; /* its parent waits for a byte on the other end */
    int level;
};

/* Becomes a daemon in a child; the parent waits until it is in service, or has failed to begin, and exits so. Until
 * then the child still has the standard error. 0 (in the child) or a negative errno. */
static int go_to_background(struct background *background)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    const pid_t child = fork();
    if (child < 0)
        return -errno;
    if (child > 0) {
        char byte;
        close(ends[1]);
        ssize_t got;
        do
            got = read(ends[0], &byte, 1);
        while (got < 0 && errno == EINTR);
        _exit(got == 1 ? 0 : EXIT_BEGIN);
    }
    close(ends[0]);
    background->ready_fd = ends[1];
    return setsid() < 0 || chdir("/") < 0 ? -errno : 0;
}

/* Lets go of the terminal and of the parent. */
static void on_ready(void *user)
{
    const struct background *background = user;
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    log_open(true, background->level);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (nowhere >= 0)
            dup2(nowhere, fd);
    if (nowhere > STDERR_FILENO)
        close(nowhere);
    if (write(background->ready_fd, "", 1) != 1)
        log_write(LOG_WARNING, "nobody waits for the start any more");
    close(background->ready_fd);
}

/* Takes the configuration. */
static int serve(const struct options *options, struct config *config, const struct pid_file *pid_file)
{
    char *path = realpath(options->config_path, NULL); /* the background changes the folder */
    struct background background = { .ready_fd = -1, .level = options->level };
    int error = !path ? -errno : options->foreground ? 0 : go_to_background(&background);
    if (error < 0) {
        fprintf(stderr, "agenthealthd: %s\n", strerror(-error));
        config_free(config);
        free(path);
        return EXIT_BEGIN;
    }
    collector_hold_signals();
    if (pid_file->fd >= 0 && (error = pid_file_write(pid_file)) < 0)
        log_write(LOG_ERR, "%s: %s", pid_file->path, strerror(-error));
    if (geteuid() == 0 && !options->user)
        log_write(LOG_WARNING, "running as root, which nothing here needs: set [collector] user");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing it, as a full disk is */
    raise_descriptor_limit();
    error = collector_run(config, path, options->foreground ? NULL : on_ready, &background);
    free(path);
    return error < 0 ? EXIT_BEGIN : 0;
}

/* 0 or a negative errno; what is wrong is said. */
static int load(const struct options *options, config_fault_fn *report, struct faults *faults, struct config **ret)
{
    const int error = config_load(options->config_path, report, faults, ret);
    if (error < 0 && error != -EINVAL)
        fprintf(stderr, "agenthealthd: %s: %s\n", options->config_path, strerror(-error));
    return error;
}

/* Becomes the user that is named, if one is and we are another, and loads the configuration anew: that user has to be
 * able to, now and at each reload. -1: go on; else the exit code. */
static int become_user(const struct options *options, struct faults *faults, struct config **config, enum who *ret_who)
{
    const char *name = options->user ? options->user : (*config)->user;
    struct privileges user;

    if (!*name)
        return -1;
    int error = privileges_find(name, &user);
    if (error == 0 && privileges_are_ours(&user))
        return -1;
    if (error == 0 && geteuid() != 0) {
        if (!serves(options) && !options->user) {
            *ret_who = WHO_LOOKS;
            return -1;
        }
        error = -EPERM;
    }
    const int folder = error == 0 && serves(options) ? privileges_make_folder(&user, (*config)->state_dir) : 0;
    if (folder < 0)
        log_write(LOG_ERR, "state: %s can not be made for %s: %s", (*config)->state_dir, name, strerror(-folder));
    if (error == 0)
        error = privileges_drop(&user);
    if (error < 0) {
        fprintf(stderr, "agenthealthd: can not become the user %s: %s\n", name,
                error == -ENOENT ? "there is none of that name" : strerror(-error));
        return options->user ? EXIT_USAGE : 1;
    }
    config_free(*config);
    *config = NULL;
    if (load(options, print_fatal_fault, faults, config) < 0)
        return 1;
    *ret_who = WHO_WAS_ROOT;
    return -1;
}

static int check(const struct options *options, const struct config *config, const struct faults *faults, enum who who)
{
    char counts[CONFIG_COUNTS_BYTES], error[512];
    const bool is_kept =
        who == WHO_LOOKS || state_access(config->state_dir, who == WHO_WAS_ROOT, error, sizeof error) == 0;
    if (!is_kept)
        fprintf(stderr, "%s: [collector] state_dir: %s\n", options->config_path, error);
    if (faults->others || !is_kept)
        return 1;
    printf("%s: good: %s%s\n", options->config_path, config_counts(config, counts),
           config_watches_nobody(config) ? ": " CONFIG_NOBODY : "");
    return 0;
}

/* Does what the options say with the configuration, which it takes. The exit code. */
static int act(const struct options *options, struct config *config, const struct faults *faults, enum who who,
               const struct pid_file *pid_file)
{
    int code;
    curl_global_init(CURL_GLOBAL_ALL);
    soap_init();
    if (serves(options))
        return serve(options, config, pid_file);
    raise_descriptor_limit();
    if (options->check)
        code = check(options, config, faults, who);
    else if (options->print_mib)
        code = print_mib(config);
    else if (options->probe)
        code = inspect_run(config, options->probe, options->json);
    else
        code = once_run(config, options->json);
    config_free(config);
    /* No curl_global_cleanup(): a name lookup that was given up may still be running in a thread of libcurl's. */
    return code;
}

int main(int argc, char **argv)
{
    struct options options = { .level = LOG_NOTICE };
    struct config *config = NULL;
    struct faults faults = { 0, 0 };
    struct pid_file pid_file = { .fd = -1 };
    enum who who = WHO_SERVES;

    int code = parse_options(argc, argv, &options);
    if (code >= 0)
        return code;
    if (!options.config_path)
        return print_mib(NULL);
    log_open(false, options.level);
    if (load(&options, print_fault, &faults, &config) < 0)
        return 1;
    int error = options.pid_path && serves(&options) ? pid_file_take(options.pid_path, &pid_file) : 0;
    if (error < 0) {
        fprintf(stderr, "agenthealthd: %s: %s\n", options.pid_path,
                error == -EBUSY    ? "another one is running"
                : error == -EEXIST ? "it is there, and no pid file"
                                   : strerror(-error));
        code = EXIT_BEGIN;
    } else {
        code = become_user(&options, &faults, &config, &who);
    }
    if (code >= 0)
        config_free(config);
    else
        code = act(&options, config, &faults, who, &pid_file);
    if (pid_file.fd >= 0 && (error = pid_file_remove(&pid_file)) < 0)
        log_write(LOG_WARNING, "the pid file stays: %s", strerror(-error));
    return code;
}
