/* Setting up net-snmp, and the little that both of its uses share. It decides nothing about sessions. */
#include "library.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

/* A library that repeats itself must not fill the log. */
enum { LINES_AT_MOST = 5, LINES_EVERY_S = 30, WARNING_BYTES = 200 };

static struct {
    snmp_log_fn *log;
    char warning[WARNING_BYTES];
    time_t since;
    unsigned lines;
} the_log;

static int on_log(int major, int minor, void *message, void *user)
{
    const struct snmp_log_message *line = message;
    char text[WARNING_BYTES];
    (void)major;
    (void)minor;
    (void)user;
    if (line->priority > LOG_WARNING)
        return 0;
    snprintf(text, sizeof text, "%s", line->msg);
    text[strcspn(text, "\n")] = '\0';
    if (!the_log.warning[0])
        memcpy(the_log.warning, text, sizeof text);
    const time_t now = time(NULL);
    if (now - the_log.since >= LINES_EVERY_S || now < the_log.since) {
        the_log.since = now;
        the_log.lines = 0;
    }
    if (text[0] && the_log.lines++ < LINES_AT_MOST)
        the_log.log(line->priority, text);
    return 0;
}

int library_environment(void)
{
    return setenv("MIBS", "", 1) || setenv("MIBDIRS", "", 1) ? -ENOMEM : 0;
}

void library_begin(snmp_log_fn *log, bool master)
{
    the_log.log = log;
    the_log.lines = 0;
    the_log.warning[0] = '\0';
    /* It makes folders for certificates that nobody asked for, and looks for some in the host's. */
    set_persistent_directory("/dev/null");
    set_configuration_directory("/dev/null");
    snmp_disable_log();
    snmp_enable_calllog();
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_log, NULL);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_LOAD_HOST_FILES, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, !master);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_ROOT_ACCESS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
}

void library_end(void)
{
    snmp_shutdown(LIBRARY_NAME);
    shutdown_agent();
    snmp_disable_calllog();
    snmp_unregister_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_log, NULL, 0);
}

void library_take_warning(char *buffer, size_t bytes)
{
    snprintf(buffer, bytes, "%s", the_log.warning);
    the_log.warning[0] = '\0';
}

static int set_oid(netsnmp_variable_list *varbind, const struct value *value)
{
    oid arcs[MAX_OID_LEN];
    library_oid(arcs, value->arcs, value->n_arcs);
    return snmp_set_var_typed_value(varbind, ASN_OBJECT_ID, arcs, value->n_arcs * sizeof arcs[0]);
}

int library_set_value(netsnmp_variable_list *varbind, const struct value *value)
{
    struct counter64 wide;
    int error;
    switch (value->type) {
    case VALUE_INTEGER:
        error = snmp_set_var_typed_integer(varbind, ASN_INTEGER, value->integer);
        break;
    case VALUE_GAUGE32:
    case VALUE_COUNTER32:
    case VALUE_TIME_TICKS:
        error = snmp_set_var_typed_integer(varbind, value->type, value->number);
        break;
    case VALUE_COUNTER64:
        wide = (struct counter64){ .high = value->counter64 >> 32, .low = value->counter64 & UINT32_MAX };
        error = snmp_set_var_typed_value(varbind, ASN_COUNTER64, &wide, sizeof wide);
        break;
    case VALUE_OID:
        error = set_oid(varbind, value);
        break;
    case VALUE_OCTETS:
        error = snmp_set_var_typed_value(varbind, ASN_OCTET_STR, value->octets, value->n_octets);
        break;
    default: /* an exception */
        error = snmp_set_var_typed_value(varbind, value->type, NULL, 0);
    }
    return error ? -ENOMEM : 0;
}

static int make_room(struct library_fds *fds, size_t n)
{
    if (n <= fds->room)
        return 0;
    struct pollfd *at = realloc(fds->at, n * sizeof *at);
    if (!at)
        return -ENOMEM;
    fds->at = at;
    fds->room = n;
    return 0;
}

int library_fds_init(struct library_fds *fds, int own_fd)
{
    *fds = (struct library_fds){ 0 };
    const int error = make_room(fds, LIBRARY_FDS_FIRST);
    if (error)
        return error;
    fds->at[LIBRARY_FDS_OWN] = (struct pollfd){ .fd = own_fd, .events = POLLIN };
    fds->n = LIBRARY_FDS_FIRST;
    return 0;
}

void library_fds_done(struct library_fds *fds)
{
    free(fds->at);
    *fds = (struct library_fds){ 0 };
}

int library_fds_list(struct library_fds *fds, int64_t *ret_wait_ms)
{
    netsnmp_large_fd_set set;
    struct timeval timeout = { 0 };
    int end = 0, block = 1;
    size_t n = 0;
    netsnmp_large_fd_set_init(&set, FD_SETSIZE);
    NETSNMP_LARGE_FD_ZERO(&set);
    snmp_select_info2(&end, &set, &timeout, &block);
    for (int fd = 0; fd < end; fd++)
        n += NETSNMP_LARGE_FD_ISSET(fd, &set) ? 1 : 0;
    const int error = make_room(fds, LIBRARY_FDS_FIRST + n);
    if (!error) {
        fds->n = LIBRARY_FDS_FIRST;
        for (int fd = 0; fd < end; fd++)
            if (NETSNMP_LARGE_FD_ISSET(fd, &set))
                fds->at[fds->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
    }
    if (ret_wait_ms)
        *ret_wait_ms = block ? -1 : (int64_t)timeout.tv_sec * 1000 + timeout.tv_usec / 1000;
    netsnmp_large_fd_set_cleanup(&set);
    return error;
}

void library_fds_read(const struct library_fds *fds)
{
    netsnmp_large_fd_set set;
    bool some = false;
    netsnmp_large_fd_set_init(&set, FD_SETSIZE);
    NETSNMP_LARGE_FD_ZERO(&set);
    for (size_t i = LIBRARY_FDS_FIRST; i < fds->n; i++)
        if (fds->at[i].revents & (POLLIN | POLLERR | POLLHUP)) {
            NETSNMP_LARGE_FD_SET(fds->at[i].fd, &set);
            some = true;
        }
    if (some)
        snmp_read2(&set);
    netsnmp_large_fd_set_cleanup(&set);
}
