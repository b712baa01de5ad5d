#ifndef HWMOCKS_DRIVER_H
#define HWMOCKS_DRIVER_H

#include <stdbool.h>

/* Whether the scenario's driver is at least of that branch; an unknown version counts as the newest. */
bool driver_is_at_least(unsigned int branch);

/* The branches (575 and the first 580) that numbered fields 251 to 273 in another order. */
bool driver_has_old_field_order(void);

#endif
