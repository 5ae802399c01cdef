/* http.c: reads the head of an HTTP request, as far as the simulated estate needs it. It touches no connection. */
#include "http.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Returns what a header line of this name says, NUL-terminated and without blanks around it, or NULL. */
static char *header_value(char *line, const char *name)
{
    const size_t length = strlen(name);

    if (strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    char *value = line + length + 1;
    value += strspn(value, " \t");
    for (char *end = value + strlen(value); end > value && strchr(" \t", end[-1]);)
        *--end = '\0';
    return value;
}

static const char *read_length(const char *value, struct http_request *request)
{
    char *end;

    errno = 0;
    const unsigned long long length = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end || errno)
        return "400 Bad Request";
    if (length > HTTP_BODY_MAX_BYTES)
        return "413 Payload Too Large";
    request->body_bytes = (size_t)length;
    return NULL;
}

static const char *read_header(char *line, struct http_request *request)
{
    const struct {
        const char *name;
        const char **place;
    } texts[] = {
        { "Authorization", &request->authorization }, { "Proxy-Authorization", &request->proxy_authorization },
        { "Content-Type", &request->content_type },   { "Host", &request->host },
        { "WSMANIDENTIFY", &request->identify },
    };
    const char *value;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if ((value = header_value(line, texts[i].name)))
            *texts[i].place = value;
    if ((value = header_value(line, "Connection")) && strcasecmp(value, "close") == 0)
        request->last = true;
    if ((value = header_value(line, "Expect")) && strcasecmp(value, "100-continue") == 0)
        request->expects = true;
    if (header_value(line, "Transfer-Encoding"))
        return "411 Length Required";
    return (value = header_value(line, "Content-Length")) ? read_length(value, request) : NULL;
}

const char *http_read_head(char *head, struct http_request *request)
{
    char *rest = NULL, *rest_of_line = NULL;
    const char *refusal = NULL;

    *request = (struct http_request){ 0 };
    char *line = strtok_r(head, "\r\n", &rest);
    request->method = line ? strtok_r(line, " ", &rest_of_line) : NULL;
    const char *path = request->method ? strtok_r(NULL, " ", &rest_of_line) : NULL;
    const char *version = path ? strtok_r(NULL, " ", &rest_of_line) : NULL;

    if (!version || strncmp(version, "HTTP/1.", 7) != 0)
        return "400 Bad Request";
    if (strlen(path) >= HTTP_PATH_MAX)
        return "414 URI Too Long";
    request->path = path;
    request->last = strcmp(version, "HTTP/1.0") == 0;
    request->chunks = !request->last;
    while (!refusal && (line = strtok_r(NULL, "\r\n", &rest)))
        refusal = read_header(line, request);
    return refusal;
}
