/* How the text behind an equals sign becomes a value, one function per type. It looks at files that options name, but
 * reads none. */
#include "options.h"

#include "agentx/transport.h"
#include "core/range.h"
#include "core/rows.h"
#include "daemon/no_proxy.h"
#include "probes/ini_compare.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { TEXT_BYTES_MAX = 255 };

/* A text on its way into its field. */
struct setting {
    const struct option *option;
    const char *text;
    struct option_context *context;
    void *field;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct setting *setting, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(setting->context->what, sizeof setting->context->what, format, list);
    va_end(list);
    return -EINVAL;
}

static int store_text(struct setting *setting, const char *text)
{
    const char *copy = config_memory_text(setting->context->memory, text);

    if (!copy)
        return -ENOMEM;
    *(const char **)setting->field = copy;
    return 0;
}

static void store_number(struct setting *setting, int64_t number)
{
    if (setting->option->field == FIELD_BOOL)
        *(bool *)setting->field = number != 0;
    else if (setting->option->field == FIELD_INT64)
        *(int64_t *)setting->field = number;
    else
        *(unsigned *)setting->field = (unsigned)number;
}

static int set_text(struct setting *setting)
{
    if (strlen(setting->text) > TEXT_BYTES_MAX)
        return refuse(setting, "longer than %d bytes", TEXT_BYTES_MAX);
    return store_text(setting, setting->text);
}

static int set_name(struct setting *setting)
{
    if (strchr(setting->text, '"'))
        return refuse(setting, "a quotation mark in it");
    return set_text(setting);
}

/* The length of the word that `words` begins with. */
static size_t word_bytes(const char *words)
{
    return strcspn(words, " ");
}

static int set_word(struct setting *setting)
{
    const char *words = setting->option->words;
    size_t bytes = strlen(setting->text);
    unsigned position = 0;

    for (const char *word = words; *word; word += word_bytes(word), word += *word == ' ', position++) {
        if (word_bytes(word) != bytes || strncasecmp(word, setting->text, bytes) != 0)
            continue;
        if (setting->option->field == FIELD_TEXT) {
            char canonical[64];

            snprintf(canonical, sizeof canonical, "%.*s", (int)bytes, word);
            return store_text(setting, canonical);
        }
        store_number(setting, position);
        return 0;
    }
    return refuse(setting, "\"%s\" is none of: %s", setting->text, words);
}

static int set_yes_no(struct setting *setting)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        { "yes", true }, { "true", true }, { "1", true }, { "no", false }, { "false", false }, { "0", false }
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(setting->text, words[i].word) == 0) {
            store_number(setting, words[i].value);
            return 0;
        }
    }
    return refuse(setting, "\"%s\" is neither yes nor no", setting->text);
}

int option_read_number(const char *text, size_t bytes, uint64_t max, uint64_t *ret)
{
    uint64_t number = 0;

    if (bytes == 0)
        return -EINVAL;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EINVAL;
        number = number * 10 + (uint64_t)(text[i] - '0');
        if (number > max)
            return -EINVAL;
    }
    *ret = number;
    return 0;
}

static int set_number(struct setting *setting)
{
    const struct option *option = setting->option;
    uint64_t number;

    if (option_read_number(setting->text, strlen(setting->text), option->max, &number) || number < option->min)
        return refuse(setting, "\"%s\" is not a number%s%s from %u to %u", setting->text, option->unit ? " of " : "",
                      option->unit ? option->unit : "", option->min, option->max);
    store_number(setting, (int64_t)number * (option->scale ? option->scale : 1));
    return 0;
}

static int set_path(struct setting *setting)
{
    const char *path;

    if (setting->text[0] == '/' || setting->context->folder[0] == '\0')
        path = config_memory_text(setting->context->memory, setting->text);
    else
        path = config_memory_format(setting->context->memory, "%s/%s", setting->context->folder, setting->text);
    if (!path)
        return -ENOMEM;
    *(const char **)setting->field = path;
    return 0;
}

/* Sets a path to something that must be there, of the type and without the permissions given. */
static int set_existing(struct setting *setting, mode_t type, mode_t forbidden)
{
    const char *path = NULL, *wrong = NULL;
    struct setting own = *setting;
    struct stat status = { 0 };
    int r, fd;

    own.field = &path;
    r = set_path(&own);
    if (r)
        return r;
    /* Opened to know that we may; O_NONBLOCK: a fifo has no writer yet. */
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) < 0)
        wrong = strerror(errno);
    else if ((status.st_mode & S_IFMT) != type)
        wrong = type == S_IFDIR ? "not a directory" : S_ISDIR(status.st_mode) ? "is a directory" : "not a regular file";
    if (fd >= 0)
        close(fd);
    if (wrong)
        return refuse(setting, "%s: %s", path, wrong);
    if (status.st_mode & forbidden)
        return refuse(setting, "%s: others have access to it (mode %04o); it may hold secrets", path,
                      (unsigned)(status.st_mode & 07777));
    *(const char **)setting->field = path;
    return 0;
}

static int set_file(struct setting *setting)
{
    return set_existing(setting, S_IFREG, 0);
}

static int set_secret(struct setting *setting)
{
    return set_existing(setting, S_IFREG, S_IRWXO);
}

static int set_directory(struct setting *setting)
{
    return set_existing(setting, S_IFDIR, 0);
}

static int set_url(struct setting *setting)
{
    char *scheme = NULL, *port = NULL;
    CURLU *url = curl_url();
    CURLUcode code;
    int r = 0;

    if (!url)
        return -ENOMEM;
    code = curl_url_set(url, CURLUPART_URL, setting->text, CURLU_DISALLOW_USER);
    /* The messages do not repeat the URL: it may hold a password. */
    if (code == CURLUE_USER_NOT_ALLOWED)
        r = refuse(setting, "a URL must not hold credentials");
    else if (code == CURLUE_OUT_OF_MEMORY)
        r = -ENOMEM;
    else if (code)
        r = refuse(setting, "not an absolute http or https URL");
    if (r)
        goto done;
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0)) {
        r = -ENOMEM;
    } else if (curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK && strcmp(port, "0") == 0) {
        r = refuse(setting, "a URL to ask must not have port 0");
    } else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) {
        r = refuse(setting, "not an absolute http or https URL");
    } else if (strchr(setting->text, '#')) { /* also one that is empty */
        r = refuse(setting, "a URL to ask must not have a fragment");
    } else {
        r = store_text(setting, setting->text);
    }
done:
    curl_free(port);
    curl_free(scheme);
    curl_url_cleanup(url);
    return r;
}

static int set_url_path(struct setting *setting)
{
    if (setting->text[0] != '/')
        return refuse(setting, "\"%s\" does not begin with a slash", setting->text);
    for (const char *at = setting->text; *at; at++) {
        if (*at <= ' ' || *at > '~' || *at == '#')
            return refuse(setting, "\"%s\": a blank, # or non-ASCII character must be written as %%XX", setting->text);
    }
    return store_text(setting, setting->text);
}

const char *option_host_fault(const char *text)
{
    static const char what[] = "neither an address nor a host name";
    struct address address;
    size_t bytes = strlen(text), label = 0;
    bool digits_only = true;

    if (address_parse(text, &address) == 0)
        return NULL;
    if (bytes == 0 || bytes > 253)
        return what;
    for (const char *at = text; *at; at++) {
        if (*at == '.') {
            if (label == 0 || at[-1] == '-')
                return what;
            label = 0;
            digits_only = true;
        } else if (isascii(*at) && (isalnum((unsigned char)*at) || *at == '_' || (*at == '-' && label > 0))) {
            if (++label > 63)
                return what;
            digits_only = digits_only && isdigit((unsigned char)*at);
        } else {
            return what;
        }
    }
    /* A last label of digits makes it an address that was mistyped; one trailing dot is the root's. */
    return (label > 0 && digits_only) || text[bytes - 1] == '-' ? what : NULL;
}

static int set_host(struct setting *setting)
{
    const char *wrong = option_host_fault(setting->text);

    if (wrong)
        return refuse(setting, "\"%s\" is %s", setting->text, wrong);
    return store_text(setting, setting->text);
}

static int set_addresses(struct setting *setting)
{
    static const char separators[] = ", \t";
    const char *at = setting->text + strspn(setting->text, separators);

    if (*at == '\0')
        return refuse(setting, "\"%s\" holds no address", setting->text);
    while (*at) {
        size_t bytes = strcspn(at, separators);
        char one[ADDRESS_TEXT_BYTES];
        struct address address;

        snprintf(one, sizeof one, "%.*s", (int)bytes, at);
        if (bytes >= sizeof one || address_parse(one, &address))
            return refuse(setting, "\"%.*s\" is not an address", (int)bytes, at);
        at += bytes + strspn(at + bytes, separators);
    }
    return store_text(setting, setting->text);
}

/* HOST:PORT, [ADDRESS]:PORT, or PORT alone. */
static bool is_host_and_port(const char *text)
{
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    char host[256];
    uint64_t number;

    if (option_read_number(port, strlen(port), 65535, &number) || number == 0)
        return false;
    if (!colon)
        return true;
    if (text[0] == '[' && colon[-1] == ']')
        snprintf(host, sizeof host, "%.*s", (int)(colon - text - 2), text + 1);
    else
        snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    return option_host_fault(host) == NULL && (text[0] == '[' || !strchr(host, ':'));
}

static int set_socket(struct setting *setting)
{
    const char *words = setting->option->words, *rest = strchr(setting->text, ':');

    for (const char *word = words; rest && *word; word += word_bytes(word), word += *word == ' ') {
        size_t bytes = word_bytes(word);

        if ((size_t)(rest - setting->text) != bytes || strncmp(word, setting->text, bytes) != 0)
            continue;
        if (strncmp(word, "unix", bytes) == 0) {
            if (rest[1] != '/' || strlen(rest + 1) >= sizeof((struct sockaddr_un *)0)->sun_path)
                return refuse(setting, "\"%s\": a socket's path begins with a slash and has at most %zu bytes",
                              setting->text, sizeof((struct sockaddr_un *)0)->sun_path - 1);
        } else if (strncmp(word, "tcp", 3) == 0) { /* to a master: what the SNMP side itself can read */
            struct transport_address address;

            if (transport_parse(setting->text, &address))
                return refuse(setting, "\"%s\" does not end in a numeric address, or localhost, and a port",
                              setting->text);
        } else if (!is_host_and_port(rest + 1)) {
            return refuse(setting, "\"%s\" does not end in a host and a port", setting->text);
        }
        return store_text(setting, setting->text);
    }
    return refuse(setting, "\"%s\" does not begin with a transport and a colon (%s)", setting->text, words);
}

static int set_ranges(struct setting *setting)
{
    const char *at = setting->text, *item;
    struct range range;
    size_t ranges = 0;

    for (size_t n; (n = list_item(&at, &item)) > 0; ranges++)
        if (range_parse(item, n, &range))
            return refuse(setting, "\"%.*s\" is neither an address nor a network such as 10.1.0.0/16", (int)n, item);
        else if (!range_is_exact(item, n))
            return refuse(setting, "\"%.*s\" has bits behind those that its /%u counts", (int)n, item, range.bits);
    if (ranges == 0 || ranges > SOURCE_RANGES_MAX)
        return refuse(setting, "\"%s\" holds %s", setting->text, ranges ? "more than 64 ranges" : "no range");
    return store_text(setting, setting->text);
}

static int set_gateways(struct setting *setting)
{
    const char *at = setting->text, *item;
    size_t gateways = 0;

    for (size_t n; (n = list_item(&at, &item)) > 0; gateways++)
        if (n >= GATEWAY_TEXT_BYTES)
            return refuse(setting, "\"%.20s...\" is longer than %d bytes", item, GATEWAY_TEXT_BYTES - 1);
    if (gateways == 0 || gateways > GATEWAYS_MAX)
        return refuse(setting, "\"%s\" holds %s", setting->text, gateways ? "more than 64 gateways" : "no gateway");
    return store_text(setting, setting->text);
}

static int set_query(struct setting *setting)
{
    if (setting->text[0] != '?')
        return refuse(setting, "\"%s\" does not begin with a question mark", setting->text);
    for (const char *at = setting->text; *at; at++) {
        if (*at <= ' ' || *at > '~' || *at == '#')
            return refuse(setting, "\"%s\": a blank, # or non-ASCII character must be written as %%XX", setting->text);
    }
    return store_text(setting, setting->text);
}

/* The message does not repeat the URL: it may hold a password. */
static int set_proxy(struct setting *setting)
{
    static const char *const schemes[] = { "http://", "socks5://" };

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        const size_t bytes = strlen(schemes[i]);
        const char *rest = setting->text + bytes;

        if (strncasecmp(setting->text, schemes[i], bytes) != 0)
            continue;
        if (strchr(rest, '@'))
            return refuse(setting, "a proxy's URL must not hold credentials: there are user and password_file");
        const size_t host = strcspn(rest, "/?#");
        char text[300];
        if (host >= sizeof text || (rest[host] && strcmp(rest + host, "/") != 0))
            break;
        snprintf(text, sizeof text, "%.*s", (int)host, rest);
        if (!strchr(text, ':') || !is_host_and_port(text))
            break;
        snprintf(text, sizeof text, "%s%.*s", schemes[i], (int)host, rest);
        return store_text(setting, text);
    }
    return refuse(setting, "neither http://HOST:PORT nor socks5://HOST:PORT");
}

static int set_no_proxy(struct setting *setting)
{
    const char *item;
    const size_t n = no_proxy_fault(setting->text, &item);

    if (n)
        return refuse(setting, "\"%.*s\" is none of: .suffix, name, address, network, *", (int)n, item);
    return store_text(setting, setting->text);
}

static int set_oid(struct setting *setting)
{
    struct snmp_settings *snmp = setting->field;
    const char *at = setting->text + (setting->text[0] == '.');
    uint32_t root[ROOT_OID_MAX];
    size_t n = 0;

    for (;; at++) {
        size_t bytes = strcspn(at, ".");
        uint64_t number;

        if (n == ROOT_OID_MAX || option_read_number(at, bytes, UINT32_MAX, &number))
            return refuse(setting, "\"%s\" is not an OID of 3 to %d numbers", setting->text, ROOT_OID_MAX);
        root[n++] = (uint32_t)number;
        at += bytes;
        if (*at == '\0')
            break;
    }
    if (n < 3)
        return refuse(setting, "\"%s\" is not an OID of 3 to %d numbers", setting->text, ROOT_OID_MAX);
    /* ITU-T X.660: three arcs at the top; 40 below each of the first two, for the encoding's sake (X.690, 8.19.4). */
    if (root[0] > 2 || (root[0] < 2 && root[1] >= 40))
        return refuse(setting, "\"%s\" is not a legal OID: its first numbers are too great", setting->text);
    memcpy(snmp->root, root, n * sizeof root[0]);
    snmp->root_len = n;
    return 0;
}

static int set_pin(struct setting *setting)
{
    static const char prefix[] = "sha256//";
    const char *at = setting->text;

    /* 32 bytes are 43 digits of base64 and one sign that fills up. */
    while (strncmp(at, prefix, sizeof prefix - 1) == 0) {
        at += sizeof prefix - 1;
        if (strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") != 43 || at[43] != '=')
            break;
        at += 44;
        if (*at == '\0')
            return store_text(setting, setting->text);
        at += *at == ';';
    }
    return refuse(setting, "\"%s\" is not sha256// and the base64 of a digest", setting->text);
}

static int set_path_or_url(struct setting *setting)
{
    return strstr(setting->text, "://") ? set_url(setting) : set_path(setting);
}

/* The next %WORD% of letters from a place on, and its length, marks included; NULL: there is none. */
static const char *find_mark(const char *at, size_t *ret_bytes)
{
    for (at = strchr(at, '%'); at; at = strchr(at + 1, '%')) {
        size_t bytes = 1;
        while (isalpha((unsigned char)at[bytes]))
            bytes++;
        if (bytes > 1 && at[bytes] == '%') {
            *ret_bytes = bytes + 1;
            return at;
        }
    }
    return NULL;
}

static int set_pattern(struct setting *setting)
{
    static const char *const marks[] = { "%NAME%", "%ADDRESS%" };
    size_t bytes = 0, known = 0;

    for (const char *at = setting->text; (at = find_mark(at, &bytes)); at += bytes, known++)
        if (strncmp(at, marks[0], strlen(marks[0])) != 0 && strncmp(at, marks[1], strlen(marks[1])) != 0)
            return refuse(setting, "\"%.*s\" stands for nothing: there are %%NAME%% and %%ADDRESS%%", (int)bytes, at);
    if (strstr(setting->text, "://"))
        return refuse(setting, "a URL can not be read here: it must be a path, or one of: %s", setting->option->words);
    if (known)
        return set_path(setting);
    const int error = set_word(setting);
    return error != -EINVAL ? error
                            : refuse(setting, "\"%s\" is none of: %s; nor a path with %%NAME%% or %%ADDRESS%% in it",
                                     setting->text, setting->option->words);
}

static int set_keys(struct setting *setting)
{
    const char *wrong = ini_ignored_fault(setting->text);

    return wrong ? refuse(setting, "\"%s\" %s", setting->text, wrong) : store_text(setting, setting->text);
}

static int (*const setters[OPTION_TYPES])(struct setting *setting) = {
    [OPTION_TEXT] = set_text,
    [OPTION_WORD] = set_word,
    [OPTION_YES_NO] = set_yes_no,
    [OPTION_NUMBER] = set_number,
    [OPTION_PATH] = set_path,
    [OPTION_FILE] = set_file,
    [OPTION_SECRET] = set_secret,
    [OPTION_DIRECTORY] = set_directory,
    [OPTION_URL] = set_url,
    [OPTION_URL_PATH] = set_url_path,
    [OPTION_HOST] = set_host,
    [OPTION_SOCKET] = set_socket,
    [OPTION_ADDRESSES] = set_addresses,
    [OPTION_RANGES] = set_ranges,
    [OPTION_GATEWAYS] = set_gateways,
    [OPTION_QUERY] = set_query,
    [OPTION_PROXY] = set_proxy,
    [OPTION_NO_PROXY] = set_no_proxy,
    [OPTION_OID] = set_oid,
    [OPTION_PIN] = set_pin,
    [OPTION_PATH_OR_URL] = set_path_or_url,
    [OPTION_PATTERN] = set_pattern,
    [OPTION_KEYS] = set_keys,
    [OPTION_NAME] = set_name,
};

int option_set(const struct option *option, const char *text, struct option_context *context, void *target)
{
    struct setting setting = {
        .option = option, .text = text, .context = context, .field = (char *)target + option->offset
    };

    if (*text == '\0' && (option->type != OPTION_NAME || option->min > 0))
        return refuse(&setting, "empty");
    return setters[option->type](&setting);
}

int options_set_initial(enum section_id section, struct option_context *context, void *target)
{
    int r = 0;

    for (size_t i = 0; !r && i < options_count; i++) {
        const struct option *option = &options[i];

        if (option->section != section)
            continue;
        if (option->initial)
            r = option_set(option, option->initial, context, target);
        else if (option->field == FIELD_TEXT)
            *(const char **)((char *)target + option->offset) = "";
    }
    return r;
}
