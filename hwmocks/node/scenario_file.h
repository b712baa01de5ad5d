#ifndef HWMOCKS_SCENARIO_FILE_H
#define HWMOCKS_SCENARIO_FILE_H

#include <stdbool.h>

/* Takes HWMOCKS_SCENARIO as it is at the first call, and watches the file from then on. */
void scenario_file_open(void);

/* Its absolute path; NULL: none. */
const char *scenario_file_path(void);

/* Under the node's lock: whether the file was rewritten or replaced since the last question. */
bool scenario_file_changed(void);

#endif
