/* request.c: reads SOAP requests. It checks namespaces, never prefixes, and passes over what it does not know. */
#include "request.h"

#include <libxml/xmlreader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soap.h"

#define DEPTH_MAX 32

/* Where a field stands. */
static const struct place {
    const char *parent; /* local name; NULL: anywhere */
    const char *xml_namespace, *name;
    const char *selector;  /* the value of its attribute Name; NULL: whatever */
    const char *attribute; /* that has the text; NULL: it is the element's own */
    enum request_field field;
} places[] = {
    { "Header", SOAP_NS_ADDRESSING, "Action", NULL, NULL, REQUEST_ACTION },
    { "Header", SOAP_NS_ADDRESSING, "To", NULL, NULL, REQUEST_TO },
    { "ReplyTo", SOAP_NS_ADDRESSING, "Address", NULL, NULL, REQUEST_REPLY_TO },
    { "Header", SOAP_NS_ADDRESSING, "MessageID", NULL, NULL, REQUEST_MESSAGE_ID },
    { "Header", SOAP_NS_WSMAN, "ResourceURI", NULL, NULL, REQUEST_RESOURCE },
    { "SelectorSet", SOAP_NS_WSMAN, "Selector", "ShellId", NULL, REQUEST_SHELL_ID },
    { "OptionSet", SOAP_NS_WSMAN, "Option", "WINRS_SKIP_CMD_SHELL", NULL, REQUEST_SKIP_SHELL },
    { "Enumerate", SOAP_NS_WSMAN, "OptimizeEnumeration", NULL, NULL, REQUEST_OPTIMIZE },
    { "Enumerate", SOAP_NS_WSMAN, "MaxElements", NULL, NULL, REQUEST_MAX_ELEMENTS },
    { "Enumerate", SOAP_NS_WSMAN, "Filter", NULL, NULL, REQUEST_FILTER },
    { "Enumerate", SOAP_NS_WSMAN, "Filter", NULL, "Dialect", REQUEST_DIALECT },
    { "Pull", SOAP_NS_ENUMERATION, "MaxElements", NULL, NULL, REQUEST_MAX_ELEMENTS },
    { "Pull", SOAP_NS_ENUMERATION, "EnumerationContext", NULL, NULL, REQUEST_CONTEXT },
    { "Release", SOAP_NS_ENUMERATION, "EnumerationContext", NULL, NULL, REQUEST_CONTEXT },
    { NULL, SOAP_REGISTRY, "hDefKey", NULL, NULL, REQUEST_HIVE },
    { NULL, SOAP_REGISTRY, "sSubKeyName", NULL, NULL, REQUEST_SUBKEY },
    { NULL, SOAP_REGISTRY, "sValueName", NULL, NULL, REQUEST_VALUE_NAME },
    { "Shell", SOAP_NS_SHELL, "InputStreams", NULL, NULL, REQUEST_INPUT_STREAMS },
    { "Shell", SOAP_NS_SHELL, "OutputStreams", NULL, NULL, REQUEST_OUTPUT_STREAMS },
    { "Shell", SOAP_NS_SHELL, "IdleTimeOut", NULL, NULL, REQUEST_IDLE_TIMEOUT },
    { "CommandLine", SOAP_NS_SHELL, "Command", NULL, NULL, REQUEST_COMMAND },
    { "CommandLine", SOAP_NS_SHELL, "Arguments", NULL, NULL, REQUEST_ARGUMENTS },
    { "Receive", SOAP_NS_SHELL, "DesiredStream", NULL, NULL, REQUEST_STREAMS },
    { "Receive", SOAP_NS_SHELL, "DesiredStream", NULL, "CommandId", REQUEST_COMMAND_ID },
    { "Body", SOAP_NS_SHELL, "Signal", NULL, "CommandId", REQUEST_COMMAND_ID },
    { "Signal", SOAP_NS_SHELL, "Code", NULL, NULL, REQUEST_SIGNAL },
};

/* Headers that may say that they must be understood. */
static const struct {
    const char *xml_namespace;
    const char *names; /* with blanks around each */
} known_headers[] = {
    { SOAP_NS_ADDRESSING, " Action To ReplyTo FaultTo From MessageID RelatesTo " },
    { SOAP_NS_WSMAN, " ResourceURI SelectorSet OptionSet OperationTimeout MaxEnvelopeSize Locale "
                     "RequestTotalItemsCountEstimate RequestEPR " },
    { SOAP_NS_MICROSOFT, " DataLocale SessionId OperationID SequenceId ActivityId ClientApplicationId " },
};

struct level {
    const char *xml_namespace, *name; /* borrowed from the reader */
    int field;                        /* that takes the text; negative: none */
};

struct reading {
    xmlTextReader *reader;
    struct request *request;
    struct level levels[DEPTH_MAX];
    enum request_verdict verdict;
};

static void append(struct reading *reading, int field, const char *text)
{
    char **place = &reading->request->texts[field];
    const size_t before = *place ? strlen(*place) : 0, size = strlen(text) + 1;

    char *longer = realloc(*place, before + size);
    if (!longer) {
        reading->verdict = REQUEST_NO_MEMORY;
        return;
    }
    memcpy(longer + before, text, size);
    *place = longer;
}

/* Returns the attribute's value, to be freed by xmlFree(), or NULL. */
static char *attribute(struct reading *reading, const char *name)
{
    return (char *)xmlTextReaderGetAttribute(reading->reader, (const xmlChar *)name);
}

/* Takes what the place asks for of the element at this depth. */
static void take(struct reading *reading, const struct place *place, struct level *level)
{
    char *name = place->selector ? attribute(reading, "Name") : NULL;
    const bool selected = !place->selector || (name && strcmp(name, place->selector) == 0);

    xmlFree(name);
    if (!selected)
        return;
    if (place->attribute) {
        char *value = attribute(reading, place->attribute);
        if (value)
            append(reading, place->field, value);
        xmlFree(value);
        return;
    }
    level->field = (int)place->field;
    append(reading, level->field, reading->request->texts[level->field] ? " " : "");
}

static void check_header(struct reading *reading, const struct level *level)
{
    const xmlChar *soap = (const xmlChar *)SOAP_NS_ENVELOPE;
    char *must = (char *)xmlTextReaderGetAttributeNs(reading->reader, (const xmlChar *)"mustUnderstand", soap);
    char word[80];
    bool known = !must || (strcmp(must, "true") != 0 && strcmp(must, "1") != 0);

    xmlFree(must);
    snprintf(word, sizeof word, " %s ", level->name);
    for (size_t i = 0; !known && i < sizeof known_headers / sizeof *known_headers; i++)
        known = strcmp(known_headers[i].xml_namespace, level->xml_namespace) == 0 &&
                strstr(known_headers[i].names, word) != NULL;
    if (!known)
        reading->verdict = REQUEST_NOT_UNDERSTOOD;
}

static void begin_element(struct reading *reading, int depth)
{
    const char *xml_namespace = (const char *)xmlTextReaderConstNamespaceUri(reading->reader);
    struct level *level = &reading->levels[depth], *parent = depth > 0 ? level - 1 : NULL;

    *level = (struct level){ xml_namespace ? xml_namespace : "",
                             (const char *)xmlTextReaderConstLocalName(reading->reader), -1 };
    if (depth == 0 && (strcmp(level->xml_namespace, SOAP_NS_ENVELOPE) != 0 || strcmp(level->name, "Envelope") != 0))
        reading->verdict = REQUEST_NO_SOAP;
    if (depth == 2 && strcmp(parent->name, "Header") == 0)
        check_header(reading, level);
    if (depth == 2 && strcmp(parent->name, "Body") == 0 && !reading->request->body_name[0]) {
        snprintf(reading->request->body_namespace, sizeof reading->request->body_namespace, "%s", level->xml_namespace);
        snprintf(reading->request->body_name, sizeof reading->request->body_name, "%s", level->name);
    }
    for (size_t i = 0; parent && i < sizeof places / sizeof *places; i++)
        if (strcmp(places[i].name, level->name) == 0 && strcmp(places[i].xml_namespace, level->xml_namespace) == 0 &&
            (!places[i].parent || strcmp(places[i].parent, parent->name) == 0))
            take(reading, &places[i], level);
}

static void read_node(struct reading *reading)
{
    const int depth = xmlTextReaderDepth(reading->reader);

    switch (xmlTextReaderNodeType(reading->reader)) {
    case XML_READER_TYPE_ELEMENT:
        if (depth >= DEPTH_MAX)
            reading->verdict = REQUEST_NO_XML;
        else
            begin_element(reading, depth);
        break;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_WHITESPACE:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        if (depth > 0 && reading->levels[depth - 1].field >= 0)
            append(reading, reading->levels[depth - 1].field, (const char *)xmlTextReaderConstValue(reading->reader));
        break;
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY_REFERENCE:
        reading->verdict = REQUEST_NO_XML;
        break;
    default:
        break;
    }
}

/* URIs and numbers may have white space around them. */
static void trim(char *text)
{
    const size_t before = strspn(text, " \t\r\n");
    size_t length = strlen(text + before);

    memmove(text, text + before, length + 1);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
}

enum request_verdict request_read(const char *text, size_t size, struct request *ret_request)
{
    struct reading reading = { .request = ret_request, .verdict = REQUEST_GOOD };
    int more = 1;

    *ret_request = (struct request){ 0 };
    if (size == 0)
        return REQUEST_NO_XML;
    reading.reader =
        xmlReaderForMemory(text, (int)size, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!reading.reader)
        return REQUEST_NO_MEMORY;
    while (reading.verdict == REQUEST_GOOD && (more = xmlTextReaderRead(reading.reader)) == 1)
        read_node(&reading);
    xmlFreeTextReader(reading.reader);
    for (size_t i = 0; i < REQUEST_FIELDS; i++)
        if (ret_request->texts[i] && i != REQUEST_COMMAND && i != REQUEST_ARGUMENTS && i != REQUEST_VALUE_NAME)
            trim(ret_request->texts[i]);
    return more < 0 ? REQUEST_NO_XML : reading.verdict;
}

void request_done(struct request *request)
{
    for (size_t i = 0; i < REQUEST_FIELDS; i++)
        free(request->texts[i]);
    *request = (struct request){ 0 };
}

const char *request_text(const struct request *request, enum request_field field)
{
    return request->texts[field] ? request->texts[field] : "";
}

bool request_is(const struct request *request, const char *xml_namespace, const char *name)
{
    return strcmp(request->body_namespace, xml_namespace) == 0 && strcmp(request->body_name, name) == 0;
}
