#ifndef HWMOCKS_KEEPER_H
#define HWMOCKS_KEEPER_H

#include <stdbool.h>

/*
 * The background thread: it notices a changed scenario while nobody calls (waiters must wake), and writes the call
 * counts. The library is linked with -z nodelete: a dlclose neither unmaps the code under this thread nor forgets
 * which events the process has seen.
 */
void keeper_start(void);

/* HWMOCKS_SCENARIO as it was at the first call; NULL: none. */
const char *keeper_scenario_path(void);

/* Under the node's lock: whether the file was rewritten or replaced since the last question. */
bool keeper_file_changed(void);

#endif
