/* control.c: the command socket's serving end. It cuts the input into lines; what they mean is the commands' affair. */
#include "control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"

struct client {
    struct control *control;
    struct bufferevent *stream;
    LIST_ENTRY(client) siblings;
};

struct control {
    struct fleet *fleet;
    struct evconnlistener *listener;
    LIST_HEAD(, client) clients;
};

static void client_free(struct client *client)
{
    LIST_REMOVE(client, siblings);
    bufferevent_free(client->stream);
    free(client);
}

static void on_readable(struct bufferevent *stream, void *argument)
{
    struct client *client = argument;
    struct evbuffer *input = bufferevent_get_input(stream);
    char *line;

    while ((line = evbuffer_readln(input, NULL, EVBUFFER_EOL_LF))) {
        command_run(client->control->fleet, line, bufferevent_get_output(stream));
        free(line);
    }
    if (evbuffer_get_length(input) >= COMMAND_LINE_MAX)
        client_free(client); /* it would never come to an end */
}

static void on_event(struct bufferevent *stream, short what, void *argument)
{
    (void)stream, (void)what;
    client_free(argument);
}

static void on_accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int size,
                        void *argument)
{
    struct control *control = argument;

    (void)address, (void)size;
    struct client *client = calloc(1, sizeof *client);
    if (!client ||
        !(client->stream = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE))) {
        free(client);
        close(fd);
        return;
    }
    client->control = control;
    LIST_INSERT_HEAD(&control->clients, client, siblings);
    bufferevent_setcb(client->stream, on_readable, NULL, on_event, client);
    bufferevent_setwatermark(client->stream, EV_READ, 0, COMMAND_LINE_MAX);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

int control_new(struct fleet *fleet, struct control **ret_control)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat old;

    if (strlen(fleet->control_path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    strcpy(address.sun_path, fleet->control_path);
    struct control *control = calloc(1, sizeof *control);
    if (!control)
        return -ENOMEM;
    control->fleet = fleet;
    if (lstat(fleet->control_path, &old) == 0 && S_ISSOCK(old.st_mode))
        unlink(fleet->control_path); /* a socket whose process is gone; a file of any other kind is not ours */
    control->listener =
        evconnlistener_new_bind(fleet->base, on_accepted, control, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
                                (struct sockaddr *)&address, sizeof address);
    if (!control->listener) {
        const int result = errno ? -errno : -EIO;
        free(control);
        return result;
    }
    *ret_control = control;
    return 0;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    while (!LIST_EMPTY(&control->clients))
        client_free(LIST_FIRST(&control->clients));
    evconnlistener_free(control->listener);
    unlink(control->fleet->control_path);
    free(control);
}
