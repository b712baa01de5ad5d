#include "driver.h"

#include "../node/node.h"

#include <stdio.h>
#include <stdlib.h>

static const char *version(void)
{
    return json_string_value(json_object_get(node.driver, "version"));
}

bool driver_is_at_least(unsigned int branch)
{
    return version() == NULL || strtoul(version(), NULL, 10) >= branch;
}

bool driver_has_old_field_order(void)
{
    unsigned int branch = 0;
    unsigned int release = 0;
    /* 580.65 is the first of its branch; nvml.h 13.0 update 1 has the final order. */
    return version() != NULL && sscanf(version(), "%u.%u", &branch, &release) >= 1
        && (branch == 575 || (branch == 580 && release <= 65));
}
