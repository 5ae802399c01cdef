/* Entries in a growing array. It never judges what is in them. */
#include "transcript.h"

#include "ini.h"

#include <stdlib.h>
#include <string.h>

struct transcript {
    struct transcript_entry *entries; /* own their texts */
    size_t n, room;
    bool torn;
};

struct transcript *transcript_new(void)
{
    return calloc(1, sizeof(struct transcript));
}

static void drop_texts(const struct transcript_entry *entry)
{
    free((char *)(uintptr_t)entry->question);
    free((char *)(uintptr_t)entry->answer);
}

void transcript_free(struct transcript *transcript)
{
    if (!transcript)
        return;
    for (size_t i = 0; i < transcript->n; i++)
        drop_texts(&transcript->entries[i]);
    free(transcript->entries);
    free(transcript);
}

/* A copy that is fit for a terminal, and for JSON: UTF-8 without control characters. An endpoint may say anything. */
static char *copy_plain(const char *text)
{
    char *copy = strndup(text, TRANSCRIPT_ANSWER_BYTES);
    size_t left = copy ? strlen(copy) : 0;

    for (char *at = copy; left > 0;) {
        const size_t bytes = ini_utf8_sequence(at, left);
        const unsigned char byte = (unsigned char)*at;
        if (bytes == 0)
            *at = '?';
        else if (bytes == 1 && (byte < 0x20 || byte == 0x7f))
            *at = ' ';
        else if (bytes == 2 && byte == 0xc2 && (unsigned char)at[1] < 0xa0) /* C1 */
            at[0] = at[1] = ' ';
        at += bytes ? bytes : 1;
        left -= bytes ? bytes : 1;
    }
    return copy;
}

static int make_room(struct transcript *transcript)
{
    if (transcript->n < transcript->room)
        return 0;
    const size_t room = transcript->room ? 2 * transcript->room : 16;
    struct transcript_entry *entries = reallocarray(transcript->entries, room, sizeof *entries);
    if (!entries)
        return -1;
    transcript->entries = entries;
    transcript->room = room;
    return 0;
}

void transcript_add(struct transcript *transcript, const struct transcript_entry *entry)
{
    if (!transcript)
        return;
    struct transcript_entry copy = *entry;
    copy.question = copy_plain(entry->question);
    copy.answer = copy_plain(entry->answer);
    if (!copy.question || !copy.answer || make_room(transcript) < 0) {
        drop_texts(&copy);
        transcript->torn = true;
        return;
    }
    transcript->entries[transcript->n++] = copy;
}

size_t transcript_count(const struct transcript *transcript)
{
    return transcript->n;
}

const struct transcript_entry *transcript_at(const struct transcript *transcript, size_t i)
{
    return &transcript->entries[i];
}

bool transcript_is_whole(const struct transcript *transcript)
{
    return !transcript->torn;
}
