/* auth.c: checks what a request proves, against the user and the password of its endpoint. What is inside NTLM's
 * messages is the affair of ntlm.c. */
#include "auth.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "endpoint.h"
#include "ntlm.h"

#define TOKEN_MAX_BYTES 8192
#define USUAL_SCHEMES   "basic,ntlm"

struct auth {
    bool accepted; /* the connection is a user's, by NTLM or Negotiate */
    bool counted;  /* it has logged on at least once */
    struct ntlm ntlm;
};

static const struct {
    const char *name;  /* in scripts */
    const char *title; /* in headers */
    const char *offer;
} schemes[] = {
    { "negotiate", "Negotiate", "WWW-Authenticate: Negotiate\r\n" },
    { "ntlm", "NTLM", "WWW-Authenticate: NTLM\r\n" },
    { "basic", "Basic", "WWW-Authenticate: Basic realm=\"WSMAN\"\r\n" },
};

void auth_free(struct auth *auth)
{
    free(auth);
}

static void count(struct target *target, struct auth *auth, bool accepted)
{
    if (!accepted)
        atomic_fetch_add_explicit(&target->logons_rejected, 1, memory_order_relaxed);
    else if (!auth->counted)
        atomic_fetch_add_explicit(&target->logons_accepted, 1, memory_order_relaxed);
    auth->counted |= accepted;
}

/* Returns whether the name is the user's. Both may have a domain before a backslash; only two of them can differ. */
static bool is_user(const char *name, const char *user)
{
    const char *name_part = strchr(name, '\\'), *user_part = strchr(user, '\\');

    if (name_part && user_part)
        return strcasecmp(name, user) == 0;
    return strcasecmp(name_part ? name_part + 1 : name, user_part ? user_part + 1 : user) == 0;
}

static bool check_basic(const struct endpoint *endpoint, const char *text)
{
    unsigned char token[TOKEN_MAX_BYTES];
    const char *user = endpoint_get(endpoint, "user", ENDPOINT_USER);
    const char *password = endpoint_get(endpoint, "password", ENDPOINT_PASSWORD);

    char *name = base64_decode(text, token, sizeof token) >= 0 ? (char *)token : NULL;
    char *colon = name ? strchr(name, ':') : NULL;
    if (!colon || !user || !password)
        return false;
    *colon = '\0';
    return is_user(name, user) && strcmp(colon + 1, password) == 0;
}

/* Answers NTLM's first message by a challenge, which goes to the headers, and checks its third. Returns whether that
 * was good. */
static bool check_ntlm(const struct endpoint *endpoint, struct auth *auth, const char *title, const char *text,
                       char headers[AUTH_HEADERS_MAX], bool *ret_tried)
{
    unsigned char token[TOKEN_MAX_BYTES], challenge[NTLM_CHALLENGE_MAX], encoded[NTLM_CHALLENGE_MAX / 3 * 4 + 8];
    const char *user = endpoint_get(endpoint, "user", ENDPOINT_USER);
    const char *password = endpoint_get(endpoint, "password", ENDPOINT_PASSWORD);

    const int size = base64_decode(text, token, sizeof token);
    auth->accepted = false;
    if (size >= 0 && ntlm_is_negotiate(token, (size_t)size)) {
        const size_t length = ntlm_challenge(&auth->ntlm, token, (size_t)size, endpoint->machine, challenge);
        if (length > 0) {
            EVP_EncodeBlock(encoded, challenge, (int)length);
            snprintf(headers, AUTH_HEADERS_MAX, "WWW-Authenticate: %s %s\r\n", title, (char *)encoded);
        }
        return false;
    }
    *ret_tried = true;
    if (size < 0 || !user || !password)
        return false;
    const char *part = strchr(user, '\\');
    auth->accepted = ntlm_check(&auth->ntlm, token, (size_t)size, part ? part + 1 : user, password);
    return auth->accepted;
}

static void offer_schemes(const struct endpoint *endpoint, char headers[AUTH_HEADERS_MAX])
{
    size_t length = 0;

    headers[0] = '\0';
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (endpoint_lists(endpoint, "auth", USUAL_SCHEMES, schemes[i].name))
            length += (size_t)snprintf(headers + length, AUTH_HEADERS_MAX - length, "%s", schemes[i].offer);
}

/* Finds the scheme of the request's proof, if it is offered; `ret_text` is what follows its name. */
static const char *find_scheme(const struct endpoint *endpoint, const char *proof, const char **ret_text)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        const size_t length = strlen(schemes[i].title);
        if (strncasecmp(proof, schemes[i].title, length) != 0 || proof[length] != ' ' ||
            !endpoint_lists(endpoint, "auth", USUAL_SCHEMES, schemes[i].name))
            continue;
        *ret_text = proof + length + strspn(proof + length, " ");
        return schemes[i].title;
    }
    return NULL;
}

bool auth_accepts(struct conn *conn, char headers[AUTH_HEADERS_MAX])
{
    const struct endpoint *endpoint = conn->target->endpoint;
    const char *proof = conn->request.authorization, *text = "";
    bool accepted, tried = false;

    offer_schemes(endpoint, headers);
    if (!conn->auth && !(conn->auth = calloc(1, sizeof *conn->auth)))
        return false;
    if (!proof)
        return conn->auth->accepted;
    const char *title = find_scheme(endpoint, proof, &text);
    if (!title) {
        accepted = false;
        tried = true;
    } else if (strcmp(title, "Basic") == 0) {
        accepted = check_basic(endpoint, text);
        tried = true;
    } else {
        accepted = check_ntlm(endpoint, conn->auth, title, text, headers, &tried);
    }
    if (tried)
        count(conn->target, conn->auth, accepted);
    return accepted;
}
