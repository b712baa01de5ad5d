#include "tap.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Driver quirks: docs/scenarios.md. */
#define TWO_GPUS "'gpus':[{'identity':{'uuid':'GPU-1'},'power':{'usage_watts':50},'modes':{'persistence':false}}," \
                 "{'identity':{'uuid':'GPU-2'},'power':{'usage_watts':60},'modes':{'persistence':true}%s}]"
#define XID 8ull

static void use_driver(const char *quirks, const char *second, const char *rest)
{
    char gpus[512];
    char text[2048];
    snprintf(gpus, sizeof gpus, TWO_GPUS, second);
    snprintf(text, sizeof text, "{'description':'x','driver':{'state':'loaded'%s},%s%s}", quirks, gpus, rest);
    use_scenario_text(text);
}

static nvmlDevice_t gpu_at(unsigned int index)
{
    nvmlDevice_t device = NULL;
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, index, &device), NVML_SUCCESS);
    return device;
}

static void *ask_power(void *device)
{
    unsigned int milliwatts;
    return (void *)(long)NVML(nvmlDeviceGetPowerUsage, device, &milliwatts);
}

TEST(a_hang_that_holds_the_lock_holds_every_caller)
{
    pthread_t one;
    pthread_t other;
    char version[80];
    use_driver("", "", ",'calls':[{'id':'h','function':'nvmlDeviceGetPowerUsage','gpu':0,'hang':true,'holds_lock':true,"
                       "'until':0.8}]");
    nvmlDevice_t first = first_gpu();
    nvmlDevice_t second = gpu_at(1);
    double start = seconds_now();
    pthread_create(&one, NULL, ask_power, first);
    usleep(100000);
    pthread_create(&other, NULL, ask_power, second);

    /* The library answers this itself. */
    NVML(nvmlSystemGetNVMLVersion, version, 80);
    CHECK(seconds_now() - start < 0.5);
    pthread_join(other, NULL);
    CHECK(seconds_now() - start > 0.5);
    pthread_join(one, NULL);
}

TEST(a_loss_that_lasts_ends_every_wait)
{
    nvmlEventData_t data;
    nvmlEventSet_t set;
    use_driver(",'loss_lasts':true", "", ",'timeline':[{'id':'l','at':0.3,'gpu':0,'set':{'state':'lost'}}]");
    nvmlDevice_t first = first_gpu();
    CHECK_EQUAL(NVML(nvmlEventSetCreate, &set), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, first, XID, set), NVML_SUCCESS);
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(NVML(nvmlEventSetWait_v2, set, &data, 3000), NVML_ERROR_GPU_IS_LOST);
    }
}

TEST(gpus_that_are_fixed_change_with_the_next_init)
{
    unsigned int count = 0;
    use_driver(",'fixed_gpus':true", "", ",'timeline':[{'id':'g','at':0.3,'gpu':0,'set':{'present':false}}]");
    nvmlDevice_t first = first_gpu();
    usleep(400000);
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 2);
    CHECK_EQUAL((long)ask_power(first), NVML_ERROR_GPU_IS_LOST);
    CHECK_EQUAL((long)ask_power(gpu_at(1)), NVML_SUCCESS);
    NVML(nvmlShutdown);
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 1);
}

static void *wait_a_second(void *set)
{
    nvmlEventData_t data;
    return (void *)(long)NVML(nvmlEventSetWait_v2, set, &data, 1000);
}

TEST(a_registration_waits_for_the_wait_on_its_set)
{
    nvmlEventSet_t set;
    pthread_t waiter;
    use_driver(",'registration_blocks':true", "", "");
    nvmlDevice_t first = first_gpu();
    CHECK_EQUAL(NVML(nvmlEventSetCreate, &set), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, first, XID, set), NVML_SUCCESS);
    double start = seconds_now();
    pthread_create(&waiter, NULL, wait_a_second, set);
    usleep(100000);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, gpu_at(1), XID, set), NVML_SUCCESS);
    CHECK(seconds_now() - start > 0.9);
    pthread_join(waiter, NULL);
}

TEST(the_types_of_events_are_those_of_the_driver)
{
    unsigned long long types = 1;
    nvmlEventSet_t set;
    use_driver(",'event_types':2056,'known_event_types':8", "", "");
    nvmlDevice_t first = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetSupportedEventTypes, first, &types), NVML_SUCCESS);
    CHECK_EQUAL(types, 0x808);
    CHECK_EQUAL(NVML(nvmlEventSetCreate, &set), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, first, 0x808ull, set), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, first, XID, set), NVML_SUCCESS);
}

TEST(a_gpu_that_nobody_keeps_awake_takes_its_time)
{
    use_driver(",'gpu_init_ms':300,'idle_seconds':0.2", "", "");
    double start = seconds_now();
    nvmlDevice_t first = first_gpu();
    CHECK(seconds_now() - start >= 0.299);
    CHECK(seconds_now() - start < 0.59);
    ask_power(first);
    usleep(300000);
    start = seconds_now();
    ask_power(gpu_at(1));
    CHECK(seconds_now() - start < 0.2);
    ask_power(first);
    CHECK(seconds_now() - start >= 0.299);
}

#define MIG(uuid) ",'mig':{'enabled':true,'max_instances':7,'instances':[{'uuid':'" uuid "','name':'M','slot':0," \
                  "'gpu_instance':1,'compute_instance':0}]}"

TEST(a_mig_handle_that_is_reused_leads_to_another_instance)
{
    nvmlDevice_t instance;
    char uuid[80];
    use_driver(",'reuses_mig_handles':true", MIG("MIG-1"), "");
    first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetMigDeviceHandleByIndex, gpu_at(1), 0, &instance), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetUUID, instance, uuid, 80), NVML_SUCCESS);
    CHECK_TEXT(uuid, "MIG-1");
    use_driver(",'reuses_mig_handles':true", MIG("MIG-2"), "");
    CHECK_EQUAL(NVML(nvmlDeviceGetUUID, instance, uuid, 80), NVML_SUCCESS);
    CHECK_TEXT(uuid, "MIG-2");
}

#define NOT_OPENED 7

static void *hang_in_it(void *function)
{
    unsigned int count;
    ((nvmlReturn_t(*)(unsigned int *))function)(&count);
    return NULL;
}

/* In a child: the call comes back into code that is gone. */
static void close_under_a_call(const char *build)
{
    char path[512];
    pthread_t thread;
    snprintf(path, sizeof path, "%s/%slibnvidia-ml.so.1", library_folder(), build);
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL) {
        _exit(NOT_OPENED);
    }
    ((nvmlReturn_t(*)(void))dlsym(library, "nvmlInit_v2"))();
    pthread_create(&thread, NULL, hang_in_it, dlsym(library, "nvmlDeviceGetCount_v2"));
    usleep(100000);
    dlclose(library);
    pthread_join(thread, NULL);
    _exit(0);
}

static int outcome_of_closing(const char *build)
{
    int status = 0;
    use_driver("", "", ",'calls':[{'id':'h','function':'nvmlDeviceGetCount','hang':true,'until':0.5}]");
    pid_t child = fork();
    if (child == 0) {
        close_under_a_call(build);
    }
    waitpid(child, &status, 0);
    return status;
}

TEST(a_closed_library_stays_mapped)
{
    CHECK_EQUAL(outcome_of_closing(""), 0);
}

TEST(the_library_that_unmaps_crashes_who_is_still_in_it)
{
    int status = outcome_of_closing("unmap/");

    /* The address sanitizer makes an exit of the signal. */
    CHECK(WIFSIGNALED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != NOT_OPENED));
}

static void *init_cuda(void *unused)
{
    CUDA(cuInit, 0);
    return unused;
}

TEST(cuda_waits_for_the_mps_server_of_another_user)
{
    char control[512];
    pthread_t thread;
    snprintf(control, sizeof control, "%s/control", test_folder());
    fclose(fopen(control, "w"));
    setenv("CUDA_MPS_PIPE_DIRECTORY", test_folder(), 1);
    use_driver(",'mps_waits':true", "", "");
    double start = seconds_now();
    pthread_create(&thread, NULL, init_cuda, NULL);
    usleep(300000);
    remove(control);
    pthread_join(thread, NULL);
    CHECK(seconds_now() - start >= 0.299);
}
