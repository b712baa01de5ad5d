#include "tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define GPUS "{'identity':{'uuid':'GPU-1','name':'One'},'power':{'usage_watts':50}}," \
             "{'identity':{'uuid':'GPU-2','name':'Two'},'power':{'usage_watts':60}}"

static nvmlReturn_t power_of(nvmlDevice_t device)
{
    unsigned int milliwatts;
    return (nvmlReturn_t)NVML(nvmlDeviceGetPowerUsage, device, &milliwatts);
}

static nvmlDevice_t second_gpu(void)
{
    nvmlDevice_t device = NULL;
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 1, &device), NVML_SUCCESS);
    return device;
}

TEST(a_code_strikes_one_gpu_and_leaves_the_outputs)
{
    unsigned int value = 77;
    use_scenario(GPUS, ",'calls':[{'id':'f','function':'nvmlDeviceGetPowerUsage','gpu':0,'return':'NO_DATA'}]");
    nvmlDevice_t first = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetPowerUsage, first, &value), NVML_ERROR_NO_DATA);
    CHECK_EQUAL(value, 77);
    CHECK_EQUAL(power_of(second_gpu()), NVML_SUCCESS);
}

TEST(a_fault_is_triggered_by_count)
{
    use_scenario(GPUS, ",'calls':[{'id':'f','function':'nvmlDeviceGetPower*','gpu':'GPU-1','return':'TIMEOUT',"
                       "'after_calls':2,'times':1}]");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
    CHECK_EQUAL(power_of(second_gpu()), NVML_SUCCESS);
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
    CHECK_EQUAL(power_of(device), NVML_ERROR_TIMEOUT);
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
}

TEST(counts_survive_a_reload)
{
    static const char *const fault =
        ",'calls':[{'id':'f','function':'nvmlDeviceGetPowerUsage','return':999,'times':2}]";
    use_scenario(GPUS, fault);
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(power_of(device), NVML_ERROR_UNKNOWN);
    change_scenario(GPUS, "");
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
    change_scenario(GPUS, fault);
    CHECK_EQUAL(power_of(device), NVML_ERROR_UNKNOWN);
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
}

TEST(a_fault_is_triggered_by_time)
{
    use_scenario(GPUS, ",'calls':[{'id':'f','function':'nvmlDeviceGetPowerUsage','return':'IN_USE',"
                       "'at':0.4,'until':0.9}]");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
    usleep(500000);
    CHECK_EQUAL(power_of(device), NVML_ERROR_IN_USE);
    usleep(500000);
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
}

TEST(a_name_without_a_version_means_every_version)
{
    nvmlMemory_v2_t memory = {.version = nvmlMemory_v2};
    use_scenario(GPUS, ",'calls':[{'id':'a','function':'nvmlInit','return':'NOT_READY','times':1},"
                       "{'id':'b','function':'nvmlDeviceGetMemoryInfo','return':'MEMORY'},"
                       "{'id':'c','function':'nvmlDeviceGetPciInfo','return':'MEMORY'}]");
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_ERROR_NOT_READY);
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetMemoryInfo_v2, device, &memory), NVML_ERROR_MEMORY);
    CHECK_EQUAL(NVML(nvmlDeviceGetPciInfo_v3, device, &memory), NVML_ERROR_MEMORY);
    nvmlPciInfoExt_v1_t pci = {.version = nvmlPciInfoExt_v1};
    CHECK_EQUAL(NVML(nvmlDeviceGetPciInfoExt, device, &pci), NVML_ERROR_NOT_SUPPORTED);
}

TEST(a_lookup_belongs_to_the_gpu_that_it_finds)
{
    nvmlDevice_t device;
    use_scenario(GPUS, ",'calls':[{'id':'i','function':'nvmlDeviceGetHandleBy*','gpu':'GPU-2','return':'IRQ_ISSUE'}]");
    first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 1, &device), NVML_ERROR_IRQ_ISSUE);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "GPU-2", &device), NVML_ERROR_IRQ_ISSUE);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "GPU-1", &device), NVML_SUCCESS);
}

TEST(a_delay_takes_its_time_and_lets_others_pass)
{
    use_scenario(GPUS, ",'calls':[{'id':'f','function':'nvmlDeviceGetPowerUsage','gpu':0,'delay_ms':500}]");
    nvmlDevice_t device = first_gpu();
    double start = seconds_now();
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
    CHECK(seconds_now() - start >= 0.499);
    start = seconds_now();
    CHECK_EQUAL(power_of(second_gpu()), NVML_SUCCESS);
    CHECK(seconds_now() - start < 0.4);
}

static void *call_power(void *device)
{
    return (void *)(long)power_of(device);
}

TEST(a_hang_holds_its_caller_alone_until_it_is_taken_out)
{
    pthread_t thread;
    void *answer;
    use_scenario(GPUS, ",'calls':[{'id':'h','function':'nvmlDeviceGetPowerUsage','gpu':0,'hang':true}]");
    nvmlDevice_t device = first_gpu();
    pthread_create(&thread, NULL, call_power, device);
    usleep(100000);
    CHECK_EQUAL(power_of(second_gpu()), NVML_SUCCESS);
    CHECK(pthread_tryjoin_np(thread, &answer) != 0);
    change_scenario(GPUS, "");
    CHECK_EQUAL(pthread_join(thread, &answer), 0);
    CHECK_EQUAL((long)answer, NVML_SUCCESS);
}

TEST(a_hang_ends_at_its_time_and_then_answers_its_code)
{
    use_scenario(GPUS, ",'calls':[{'id':'h','function':'nvmlDeviceGetPowerUsage','hang':true,'until':0.4,"
                       "'return':'TIMEOUT'}]");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(power_of(device), NVML_ERROR_TIMEOUT);
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
}

TEST(a_crash_ends_the_process)
{
    int status;
    use_scenario(GPUS, ",'calls':[{'id':'c','function':'nvmlDeviceGetPowerUsage','crash':true}]");
    pid_t child = fork();
    if (child == 0) {
        power_of(first_gpu());
        _exit(0);
    }
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
}

static void *hammer(void *device)
{
    unsigned int value;
    nvmlMemory_t memory;
    for (int i = 0; i < 2000; i++) {
        NVML(nvmlDeviceGetPowerUsage, device, &value);
        NVML(nvmlDeviceGetMemoryInfo, device, &memory);
        NVML(nvmlDeviceGetHandleByUUID, "GPU-2", &device);
    }
    return NULL;
}

TEST(threads_may_call_while_the_file_changes)
{
    pthread_t threads[8];
    use_scenario(GPUS, "");
    nvmlDevice_t device = first_gpu();
    for (int i = 0; i < 8; i++) {
        pthread_create(&threads[i], NULL, hammer, device);
    }
    for (int i = 0; i < 50; i++) {
        change_scenario(GPUS, i % 2 == 0 ? ",'patterns':[]" : "");
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_EQUAL(power_of(device), NVML_SUCCESS);
}
