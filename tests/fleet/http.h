/* http.h: the head of an HTTP request, taken apart. It knows no path, and what a header asks for is done elsewhere. */
#ifndef FLEET_HTTP_H
#define FLEET_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_PATH_MAX       256
#define HTTP_BODY_MAX_BYTES (512UL * 1024)

struct http_request {
    const char *method, *path;
    /* The headers of that sort; NULL: none. */
    const char *authorization, *proxy_authorization, *content_type, *host, *identify;
    size_t body_bytes;
    bool last;    /* the client wants the connection to end after the answer */
    bool chunks;  /* the client understands an answer in chunks */
    bool expects; /* the client waits for a word before it sends the body */
};

/* Reads a request's head, which is text, its own to spoil, and has to live as long as the request. Returns NULL, or the
 * status line that refuses it; the path may be missing then. */
const char *http_read_head(char *head, struct http_request *request);

#endif
