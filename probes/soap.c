/* The reader of answers, one half: it walks through the XML under its guards, and hands each element to those who know
 * it (soap_body.c). It has no idea what they mean. */
#include "soap_reading.h"

#include "ini.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_ROOM_MIN = 256, COMPLAINT_BYTES = 512 };

void soap_init(void)
{
    xmlInitParser();
}

void soap_copy_line(char *to, size_t room, const char *from)
{
    size_t bytes = 0, n;

    for (; *from; from += n) {
        n = ini_utf8_sequence(from, strlen(from));
        if (n == 0) {
            n = 1; /* libxml2 may cut its own messages in the middle of a character */
            continue;
        }
        const bool control = (unsigned char)*from < 0x20 || *from == 0x7f ||
                             (n == 2 && *from == '\xc2' && (unsigned char)from[1] < 0xa0);
        if (control || *from == ' ') {
            if (bytes > 0 && to[bytes - 1] != ' ' && bytes + 1 < room)
                to[bytes++] = ' ';
            continue;
        }
        if (bytes + n >= room)
            break;
        memcpy(to + bytes, from, n);
        bytes += n;
    }
    if (bytes > 0 && to[bytes - 1] == ' ')
        bytes--;
    to[bytes] = '\0';
}

int soap_refuse(struct soap_reading *reading, const char *format, ...)
{
    char complaint[COMPLAINT_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(complaint, sizeof complaint, format, arguments);
    va_end(arguments);
    soap_copy_line(reading->why, SOAP_WHY_BYTES, complaint);
    return -EBADMSG;
}

const char *soap_attribute(struct soap_reading *reading, const char *name, const char *uri)
{
    const char *value = NULL;
    const int found = uri ? xmlTextReaderMoveToAttributeNs(reading->xml, (const xmlChar *)name, (const xmlChar *)uri)
                          : xmlTextReaderMoveToAttribute(reading->xml, (const xmlChar *)name);

    if (found == 1) {
        value = (const char *)xmlTextReaderConstValue(reading->xml);
        xmlTextReaderMoveToElement(reading->xml);
    }
    return value;
}

/* What libxml2 complains of, of which the first is told. */
struct complaints {
    int error; /* 0: none */
    char text[COMPLAINT_BYTES];
};

static void on_complaint(void *user, xmlError *complaint)
{
    struct complaints *complaints = user;

    if (complaint->level < XML_ERR_ERROR || complaints->error)
        return;
    complaints->error = complaint->code == XML_ERR_NO_MEMORY ? -ENOMEM : -EBADMSG;
    soap_copy_line(complaints->text, sizeof complaints->text, complaint->message ? complaint->message : "");
}

/* What libxml2 would print where it has no complaint to give. */
__attribute__((format(printf, 2, 3))) static void on_words(void *user, const char *format, ...)
{
    (void)user;
    (void)format;
}

static int begin_text(struct soap_reading *reading)
{
    if (!reading->text) {
        reading->text = malloc(TEXT_ROOM_MIN);
        if (!reading->text)
            return -ENOMEM;
        reading->text_room = TEXT_ROOM_MIN;
    }
    reading->text[0] = '\0';
    reading->text_bytes = 0;
    reading->enough = false;
    return 0;
}

static int add_text(struct soap_reading *reading, const char *text)
{
    const size_t n = strlen(text), needed = reading->text_bytes + n + 1;

    if (needed > reading->text_room) {
        const size_t room = needed > reading->text_room * 2 ? needed : reading->text_room * 2;
        char *const grown = realloc(reading->text, room);

        if (!grown)
            return -ENOMEM;
        reading->text = grown;
        reading->text_room = room;
    }
    memcpy(reading->text + reading->text_bytes, text, n + 1);
    reading->text_bytes += n;
    return 0;
}

/* The element around a node at `depth`; NULL: one that is passed over. */
static const struct soap_element *around(const struct soap_reading *reading, int depth)
{
    return depth == 0 ? &soap_document : reading->open[depth - 1];
}

static int leave(struct soap_reading *reading, int depth)
{
    const struct soap_element *const element = reading->open[depth];

    return element && element->leave ? element->leave(reading) : 0;
}

static int enter(struct soap_reading *reading, int depth)
{
    const struct soap_element *const within = around(reading, depth), *element = NULL;
    const char *const uri = (const char *)xmlTextReaderConstNamespaceUri(reading->xml);
    const char *const name = (const char *)xmlTextReaderConstLocalName(reading->xml);
    const bool is_empty = xmlTextReaderIsEmptyElement(reading->xml) == 1;
    int r = 0;

    if (within)
        r = name ? soap_find(reading, within, uri ? uri : "", name, &element) : -ENOMEM;
    reading->open[depth] = element;
    if (!r && element && element->text == SOAP_TEXT_OWN)
        r = begin_text(reading);
    if (!r && element && element->enter)
        r = element->enter(reading);
    return !r && is_empty ? leave(reading, depth) : r;
}

/* What the reader stands at now. */
static int read_node(struct soap_reading *reading)
{
    const int type = xmlTextReaderNodeType(reading->xml), depth = xmlTextReaderDepth(reading->xml);
    const struct soap_element *within;
    const char *text;

    if (depth >= SOAP_DEPTH_MAX)
        return soap_refuse(reading, "nested too deeply");
    switch (type) {
    case XML_READER_TYPE_ELEMENT:
        return enter(reading, depth);
    case XML_READER_TYPE_END_ELEMENT:
        return leave(reading, depth);
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_WHITESPACE:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        within = around(reading, depth);
        if (!within || within->text == SOAP_TEXT_NONE || reading->enough)
            return 0;
        text = (const char *)xmlTextReaderConstValue(reading->xml);
        return text ? add_text(reading, text) : -ENOMEM;
    case XML_READER_TYPE_DOCUMENT_TYPE:
        return soap_refuse(reading, "a DTD");
    case XML_READER_TYPE_ENTITY_REFERENCE:
        return soap_refuse(reading, "an entity");
    default: /* comments and the like say nothing */
        return 0;
    }
}

static int read_nodes(struct soap_reading *reading, const struct complaints *complaints)
{
    int more;

    do {
        more = xmlTextReaderRead(reading->xml);
        if (complaints->error == -EBADMSG)
            return soap_refuse(reading, "not XML: %s", complaints->text);
        if (complaints->error)
            return complaints->error;
        if (more < 0)
            return soap_refuse(reading, "not XML");
        const int r = more > 0 ? read_node(reading) : 0;
        if (r)
            return r;
    } while (more > 0);
    return soap_complete(reading);
}

/* By its first bytes alone, so that no table of the system is loaded for the sake of a declaration. */
static const char *encoding_of(const char *text, size_t bytes)
{
    if (bytes >= 2 && memcmp(text, "\xff\xfe", 2) == 0)
        return "UTF-16LE";
    return bytes >= 2 && memcmp(text, "\xfe\xff", 2) == 0 ? "UTF-16BE" : "UTF-8";
}

int soap_read(const char *text, size_t bytes, const char *message_id, const struct soap_sink *sink, void *user,
              struct soap_answer *ret, char why[SOAP_WHY_BYTES])
{
    struct soap_reading reading = { .message_id = message_id, .sink = sink, .user = user, .why = why };
    struct complaints complaints = { 0 };
    int r;

    if (bytes == 0 || bytes > SOAP_BYTES_MAX)
        return soap_refuse(&reading, bytes == 0 ? "empty" : "too long");
    /* Not only the reader complains: what it is made of does, to the thread's own handler. */
    xmlSetStructuredErrorFunc(&complaints, on_complaint);
    xmlSetGenericErrorFunc(NULL, on_words);
    reading.xml =
        xmlReaderForMemory(text, (int)bytes, NULL, encoding_of(text, bytes), XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    if (reading.xml) {
        xmlTextReaderSetStructuredErrorHandler(reading.xml, on_complaint, &complaints);
        r = read_nodes(&reading, &complaints);
    } else
        r = -ENOMEM;
    xmlFreeTextReader(reading.xml);
    xmlSetStructuredErrorFunc(NULL, NULL);
    xmlSetGenericErrorFunc(NULL, NULL);
    xmlResetLastError();
    free(reading.text);
    if (!r)
        *ret = reading.answer;
    return r;
}
