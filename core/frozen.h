/* Rows as bytes, for a database: each function writes a row through a codec, or reads it into one that is all zero. One
 * that was read owns what it points to, also where reading ended in an error. What a store works out anew by itself
 * (counts, ages, when to look again) is not in the bytes. It decides nothing. */
#ifndef AH_CORE_FROZEN_H
#define AH_CORE_FROZEN_H

#include "codec.h"
#include "notification.h"

void frozen_statement(struct codec *codec, struct statement *statement);
void frozen_evidence(struct codec *codec, struct evidence *evidence);
/* *change_wall_ms: when the agent's latest change was. */
void frozen_agent(struct codec *codec, struct agent_row *agent, int64_t *change_wall_ms);
/* Who servers, sources and groups are is not in the bytes: the configuration says so. */
void frozen_server(struct codec *codec, struct server_row *server);
void frozen_source(struct codec *codec, struct source_row *source);
void frozen_group(struct codec *codec, struct group_row *group);
void frozen_telling(struct codec *codec, struct telling_row *telling);
void frozen_alarm(struct codec *codec, struct alarm_row *alarm);
void frozen_history(struct codec *codec, struct history_row *past);
void frozen_notification(struct codec *codec, struct notification *notification);

/* What was told of a list of sources. */
struct outage {
    uint32_t alarm; /* that stands for all its agents while it is down: its sequence; 0: none is active */
    bool judged, told;
};
void frozen_outage(struct codec *codec, struct outage *outage);

/* What is about the collector itself. */
struct kept_collector {
    uint32_t persistence_alarm, uplink_alarm; /* sequences; 0: not active */
    bool persistence_told, uplink_told;       /* those alarms were */
    int64_t change_wall_ms;                   /* when the latest change was; 0: never */
    uint8_t switched_from;                    /* as in struct store */
};
void frozen_collector(struct codec *codec, struct kept_collector *collector);

/* Parts of the above. */
void frozen_contact(struct codec *codec, struct contact *contact);
void frozen_damper(struct codec *codec, struct damper *damper, uint8_t max);
void frozen_maintenance(struct codec *codec, struct maintenance *maintenance);

#endif
