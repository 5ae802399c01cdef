/* ntlm.h: NTLM's three messages from the server's side (MS-NLMP), NTLMv2 alone. */
#ifndef FLEET_NTLM_H
#define FLEET_NTLM_H

#include <stdbool.h>
#include <stddef.h>

#define NTLM_CHALLENGE_MAX 1024

/* What a connection has said and heard so far, since the third message vouches for it. */
struct ntlm {
    unsigned char negotiate[512], challenge[NTLM_CHALLENGE_MAX];
    size_t negotiate_size, challenge_size; /* 0: there was none */
};

/* Loads what OpenSSL keeps apart as too old. Has to come before all else, once. Returns 0 or -EIO. */
int ntlm_init(void) __attribute__((warn_unused_result));
void ntlm_done(void);

/* Returns whether this is a first message. */
bool ntlm_is_negotiate(const unsigned char *message, size_t size);

/* Answers a first message by a new challenge of the machine. Returns its length, 0 if the message is too long. */
size_t ntlm_challenge(struct ntlm *ntlm, const unsigned char *message, size_t size, const char *machine,
                      unsigned char challenge[NTLM_CHALLENGE_MAX]);

/* Returns whether a third message proves that its sender is this user and knows the password; the challenge is used up
 * by it. Whatever domain it names is taken for the right one. */
bool ntlm_check(struct ntlm *ntlm, unsigned char *message, size_t size, const char *user, const char *password);

#endif
