#ifndef HWMOCKS_LIBRARY_STATE_H
#define HWMOCKS_LIBRARY_STATE_H

#include "../nvml_abi.h"

#include <stdbool.h>

/* SUCCESS while the library is initialised and the driver is what it was then. */
nvmlReturn_t library_condition(void);

/* Counts an nvmlInit, or says why there is none. Lets the lock go while the driver takes its time. */
nvmlReturn_t library_initialize(void);
bool library_ever_initialized(void);

/* Takes an nvmlInit back. True: it was the last one. */
bool library_release(void);

#endif
