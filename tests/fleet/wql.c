/* wql.c: reads queries and tries conditions. It knows no class. */
#include "wql.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where the reader is, and what it has put together so far. A fault anywhere sticks. */
struct reader {
    const char *at;
    bool bad;
    unsigned depth;
    struct wql_query *query;
};

#define DEPTH_MAX 16

static void skip_blanks(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

/* Takes a character or a keyword, if it is the next; keywords end where a name would. */
static bool accept(struct reader *reader, const char *word)
{
    const size_t length = strlen(word);

    skip_blanks(reader);
    if (strncasecmp(reader->at, word, length) != 0)
        return false;
    if (isalpha((unsigned char)word[0]) && (isalnum((unsigned char)reader->at[length]) || reader->at[length] == '_'))
        return false;
    reader->at += length;
    return true;
}

static void expect(struct reader *reader, const char *word)
{
    if (!accept(reader, word))
        reader->bad = true;
}

static void read_name(struct reader *reader, char name[WQL_NAME_MAX + 1])
{
    size_t length = 0;

    skip_blanks(reader);
    if (!isalpha((unsigned char)*reader->at) && *reader->at != '_')
        reader->bad = true;
    while (isalnum((unsigned char)reader->at[length]) || reader->at[length] == '_')
        length++;
    if (length > WQL_NAME_MAX)
        length = 0, reader->bad = true;
    memcpy(name, reader->at, length);
    name[length] = '\0';
    reader->at += length;
}

/* A text in quotes of either sort, in which a backslash makes the next character be itself. */
static void read_text(struct reader *reader, char *literal)
{
    const char quote = *reader->at++;
    size_t length = 0;

    while (*reader->at && *reader->at != quote && length < WQL_TEXT_MAX) {
        if (*reader->at == '\\' && !strchr("\\'\"", *++reader->at))
            reader->bad = true;
        if (*reader->at)
            literal[length++] = *reader->at++;
    }
    literal[length] = '\0';
    if (*reader->at != quote)
        reader->bad = true;
    else
        reader->at++;
}

static void read_literal(struct reader *reader, struct wql_node *node)
{
    skip_blanks(reader);
    if (*reader->at == '\'' || *reader->at == '"') {
        read_text(reader, node->literal);
    } else if (accept(reader, "TRUE")) {
        strcpy(node->literal, "true");
    } else if (accept(reader, "FALSE")) {
        strcpy(node->literal, "false");
    } else if (accept(reader, "NULL")) {
        node->null = true;
    } else {
        const size_t length = strspn(reader->at, "+-.0123456789");
        reader->bad |= length == 0 || length > WQL_NAME_MAX;
        if (!reader->bad)
            memcpy(node->literal, reader->at, length);
        reader->at += length;
    }
}

/* Adds a node. Returns its place. */
static size_t add_node(struct reader *reader, const struct wql_node *node)
{
    if (reader->query->nodes_count == WQL_NODES_MAX) {
        reader->bad = true;
        return 0;
    }
    reader->query->nodes[reader->query->nodes_count] = *node;
    return reader->query->nodes_count++;
}

static size_t read_comparison(struct reader *reader)
{
    static const struct {
        const char *sign;
        enum wql_operator operator;
    } signs[] = {
        { "<=", WQL_LESS_EQUAL }, { ">=", WQL_GREATER_EQUAL }, { "<>", WQL_UNEQUAL }, { "!=", WQL_UNEQUAL },
        { "=", WQL_EQUAL },       { "<", WQL_LESS },           { ">", WQL_GREATER },  { "LIKE", WQL_LIKE },
    };
    struct wql_node node = { .kind = WQL_COMPARISON };
    size_t i = 0;

    read_name(reader, node.property);
    if (accept(reader, "IS")) {
        node.operator= accept(reader, "NOT") ? WQL_UNEQUAL : WQL_EQUAL;
        expect(reader, "NULL");
        node.null = true;
        return add_node(reader, &node);
    }
    while (i < sizeof signs / sizeof *signs && !accept(reader, signs[i].sign))
        i++;
    if (i == sizeof signs / sizeof *signs)
        reader->bad = true;
    else
        node.operator= signs[i].operator;
    read_literal(reader, &node);
    return add_node(reader, &node);
}

static size_t read_or(struct reader *reader);

static size_t read_term(struct reader *reader)
{
    size_t place;

    if (++reader->depth > DEPTH_MAX)
        reader->bad = true;
    if (reader->bad)
        return 0;
    if (accept(reader, "NOT")) {
        place = read_term(reader);
        place = add_node(reader, &(struct wql_node){ .kind = WQL_NOT, .left = place });
    } else if (accept(reader, "(")) {
        place = read_or(reader);
        expect(reader, ")");
    } else {
        place = read_comparison(reader);
    }
    reader->depth--;
    return place;
}

static size_t read_and(struct reader *reader)
{
    size_t left = read_term(reader);

    while (!reader->bad && accept(reader, "AND")) {
        const size_t right = read_term(reader);
        left = add_node(reader, &(struct wql_node){ .kind = WQL_AND, .left = left, .right = right });
    }
    return left;
}

static size_t read_or(struct reader *reader)
{
    size_t left = read_and(reader);

    while (!reader->bad && accept(reader, "OR")) {
        const size_t right = read_and(reader);
        left = add_node(reader, &(struct wql_node){ .kind = WQL_OR, .left = left, .right = right });
    }
    return left;
}

int wql_read(const char *text, struct wql_query *ret_query)
{
    struct wql_query query = { 0 };
    struct reader reader = { .at = text, .query = &query };

    expect(&reader, "SELECT");
    if (!accept(&reader, "*"))
        do {
            if (query.properties_count == WQL_PROPERTIES_MAX)
                return -EINVAL;
            read_name(&reader, query.properties[query.properties_count++]);
        } while (accept(&reader, ","));
    expect(&reader, "FROM");
    read_name(&reader, query.class_name);
    if (accept(&reader, "WHERE"))
        read_or(&reader);
    skip_blanks(&reader);
    if (reader.bad || *reader.at)
        return -EINVAL;
    *ret_query = query;
    return 0;
}

/* In a pattern, % is any text and _ any character. */
static bool is_like(const char *text, const char *pattern)
{
    const char *star = NULL, *mark = text;

    while (*text) {
        if (*pattern == '%') {
            star = pattern++;
            mark = text;
        } else if (*pattern == '_' || (*pattern && tolower((unsigned char)*pattern) == tolower((unsigned char)*text))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++mark;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "%")] == '\0';
}

/* Returns less than, equal to or greater than 0; two numbers are compared as such. */
static int compare(const char *value, const char *literal)
{
    char *value_end, *literal_end;
    const double number = strtod(value, &value_end), other = strtod(literal, &literal_end);

    if (value_end == value || *value_end || literal_end == literal || *literal_end)
        return strcasecmp(value, literal);
    return (number > other) - (number < other);
}

static bool try_comparison(const struct wql_node *node, const char *value)
{
    if (node->null || !value)
        return node->null && (node->operator== WQL_UNEQUAL ? value != NULL : value == NULL);
    if (node->operator== WQL_LIKE)
        return is_like(value, node->literal);
    const int order = compare(value, node->literal);
    switch (node->operator) {
    case WQL_UNEQUAL:
        return order != 0;
    case WQL_LESS:
        return order < 0;
    case WQL_GREATER:
        return order > 0;
    case WQL_LESS_EQUAL:
        return order <= 0;
    case WQL_GREATER_EQUAL:
        return order >= 0;
    default:
        return order == 0;
    }
}

bool wql_matches(const struct wql_query *query, const char *(*value)(const void *user, const char *property),
                 const void *user)
{
    bool holds[WQL_NODES_MAX] = { true };

    /* What a node joins stands before it. */
    for (size_t i = 0; i < query->nodes_count; i++) {
        const struct wql_node *node = &query->nodes[i];
        if (node->kind == WQL_COMPARISON)
            holds[i] = try_comparison(node, value(user, node->property));
        else if (node->kind == WQL_NOT)
            holds[i] = !holds[node->left];
        else if (node->kind == WQL_AND)
            holds[i] = holds[node->left] && holds[node->right];
        else
            holds[i] = holds[node->left] || holds[node->right];
    }
    return query->nodes_count == 0 || holds[query->nodes_count - 1];
}
