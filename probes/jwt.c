/* Putting a token together: OpenSSL hashes and signs, jansson writes the claims. */
#include "jwt.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of that many bytes, padding and the NUL behind it included. */
#define BASE64_BYTES(bytes) (((bytes) + 2) / 3 * 4 + 1)

/* base64url without padding (RFC 7515, section 2). Returns how many characters it wrote, a NUL behind them. */
static size_t put_base64url(char *to, const void *data, size_t bytes)
{
    EVP_EncodeBlock((unsigned char *)to, data, (int)bytes);
    const size_t n = strcspn(to, "=");
    to[n] = '\0';
    for (char *at = to; *at; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    return n;
}

int jwt_sign(const char *header, const char *claims, const unsigned char *key, size_t key_bytes, char **ret_token)
{
    unsigned char signature[SHA256_DIGEST_LENGTH];
    const size_t header_bytes = strlen(header), claims_bytes = strlen(claims);
    char *token = malloc(BASE64_BYTES(header_bytes) + BASE64_BYTES(claims_bytes) + BASE64_BYTES(sizeof signature) + 2);

    if (!token)
        return -ENOMEM;
    size_t n = put_base64url(token, header, header_bytes);
    token[n++] = '.';
    n += put_base64url(token + n, claims, claims_bytes);
    if (!HMAC(EVP_sha256(), key, (int)key_bytes, (const unsigned char *)token, n, signature, NULL)) {
        free(token);
        return -ENOMEM;
    }
    token[n++] = '.';
    put_base64url(token + n, signature, sizeof signature);
    *ret_token = token;
    return 0;
}

static int make_checksum(const struct jwt_request *request, char checksum[BASE64_BYTES(SHA256_DIGEST_LENGTH)])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    char *text = NULL;
    const int bytes = asprintf(&text, "%s|%s||%s", request->method, request->target, request->body);

    if (bytes < 0)
        return -ENOMEM;
    char *const target = text + strlen(request->method) + 1;
    for (char *at = target; at < target + strlen(request->target); at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    const int hashed = EVP_Digest(text, (size_t)bytes, hash, NULL, EVP_sha256(), NULL);
    free(text);
    if (hashed != 1)
        return -ENOMEM;
    EVP_EncodeBlock((unsigned char *)checksum, hash, sizeof hash);
    return 0;
}

int jwt_make(const struct jwt_request *request, char **ret_token)
{
    char checksum[BASE64_BYTES(SHA256_DIGEST_LENGTH)], *text = NULL;
    json_t *claims = NULL, *application = json_string(request->application_id);
    int r = application ? make_checksum(request, checksum) : -EINVAL;

    if (r)
        goto done;
    claims = json_pack("{s:O,s:I,s:s,s:s}", "appid", application, "iat", (json_int_t)request->issued_s, "version", "V1",
                       "checksum", checksum);
    text = claims ? json_dumps(claims, JSON_COMPACT) : NULL;
    r = text ? jwt_sign("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", text, (const unsigned char *)request->key,
                        strlen(request->key), ret_token)
             : -ENOMEM;
done:
    free(text);
    json_decref(claims);
    json_decref(application);
    return r;
}
