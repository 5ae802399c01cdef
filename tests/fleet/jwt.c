/* jwt.c: judges the tokens of Apex Central's API. It sends no answer. */
#include "jwt.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

#define TOKEN_MAX_BYTES 4096
#define SHA256_BYTES    32

/* Decodes base64url without padding (RFC 4648, section 5). Returns the size, or -1. */
static int decode(const char *text, size_t length, unsigned char *room, size_t size)
{
    char copy[TOKEN_MAX_BYTES + 4];

    if (length > TOKEN_MAX_BYTES)
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return -1;
        copy[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }
    while (length % 4 != 0)
        copy[length++] = '=';
    copy[length] = '\0';
    return base64_decode(copy, room, size);
}

static json_t *decode_object(const char *text, size_t length)
{
    unsigned char bytes[TOKEN_MAX_BYTES];

    const int size = decode(text, length, bytes, sizeof bytes);
    json_t *object = size < 0 ? NULL : json_loadb((const char *)bytes, (size_t)size, 0, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

static bool says(const json_t *object, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text && strcmp(text, value) == 0;
}

static bool is_signed(const char *signed_text, size_t length, const char *signature, const char *key)
{
    unsigned char right[SHA256_BYTES], given[TOKEN_MAX_BYTES];
    unsigned size = 0;

    return HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)signed_text, length, right, &size) &&
           decode(signature, strlen(signature), given, sizeof given) == SHA256_BYTES &&
           CRYPTO_memcmp(given, right, SHA256_BYTES) == 0;
}

/* METHOD|path?query in small letters|headers, of which there are none|body, hashed and in base64. Returns whether there
 * was memory for it. */
static bool make_checksum(const struct jwt_expected *expected, char checksum[2 * SHA256_BYTES])
{
    unsigned char hash[SHA256_BYTES];
    char *path = strdup(expected->path), *text = NULL;
    size_t size;
    FILE *out = path ? open_memstream(&text, &size) : NULL;

    for (char *at = path; at && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    if (out) {
        fprintf(out, "%s|%s||", expected->method, path);
        fwrite(expected->body, 1, expected->body_bytes, out);
    }
    const bool made = out && fclose(out) == 0 && EVP_Digest(text, size, hash, NULL, EVP_sha256(), NULL);
    if (made)
        EVP_EncodeBlock((unsigned char *)checksum, hash, sizeof hash);
    free(text);
    free(path);
    return made;
}

static enum jwt_verdict judge_claims(const json_t *claims, const struct jwt_expected *expected)
{
    const json_t *issued = json_object_get(claims, "iat");
    char checksum[2 * SHA256_BYTES];

    if (!says(claims, "version", "V1"))
        return JWT_VERSION;
    if (!json_is_number(issued) || fabs(json_number_value(issued) - (double)expected->now) > JWT_CLOCK_S)
        return JWT_CLOCK;
    return make_checksum(expected, checksum) && says(claims, "checksum", checksum) ? JWT_GOOD : JWT_CHECKSUM;
}

enum jwt_verdict jwt_check(const char *token, const struct jwt_expected *expected)
{
    const char *claims_part = strchr(token, '.');
    const char *signature = claims_part ? strchr(claims_part + 1, '.') : NULL;
    enum jwt_verdict verdict = JWT_MALFORMED;

    if (!signature || strchr(signature + 1, '.'))
        return JWT_MALFORMED;
    json_t *header = decode_object(token, (size_t)(claims_part - token));
    json_t *claims = decode_object(claims_part + 1, (size_t)(signature - claims_part - 1));
    if (header && claims && says(header, "alg", "HS256")) {
        if (!says(claims, "appid", expected->application_id))
            verdict = JWT_APPLICATION;
        else if (!is_signed(token, (size_t)(signature - token), signature + 1, expected->key))
            verdict = JWT_SIGNATURE;
        else
            verdict = judge_claims(claims, expected);
    }
    json_decref(header);
    json_decref(claims);
    return verdict;
}
