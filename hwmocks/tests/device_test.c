#include "tap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

TEST(dgx_h100_is_enumerated_with_the_figures_of_its_capture)
{
    unsigned int count;
    char name[96];
    char uuid[96];
    nvmlMemory_t memory;
    nvmlDevice_t device;
    nvmlPciInfo_t pci;
    use_scenario_file("dgx-h100.json");
    first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 8);
    for (unsigned int i = 0; i < count; i++) {
        CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, i, &device), NVML_SUCCESS);
        CHECK_EQUAL(NVML(nvmlDeviceGetName, device, name, 96), NVML_SUCCESS);
        CHECK_TEXT(name, "NVIDIA H100 80GB HBM3");
        CHECK_EQUAL(NVML(nvmlDeviceGetMemoryInfo, device, &memory), NVML_SUCCESS);
        CHECK_EQUAL(memory.total, 81559ull << 20);
        CHECK_EQUAL(memory.used, 480ull << 20);
    }
    CHECK_EQUAL(NVML(nvmlDeviceGetUUID, device, uuid, 96), NVML_SUCCESS);
    CHECK_TEXT(uuid, "GPU-00000007-0000-0000-0000-000000000007");
    CHECK_EQUAL(NVML(nvmlDeviceGetPciInfo_v3, device, &pci), NVML_SUCCESS);
    CHECK_TEXT(pci.busId, "00000000:CA:00.0");
    CHECK_TEXT(pci.busIdLegacy, "0000:CA:00.0");
    CHECK_EQUAL(pci.pciDeviceId, 0x233010DE);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 8, &device), NVML_ERROR_INVALID_ARGUMENT);
}

/* Of the values that the C# side and the peers read. */
TEST(dgx_h100_answers_its_groups)
{
    unsigned int value;
    unsigned int second;
    unsigned long long count;
    use_scenario_file("dgx-h100.json");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetArchitecture, device, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 9);
    CHECK_EQUAL(NVML(nvmlDeviceGetBrand, device, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 14);
    CHECK_EQUAL(NVML(nvmlDeviceGetCudaComputeCapability, device, &value, &second), NVML_SUCCESS);
    CHECK_EQUAL(value * 10 + second, 90);
    CHECK_EQUAL(NVML(nvmlDeviceGetClockInfo, device, 2, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 2619);
    CHECK_EQUAL(NVML(nvmlDeviceGetMaxClockInfo, device, 1, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 1980);
    CHECK_EQUAL(NVML(nvmlDeviceGetClockInfo, device, 4, &value), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(NVML(nvmlDeviceGetCurrentClocksEventReasons, device, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 1);
    CHECK_EQUAL(NVML(nvmlDeviceGetPowerManagementLimitConstraints, device, &value, &second), NVML_SUCCESS);
    CHECK_EQUAL(value, 200000);
    CHECK_EQUAL(second, 700000);
    CHECK_EQUAL(NVML(nvmlDeviceGetTotalEccErrors, device, 1, 0, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 0);
    CHECK_EQUAL(NVML(nvmlDeviceGetNvLinkState, device, 17, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 1);
    CHECK_EQUAL(NVML(nvmlDeviceGetNvLinkState, device, 18, &value), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(NVML(nvmlDeviceGetNvLinkVersion, device, 0, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 6);
    CHECK_EQUAL(NVML(nvmlDeviceGetFanSpeed, device, &value), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetTemperatureThreshold, device, 0, &value), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetMigMode, device, &value, &second), NVML_SUCCESS);
    CHECK_EQUAL(value, 0);
    CHECK_EQUAL(NVML(nvmlDeviceGetRetiredPagesPendingStatus, device, &value), NVML_ERROR_NOT_SUPPORTED);
}

#define THREE "{'identity':{'uuid':'GPU-a'},'pci':{'bus_id':'00000000:1A:00.0'}}," \
              "{'identity':{'uuid':'GPU-b'},'pci':{'bus_id':'0000000F:1B:00.0'}}," \
              "{'identity':{'uuid':'GPU-c'},'pci':{'bus_id':'0000:1C:00.0'}}"

static nvmlReturn_t index_of(nvmlDevice_t device, unsigned int *index)
{
    return (nvmlReturn_t)NVML(nvmlDeviceGetIndex, device, index);
}

TEST(a_gpu_is_found_by_uuid_and_pci_address)
{
    nvmlDevice_t device;
    unsigned int index;
    use_scenario(THREE, "");
    first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "GPU-b", &device), NVML_SUCCESS);
    CHECK_EQUAL(index_of(device, &index), NVML_SUCCESS);
    CHECK_EQUAL(index, 1);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "GPU-x", &device), NVML_ERROR_NOT_FOUND);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByPciBusId_v2, "0000:1c:00.0", &device), NVML_SUCCESS);
    CHECK_EQUAL(index_of(device, &index), NVML_SUCCESS);
    CHECK_EQUAL(index, 2);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByPciBusId_v2, "F:1b:0", &device), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByPciBusId_v2, "1b:0.0", &device), NVML_ERROR_NOT_FOUND);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByPciBusId_v2, "no", &device), NVML_ERROR_INVALID_ARGUMENT);
    nvmlUUID_v1_t uuid = {.version = nvmlUUID_v1, .type = 1, .value.str = "GPU-c"};
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUIDV, &uuid, &device), NVML_SUCCESS);
    uuid.version = 1;
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUIDV, &uuid, &device), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
}

TEST(a_gpu_that_leaves_and_returns_shifts_the_indices)
{
    nvmlDevice_t device;
    unsigned int count;
    unsigned int index;
    use_scenario(THREE, "");
    first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "GPU-b", &device), NVML_SUCCESS);
    change_scenario(THREE, ",'timeline':[{'id':'out','at':0,'gpu':1,'set':{'present':false}}]");
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 2);
    CHECK_EQUAL(index_of(device, &index), NVML_ERROR_GPU_IS_LOST);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "GPU-b", &device), NVML_ERROR_NOT_FOUND);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "GPU-c", &device), NVML_SUCCESS);
    CHECK_EQUAL(index_of(device, &index), NVML_SUCCESS);
    CHECK_EQUAL(index, 1);
    change_scenario(THREE ",{'identity':{'uuid':'GPU-d'}}", "");
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 4);
}

TEST(sixty_four_gpus_are_served)
{
    char gpus[64 * 40] = "";
    unsigned int count;
    for (int i = 0; i < 64; i++) {
        char one[40];
        snprintf(one, sizeof one, "%s{'identity':{'uuid':'GPU-%d'}}", i == 0 ? "" : ",", i);
        strcat(gpus, one);
    }
    use_scenario(gpus, "");
    first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 64);
}

static void check_state(const char *state, nvmlReturn_t expected)
{
    char rest[200];
    nvmlDevice_t device;
    unsigned int index;
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "GPU-b", &device), NVML_SUCCESS);
    snprintf(rest, sizeof rest, ",'timeline':[{'id':'%s','at':0,'gpu':'GPU-b','set':{'state':'%s'}}]", state, state);
    change_scenario(THREE, rest);
    CHECK_EQUAL(index_of(device, &index), expected);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 1, &device), expected);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 2, &device), NVML_SUCCESS);
    CHECK_EQUAL(index_of(device, &index), NVML_SUCCESS);
    change_scenario(THREE, "");
}

TEST(the_state_of_one_gpu_is_its_own)
{
    use_scenario(THREE, "");
    first_gpu();
    check_state("lost", NVML_ERROR_GPU_IS_LOST);
    check_state("reset_required", NVML_ERROR_RESET_REQUIRED);
    check_state("no_permission", NVML_ERROR_NO_PERMISSION);
    check_state("insufficient_power", NVML_ERROR_INSUFFICIENT_POWER);
    check_state("irq_issue", NVML_ERROR_IRQ_ISSUE);
    check_state("operating_system", NVML_ERROR_OPERATING_SYSTEM);
    check_state("timeout", NVML_ERROR_TIMEOUT);
    check_state("in_use", NVML_ERROR_IN_USE);
    check_state("insufficient_resources", NVML_ERROR_INSUFFICIENT_RESOURCES);
    check_state("unknown_error", NVML_ERROR_UNKNOWN);
}

TEST(texts_that_do_not_fit_are_refused_and_long_ones_served)
{
    char text[100];
    use_scenario("{'identity':{'uuid':"
                 "'GPU-0123456789012345678901234567890123456789012345678901234567890123456789abcde','name':'N'}}", "");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetUUID, device, text, 79), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(NVML(nvmlDeviceGetUUID, device, text, 80), NVML_SUCCESS);
    CHECK_EQUAL(strlen(text), 79);
    CHECK_EQUAL(NVML(nvmlDeviceGetName, device, text, 1), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(NVML(nvmlDeviceGetName, device, text, 2), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetName, device, NULL, 2), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(NVML(nvmlDeviceGetSerial, device, text, 30), NVML_ERROR_NOT_SUPPORTED);
}

TEST(patterns_move_values_and_the_free_part_with_the_used)
{
    nvmlMemory_v2_t memory = {.version = nvmlMemory_v2};
    unsigned int value;
    use_scenario("{'identity':{'uuid':'GPU-1'},'memory':{'total_mib':1000,'used_mib':100,'free_mib':900},"
                 "'thermal':{'gpu_c':30,'memory_c':null}}",
        ",'patterns':[{'gpu':0,'value':'memory.used_mib','shape':'constant','low':300},"
        "{'gpu':0,'value':'thermal.memory_c','shape':'constant','low':50},"
        "{'gpu':0,'value':'thermal.gpu_c','shape':'steps','steps':[40,80],'period_seconds':1}]");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetTemperature, device, 0, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 40);
    usleep(600000);
    CHECK_EQUAL(NVML(nvmlDeviceGetTemperature, device, 0, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 80);
    CHECK_EQUAL(NVML(nvmlDeviceGetMemoryInfo_v2, device, &memory), NVML_SUCCESS);
    CHECK_EQUAL(memory.used >> 20, 300);
    CHECK_EQUAL(memory.free >> 20, 700);
    change_scenario("{'identity':{'uuid':'GPU-1'},'memory':{'total_mib':1000,'used_mib':100,'free_mib':900},"
                    "'thermal':{'gpu_c':30,'memory_c':null}}",
        ",'patterns':[{'gpu':0,'value':'memory.used_mib','shape':'constant','low':5000}]");
    CHECK_EQUAL(NVML(nvmlDeviceGetMemoryInfo_v2, device, &memory), NVML_SUCCESS);
    CHECK_EQUAL(memory.used >> 20, 1000);
    CHECK_EQUAL(memory.free, 0);
    change_scenario("{'identity':{'uuid':'GPU-1'},'memory':{'total_mib':1000,'used_mib':100,'free_mib':900},"
                    "'thermal':{'gpu_c':30,'memory_c':null}}",
        ",'patterns':[{'gpu':0,'value':'thermal.memory_c','shape':'constant','low':50}]");
    nvmlFieldValue_t field = {.fieldId = 82};
    CHECK_EQUAL(NVML(nvmlDeviceGetFieldValues, device, 1, &field), NVML_SUCCESS);
    CHECK_EQUAL(field.nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
}

TEST(unified_memory_is_not_supported)
{
    nvmlMemory_t memory;
    use_scenario("{'identity':{'uuid':'GPU-1'},'memory':{'unified':true,'total_mib':1000}}", "");
    CHECK_EQUAL(NVML(nvmlDeviceGetMemoryInfo, first_gpu(), &memory), NVML_ERROR_NOT_SUPPORTED);
}
