#include "tap.h"

#include <pthread.h>
#include <unistd.h>

#define GPUS "{'identity':{'uuid':'GPU-1'},'ecc':{'enabled':true},'mig':{'enabled':false}}," \
             "{'identity':{'uuid':'GPU-2'}}"
#define XID 8ull
#define DBE 2ull

static nvmlEventSet_t set_with(nvmlDevice_t device, unsigned long long types)
{
    nvmlEventSet_t set = NULL;
    CHECK_EQUAL(NVML(nvmlEventSetCreate, &set), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, device, types, set), NVML_SUCCESS);
    return set;
}

static nvmlReturn_t wait_on(nvmlEventSet_t set, nvmlEventData_t *data, unsigned int milliseconds)
{
    return (nvmlReturn_t)NVML(nvmlEventSetWait_v2, set, data, milliseconds);
}

TEST(a_wait_blocks_for_its_timeout)
{
    nvmlEventData_t data;
    use_scenario(GPUS, "");
    nvmlEventSet_t set = set_with(first_gpu(), XID);
    double start = seconds_now();
    CHECK_EQUAL(wait_on(set, &data, 200), NVML_ERROR_TIMEOUT);
    CHECK(seconds_now() - start >= 0.199);
    start = seconds_now();
    CHECK_EQUAL(wait_on(set, &data, 0), NVML_ERROR_TIMEOUT);
    CHECK(seconds_now() - start < 2);
}

TEST(a_timeline_event_ends_the_wait_at_its_moment)
{
    nvmlEventData_t *data = guarded(sizeof *data);
    use_scenario(GPUS, ",'timeline':[{'id':'x','at':0.2,'gpu':0,'event':{'type':'xid','data':79}}]");
    nvmlDevice_t device = first_gpu();
    nvmlEventSet_t set = set_with(device, XID);
    double start = seconds_now();
    CHECK_EQUAL(wait_on(set, data, 5000), NVML_SUCCESS);
    CHECK(seconds_now() - start < 3);
    CHECK(data->device == device);
    CHECK_EQUAL(data->eventType, XID);
    CHECK_EQUAL(data->eventData, 79);
    CHECK_EQUAL(data->gpuInstanceId, NVML_NO_INSTANCE);
    CHECK_EQUAL(data->computeInstanceId, NVML_NO_INSTANCE);
    CHECK_GUARD(data);
    CHECK_EQUAL(wait_on(set, data, 50), NVML_ERROR_TIMEOUT);
}

TEST(the_first_wait_version_writes_24_bytes)
{
    void *data = guarded(24);
    use_scenario(GPUS, ",'timeline':[{'id':'x','at':0,'gpu':0,'event':{'type':'xid','data':31}}]");
    nvmlEventSet_t set = set_with(first_gpu(), XID);
    CHECK_EQUAL(NVML(nvmlEventSetWait, set, data, 1000), NVML_SUCCESS);
    CHECK_EQUAL(((unsigned long long *)data)[2], 31);
    CHECK_GUARD(data);
}

static void *change_later(void *unused)
{
    (void)unused;
    usleep(100000);
    change_scenario(GPUS, ",'timeline':[{'id':'new','at':0,'gpu':1,'event':{'type':'xid','data':48,"
                          "'gpu_instance':2,'compute_instance':0}}]");
    return NULL;
}

TEST(a_changed_file_wakes_the_wait_at_once)
{
    nvmlEventData_t data;
    nvmlDevice_t second;
    pthread_t thread;
    use_scenario(GPUS, "");
    nvmlEventSet_t set = set_with(first_gpu(), XID);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 1, &second), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, second, XID, set), NVML_SUCCESS);
    double start = seconds_now();
    pthread_create(&thread, NULL, change_later, NULL);
    CHECK_EQUAL(wait_on(set, &data, 5000), NVML_SUCCESS);
    CHECK(seconds_now() - start < 3);
    CHECK(data.device == second);
    CHECK_EQUAL(data.gpuInstanceId, 2);
    CHECK_EQUAL(data.computeInstanceId, 0);
    pthread_join(thread, NULL);
}

TEST(an_event_is_delivered_once_for_its_id)
{
    static const char *const with = ",'timeline':[{'id':'x','at':0,'gpu':0,'event':{'type':'xid','data':1}}]";
    nvmlEventData_t data;
    use_scenario(GPUS, with);
    nvmlEventSet_t set = set_with(first_gpu(), XID);
    CHECK_EQUAL(wait_on(set, &data, 1000), NVML_SUCCESS);
    change_scenario(GPUS, "");
    CHECK_EQUAL(wait_on(set, &data, 50), NVML_ERROR_TIMEOUT);
    change_scenario(GPUS, with);
    CHECK_EQUAL(wait_on(set, &data, 50), NVML_ERROR_TIMEOUT);
}

TEST(an_event_waits_for_who_has_registered_its_type)
{
    nvmlEventData_t data;
    use_scenario(GPUS, ",'timeline':[{'id':'x','at':0,'gpu':0,'event':{'type':'double_bit_ecc'}}]");
    nvmlDevice_t device = first_gpu();
    nvmlEventSet_t set = set_with(device, XID);
    CHECK_EQUAL(wait_on(set, &data, 50), NVML_ERROR_TIMEOUT);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, device, DBE, set), NVML_SUCCESS);
    CHECK_EQUAL(wait_on(set, &data, 1000), NVML_SUCCESS);
    CHECK_EQUAL(data.eventType, DBE);
}

TEST(an_event_for_all_reaches_each_registered_gpu)
{
    nvmlEventData_t data;
    nvmlDevice_t second;
    use_scenario(GPUS, ",'timeline':[{'id':'x','at':0,'gpu':'all','event':{'type':'xid','data':62}}]");
    nvmlEventSet_t set = set_with(first_gpu(), XID);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 1, &second), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, second, XID, set), NVML_SUCCESS);
    CHECK_EQUAL(wait_on(set, &data, 1000), NVML_SUCCESS);
    nvmlDevice_t told = data.device;
    CHECK_EQUAL(wait_on(set, &data, 1000), NVML_SUCCESS);
    CHECK(data.device != told);
    CHECK_EQUAL(wait_on(set, &data, 50), NVML_ERROR_TIMEOUT);
}

TEST(unsupported_types_and_mig_devices_are_not_registered)
{
    unsigned long long types;
    nvmlDevice_t second;
    nvmlEventSet_t set;
    use_scenario(GPUS, "");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetSupportedEventTypes, device, &types), NVML_SUCCESS);
    CHECK_EQUAL(types & (XID | DBE | 0x100), XID | DBE | 0x100);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 1, &second), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlEventSetCreate, &set), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, second, DBE, set), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, second, XID, set), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlEventSetFree, set), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlEventSetFree, set), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(NVML(nvmlDeviceRegisterEvents, second, XID, set), NVML_ERROR_INVALID_ARGUMENT);
}

TEST(a_gpu_lost_during_the_wait_ends_it_once)
{
    nvmlEventData_t data;
    use_scenario(GPUS, ",'timeline':[{'id':'l','at':0.4,'gpu':0,'set':{'state':'lost'}}]");
    nvmlEventSet_t set = set_with(first_gpu(), XID);
    double start = seconds_now();
    CHECK_EQUAL(wait_on(set, &data, 5000), NVML_ERROR_GPU_IS_LOST);
    CHECK(seconds_now() - start < 3);
    CHECK_EQUAL(wait_on(set, &data, 100), NVML_ERROR_TIMEOUT);
}

static void *shut_down_later(void *unused)
{
    usleep(100000);
    NVML(nvmlShutdown);
    return unused;
}

TEST(shutdown_and_driver_unload_end_a_wait)
{
    nvmlEventData_t data;
    pthread_t thread;
    use_scenario(GPUS, ",'timeline':[{'id':'u','at':0.4,'driver':{'state':'not_loaded'}},"
                       "{'id':'b','at':0.5,'driver':{'state':'loaded'}}]");
    nvmlEventSet_t set = set_with(first_gpu(), XID);
    CHECK_EQUAL(wait_on(set, &data, 5000), NVML_ERROR_UNINITIALIZED);
    usleep(400000);
    NVML(nvmlShutdown);
    set = set_with(first_gpu(), XID);
    pthread_create(&thread, NULL, shut_down_later, NULL);
    CHECK_EQUAL(wait_on(set, &data, 5000), NVML_ERROR_UNINITIALIZED);
    pthread_join(thread, NULL);
}
