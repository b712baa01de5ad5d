#ifndef HWMOCKS_EVENT_SET_H
#define HWMOCKS_EVENT_SET_H

#include "../nvml_abi.h"
#include "../node/node.h"

/* Registrations and what is on its way to their owner. */
struct event_set;

/* NULL: out of memory. */
struct event_set *event_set_make(void);
nvmlEventSet_t event_set_handle(const struct event_set *set);
struct event_set *event_set_find(nvmlEventSet_t handle);
void event_set_drop(struct event_set *set);
void event_sets_drop_all(void);

void event_set_register(struct event_set *set, const char *uuid, unsigned long long types);

/* Threads that wait on the set. */
void event_set_count_waits(struct event_set *set, int change);
bool event_set_is_waited_for(const struct event_set *set);

/* Moves every due event into the sets that registered for it. It happens in a wait, when registering is over. */
void event_sets_distribute(void);

/* The oldest event of the set, if there is one. */
bool event_set_take(struct event_set *set, nvmlEventData_t *data);

/*
 * Whether a GPU of the set was lost since the last time: GPU_IS_LOST ends one wait, not every one from then on, unless
 * loss_lasts is set.
 */
bool event_set_has_new_loss(struct event_set *set);

#endif
