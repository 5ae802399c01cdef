/* base64.c: decodes base64 by OpenSSL, which leaves the padding in what it gives. It knows no header. */
#include "base64.h"

#include <openssl/evp.h>
#include <string.h>

int base64_decode(const char *text, unsigned char *room, size_t size)
{
    const size_t length = strlen(text);
    int decoded;

    if (length == 0 || length % 4 != 0 || length / 4 * 3 >= size)
        return -1;
    if ((decoded = EVP_DecodeBlock(room, (const unsigned char *)text, (int)length)) < 0)
        return -1;
    decoded -= text[length - 1] == '=';
    decoded -= text[length - 2] == '=';
    room[decoded] = '\0';
    return decoded;
}
