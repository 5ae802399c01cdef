/* The command line. */
#include "ah_mib.h"
#include "daemon/collector.h"
#include "daemon/inspect.h"
#include "daemon/log.h"
#include "daemon/once.h"
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
#include <sys/file.h>
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
    "usage: agenthealthd -c FILE [-f] [-p PIDFILE] [-l LEVEL]    watch the estate, serve SNMP\n"
    "       agenthealthd -c FILE -t                              check the configuration\n"
    "       agenthealthd -c FILE -1 [--json]                     probe everything once, print the fleet\n"
    "       agenthealthd -c FILE --probe NAME [--json]           ask one agent by every driver, show each question\n"
    "       agenthealthd [-c FILE] --print-mib                   print AGENT-HEALTH-MIB for the configured root\n"
    "       agenthealthd --print-config                          print a commented example configuration\n"
    "\n"
    "  -c FILE      the configuration (INI)\n"
    "  -f           stay in the foreground, log to standard error\n"
    "  -p PIDFILE   write the process id there, and refuse to start a second time\n"
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
    const char *config_path, *pid_path, *probe;
    int level;
    bool foreground, check, once, json, print_mib;
};

struct faults {
    unsigned fatal, others;
};

static void print_fault(void *user, bool fatal, const char *text)
{
    struct faults *faults = user;
    *(fatal ? &faults->fatal : &faults->others) += 1;
    fprintf(stderr, "%s\n", text);
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
    for (int option; (option = getopt_long(argc, argv, "c:p:l:ft1h", longs, NULL)) != -1;) {
        switch (option) {
        case 'c':
            options->config_path = optarg;
            break;
        case 'p':
            options->pid_path = optarg;
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

/* Takes the pid file and its lock for the life of the process. Its descriptor, or a negative errno. */
static int lock_pid_file(const char *path)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return -EBUSY;
    }
    return fd;
}

static int write_pid(int fd)
{
    char text[16];
    const int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) == length ? 0 : -errno;
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
static int serve(struct config *config, const struct options *options)
{
    char *path = realpath(options->config_path, NULL); /* daemon() changes the folder */
    char *pid_path = NULL;
    int pid_fd = -1, code = EXIT_BEGIN;

    if (!path)
        goto done;
    if (options->pid_path && (pid_fd = lock_pid_file(options->pid_path)) < 0) {
        fprintf(stderr, "agenthealthd: %s: %s\n", options->pid_path,
                pid_fd == -EBUSY ? "another one is running" : strerror(-pid_fd));
        goto done;
    }
    if (options->pid_path && !(pid_path = realpath(options->pid_path, NULL))) {
        fprintf(stderr, "agenthealthd: %s: %s\n", options->pid_path, strerror(errno));
        goto done;
    }
    struct background background = { .ready_fd = -1, .level = options->level };
    const int error = options->foreground ? 0 : go_to_background(&background);
    if (error < 0) {
        fprintf(stderr, "agenthealthd: %s\n", strerror(-error));
        goto done;
    }
    collector_hold_signals();
    if (pid_fd >= 0 && write_pid(pid_fd) < 0)
        log_write(LOG_ERR, "%s: %s", options->pid_path, strerror(errno));
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    code = collector_run(config, path, options->foreground ? NULL : on_ready, &background) < 0 ? EXIT_BEGIN : 0;
    config = NULL;
    if (pid_fd >= 0)
        unlink(pid_path);
done:
    config_free(config);
    if (pid_fd >= 0)
        close(pid_fd);
    free(pid_path);
    free(path);
    return code;
}

int main(int argc, char **argv)
{
    struct options options = { .level = LOG_NOTICE };
    struct config *config = NULL;
    struct faults faults = { 0, 0 };

    int code = parse_options(argc, argv, &options);
    if (code >= 0)
        return code;
    if (!options.config_path)
        return print_mib(NULL);
    log_open(false, options.level);
    const int error = config_load(options.config_path, print_fault, &faults, &config);
    if (error < 0) {
        if (error != -EINVAL)
            fprintf(stderr, "agenthealthd: %s: %s\n", options.config_path, strerror(-error));
        return 1;
    }
    if (options.check) {
        char counts[CONFIG_COUNTS_BYTES];
        if (!faults.others)
            printf("%s: good: %s%s\n", options.config_path, config_counts(config, counts),
                   config_watches_nobody(config) ? ": " CONFIG_NOBODY : "");
        config_free(config);
        return faults.others ? 1 : 0;
    }
    if (options.print_mib) {
        code = print_mib(config);
        config_free(config);
        return code;
    }
    curl_global_init(CURL_GLOBAL_ALL);
    soap_init();
    if (options.once || options.probe) {
        raise_descriptor_limit();
        code = options.probe ? inspect_run(config, options.probe, options.json) : once_run(config, options.json);
        config_free(config);
    } else {
        code = serve(config, &options);
    }
    /* No curl_global_cleanup(): a name lookup that was given up may still be running in a thread of libcurl's. */
    return code;
}
