/* The one table of probe drivers, and what their answers have in common. It never asks anything. */
#include "driver.h"

static const struct probe_driver *const drivers[DRIVERS] = {
    [DRIVER_LISTENER] = &listener_driver, [DRIVER_SERVER] = &server_driver, [DRIVER_FEED] = &feed_driver,
    [DRIVER_WINRM] = &winrm_driver,       [DRIVER_SOURCE] = &source_driver, [DRIVER_LOCATION] = &location_driver,
    [DRIVER_FILES] = &files_driver,
};

const struct probe_driver *probe_driver_find(enum driver id)
{
    return (unsigned)id < DRIVERS ? drivers[id] : NULL;
}

void answer_begin(struct probe_job *job, const struct now *now, struct probe_answer *answer)
{
    *answer = (struct probe_answer){
        .ticket = job->ticket,
        .observation = {
            .driver = job->settings->driver,
            .subject = job->target->subject,
            .index = job->target->index,
            .mono_ms = now->mono_ms,
            .wall_ms = now->wall_ms,
        },
        .transcript = job->transcript,
    };
    job->transcript = NULL;
}

void detail_write(char *buffer, size_t bytes, const char *text)
{
    size_t n = 0;

    for (; text[n] && n < bytes - 1; n++) {
        const unsigned char byte = (unsigned char)text[n];
        buffer[n] = byte < 0x20 || byte == 0x7f ? ' ' : text[n];
    }
    if (text[n]) /* cut: back to the beginning of a character */
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
    buffer[n] = '\0';
}

void answer_detail(struct probe_answer *answer, const char *text)
{
    detail_write(answer->detail, sizeof answer->detail, text);
}
