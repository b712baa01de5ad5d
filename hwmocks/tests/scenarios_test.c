#include "tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_accepted(const char *name)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        char count[8];
        use_scenario_file(name);
        int answer = NVML(nvmlInit_v2);
        CHECK(answer != NVML_ERROR_UNKNOWN);
        CHECK(answer != NVML_SUCCESS || NVML(nvmlDeviceGetCount_v2, count) == NVML_SUCCESS);
        exit(0);
    }
    waitpid(child, &status, 0);
    return status == 0;
}

TEST(every_scenario_of_the_folder_is_accepted)
{
    char path[512];
    int count = 0;
    snprintf(path, sizeof path, "%s/scenarios", source_folder());
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strstr(entry->d_name, ".json") != NULL) {
            printf("# %s\n", entry->d_name);
            CHECK(is_accepted(entry->d_name));
            count++;
        }
    }
    closedir(folder);
    CHECK(count >= 6);
}

/* A keyword that node/schema.c does not know would silently check nothing. */
TEST(the_schema_uses_only_the_keywords_that_are_checked)
{
    char command[800];
    snprintf(command, sizeof command,
        "grep -oE '\"(allOf|oneOf|not|if|const|patternProperties|propertyNames|multipleOf|exclusiveMinimum|"
        "exclusiveMaximum|contains|dependentRequired|minProperties|maxProperties|prefixItems|format)\": '"
        " %s/scenario.schema.json",
        source_folder());
    CHECK(system(command) != 0);
}
