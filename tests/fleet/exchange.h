/* exchange.h: one request at an endpoint, and its answer as it comes about. */
#ifndef FLEET_EXCHANGE_H
#define FLEET_EXCHANGE_H

#include <event2/buffer.h>

#include "conn.h"
#include "endpoint.h"
#include "hostile.h"
#include "request.h"
#include "soap.h"

#define EXCHANGE_ID_BYTES 37 /* of a UUID as text */

struct exchange {
    struct conn *conn;
    struct endpoint *endpoint;
    const struct request *request;
    enum twist twist;

    /* The answer: its status line, its action ("": it has no headers), and what is in its SOAP body. */
    const char *status;
    char action[256];
    struct evbuffer *body; /* owned by who began the exchange */
};

/* The faults that an endpoint answers with. */
enum exchange_fault {
    FAULT_NOT_FOUND,
    FAULT_ACTION,
    FAULT_HEADER,
    FAULT_NOT_UNDERSTOOD,
    FAULT_VERSION,
    FAULT_SCHEMA,
    FAULT_DIALECT,
    FAULT_FILTER,
    FAULT_CONTEXT,
    FAULT_SHELL,
    FAULT_COMMAND,
    FAULT_SHELLS,
    FAULT_DENIED,
    FAULT_PROGRAM,
    FAULT_TIMED_OUT,
    FAULT_MEMORY,
};

/* Adds to a buffer what can stand in XML for that text. */
void exchange_escape(struct evbuffer *out, const char *text);

/* Writes a new UUID, in capitals as Windows has it. */
void exchange_id(char id[EXCHANGE_ID_BYTES]);

/* Makes the answer a fault, whatever it has been so far. */
void exchange_fail(struct exchange *exchange, enum exchange_fault fault);

/* Writes the whole answer to `out`; the body is empty then. */
void exchange_compose(struct exchange *exchange, struct evbuffer *out);

#endif
