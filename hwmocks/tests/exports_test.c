#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of a command's output, without its end; false at the end. */
static bool next_line(FILE *file, char *line, size_t size)
{
    if (fgets(line, (int)size, file) == NULL) {
        return false;
    }
    line[strcspn(line, "\t\n")] = '\0';
    return true;
}

static FILE *symbols_of(const char *library)
{
    char command[600];
    snprintf(command, sizeof command, "nm -D --defined-only %s/%s | cut -d' ' -f3 | LC_ALL=C sort", library_folder(),
        library);
    return popen(command, "r");
}

/* The names with a branch up to the given one, as the version script selects them. */
static FILE *names_in(const char *list, int branch)
{
    char command[600];
    snprintf(command, sizeof command, "awk -v b=%d '$2 == \"\" || $2 <= b { print $1 }' %s/exports/%s | LC_ALL=C sort",
        branch, source_folder(), list);
    return popen(command, "r");
}

static int check_exports(const char *library, const char *list, int branch)
{
    FILE *exported = symbols_of(library);
    FILE *names = names_in(list, branch);
    char symbol[128];
    char name[128];
    int count = 0;
    while (next_line(names, name, sizeof name)) {
        CHECK(next_line(exported, symbol, sizeof symbol));
        CHECK_TEXT(symbol, name);
        count++;
    }
    CHECK(!next_line(exported, symbol, sizeof symbol));
    pclose(names);
    pclose(exported);
    return count;
}

static bool exports(const char *library, const char *name)
{
    char symbol[128];
    bool found = false;
    FILE *exported = symbols_of(library);
    while (next_line(exported, symbol, sizeof symbol)) {
        found |= strcmp(symbol, name) == 0;
    }
    pclose(exported);
    return found;
}

TEST(nvml_exports_the_417_names_of_driver_610_and_no_other)
{
    CHECK_EQUAL(check_exports("libnvidia-ml.so.1", "nvml.tsv", 9999), 417);
    CHECK(exports("libnvidia-ml.so.1", "nvmlInternalGetExportTable"));
}

TEST(cuda_exports_its_names_and_no_other)
{
    CHECK(check_exports("libcuda.so.1", "cuda.tsv", 9999) > 0);
}

TEST(older_builds_lack_what_their_driver_lacks)
{
    check_exports("r470/libnvidia-ml.so.1", "nvml.tsv", 470);
    check_exports("r535/libnvidia-ml.so.1", "nvml.tsv", 535);
    CHECK(!exports("r470/libnvidia-ml.so.1", "nvmlDeviceGetMemoryInfo_v2"));
    CHECK(!exports("r470/libnvidia-ml.so.1", "nvmlGpmSampleGet"));
    CHECK(exports("r470/libnvidia-ml.so.1", "nvmlDeviceGetCurrentClocksThrottleReasons"));
    CHECK(exports("r470/libnvidia-ml.so.1", "nvmlEventSetWait_v2"));
    CHECK(exports("r535/libnvidia-ml.so.1", "nvmlDeviceGetCurrentClocksEventReasons"));
    CHECK(!exports("r535/libnvidia-ml.so.1", "nvmlDeviceGetGpuFabricInfoV"));
    CHECK(!exports("r535/libnvidia-ml.so.1", "nvmlDeviceGetTemperatureV"));
}

TEST(broken_libraries_are_as_broken_as_they_say)
{
    char *name = guarded(96);
    nvmlDevice_t device;
    CHECK(!exports("broken/no_nvml/libnvidia-ml.so.1", "nvmlInit_v2"));
    unprototyped *by_index = library_symbol("broken/garbage/libnvidia-ml.so.1", "nvmlDeviceGetHandleByIndex_v2");
    unprototyped *uuid = library_symbol("broken/garbage/libnvidia-ml.so.1", "nvmlDeviceGetUUID");
    CHECK_EQUAL(by_index(0, &device), NVML_SUCCESS);
    CHECK_EQUAL(uuid(device, name, 96), NVML_SUCCESS);
    CHECK(memchr(name, 0, 96) == NULL);
    CHECK_GUARD(name);
}

TEST(sonames_are_the_real_ones_and_binding_is_lazy)
{
    char command[600];
    snprintf(command, sizeof command,
        "for l in . r470 r535; do readelf -d %s/$l/libnvidia-ml.so.1 | grep -q 'soname: .libnvidia-ml.so.1.' || exit 1;"
        " readelf -d %s/$l/libnvidia-ml.so.1 | grep -Eq 'BIND_NOW|FLAGS_1.*NOW' && exit 1; done;"
        " readelf -d %s/libcuda.so.1 | grep -q 'soname: .libcuda.so.1.'",
        library_folder(), library_folder(), library_folder());
    CHECK_EQUAL(system(command), 0);
}
