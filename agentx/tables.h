/* The tables and scalar groups of the module, each in a file of its own. */
#ifndef AH_AGENTX_TABLES_H
#define AH_AGENTX_TABLES_H

#include "table.h"

extern const struct table collector_scalars, fleet_scalars, delivery_scalars, alarm_info_scalars;
extern const struct table server_table, source_table, agent_table, connection_table, protection_table, alarm_table,
    history_table, change_table, guidance_table, probe_table, group_table, probe_answer_table, component_table,
    smart_check_table, reference_server_table, gateway_table;

/* Rows of the agents' table, which others augment. */
bool agents_find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret);
bool agents_next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret);

/* Columns that several tables share. */
void value_conditions(struct value *value, uint32_t conditions);
/* The time that an answer took; unknown where there was none. */
void value_rtt(struct value *value, const struct contact *contact);

/* Checks a new end of a maintenance, as column.test does. */
enum write_error check_maintenance(const struct view *view, enum subject subject, uint32_t index,
                                   const struct value *value, struct snmp_command *ret);

/* The age of the pattern in use when the agent was last judged. */
void value_pattern_age(struct value *value, const struct agent_row *agent);
/* RowPointer to the first step of a subject in ahGuidanceTable; zeroDotZero for 0. */
void value_guidance(struct value *value, const struct view *view, uint32_t subject);

#endif
