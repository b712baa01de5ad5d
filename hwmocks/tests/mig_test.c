#include "tap.h"

#include <stdio.h>

#define PARENT                                                                                                   \
    "{'identity':{'uuid':'GPU-p','name':'NVIDIA H200','cuda_cores':16896,'compute_capability':'9.0'},"           \
    "'memory':{'total_mib':143771,'reserved_mib':614,'used_mib':55,'free_mib':143102},'power':{'usage_watts':78},"\
    "'utilization':{'gpu_percent':3,'encoder_percent':1},'thermal':{'gpu_c':28},"                                 \
    "'remap':{'corrected':0,'uncorrected':0,'pending':false,'failed':false,'banks_max':3072},"                    \
    "'processes':{'compute':[{'pid':10,'used_mib':5,'gpu_instance':2,'compute_instance':0},"                      \
    "{'pid':11,'used_mib':6,'gpu_instance':9,'compute_instance':0}],'graphics':null,'mps':[]},"                   \
    "'mig':{'enabled':%s,'enabled_pending':true,'max_instances':7,'instances':[%s]}}"

#define INSTANCE(slot, gi, ci, uuid, memory)                                                                     \
    "{'slot':" #slot ",'gpu_instance':" #gi ",'compute_instance':" #ci ",'uuid':'" uuid "','name':'NVIDIA H200 MIG " \
    uuid "','memory_total_mib':" #memory ",'memory_used_mib':17,'memory_free_mib':" #memory                      \
    ",'bar1_total_mib':29618,'sm_count':32,'gpu_slices':2,'compute_slices':2,'copy_engines':2,'decoders':2,"     \
    "'encoders':0,'jpeg_engines':2,'ofa_engines':0,'graphics_percent':55.5,'sm_percent':44.25,'dram_percent':33}"

#define SPARSE INSTANCE(0, 2, 0, "MIG-a", 71424) "," INSTANCE(2, 3, 0, "MIG-b", 33280) "," \
    INSTANCE(5, 9, 0, "MIG-c", 16384)

static const char *parent(const char *enabled, const char *instances)
{
    static char gpu[8000];
    snprintf(gpu, sizeof gpu, PARENT, enabled, instances);
    return gpu;
}

static nvmlDevice_t instance_in(nvmlDevice_t gpu, unsigned int slot)
{
    nvmlDevice_t mig = NULL;
    CHECK_EQUAL(NVML(nvmlDeviceGetMigDeviceHandleByIndex, gpu, slot, &mig), NVML_SUCCESS);
    return mig;
}

TEST(mig_slots_are_sparse)
{
    unsigned int count;
    unsigned int found = 0;
    nvmlDevice_t mig;
    use_scenario(parent("true", SPARSE), "");
    nvmlDevice_t gpu = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetMaxMigDeviceCount, gpu, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 7);
    for (unsigned int slot = 0; slot < count; slot++) {
        int answer = NVML(nvmlDeviceGetMigDeviceHandleByIndex, gpu, slot, &mig);
        CHECK_EQUAL(answer, slot == 0 || slot == 2 || slot == 5 ? NVML_SUCCESS : NVML_ERROR_NOT_FOUND);
        found += answer == NVML_SUCCESS;
    }
    CHECK_EQUAL(found, 3);
    CHECK_EQUAL(NVML(nvmlDeviceGetMigDeviceHandleByIndex, gpu, 7, &mig), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(NVML(nvmlDeviceGetCount_v2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 1);
}

TEST(a_mig_device_has_its_own_name_memory_and_ids)
{
    char text[96];
    unsigned int id;
    nvmlMemory_v2_t memory = {.version = nvmlMemory_v2};
    nvmlDeviceAttributes_t *attributes = guarded(sizeof *attributes);
    void *old = guarded(24);
    nvmlDevice_t up;
    use_scenario(parent("true", SPARSE), "");
    nvmlDevice_t gpu = first_gpu();
    nvmlDevice_t mig = instance_in(gpu, 2);
    CHECK_EQUAL(NVML(nvmlDeviceGetName, mig, text, 96), NVML_SUCCESS);
    CHECK_TEXT(text, "NVIDIA H200 MIG MIG-b");
    CHECK_EQUAL(NVML(nvmlDeviceGetUUID, mig, text, 96), NVML_SUCCESS);
    CHECK_TEXT(text, "MIG-b");
    CHECK_EQUAL(NVML(nvmlDeviceGetMemoryInfo_v2, mig, &memory), NVML_SUCCESS);
    CHECK_EQUAL(memory.total >> 20, 33280);
    CHECK_EQUAL(NVML(nvmlDeviceGetGpuInstanceId, mig, &id), NVML_SUCCESS);
    CHECK_EQUAL(id, 3);
    CHECK_EQUAL(NVML(nvmlDeviceGetIndex, mig, &id), NVML_SUCCESS);
    CHECK_EQUAL(id, 2);
    CHECK_EQUAL(NVML(nvmlDeviceGetAttributes_v2, mig, attributes), NVML_SUCCESS);
    CHECK_EQUAL(attributes->gpuInstanceSliceCount, 2);
    CHECK_EQUAL(attributes->memorySizeMB, 33280);
    CHECK_GUARD(attributes);
    CHECK_EQUAL(NVML(nvmlDeviceGetAttributes, mig, old), NVML_SUCCESS);
    CHECK_GUARD(old);
    CHECK_EQUAL(NVML(nvmlDeviceIsMigDeviceHandle, mig, &id), NVML_SUCCESS);
    CHECK_EQUAL(id, 1);
    CHECK_EQUAL(NVML(nvmlDeviceGetDeviceHandleFromMigDeviceHandle, mig, &up), NVML_SUCCESS);
    CHECK(up == gpu);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByUUID, "MIG-b", &up), NVML_SUCCESS);
    CHECK(up == mig);
    CHECK_EQUAL(NVML(nvmlDeviceGetPowerUsage, mig, &id), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetAttributes_v2, gpu, attributes), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetGpuInstanceId, gpu, &id), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetDeviceHandleFromMigDeviceHandle, gpu, &up), NVML_ERROR_INVALID_ARGUMENT);
}

TEST(with_mig_on_the_parent_loses_what_it_cannot_tell)
{
    nvmlUtilization_t utilization;
    unsigned int value;
    unsigned int period;
    unsigned int rows[4];
    nvmlRowRemapperHistogramValues_t banks;
    use_scenario(parent("false", ""), "");
    nvmlDevice_t gpu = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetUtilizationRates, gpu, &utilization), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetNumGpuCores, gpu, &value), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetMaxMigDeviceCount, gpu, &value), NVML_SUCCESS);
    CHECK_EQUAL(value, 0);
    CHECK_EQUAL(NVML(nvmlDeviceGetMigDeviceHandleByIndex, gpu, 0, &gpu), NVML_ERROR_NOT_FOUND);
    change_scenario(parent("true", SPARSE), "");
    CHECK_EQUAL(NVML(nvmlDeviceGetUtilizationRates, gpu, &utilization), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetEncoderUtilization, gpu, &value, &period), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetNumGpuCores, gpu, &value), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetRemappedRows, gpu, rows, rows + 1, rows + 2, rows + 3), NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(NVML(nvmlDeviceGetRowRemapperHistogram, gpu, &banks), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetPowerUsage, gpu, &value), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetTemperature, gpu, 0, &value), NVML_SUCCESS);
}

TEST(a_mig_layout_changes_while_running)
{
    char text[96];
    nvmlDevice_t mig;
    use_scenario(parent("true", SPARSE), "");
    nvmlDevice_t gpu = first_gpu();
    nvmlDevice_t old = instance_in(gpu, 0);
    change_scenario(parent("true", INSTANCE(0, 1, 0, "MIG-d", 71424)), "");
    CHECK_EQUAL(NVML(nvmlDeviceGetName, old, text, 96), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(NVML(nvmlDeviceGetMigDeviceHandleByIndex, gpu, 2, &mig), NVML_ERROR_NOT_FOUND);
    CHECK_EQUAL(NVML(nvmlDeviceGetUUID, instance_in(gpu, 0), text, 96), NVML_SUCCESS);
    CHECK_TEXT(text, "MIG-d");
}

TEST(a_lost_gpu_takes_its_mig_devices_along)
{
    char text[96];
    use_scenario(parent("true", SPARSE), "");
    nvmlDevice_t mig = instance_in(first_gpu(), 5);
    change_scenario(parent("true", SPARSE), ",'timeline':[{'id':'l','at':0,'gpu':0,'set':{'state':'lost'}}]");
    CHECK_EQUAL(NVML(nvmlDeviceGetName, mig, text, 96), NVML_ERROR_GPU_IS_LOST);
}

TEST(process_lists_follow_the_stride_of_their_symbol)
{
    unsigned int count = 0;
    nvmlProcessInfo_v1_t *oldest = guarded(2 * sizeof *oldest);
    nvmlProcessInfo_t *newest = guarded(2 * sizeof *newest);
    use_scenario(parent("true", SPARSE), "");
    nvmlDevice_t gpu = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetComputeRunningProcesses_v3, gpu, &count, NULL), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(count, 2);
    CHECK_EQUAL(NVML(nvmlDeviceGetComputeRunningProcesses_v3, gpu, &count, newest), NVML_SUCCESS);
    CHECK_EQUAL(newest[1].pid, 11);
    CHECK_EQUAL(newest[1].gpuInstanceId, 9);
    CHECK_GUARD(newest);
    CHECK_EQUAL(NVML(nvmlDeviceGetComputeRunningProcesses, gpu, &count, oldest), NVML_SUCCESS);
    CHECK_EQUAL(oldest[1].pid, 11);
    CHECK_EQUAL(oldest[1].usedGpuMemory, 6 << 20);
    CHECK_GUARD(oldest);
    count = 1;
    CHECK_EQUAL(NVML(nvmlDeviceGetComputeRunningProcesses_v2, gpu, &count, newest), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(count, 2);
    count = 2;
    CHECK_EQUAL(NVML(nvmlDeviceGetComputeRunningProcesses_v3, instance_in(gpu, 5), &count, newest), NVML_SUCCESS);
    CHECK_EQUAL(count, 1);
    CHECK_EQUAL(newest[0].pid, 11);
    count = 0;
    CHECK_EQUAL(NVML(nvmlDeviceGetMPSComputeRunningProcesses_v3, gpu, &count, NULL), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetGraphicsRunningProcesses_v3, gpu, &count, NULL), NVML_ERROR_NOT_SUPPORTED);
}
