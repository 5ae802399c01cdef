/* control_client.c: the asking end of the command socket, for shells. It never starts a fleet. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

/* Returns a connected socket, or a negative errno. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strncmp(path, "unix:", 5) == 0)
        path += 5;
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        const int result = -errno;
        close(fd);
        return result;
    }
    return fd;
}

int control_ask(const char *path, char **words, int count)
{
    char answer[16] = "";
    int character;
    size_t length = 0;

    const int fd = connect_to(path);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r+");
    if (!stream) {
        fprintf(stderr, "fleetsim: %s: %s\n", path, strerror(fd < 0 ? -fd : errno));
        return 1;
    }
    for (int i = 0; i < count; i++)
        fprintf(stream, "%s%s", words[i], i + 1 < count ? " " : "\n");
    fflush(stream);
    while ((character = getc(stream)) != EOF && character != '\n') {
        if (length + 1 < sizeof answer)
            answer[length++] = (char)character;
        putchar(character);
    }
    putchar('\n');
    fclose(stream);
    return strncmp(answer, "ok", 2) == 0 ? 0 : 1;
}
