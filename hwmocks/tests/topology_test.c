#include "tap.h"

#define AT(uuid, pci) "{'identity':{'uuid':'" uuid "'},'pci':{" pci "}}"
#define FAR AT("GPU-1", "'numa_node':0,'switch':1") "," AT("GPU-2", "'numa_node':0,'switch':1") "," \
            AT("GPU-3", "'numa_node':0,'switch':2") "," AT("GPU-4", "'numa_node':1")
#define LINKED(uuid, node) "{'identity':{'uuid':'" uuid "'},'pci':{'numa_node':" node "},'nvlink':{'links':1}}"

static nvmlDevice_t gpu_at(unsigned int index)
{
    nvmlDevice_t device = NULL;
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, index, &device), NVML_SUCCESS);
    return device;
}

static unsigned int level_between(unsigned int one, unsigned int other)
{
    unsigned int level = 99;
    CHECK_EQUAL(NVML(nvmlDeviceGetTopologyCommonAncestor, gpu_at(one), gpu_at(other), &level), NVML_SUCCESS);
    return level;
}

static unsigned int p2p(unsigned int one, unsigned int other, unsigned int index)
{
    unsigned int status = 99;
    CHECK_EQUAL(NVML(nvmlDeviceGetP2PStatus, gpu_at(one), gpu_at(other), index, &status), NVML_SUCCESS);
    return status;
}

TEST(the_common_ancestor_is_a_switch_a_node_or_the_system)
{
    unsigned int level;
    use_scenario(FAR, "");
    nvmlDevice_t first = first_gpu();
    CHECK_EQUAL(level_between(0, 0), 0);
    CHECK_EQUAL(level_between(0, 1), 10);
    CHECK_EQUAL(level_between(2, 0), 40);
    CHECK_EQUAL(level_between(0, 3), 50);
    CHECK_EQUAL(NVML(nvmlDeviceGetTopologyCommonAncestor, first, NULL, &level), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(NVML(nvmlDeviceGetTopologyCommonAncestor, first, first, NULL), NVML_ERROR_INVALID_ARGUMENT);
}

TEST(the_nearest_gpus_are_those_at_exactly_that_level)
{
    unsigned int count = 0;
    use_scenario(FAR, "");
    nvmlDevice_t first = first_gpu();
    CHECK_EQUAL(NVML(nvmlDeviceGetTopologyNearestGpus, first, 10, &count, NULL), NVML_SUCCESS);
    CHECK_EQUAL(count, 1);
    nvmlDevice_t *devices = guarded(sizeof *devices);
    CHECK_EQUAL(NVML(nvmlDeviceGetTopologyNearestGpus, first, 10, &count, devices), NVML_SUCCESS);
    CHECK(devices[0] == gpu_at(1));
    count = 0;
    CHECK_EQUAL(NVML(nvmlDeviceGetTopologyNearestGpus, first, 40, &count, devices), NVML_ERROR_INSUFFICIENT_SIZE);
    CHECK_EQUAL(count, 1);
    CHECK_GUARD(devices);
    CHECK_EQUAL(NVML(nvmlDeviceGetTopologyNearestGpus, first, 7, &count, devices), NVML_ERROR_INVALID_ARGUMENT);
}

TEST(the_gpus_near_a_cpu_are_those_of_its_node)
{
    unsigned int count = 0;
    use_scenario(FAR, ",'system':{'cpus_per_numa_node':64}");
    first_gpu();
    CHECK_EQUAL(NVML(nvmlSystemGetTopologyGpuSet, 63, &count, NULL), NVML_SUCCESS);
    CHECK_EQUAL(count, 3);
    nvmlDevice_t *devices = guarded(sizeof *devices);
    count = 1;
    CHECK_EQUAL(NVML(nvmlSystemGetTopologyGpuSet, 64, &count, devices), NVML_SUCCESS);
    CHECK_EQUAL(count, 1);
    CHECK(devices[0] == gpu_at(3));
    CHECK_GUARD(devices);
    change_scenario(FAR, "");
    CHECK_EQUAL(NVML(nvmlSystemGetTopologyGpuSet, 0, &count, NULL), NVML_ERROR_NOT_SUPPORTED);
}

TEST(peers_reach_each_other_by_pcie_on_a_node_and_by_nvlink_everywhere)
{
    unsigned int status;
    use_scenario(FAR, "");
    nvmlDevice_t first = first_gpu();
    CHECK_EQUAL(p2p(0, 1, 0), 0);
    CHECK_EQUAL(p2p(0, 1, 2), 5);
    CHECK_EQUAL(p2p(0, 3, 0), 3);
    CHECK_EQUAL(NVML(nvmlDeviceGetP2PStatus, first, first, 5, &status), NVML_ERROR_INVALID_ARGUMENT);
    change_scenario(LINKED("GPU-1", "0") "," LINKED("GPU-2", "1"), "");
    CHECK_EQUAL(p2p(0, 1, 1), 0);
    CHECK_EQUAL(p2p(0, 1, 2), 0);
    CHECK_EQUAL(p2p(0, 1, 4), 3);
}

TEST(a_pair_fails_with_the_state_of_its_second_gpu)
{
    unsigned int level;
    use_scenario(FAR, "");
    nvmlDevice_t first = first_gpu();
    nvmlDevice_t second = gpu_at(1);
    change_scenario(FAR, ",'timeline':[{'id':'l','at':0,'gpu':1,'set':{'state':'lost'}}]");
    CHECK_EQUAL(NVML(nvmlDeviceGetTopologyCommonAncestor, first, second, &level), NVML_ERROR_GPU_IS_LOST);
    CHECK_EQUAL(NVML(nvmlDeviceGetP2PStatus, first, second, 0, &level), NVML_ERROR_GPU_IS_LOST);
}
