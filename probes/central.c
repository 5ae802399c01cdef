/* Apex Central's Automation API: who may ask, and the inventory. The logs are read by central_log.c. */
#include "central.h"

#include "clock.h"
#include "jwt.h"

#include <errno.h>
#include <string.h>

/* Of the products that an Apex Central manages, the one whose agents these are (vendor's API guide). */
#define PRODUCT "SLF_PRODUCT_OFFICESCAN_CE"

static int authorise(const struct console *console, const char *target, char **ret_token)
{
    const struct jwt_request request = {
        .application_id = console->settings.application_id,
        .key = console->settings.api_key,
        .method = "GET",
        .target = target,
        .body = "",
        .issued_s = clock_now().wall_ms / 1000,
    };

    return jwt_make(&request, ret_token);
}

/* The first address of a list, which may be long. */
static void take_address(const json_t *item, char address[ADDRESS_TEXT_BYTES])
{
    const char *list = json_string_value(json_object_get(item, "ip_address_list"));
    struct address parsed;

    address[0] = '\0';
    for (const char *at = list; at && *at; at += strcspn(at, ",; ")) {
        at += strspn(at, ",; ");
        const size_t bytes = strcspn(at, ",; ");
        if (bytes == 0 || bytes >= ADDRESS_TEXT_BYTES)
            continue;
        memcpy(address, at, bytes);
        address[bytes] = '\0';
        if (address_parse(address, &parsed) == 0)
            return;
        address[0] = '\0';
    }
}

static int pass_over(struct console *console, const char *what)
{
    const struct console_round *round = &console->round;

    console_odd(console, "inventory, behind agent %u: %s", round->agents, what);
    console->round.odd_agents++;
    return 0;
}

static int take_item(void *user, const json_t *item)
{
    struct console *console = user;
    char address[ADDRESS_TEXT_BYTES];

    if (!json_is_object(item))
        return pass_over(console, item ? "an item is no object" : "an item is not UTF-8");
    const char *product = console_text(item, "product"), *name = console_text(item, "host_name");
    if (!product || !*product)
        return pass_over(console, "product is missing or no text");
    if (strcmp(product, PRODUCT) != 0)
        return 0;
    if (!name || !*name)
        return pass_over(console, "host_name is missing or no text for a name");
    take_address(item, address);
    return console_tell_agent(console, &(struct console_agent){
                                           .name = name,
                                           .guid = console_text_or_none(item, "entity_id"),
                                           .server = console_text_or_none(item, "managing_server_id"),
                                           .group = console_text_or_none(item, "folder_path"),
                                           .address = address,
                                       });
}

static int inventory(struct console *console)
{
    char target[CONSOLE_TARGET_BYTES], words[CONSOLE_DETAIL_BYTES];
    json_t *rest = NULL;

    int r = console_target(console, target, "/WebApp/API/AgentResource/ProductAgents");
    if (!r)
        r = console_get(console, target, "result_content", take_item, console, &rest);
    if (r)
        return r;
    if (json_integer_value(json_object_get(rest, "result_code")) != 1) {
        console_words(console, rest, words, sizeof words);
        r = console_fail(console, CAUSE_WRONG_ANSWER, "the inventory was not to be had: %s", words);
    }
    json_decref(rest);
    return r;
}

const struct console_kind central_kind = {
    .signs_time = true,
    .authorise = authorise,
    .inventory = inventory,
    .records = central_log_read,
    .remember = central_log_remember,
};
