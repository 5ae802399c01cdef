/* From configuration to the rows and targets of all that is no agent. */
#include "daemon/surroundings.h"

#include "daemon/index_set.h"
#include "daemon/location.h"
#include "daemon/targets.h"

#include <errno.h>

/* Whom the configuration is applied to; all borrowed. */
struct surroundings {
    struct store *store;
    struct scheduler *scheduler;
    struct state *state;
    const struct config *config;
};

static int apply_server(const struct surroundings *around, const struct server_config *server, uint32_t *ret_index,
                        const struct now *now)
{
    const struct config *config = around->config;
    int error = state_index(around->state, SUBJECT_SERVER, server->name, ret_index);
    if (error < 0)
        return error;
    const struct server_identity *identity = server_identity_new(
        &(struct server_identity){ .name = server->name, .url = server->url, .addresses = server->addresses });
    if (!identity)
        return -ENOMEM;
    error = store_put_server(around->store, *ret_index, identity);
    server_identity_unref(identity);
    return error < 0 || !config->probes[DRIVER_SERVER].enabled
               ? error
               : targets_put_server(around->scheduler, config, server, *ret_index, now);
}

static int apply_source(const struct surroundings *around, const struct source_config *source, uint32_t *ret_index,
                        const struct now *now)
{
    const struct config *config = around->config;
    int error = state_index(around->state, SUBJECT_SOURCE, source->name, ret_index);
    if (error < 0)
        return error;
    const struct source_identity *identity =
        source_identity_new(&(struct source_identity){ .name = source->name,
                                                       .kind = (enum list_kind)(source->list + LIST_STANDARD),
                                                       .url = source->url,
                                                       .web_url = source->web_reputation_url,
                                                       .ranges = source->ranges });
    if (!identity)
        return -ENOMEM;
    error = store_put_source(around->store, *ret_index, identity, now);
    source_identity_unref(identity);
    return error < 0 || !config->probes[DRIVER_SOURCE].enabled
               ? error
               : targets_put_source(around->scheduler, config, source, *ret_index, now);
}

static int remove_servers(const struct surroundings *around, const struct index_set *kept, const struct now *now)
{
    uint32_t index = 0;
    for (const struct server_row *server; (server = store_next_server(around->store, index));) {
        index = server->index;
        const bool stays = index_set_has(kept, index);
        if (!stays || !around->config->probes[DRIVER_SERVER].enabled)
            scheduler_remove(around->scheduler, DRIVER_SERVER, index);
        const int error = stays ? 0 : store_remove_server(around->store, index, now);
        if (error < 0)
            return error;
    }
    return 0;
}

static int remove_sources(const struct surroundings *around, const struct index_set *kept, const struct now *now)
{
    uint32_t index = 0;
    for (const struct source_row *source; (source = store_next_source(around->store, index));) {
        index = source->index;
        const bool stays = index_set_has(kept, index);
        if (!stays || !around->config->probes[DRIVER_SOURCE].enabled)
            scheduler_remove(around->scheduler, DRIVER_SOURCE, index);
        const int error = stays ? 0 : store_remove_source(around->store, index, now);
        if (error < 0)
            return error;
    }
    return 0;
}

int surroundings_apply(struct store *store, struct scheduler *scheduler, struct state *state,
                       const struct config *config, uint32_t *servers, const struct now *now)
{
    const struct surroundings around = { store, scheduler, state, config };
    struct index_set kept_servers = { 0 }, kept_sources = { 0 };
    uint32_t source;

    int error = targets_configure(scheduler, config);
    if (error == 0)
        error = targets_put_sscfg(scheduler, config, now); /* before the files that are held against it */
    for (size_t i = 0; i < config->n_servers && error == 0; i++)
        if ((error = apply_server(&around, &config->servers[i], &servers[i], now)) == 0)
            error = index_set_add(&kept_servers, servers[i]);
    for (size_t i = 0; i < config->n_sources && error == 0; i++)
        if ((error = apply_source(&around, &config->sources[i], &source, now)) == 0)
            error = index_set_add(&kept_sources, source);
    if (error == 0)
        error = remove_servers(&around, &kept_servers, now);
    if (error == 0)
        error = remove_sources(&around, &kept_sources, now);
    if (error == 0)
        error = location_apply(config, store, scheduler, now);
    index_set_done(&kept_servers);
    index_set_done(&kept_sources);
    return error;
}
