/* feed.c: writes the feed files. It knows what a healthy endpoint reports and what the script changed of that; what the
 * facts mean is no affair of its. */
#include "feed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "moment.h"

#define FILE_MAX_BYTES 8192
#define FACTS_MAX      64

/* What a healthy endpoint reports; its own name, addresses and server are put in as the file is written. */
static const struct {
    const char *section, *key, *value;
} usual_facts[] = {
    { "agent", "name", NULL },
    { "agent", "time", "now" },
    { "agent", "addresses", NULL },
    { "agent", "mode", "normal" },
    { "agent", "scan_method", "smart" },
    { "server", "reachable", "yes" },
    { "server", "resolved", NULL },
    { "realtimescan", "enabled", "yes" },
    { "realtimescan", "service", "running" },
    { "pattern", "version", "19.429.80" },
    { "pattern", "date", "today" },
    { "smartprotection", "reachable", "yes" },
    { "smartprotection", "location_profile", "1" },
    { "driver", "tmusa", "running" },
};
#define USUAL_FACTS (sizeof usual_facts / sizeof *usual_facts)

struct fact {
    const char *section, *key;
    const char *value; /* NULL: missing */
};

/* A fact of one agent; owns the text that its parts are in. */
struct own_fact {
    struct fact fact;
    char *text;
};

/* What differs from the usual facts of one agent. */
struct feed_facts {
    struct own_fact *facts; /* owned */
    size_t count;
    bool removed;
};

struct feed {
    int directory_fd;
    char server_address[INET_ADDRSTRLEN]; /* empty: not known */
};

int feed_new(const char *directory, const struct sockaddr_in *server, struct feed **ret_feed)
{
    if (mkdir(directory, 0755) < 0 && errno != EEXIST)
        return -errno;
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return -ENOMEM;
    if (server)
        inet_ntop(AF_INET, &server->sin_addr, feed->server_address, sizeof feed->server_address);
    feed->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (feed->directory_fd < 0) {
        const int result = -errno;
        free(feed);
        return result;
    }
    *ret_feed = feed;
    return 0;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    close(feed->directory_fd);
    free(feed);
}

void feed_facts_free(struct feed_facts *facts)
{
    if (!facts)
        return;
    for (size_t i = 0; i < facts->count; i++)
        free(facts->facts[i].text);
    free(facts->facts);
    free(facts);
}

/* Returns the fact of the same section and key, or NULL. */
static struct own_fact *find_own(const struct feed_facts *facts, const struct fact *fact)
{
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->facts[i].fact.section, fact->section) == 0 &&
            strcmp(facts->facts[i].fact.key, fact->key) == 0)
            return &facts->facts[i];
    return NULL;
}

/* Adds an empty fact. Returns 0, -ENOMEM, or -EINVAL when there are too many. */
static int add_own(struct feed_facts *facts, struct own_fact **ret_own, struct fault *fault)
{
    if (facts->count == FACTS_MAX - USUAL_FACTS)
        return fault_set(fault, "too many facts for one agent");
    struct own_fact *more = reallocarray(facts->facts, facts->count + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    facts->facts = more;
    *ret_own = &more[facts->count++];
    **ret_own = (struct own_fact){ 0 };
    return 0;
}

int feed_set_fact(struct target *agent, const char *name, const char *value, struct fault *fault)
{
    const char *dot = strchr(name, '.');
    const char *section = dot ? name : "agent", *key = dot ? dot + 1 : name;
    const int section_length = dot ? (int)(dot - name) : 5;
    char *text;

    if (section_length == 0 || *key == '\0')
        return fault_set(fault, "%s: section.key expected", name);
    if (!agent->feed && !(agent->feed = calloc(1, sizeof *agent->feed)))
        return -ENOMEM;
    if (asprintf(&text, "%.*s%c%s%c%s", section_length, section, '\0', key, '\0', value) < 0)
        return -ENOMEM;
    struct fact fact = { .section = text, .key = text + section_length + 1 };
    fact.value = strcmp(value, "-") == 0 ? NULL : fact.key + strlen(fact.key) + 1;

    struct own_fact *own = find_own(agent->feed, &fact);
    const int result = own ? 0 : add_own(agent->feed, &own, fault);
    if (result < 0) {
        free(text);
        return result;
    }
    free(own->text);
    *own = (struct own_fact){ fact, text };
    agent->feed->removed = false;
    return 0;
}

/* Puts a fact in the place of the one of its name, or behind its section's last, or at the end, where there is room. */
static void put_fact(struct fact *facts, size_t *count, const struct fact *fact)
{
    size_t place = *count;

    for (size_t i = 0; i < *count; i++) {
        if (strcmp(facts[i].section, fact->section) != 0)
            continue;
        if (strcmp(facts[i].key, fact->key) == 0) {
            facts[i] = *fact;
            return;
        }
        place = i + 1;
    }
    memmove(&facts[place + 1], &facts[place], (*count - place) * sizeof *facts);
    facts[place] = *fact;
    (*count)++;
}

/* What is usual for this agent, with what differs put over it. Returns how many facts there are. */
static size_t merge(const struct feed *feed, const struct target *agent, const char *address, struct fact *facts)
{
    size_t count = 0;

    for (; count < USUAL_FACTS; count++) {
        const char *key = usual_facts[count].key, *value = usual_facts[count].value;
        if (strcmp(key, "name") == 0)
            value = agent->name;
        else if (strcmp(key, "addresses") == 0)
            value = address;
        else if (strcmp(key, "resolved") == 0)
            value = feed->server_address[0] ? feed->server_address : NULL;
        facts[count] = (struct fact){ usual_facts[count].section, key, value };
    }
    for (size_t i = 0; agent->feed && i < agent->feed->count; i++)
        put_fact(facts, &count, &agent->feed->facts[i].fact);
    return count;
}

/* Puts a time in place of the name of one, see moment.h. Returns the value to write. */
static const char *fill_time(const char *value, char *room, size_t size)
{
    struct tm parts;
    time_t when;

    const enum moment_kind kind = moment_read(value, time(NULL), &when);
    if (kind == MOMENT_NONE)
        return value;
    gmtime_r(&when, &parts);
    strftime(room, size, kind == MOMENT_NOW ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d", &parts);
    return room;
}

static size_t render(const struct fact *facts, size_t count, char *text, size_t size)
{
    const char *section = "";
    char room[32];
    size_t length = 0;

    for (size_t i = 0; i < count && length < size; i++) {
        if (!facts[i].value)
            continue;
        if (strcmp(section, facts[i].section) != 0) {
            section = facts[i].section;
            length += (size_t)snprintf(text + length, size - length, "[%s]\n", section);
        }
        if (length < size)
            length += (size_t)snprintf(text + length, size - length, "%s = %s\n", facts[i].key,
                                       fill_time(facts[i].value, room, sizeof room));
    }
    return length;
}

/* Writes a file as a whole, or leaves none. */
static int write_file(int directory_fd, const char *name, const char *text, size_t size)
{
    const int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    const ssize_t written = write(fd, text, size);
    int result = written == (ssize_t)size ? 0 : written < 0 ? -errno : -EIO;
    if (close(fd) < 0 && result == 0)
        result = -errno;
    if (result < 0)
        unlinkat(directory_fd, name, 0);
    return result;
}

static void file_name(const struct target *agent, char *name, size_t size)
{
    snprintf(name, size, "%s.ini", agent->name);
}

int feed_write(const struct feed *feed, const struct target *agent)
{
    struct fact facts[FACTS_MAX];
    char text[FILE_MAX_BYTES], name[ESTATE_NAME_MAX + 8], unfinished[ESTATE_NAME_MAX + 8], address[INET_ADDRSTRLEN];

    if (agent->feed && agent->feed->removed)
        return 0;
    inet_ntop(AF_INET, &agent->address.sin_addr, address, sizeof address);
    const size_t size = render(facts, merge(feed, agent, address, facts), text, sizeof text);
    if (size >= sizeof text)
        return -EMSGSIZE;
    file_name(agent, name, sizeof name);
    snprintf(unfinished, sizeof unfinished, ".%s.tmp", agent->name);
    const int result = write_file(feed->directory_fd, unfinished, text, size);
    if (result < 0)
        return result;
    return renameat(feed->directory_fd, unfinished, feed->directory_fd, name) < 0 ? -errno : 0;
}

int feed_remove(const struct feed *feed, struct target *agent)
{
    char name[ESTATE_NAME_MAX + 8];

    if (!agent->feed && !(agent->feed = calloc(1, sizeof *agent->feed)))
        return -ENOMEM;
    agent->feed->removed = true;
    file_name(agent, name, sizeof name);
    return unlinkat(feed->directory_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}
