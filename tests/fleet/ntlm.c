/* ntlm.c: makes NTLM's challenge and checks the answer to it. It speaks no HTTP. Numbers are little-endian, texts
 * UTF-16; users and passwords of scripts are ASCII. */
#include "ntlm.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIGNATURE      "NTLMSSP" /* with its NUL */
#define HASH_BYTES     16
#define PROOF_BYTES    16
#define NAME_MAX_BYTES 512
#define TEXT_MAX       128

/* Places in the messages. */
enum {
    TYPE_AT = 8,
    CHALLENGE_TARGET_AT = 12,
    CHALLENGE_FLAGS_AT = 20,
    CHALLENGE_NONCE_AT = 24,
    CHALLENGE_INFO_AT = 40,
    CHALLENGE_VERSION_AT = 48,
    CHALLENGE_PAYLOAD_AT = 56,
    RESPONSE_AT = 20,
    DOMAIN_AT = 28,
    USER_AT = 36,
    SESSION_KEY_AT = 52,
    FLAGS_AT = 60,
    MIC_AT = 72,
    AUTHENTICATE_MIN = 64,
};

#define NONCE_BYTES 8

/* NEGOTIATE_UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, TARGET_TYPE_SERVER, EXTENDED_SESSIONSECURITY, TARGET_INFO,
 * VERSION, 128, KEY_EXCH, 56: what Windows sets; SIGN and SEAL follow the client. */
#define FLAGS_UNICODE  0x00000001U
#define FLAGS_ASKED    0x00000030U
#define FLAGS_KEY_EXCH 0x40000000U
#define FLAGS_ALWAYS   0xA28A8205U

enum { AV_END, AV_COMPUTER, AV_DOMAIN, AV_DNS_COMPUTER, AV_DNS_DOMAIN, AV_FLAGS = 6, AV_TIMESTAMP };
#define AV_FLAG_MIC 2U

#define BLOB_AV_AT   28 /* in the NTLMv2 client challenge, which follows the proof */
#define EPOCH_1601_S 11644473600LL

static OSSL_LIB_CTX *library;
static OSSL_PROVIDER *legacy, *usual;
static EVP_MD *md4;
static EVP_CIPHER *rc4;

int ntlm_init(void)
{
    library = OSSL_LIB_CTX_new();
    if (!library || !(legacy = OSSL_PROVIDER_load(library, "legacy")) ||
        !(usual = OSSL_PROVIDER_load(library, "default")) || !(md4 = EVP_MD_fetch(library, "MD4", NULL)) ||
        !(rc4 = EVP_CIPHER_fetch(library, "RC4", NULL))) {
        ntlm_done();
        return -EIO;
    }
    return 0;
}

void ntlm_done(void)
{
    EVP_CIPHER_free(rc4);
    EVP_MD_free(md4);
    if (legacy)
        OSSL_PROVIDER_unload(legacy);
    if (usual)
        OSSL_PROVIDER_unload(usual);
    OSSL_LIB_CTX_free(library);
    rc4 = NULL, md4 = NULL, legacy = usual = NULL, library = NULL;
}

static uint32_t get16(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t get32(const unsigned char *at)
{
    return get16(at) | get16(at + 2) << 16;
}

static void put(unsigned char *at, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(number >> (8 * i));
}

/* Writes ASCII as UTF-16. Returns how many bytes that are. */
static size_t put_text(unsigned char *at, const char *text, int (*change)(int))
{
    size_t size = 0;

    for (; *text; text++) {
        at[size++] = (unsigned char)(change ? change((unsigned char)*text) : *text);
        at[size++] = 0;
    }
    return size;
}

static size_t put_pair(unsigned char *at, uint32_t id, const char *text, int (*change)(int))
{
    const size_t size = put_text(at + 4, text, change);

    put(at, id, 2);
    put(at + 2, size, 2);
    return size + 4;
}

bool ntlm_is_negotiate(const unsigned char *message, size_t size)
{
    return size >= 16 && memcmp(message, SIGNATURE, sizeof SIGNATURE) == 0 && get32(message + TYPE_AT) == 1;
}

/* What the server says of itself: names, and the time since 1601 in units of 100 ns. */
static size_t put_info(unsigned char *at, const char *machine)
{
    struct timespec now;
    size_t size = 0;

    clock_gettime(CLOCK_REALTIME, &now);
    size += put_pair(at + size, AV_DOMAIN, machine, NULL);
    size += put_pair(at + size, AV_COMPUTER, machine, NULL);
    size += put_pair(at + size, AV_DNS_DOMAIN, machine, tolower);
    size += put_pair(at + size, AV_DNS_COMPUTER, machine, tolower);
    put(at + size, AV_TIMESTAMP | 8U << 16, 4);
    put(at + size + 4, (uint64_t)(now.tv_sec + EPOCH_1601_S) * 10000000U + (uint64_t)now.tv_nsec / 100, 8);
    put(at + size + 12, AV_END, 4);
    return size + 16;
}

size_t ntlm_challenge(struct ntlm *ntlm, const unsigned char *message, size_t size, const char *machine,
                      unsigned char challenge[NTLM_CHALLENGE_MAX])
{
    static const unsigned char version[] = { 10, 0, 0x65, 0x4A, 0, 0, 0, 15 }; /* 10.0, build 19045 */
    size_t length = CHALLENGE_PAYLOAD_AT;

    *ntlm = (struct ntlm){ 0 };
    /* The machine's name stands five times in the challenge, and has to have room there. */
    if (size > sizeof ntlm->negotiate || CHALLENGE_PAYLOAD_AT + 10 * strlen(machine) + 40 > NTLM_CHALLENGE_MAX)
        return 0;
    memset(challenge, 0, CHALLENGE_PAYLOAD_AT);
    memcpy(challenge, SIGNATURE, sizeof SIGNATURE);
    put(challenge + TYPE_AT, 2, 4);
    const size_t name_size = put_text(challenge + length, machine, NULL);
    put(challenge + CHALLENGE_TARGET_AT, name_size | name_size << 16, 4);
    put(challenge + CHALLENGE_TARGET_AT + 4, length, 4);
    length += name_size;
    put(challenge + CHALLENGE_FLAGS_AT, FLAGS_ALWAYS | FLAGS_KEY_EXCH | (get32(message + 12) & FLAGS_ASKED), 4);
    arc4random_buf(challenge + CHALLENGE_NONCE_AT, NONCE_BYTES);
    const size_t info_size = put_info(challenge + length, machine);
    put(challenge + CHALLENGE_INFO_AT, info_size | info_size << 16, 4);
    put(challenge + CHALLENGE_INFO_AT + 4, length, 4);
    memcpy(challenge + CHALLENGE_VERSION_AT, version, sizeof version);
    length += info_size;

    memcpy(ntlm->negotiate, message, size);
    ntlm->negotiate_size = size;
    memcpy(ntlm->challenge, challenge, length);
    ntlm->challenge_size = length;
    return length;
}

/* A part of a message. */
struct part {
    const unsigned char *bytes;
    size_t size;
};

/* Finds the part that a message's field says. Returns whether it is inside. */
static bool find_part(const unsigned char *message, size_t size, size_t at, struct part *part)
{
    const size_t length = get16(message + at), offset = get32(message + at + 4);

    if (offset > size || length > size - offset)
        return false;
    *part = (struct part){ message + offset, length };
    return true;
}

static bool hmac(const unsigned char *key, const struct part *parts, size_t count, unsigned char digest[HASH_BYTES])
{
    unsigned char text[8192 + 1024 + 512];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > sizeof text - size)
            return false;
        memcpy(text + size, parts[i].bytes, parts[i].size);
        size += parts[i].size;
    }
    return HMAC(EVP_md5(), key, HASH_BYTES, text, size, digest, NULL) != NULL;
}

/* The key of NTLMv2: of the password's hash, the user in capitals, and the domain as the client has it. */
static bool make_key(const char *user, const char *password, const struct part *domain, unsigned char key[HASH_BYTES])
{
    unsigned char text[2 * TEXT_MAX], hash[HASH_BYTES];
    unsigned size = 0;

    if (strlen(user) > TEXT_MAX || strlen(password) > TEXT_MAX)
        return false;
    if (!EVP_Digest(text, put_text(text, password, NULL), hash, &size, md4, NULL))
        return false;
    const struct part parts[] = { { text, put_text(text, user, toupper) }, *domain };
    return hmac(hash, parts, 2, key);
}

/* Returns whether the part is the user's name, whatever its capitals. */
static bool is_name(const struct part *part, const char *user)
{
    const size_t length = strlen(user);

    if (part->size != 2 * length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (part->bytes[2 * i + 1] != 0 || tolower(part->bytes[2 * i]) != tolower((unsigned char)user[i]))
            return false;
    return true;
}

/* Returns whether the client says in its response that its message has a code of integrity. */
static bool promises_code(const struct part *response)
{
    for (size_t at = PROOF_BYTES + BLOB_AV_AT; at + 4 <= response->size;) {
        const uint32_t id = get16(response->bytes + at);
        const size_t size = get16(response->bytes + at + 2);
        if (id == AV_END || size > response->size - at - 4)
            return false;
        if (id == AV_FLAGS && size == 4)
            return get32(response->bytes + at + 4) & AV_FLAG_MIC;
        at += 4 + size;
    }
    return false;
}

/* Makes the key of the session: that of the proof, or the one that the client chose and encrypted by it. */
static bool session_key(const unsigned char *message, size_t size, const unsigned char *key, const unsigned char *proof,
                        unsigned char session[HASH_BYTES])
{
    unsigned char base[HASH_BYTES];
    struct part encrypted;
    int length = 0;

    if (!hmac(key, &(struct part){ proof, PROOF_BYTES }, 1, base))
        return false;
    memcpy(session, base, HASH_BYTES);
    if (!(get32(message + FLAGS_AT) & FLAGS_KEY_EXCH))
        return true;
    if (!find_part(message, size, SESSION_KEY_AT, &encrypted) || encrypted.size != HASH_BYTES)
        return false;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const bool done = context && EVP_DecryptInit_ex2(context, rc4, base, NULL, NULL) &&
                      EVP_DecryptUpdate(context, session, &length, encrypted.bytes, HASH_BYTES);
    EVP_CIPHER_CTX_free(context);
    return done;
}

/* Checks the code of integrity, which covers all three messages, itself being zero. */
static bool check_code(const struct ntlm *ntlm, unsigned char *message, size_t size, const unsigned char *session)
{
    unsigned char code[HASH_BYTES], digest[HASH_BYTES];
    const struct part parts[] = { { ntlm->negotiate, ntlm->negotiate_size },
                                  { ntlm->challenge, ntlm->challenge_size },
                                  { message, size } };

    if (size < MIC_AT + HASH_BYTES)
        return false;
    memcpy(code, message + MIC_AT, HASH_BYTES);
    memset(message + MIC_AT, 0, HASH_BYTES);
    return hmac(session, parts, 3, digest) && CRYPTO_memcmp(code, digest, HASH_BYTES) == 0;
}

bool ntlm_check(struct ntlm *ntlm, unsigned char *message, size_t size, const char *user, const char *password)
{
    unsigned char key[HASH_BYTES], proof[HASH_BYTES], session[HASH_BYTES];
    struct part response, domain, name;

    const size_t challenge_size = ntlm->challenge_size;
    ntlm->challenge_size = 0;
    if (challenge_size == 0 || size < AUTHENTICATE_MIN || memcmp(message, SIGNATURE, sizeof SIGNATURE) != 0 ||
        get32(message + TYPE_AT) != 3 || !(get32(message + FLAGS_AT) & FLAGS_UNICODE))
        return false;
    if (!find_part(message, size, RESPONSE_AT, &response) || !find_part(message, size, DOMAIN_AT, &domain) ||
        !find_part(message, size, USER_AT, &name))
        return false;
    if (response.size <= PROOF_BYTES + BLOB_AV_AT || domain.size > NAME_MAX_BYTES || !is_name(&name, user) ||
        !make_key(user, password, &domain, key))
        return false;
    const struct part proved[] = { { ntlm->challenge + CHALLENGE_NONCE_AT, NONCE_BYTES },
                                   { response.bytes + PROOF_BYTES, response.size - PROOF_BYTES } };
    if (!hmac(key, proved, 2, proof) || CRYPTO_memcmp(proof, response.bytes, PROOF_BYTES) != 0)
        return false;
    if (!promises_code(&response))
        return true;
    ntlm->challenge_size = challenge_size;
    const bool whole = session_key(message, size, key, proof, session) && check_code(ntlm, message, size, session);
    ntlm->challenge_size = 0;
    return whole;
}
