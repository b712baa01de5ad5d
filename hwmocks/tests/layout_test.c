#include "tap.h"

#include <stdio.h>

#include "nvml_layout_asserts.h"

/* What each function may write, and the tag that it wants (0: none). */
struct output {
    const char *function;
    size_t size;
    unsigned int tag;
};

static const struct output outputs[] = {
    {"nvmlDeviceGetPciInfo_v3", 68, 0},
    {"nvmlDeviceGetPciInfo_v2", 52, 0},
    {"nvmlDeviceGetPciInfo", 52, 0},
    {"nvmlDeviceGetPciInfoExt", 64, 0x01000040},
    {"nvmlDeviceGetMemoryInfo", 24, 0},
    {"nvmlDeviceGetMemoryInfo_v2", 40, 0x02000028},
    {"nvmlDeviceGetBAR1MemoryInfo", 24, 0},
    {"nvmlDeviceGetUtilizationRates", 8, 0},
    {"nvmlDeviceGetPdi", 16, 0x01000010},
    {"nvmlDeviceGetCapabilities", 8, 0x01000008},
    {"nvmlDeviceGetAddressingMode", 8, 0x01000008},
    {"nvmlDeviceGetC2cModeInfoV", 4, 0},
    {"nvmlDeviceGetTemperatureV", 12, 0x0100000C},
    {"nvmlDeviceGetMarginTemperature", 8, 0x01000008},
    {"nvmlDeviceGetSramEccErrorStatus", 104, 0x01000068},
    {"nvmlDeviceGetRepairStatus", 12, 0x0100000C},
    {"nvmlDeviceGetRowRemapperHistogram", 20, 0},
    {"nvmlDeviceGetRemappedRows_v2", 24, 0},
    {"nvmlDeviceGetGpuFabricInfo", 28, 0},
    {"nvmlDeviceGetGpuFabricInfoV", 36, 0x02000024},
    {"nvmlDeviceGetGpuFabricInfoV", 40, 0x03000028},
    {"nvmlDeviceGetPlatformInfo", 44, 0x0100002C},
    {"nvmlDeviceGetPlatformInfo", 44, 0x0200002C},
    {"nvmlDeviceGetConfComputeProtectedMemoryUsage", 24, 0},
    {"nvmlDeviceGetUnrepairableMemoryFlag_v1", 4, 0},
    {"nvmlDeviceGetFBCStats", 12, 0},
    {"nvmlGpmQueryDeviceSupport", 8, 1},
};

#define OUTPUTS (sizeof outputs / sizeof *outputs)

static unprototyped *function_of(const struct output *output)
{
    return (unprototyped *)library_symbol("libnvidia-ml.so.1", output->function);
}

TEST(no_function_writes_past_the_struct_of_its_caller)
{
    use_scenario_file("gb200.json");
    nvmlDevice_t device = first_gpu();
    for (size_t i = 0; i < OUTPUTS; i++) {
        unsigned int *memory = guarded(outputs[i].size);
        printf("# %s, %zu bytes\n", outputs[i].function, outputs[i].size);
        *memory = outputs[i].tag;
        CHECK_EQUAL(function_of(&outputs[i])(device, memory), NVML_SUCCESS);
        CHECK_GUARD(memory);
        CHECK(outputs[i].tag == 0 || *memory == outputs[i].tag);
        CHECK_EQUAL(function_of(&outputs[i])(device, NULL), NVML_ERROR_INVALID_ARGUMENT);
    }
}

TEST(a_wrong_version_tag_is_a_mismatch_and_writes_nothing)
{
    use_scenario_file("gb200.json");
    nvmlDevice_t device = first_gpu();
    for (size_t i = 0; i < OUTPUTS; i++) {
        unsigned int wrong[] = {0, 0x01000000, 0x7F000028};
        for (size_t w = 0; outputs[i].tag != 0 && w < 3; w++) {
            unsigned int *memory = guarded(outputs[i].size);
            *memory = wrong[w];
            printf("# %s with %08x\n", outputs[i].function, wrong[w]);
            CHECK_EQUAL(function_of(&outputs[i])(device, memory), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
            CHECK_EQUAL(memory[1], 0);
            CHECK_GUARD(memory);
        }
    }
}

TEST(the_newest_fabric_version_needs_its_driver)
{
    nvmlGpuFabricInfo_v3_t fabric = {.version = nvmlGpuFabricInfo_v3};
    use_scenario("{'identity':{'uuid':'GPU-1'},'fabric':{'state':'completed','clique':7,'health':'unhealthy',"
                 "'route_unhealthy':true}}", "");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetGpuFabricInfoV, device, &fabric), NVML_SUCCESS);
    CHECK_EQUAL(fabric.state, 3);
    CHECK_EQUAL(fabric.cliqueId, 7);
    CHECK_EQUAL(fabric.healthSummary, 2);
    CHECK_EQUAL(fabric.healthMask, 1 << 4);
    change_scenario("{'identity':{'uuid':'GPU-1'},'fabric':{'state':'completed'}}",
        ",'timeline':[{'id':'old','at':0,'driver':{'version':'550.90.07'}}]");
    CHECK_EQUAL(NVML(nvmlDeviceGetGpuFabricInfoV, device, &fabric), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
}

TEST(texts_end_where_their_buffers_do)
{
    static const struct {
        const char *function;
        unsigned int size;
    } texts[] = {
        {"nvmlDeviceGetName", 96}, {"nvmlDeviceGetUUID", 80}, {"nvmlDeviceGetSerial", 30},
        {"nvmlDeviceGetVbiosVersion", 32}, {"nvmlDeviceGetBoardPartNumber", 80},
        {"nvmlDeviceGetInforomImageVersion", 16},
    };
    use_scenario_file("gb200.json");
    nvmlDevice_t device = first_gpu();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        unprototyped *function = (unprototyped *)library_symbol("libnvidia-ml.so.1", texts[i].function);
        char *text = guarded(texts[i].size);
        CHECK_EQUAL(function(device, text, texts[i].size), NVML_SUCCESS);
        CHECK_GUARD(text);
        char *tiny = guarded(1);
        CHECK_EQUAL(function(device, tiny, 1), NVML_ERROR_INSUFFICIENT_SIZE);
        CHECK_GUARD(tiny);
    }
    char *version = guarded(64);
    CHECK_EQUAL(NVML(nvmlDeviceGetGspFirmwareVersion, device, version), NVML_SUCCESS);
    CHECK_GUARD(version);
}
