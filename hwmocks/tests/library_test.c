#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define GPU "{'identity':{'uuid':'GPU-1','name':'One'},'power':{'usage_watts':100.5}}"

static nvmlReturn_t power_of(nvmlDevice_t device, unsigned int *milliwatts)
{
    return (nvmlReturn_t)NVML(nvmlDeviceGetPowerUsage, device, milliwatts);
}

TEST(calls_before_init_are_refused_and_init_is_counted)
{
    unsigned int count;
    use_scenario(GPU, "");
    CHECK_EQUAL(NVML(nvmlShutdown), NVML_ERROR_UNINITIALIZED);
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_ERROR_UNINITIALIZED);
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlInitWithFlags, 1), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlShutdown), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 1);
    CHECK_EQUAL(NVML(nvmlShutdown), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_ERROR_UNINITIALIZED);
    CHECK_EQUAL(NVML(nvmlShutdown), NVML_SUCCESS);
}

TEST(without_a_scenario_there_is_a_driver_and_no_gpu)
{
    unsigned int count = 9;
    char version[80];
    unsetenv("HWMOCKS_SCENARIO");
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 0);
    CHECK_EQUAL(NVML(nvmlSystemGetDriverVersion, version, 80), NVML_SUCCESS);
}

TEST(a_handle_from_before_shutdown_is_stale)
{
    unsigned int milliwatts;
    use_scenario(GPU, "");
    nvmlDevice_t old = first_gpu();
    CHECK_EQUAL(power_of(old, &milliwatts), NVML_SUCCESS);
    CHECK_EQUAL(milliwatts, 100500);
    NVML(nvmlShutdown);
    CHECK_EQUAL(power_of(old, &milliwatts), NVML_ERROR_UNINITIALIZED);
    nvmlDevice_t fresh = first_gpu();
    CHECK(fresh != old);
    CHECK_EQUAL(power_of(old, &milliwatts), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(power_of(fresh, &milliwatts), NVML_SUCCESS);
    CHECK_EQUAL(power_of((nvmlDevice_t)0x1234, &milliwatts), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(power_of(NULL, &milliwatts), NVML_ERROR_INVALID_ARGUMENT);
}

static void check_init(const char *state, nvmlReturn_t expected)
{
    char rest[200];
    snprintf(rest, sizeof rest, ",'timeline':[{'id':'%s','at':0,'driver':{'state':'%s'}}]", state, state);
    change_scenario(GPU, rest);
    CHECK_EQUAL(NVML(nvmlInit_v2), expected);
}

TEST(each_driver_state_has_its_init_code)
{
    use_scenario(GPU, "");
    check_init("not_loaded", NVML_ERROR_DRIVER_NOT_LOADED);
    check_init("library_missing", NVML_ERROR_LIBRARY_NOT_FOUND);
    check_init("version_mismatch", NVML_ERROR_LIB_RM_VERSION_MISMATCH);
    check_init("no_permission", NVML_ERROR_NO_PERMISSION);
    check_init("failed", NVML_ERROR_UNKNOWN);
    check_init("loaded", NVML_SUCCESS);
}

TEST(a_reloaded_driver_needs_shutdown_and_init)
{
    unsigned int milliwatts;
    use_scenario(GPU, "");
    nvmlDevice_t device = first_gpu();
    change_scenario(GPU, ",'timeline':[{'id':'gone','at':0,'driver':{'state':'not_loaded'}}]");
    CHECK_EQUAL(power_of(device, &milliwatts), NVML_ERROR_UNINITIALIZED);
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_ERROR_DRIVER_NOT_LOADED);
    change_scenario(GPU, "");
    CHECK_EQUAL(power_of(device, &milliwatts), NVML_ERROR_UNINITIALIZED);
    CHECK_EQUAL(NVML(nvmlShutdown), NVML_SUCCESS);
    CHECK_EQUAL(power_of(first_gpu(), &milliwatts), NVML_SUCCESS);
}

TEST(a_driver_that_left_and_returned_between_two_calls_is_noticed)
{
    unsigned int milliwatts;
    use_scenario(GPU, ",'timeline':[{'id':'out','at':0.4,'driver':{'state':'not_loaded'}},"
                      "{'id':'in','at':0.5,'driver':{'state':'loaded'}}]");
    nvmlDevice_t device = first_gpu();
    usleep(600000);
    CHECK_EQUAL(power_of(device, &milliwatts), NVML_ERROR_UNINITIALIZED);
}

TEST(a_mismatch_is_told_by_every_call)
{
    unsigned int milliwatts;
    use_scenario(GPU, "");
    nvmlDevice_t device = first_gpu();
    change_scenario(GPU, ",'timeline':[{'id':'upgrade','at':0,'driver':{'state':'version_mismatch'}}]");
    CHECK_EQUAL(power_of(device, &milliwatts), NVML_ERROR_LIB_RM_VERSION_MISMATCH);
}

/* Standard error of what the body prints. */
static void capture_errors(void)
{
    char path[80];
    snprintf(path, sizeof path, "%s/errors", test_folder());
    CHECK(freopen(path, "w", stderr) != NULL);
}

static bool errors_have(const char *text)
{
    char command[200];
    fflush(stderr);
    snprintf(command, sizeof command, "grep -qF '%s' %s/errors", text, test_folder());
    return system(command) == 0;
}

TEST(a_broken_scenario_fails_init_and_says_why)
{
    capture_errors();
    use_scenario("{'identity':{'uuid':'GPU-1'},'power':{'usage_watts':'much'}}", "");
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_ERROR_UNKNOWN);
    CHECK(errors_have(scenario_path()));
    CHECK(errors_have("gpus[0].power.usage_watts: must be of type number"));
    change_scenario(GPU, "");
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_SUCCESS);
}

TEST(a_broken_change_keeps_the_last_good_scenario)
{
    unsigned int milliwatts;
    capture_errors();
    use_scenario(GPU, "");
    nvmlDevice_t device = first_gpu();
    change_scenario("{'identity':{'uuid':'GPU-1'},'colour':1}", "");
    CHECK_EQUAL(power_of(device, &milliwatts), NVML_SUCCESS);
    CHECK_EQUAL(milliwatts, 100500);
    CHECK(errors_have("the node stays as it was"));
    CHECK(errors_have("gpus[0]: has the unknown key \"colour\""));
}

static void check_refused(const char *gpus, const char *rest, const char *reason)
{
    change_scenario(gpus, rest);
    unsigned int count;
    NVML(nvmlDeviceGetCount_v2, &count);
    CHECK(errors_have(reason));
}

TEST(what_the_schema_cannot_say_is_refused_too)
{
    capture_errors();
    use_scenario(GPU, "");
    first_gpu();
    check_refused(GPU "," GPU, "", "gpus[1]: has the UUID of an earlier GPU");
    check_refused("{'model':'x','identity':{'uuid':'GPU-1'}}", "", "gpus[0]: \"model\" is not in \"models\"");
    check_refused("{}", "", "gpus[0]: lacks \"identity.uuid\"");
    check_refused(GPU, ",'patterns':[{'gpu':0,'value':'power.colour','shape':'constant','low':1}]",
        "patterns[0]: \"value\" is no key of a number");
    check_refused(GPU, ",'patterns':[{'gpu':0,'value':'power.usage_watts','shape':'sine','low':1}]",
        "patterns[0]: the shape needs \"period_seconds\"");
    check_refused(GPU, ",'patterns':[{'gpu':0,'value':'power.usage_watts','shape':'constant','low':1},"
                       "{'gpu':'all','value':'power.usage_watts','shape':'constant','low':1}]",
        "patterns[1]: an earlier pattern has the same value");
    check_refused(GPU, ",'calls':[{'id':'a','function':'nvmlInit'},{'id':'a','function':'nvmlInit'}]",
        "calls[1]: has the \"id\" of an earlier entry");
    check_refused(GPU, ",'timeline':[{'id':'a','at':0,'gpu':7,'set':{}}]", "timeline[0]: \"gpu\" names no GPU");
}

TEST(a_relative_path_and_whole_numbers_with_a_point_are_good)
{
    unsigned int milliwatts;
    use_scenario(GPU, ",'patterns':[{'gpu':0.0,'value':'power.usage_watts','shape':'constant','low':5}]");
    CHECK_EQUAL(chdir(test_folder()), 0);
    setenv("HWMOCKS_SCENARIO", "scenario.json", 1);
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(power_of(device, &milliwatts), NVML_SUCCESS);
    CHECK_EQUAL(milliwatts, 5000);
    CHECK_EQUAL(chdir("/"), 0);
    change_scenario(GPU, ",'timeline':[{'id':'anonymous','at':0,'gpu':0.0,'set':{'identity':null}}]");
    char uuid[96];
    CHECK_EQUAL(NVML(nvmlDeviceGetUUID, device, uuid, 96), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(power_of(device, &milliwatts), NVML_SUCCESS);
    CHECK_EQUAL(milliwatts, 100500);
}

/* Many copies of the mock in one process use up the inotify instances of the user; here the descriptors run out. */
TEST(without_inotify_a_change_is_seen_as_well)
{
    struct rlimit limit;
    struct rlimit none;
    unsigned int count = 9;
    capture_errors();
    use_scenario(GPU, "");
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    unprototyped *init = (unprototyped *)library_symbol("libnvidia-ml.so.1", "nvmlInit_v2");
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
    int answer = init();
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQUAL(answer, NVML_ERROR_UNKNOWN);
    change_scenario(GPU ",{'identity':{'uuid':'GPU-2'}}", "");
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 2);
}

TEST(error_strings_and_the_nvml_version_need_no_init)
{
    char version[80];
    use_scenario(GPU, "");
    const char *(*text)(nvmlReturn_t) = library_symbol("libnvidia-ml.so.1", "nvmlErrorString");
    CHECK_TEXT(text(NVML_ERROR_GPU_IS_LOST), "GPU is lost");
    CHECK_TEXT(text((nvmlReturn_t)12345), "Unknown Error");
    CHECK_EQUAL(NVML(nvmlSystemGetNVMLVersion, version, 80), NVML_SUCCESS);
    CHECK_TEXT(version, "13.580.105.08");
    CHECK_EQUAL(NVML(nvmlInternalGetExportTable, NULL, NULL), NVML_ERROR_NOT_SUPPORTED);
}

TEST(an_unknown_function_is_not_supported)
{
    use_scenario(GPU, "");
    CHECK_EQUAL(NVML(nvmlSystemGetCPER_v1), NVML_ERROR_UNINITIALIZED);
    first_gpu();
    CHECK_EQUAL(NVML(nvmlSystemGetCPER_v1), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandles, NULL), NVML_ERROR_NOT_SUPPORTED);
}

TEST(strict_aborts_with_the_name_of_an_unknown_function)
{
    int status;
    capture_errors();
    use_scenario(GPU, "");
    setenv("HWMOCKS_STRICT", "1", 1);
    pid_t child = fork();
    if (child == 0) {
        first_gpu();
        NVML(nvmlSystemGetCPER_v1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(errors_have("nvmlSystemGetCPER_v1 is not implemented"));
}

static bool counts_have(pid_t pid, const char *line)
{
    char command[200];
    snprintf(command, sizeof command, "grep -qxF \"$(printf '%s')\" %s/%d.tsv", line, test_folder(), (int)pid);
    return system(command) == 0;
}

TEST(calls_are_counted_while_running_and_at_exit)
{
    unsigned int milliwatts;
    int status;
    use_scenario(GPU, "");
    setenv("HWMOCKS_CALLS", test_folder(), 1);
    pid_t child = fork();
    if (child == 0) {
        nvmlDevice_t device = first_gpu();
        power_of(device, &milliwatts);
        for (int i = 0; i < 40 && !counts_have(getpid(), "nvmlDeviceGetPowerUsage\\t1"); i++) {
            usleep(50000);
        }
        CHECK(counts_have(getpid(), "nvmlDeviceGetPowerUsage\\t1"));
        for (int i = 0; i < 9; i++) {
            power_of(device, &milliwatts);
        }
        exit(0);
    }
    waitpid(child, &status, 0);
    CHECK_EQUAL(status, 0);
    CHECK(counts_have(child, "nvmlDeviceGetPowerUsage\\t10"));
    CHECK(counts_have(child, "nvmlInit_v2\\t1"));
}

TEST(both_libraries_share_the_file_of_counts)
{
    int status;
    use_scenario(GPU, "");
    setenv("HWMOCKS_CALLS", test_folder(), 1);
    pid_t child = fork();
    if (child == 0) {
        first_gpu();
        CUDA(cuInit, 0);
        exit(0);
    }
    waitpid(child, &status, 0);
    CHECK_EQUAL(status, 0);
    CHECK(counts_have(child, "nvmlInit_v2\\t1"));
    CHECK(counts_have(child, "cuInit\\t1"));
}
