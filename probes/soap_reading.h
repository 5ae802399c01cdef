/* What the two halves of the reader of answers share: soap.c walks through the XML, soap_body.c knows what its elements
 * mean. For these two alone. */
#ifndef AH_PROBES_SOAP_READING_H
#define AH_PROBES_SOAP_READING_H

#include "soap.h"

#include <libxml/xmlreader.h>

struct soap_reading;

/* What to do with the text of an element. */
enum soap_text {
    SOAP_TEXT_NONE,
    SOAP_TEXT_OWN,  /* it is gathered from the element's start on */
    SOAP_TEXT_MORE, /* it is added to that of the element around it */
};

/* What is known of an element in its place. Both functions return 0 or a negative errno. */
struct soap_element {
    enum soap_text text;
    bool closed; /* what is not known within it is a fault; else it is passed over */
    int (*enter)(struct soap_reading *reading);
    int (*leave)(struct soap_reading *reading); /* its text is gathered by now */
};

struct soap_reading {
    xmlTextReader *xml; /* stands at the element that is entered or left */
    const char *message_id;
    const struct soap_sink *sink;
    void *user;
    char *why;
    struct soap_answer answer;
    const struct soap_element *open[SOAP_DEPTH_MAX]; /* the elements around, and this one, by depth */
    /* The text so far, NUL-terminated; owned. NULL: none yet. */
    char *text;
    size_t text_bytes, text_room;
    bool enough; /* the text is complete, whatever else comes within the element */
    /* How far it has come. */
    bool header_seen, body_seen, related, answered, exit_code_seen;
    bool context_due; /* items that go on, and must say how */
    int telling;      /* how much the fault's text says, as soap_body.c ranks it */
    /* The element that is read now, or the item around it. The names are libxml2's, and last as long as its reader. */
    const char *class_name, *class_uri;
    bool nil, is_object, is_shell_id, is_stderr;
};

/* Says what is wrong, and returns -EBADMSG. */
int soap_refuse(struct soap_reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies a text for people: one line, no control characters, as much of it as fits. */
void soap_copy_line(char *to, size_t room, const char *from);

/* The attribute of the element at which the reader stands, until it moves on; NULL: there is none. `uri` NULL: in no
 * namespace. */
const char *soap_attribute(struct soap_reading *reading, const char *name, const char *uri);

/* What the outermost element is within. */
extern const struct soap_element soap_document;

/* What an element is within another one. 0, with NULL for an element to be passed over, or -EBADMSG. */
int soap_find(struct soap_reading *reading, const struct soap_element *within, const char *uri, const char *name,
              const struct soap_element **ret) AH_WARN_UNUSED;

/* Whether the answer, read to its end, is complete. */
int soap_complete(struct soap_reading *reading) AH_WARN_UNUSED;

#endif
