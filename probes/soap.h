/* Answers of WS-Management, read: SOAP 1.2 with the bodies of DSP0226 and, where Microsoft has its own, of MS-WSMV.
 * Pure: bytes in, values out. It follows no reference, opens no file, and prints nothing. */
#ifndef AH_PROBES_SOAP_H
#define AH_PROBES_SOAP_H

#include "core/model.h"

enum soap_kind {
    SOAP_IDENTITY, /* IdentifyResponse */
    SOAP_ITEMS,    /* EnumerateResponse, PullResponse */
    SOAP_OUTPUT,   /* what a method gave back */
    SOAP_SHELL,    /* a shell was made */
    SOAP_COMMAND,  /* a command was started */
    SOAP_STREAMS,  /* what a command wrote */
    SOAP_DONE,     /* an empty body: deleted, released; or SignalResponse */
    SOAP_FAULT,
};

enum {
    SOAP_WHY_BYTES = 96,
    SOAP_CONTEXT_BYTES = 256,
    SOAP_ID_BYTES = 80,
    SOAP_PRODUCT_BYTES = 128,
    SOAP_FAULT_BYTES = 160,
    SOAP_BYTES_MAX = 1024 * 1024, /* twice what the requests allow (MaxEnvelopeSize), for UTF-16 */
    SOAP_DEPTH_MAX = 64,
};

/* WSManFault codes that mean something to who asks (MS-WSMV; community). */
enum soap_fault_code {
    SOAP_FAULT_NO_SUCH_CLASS = 2150858752U,
    SOAP_FAULT_TIMED_OUT = 2150858793U, /* of a Receive: nothing was written in the time given; ask again */
};

struct soap_answer {
    enum soap_kind kind;
    bool end;            /* ITEMS: no more of them; STREAMS: the command has ended */
    unsigned items;      /* ITEMS: how many came */
    int32_t exit_code;   /* STREAMS, with end */
    uint32_t fault_code; /* FAULT: the Code of its WSManFault; 0: it has none */
    /* Identifiers, to be given back as they are; visible ASCII. "" where the answer has none. */
    char context[SOAP_CONTEXT_BYTES]; /* ITEMS; a PullResponse may leave it out: then the one before goes on */
    char shell[SOAP_ID_BYTES];        /* SHELL */
    char command[SOAP_ID_BYTES];      /* COMMAND; STREAMS, if they say it */
    /* To be shown: one line of UTF-8 without control characters, cut to fit. */
    char product[SOAP_PRODUCT_BYTES];  /* IDENTITY: vendor and version */
    char fault_text[SOAP_FAULT_BYTES]; /* FAULT: its reason, else the message of its WSManFault */
};

/* Where the contents go, in their order; either function may be NULL. All texts last for the call. */
struct soap_sink {
    /* A property of ITEMS (item: 0..) or of an OUTPUT (item 0). An array comes as one call for each element. `value`
     * NULL: nil. `class_name`: the element around it; "" in an XmlFragment, which has none. A value of type datetime is
     * its text. An object within an object is passed over. */
    void (*property)(void *user, unsigned item, const char *class_name, const char *name, const char *value);
    /* What a command wrote, decoded; never of no bytes. A character may be divided between two calls. */
    void (*stream)(void *user, bool is_stderr, const char *bytes, size_t n);
};

/* Sets libxml2 up. To be called once, before there are threads. */
void soap_init(void);

/* Reads one answer of at most SOAP_BYTES_MAX bytes, UTF-8 or, with a BOM, UTF-16; what an XML declaration says of the
 * encoding does not count. `message_id`: of the message that is answered, compared without letter case; NULL: it had
 * none (Identify). A fault need not say what it relates to. `sink` may be NULL.
 *
 * Elements are known by namespace and name, never by prefix: a name that belongs here, in another namespace, makes the
 * answer a wrong one. A document type, entities, more than SOAP_DEPTH_MAX levels, base64 that is not exactly that, and
 * identifiers longer than their room are refused.
 *
 * -EBADMSG: this is no answer, and `why` says in a line what is wrong. -ENOMEM. *ret is untouched by both, but the sink
 * may have been called. `why` is set on failure alone. */
int soap_read(const char *text, size_t bytes, const char *message_id, const struct soap_sink *sink, void *user,
              struct soap_answer *ret, char why[SOAP_WHY_BYTES]) AH_WARN_UNUSED;

#endif
