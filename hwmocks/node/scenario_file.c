#include "scenario_file.h"

#include "file_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *scenario_path;

/* The program may change its folder later. Links stay links: a new one in the file's place is a change. */
static char *absolute(const char *path)
{
    char *whole = NULL;
    if (path[0] == '/') {
        return strdup(path);
    }
    char *folder = getcwd(NULL, 0);
    if (asprintf(&whole, "%s/%s", folder != NULL ? folder : ".", path) < 0) {
        abort();
    }
    free(folder);
    return whole;
}

void scenario_file_open(void)
{
    const char *path = getenv("HWMOCKS_SCENARIO");
    if (path != NULL && path[0] != '\0') {
        scenario_path = absolute(path);
        file_watch_open(scenario_path);
    }
}

const char *scenario_file_path(void)
{
    return scenario_path;
}

bool scenario_file_changed(void)
{
    return file_watch_changed();
}
