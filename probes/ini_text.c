/* What an INI text is made of: files read with a ceiling, UTF-8, control characters. It knows nothing of INI. */
#include "ini.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int ini_read_file(const char *path, size_t max_bytes, char **ret_text, size_t *ret_bytes)
{
    /* O_NONBLOCK: to open a fifo must not wait for its writer. */
    int r = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = NULL;
    size_t bytes = 0, room;
    struct stat status;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0)
        r = -errno;
    else if (S_ISDIR(status.st_mode))
        r = -EISDIR;
    else if (!S_ISREG(status.st_mode))
        r = -EINVAL;
    else if (status.st_size < 0 || (uintmax_t)status.st_size > max_bytes)
        r = -EFBIG;
    if (r)
        goto done;
    room = (size_t)status.st_size + 1; /* one for the NUL, and to see that the file grew meanwhile */
    text = malloc(room);
    if (!text)
        r = -ENOMEM;
    while (!r) {
        ssize_t n = read(fd, text + bytes, room - bytes);

        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            r = -errno;
        if (n > 0)
            bytes += (size_t)n;
        if (bytes == room)
            r = -EAGAIN;
    }
    if (r)
        goto done;
    text[bytes] = '\0';
    *ret_text = text;
    *ret_bytes = bytes;
    text = NULL;
done:
    free(text);
    close(fd);
    return r;
}

size_t ini_utf8_sequence(const char *text, size_t bytes)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least; /* what a shorter form can say is not valid */
    } forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
    const unsigned char *at = (const unsigned char *)text;

    for (size_t extra = 0; extra < sizeof forms / sizeof forms[0] && extra < bytes; extra++) {
        uint32_t point = at[0] & (unsigned char)~forms[extra].mask;

        if ((at[0] & forms[extra].mask) != forms[extra].lead)
            continue;
        for (size_t i = 1; i <= extra; i++) {
            if ((at[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (at[i] & 0x3f);
        }
        return point < forms[extra].least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : extra + 1;
    }
    return 0;
}

bool ini_has_control(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    for (; *at; at++) {
        if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0))
            return true;
    }
    return false;
}
