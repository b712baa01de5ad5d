#ifndef HWMOCKS_LIBRARY_H
#define HWMOCKS_LIBRARY_H

#include "../nvml_abi.h"

/* What a call gets from the state of library and driver, before anything else is looked at. */
nvmlReturn_t library_condition(void);

#endif
