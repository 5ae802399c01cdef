/* A stream transport for net-snmp with an output buffer, so that sending never waits. It knows nothing of AgentX. */
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

enum { CONNECT_MS = 500, OUTPUT_CEILING_BYTES = 1 << 20, MESSAGE_BYTES_MAX = 1 << 20 };

/* net-snmp offers no way to hand anything to a domain's constructor, hence this one instance. */
static struct {
    struct transport_address address;
    int fd, error;
    uint64_t socket_id;
    uint8_t *output; /* owned */
    size_t n, room;
} the_link = { .fd = -1 };

int link_fd(void)
{
    return the_link.fd;
}

uint64_t link_socket_id(void)
{
    return the_link.socket_id;
}

int link_error(void)
{
    return the_link.error;
}

bool link_wants_write(void)
{
    return the_link.n > 0;
}

void link_shutdown(void)
{
    if (the_link.fd >= 0)
        (void)shutdown(the_link.fd, SHUT_RDWR); /* fails only where the peer was faster */
}

void link_flush(void)
{
    size_t done = 0;
    while (done < the_link.n) {
        const ssize_t n = transport_write(the_link.fd, the_link.output + done, the_link.n - done);
        if (n == -EAGAIN)
            break;
        if (n < 0) { /* reading will find it closed */
            link_shutdown();
            done = the_link.n;
            break;
        }
        done += (size_t)n;
    }
    the_link.n -= done;
    if (done > 0 && the_link.n > 0)
        memmove(the_link.output, the_link.output + done, the_link.n);
}

static int enqueue(const void *bytes, size_t n)
{
    if (the_link.n + n > OUTPUT_CEILING_BYTES)
        return -ENOBUFS;
    if (the_link.n + n > the_link.room) {
        uint8_t *output = realloc(the_link.output, the_link.n + n);
        if (!output)
            return -ENOMEM;
        the_link.output = output;
        the_link.room = the_link.n + n;
    }
    memcpy(the_link.output + the_link.n, bytes, n);
    the_link.n += n;
    return 0;
}

/* All or nothing: part of a PDU would put the stream out of step. */
static int send_all(netsnmp_transport *transport, const void *bytes, int n, void **opaque, int *opaque_bytes)
{
    (void)transport;
    (void)opaque;
    (void)opaque_bytes;
    size_t done = 0;
    if (the_link.n == 0) { /* the usual case goes past the buffer */
        const ssize_t written = transport_write(the_link.fd, bytes, (size_t)n);
        if (written < 0 && written != -EAGAIN)
            return -1;
        done = written > 0 ? (size_t)written : 0;
    }
    if (done < (size_t)n && enqueue((const uint8_t *)bytes + done, (size_t)n - done) < 0) {
        if (done > 0)
            link_shutdown();
        return -1;
    }
    return n;
}

static int receive(netsnmp_transport *transport, void *bytes, int room, void **opaque, int *opaque_bytes)
{
    (void)transport;
    *opaque = NULL;
    *opaque_bytes = 0;
    const ssize_t n = transport_read(the_link.fd, bytes, (size_t)room);
    return n < 0 ? -1 : (int)n;
}

static int close_link(netsnmp_transport *transport)
{
    if (transport->sock < 0)
        return -1;
    close(transport->sock);
    transport->sock = -1;
    the_link.fd = -1;
    the_link.n = 0;
    return 0;
}

static char *format_address(netsnmp_transport *transport, const void *data, int bytes)
{
    (void)transport;
    (void)data;
    (void)bytes;
    return strdup("the AgentX master");
}

static const oid domain_name[] = { 1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 6101, 3 };

static netsnmp_transport *open_link(netsnmp_tdomain_spec *spec)
{
    (void)spec;
    netsnmp_transport *transport = the_link.fd < 0 ? calloc(1, sizeof *transport) : NULL;
    if (!transport)
        return NULL;
    the_link.error = transport_connect(&the_link.address, CONNECT_MS, &the_link.fd);
    if (the_link.error) {
        free(transport);
        return NULL;
    }
    the_link.socket_id = transport_socket_id(&the_link.address);
    transport->domain = domain_name;
    transport->domain_length = sizeof domain_name / sizeof domain_name[0];
    transport->sock = the_link.fd;
    transport->flags = NETSNMP_TRANSPORT_FLAG_STREAM;
    transport->msgMaxSize = MESSAGE_BYTES_MAX;
    transport->f_recv = receive;
    transport->f_send = send_all;
    transport->f_close = close_link;
    transport->f_fmtaddr = format_address;
    return transport;
}

static netsnmp_tdomain domain = {
    .name = domain_name,
    .name_length = sizeof domain_name / sizeof domain_name[0],
    .f_create_from_tspec = open_link,
};

int link_register(const struct transport_address *address)
{
    domain.prefix = calloc(2, sizeof domain.prefix[0]); /* the library frees it */
    if (!domain.prefix)
        return -ENOMEM;
    domain.prefix[0] = LINK_PREFIX;
    the_link.address = *address;
    netsnmp_tdomain_register(&domain);
    return 0;
}

void link_unregister(void)
{
    netsnmp_tdomain_unregister(&domain);
    free(the_link.output);
    the_link.output = NULL;
    the_link.n = the_link.room = 0;
}
