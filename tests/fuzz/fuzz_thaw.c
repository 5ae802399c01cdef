/* Any bytes as a row that was kept: no crash, nothing half taken; and a store that took them back lives on, and ends.
 * The rows have kind, key and two bytes of length before them, as many of them as there are. */
#include "core/freeze.h"
#include "core/restore.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUBJECTS = 3, FOR_LONG = 1000000 };
#define WALL_MS INT64_C(1700000500000) /* a little later than the rows of the corpus */

static struct store *store_of_all(void)
{
    struct store *store;
    if (store_new(&(struct store_settings){ .name = "fuzz",
                                            .policy = { .pattern_max_age_ms = 1000,
                                                        .evidence_max_age_ms = FOR_LONG,
                                                        .rise = 1,
                                                        .fall = 1,
                                                        .pattern_versions_behind = 2 },
                                            .notify = true,
                                            .history_max = 2 },
                  &store) < 0)
        abort();
    journal_switch(store_journal(store), true);
    return store;
}

static void put_everybody(struct store *store, const struct now *now)
{
    const struct server_identity *server = server_identity_new(
        &(struct server_identity){ .name = "s", .url = "http://10.1.0.1:80", .addresses = "10.1.0.1" });
    const struct source_identity *source = source_identity_new(&(struct source_identity){
        .name = "s", .kind = LIST_STANDARD, .url = "http://10.1.0.1", .web_url = "http://10.1.0.1", .ranges = "" });
    const struct agent_identity *agent = agent_identity_new(&(struct agent_identity){ .name = "a",
                                                                                      .guid = "",
                                                                                      .group = "g",
                                                                                      .address = "10.0.0.1",
                                                                                      .group_index = 1,
                                                                                      .server = 1,
                                                                                      .monitored = CONDITIONS_ALL });
    if (!server || !source || !agent)
        abort();
    for (uint32_t i = 1; i <= SUBJECTS; i++)
        if (store_put_server(store, i, server) < 0 || store_put_source(store, i, source, now) < 0)
            abort();
    for (uint32_t i = 1; i <= SUBJECTS; i++)
        if (store_put_agent(store, i, agent, now) < 0)
            abort();
    server_identity_unref(server);
    source_identity_unref(source);
    agent_identity_unref(agent);
}

/* Whatever it is by now can be shown, and written. */
static void look_at(struct store *store, const struct now *now)
{
    struct snapshot *snapshot = store_publish(store, &(struct collector_info){ .name = "fuzz", .version = "" });
    enum kept kind = 0;
    uint32_t key = 0;
    if (!snapshot)
        abort();
    snapshot_unref(snapshot);
    while (freeze_next(store, &kind, &key)) {
        struct codec codec = codec_writer(now);
        if (freeze_row(store, kind, key, &codec) < 0)
            abort();
        codec_done(&codec);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct now now = { .mono_ms = FOR_LONG, .wall_ms = WALL_MS };
    struct store *store = store_of_all();
    for (enum kept last = 0; size >= 4;) {
        const size_t n = (size_t)(data[2] | data[3] << 8) < size - 4 ? (size_t)(data[2] | data[3] << 8) : size - 4;
        const enum kept kind = (enum kept)(data[0] % (KEPT_LAST + 1));
        if (kind > last) { /* in their order, as the database gives them */
            const int error = restore_row(store, kind, 1 + data[1] % SUBJECTS, data + 4, n, &now);
            if (error != 0 && error != -EPROTO)
                abort();
            last = kind;
        }
        data += 4 + n;
        size -= 4 + n;
    }
    put_everybody(store, &now);
    look_at(store, &now);
    now.mono_ms += FOR_LONG;
    now.wall_ms += FOR_LONG;
    store_expire(store, &now);
    while (restore_end(store, 1, &now) > 0)
        look_at(store, &now);
    look_at(store, &now);
    store_free(store);
    return 0;
}
