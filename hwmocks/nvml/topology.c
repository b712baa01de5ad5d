/* Where GPUs are to each other: by the PCIe switch and the NUMA node that the scenario gives them. */
#include "gate.h"
#include "nvlink.h"

enum level { LEVEL_INTERNAL = 0, LEVEL_SINGLE_SWITCH = 10, LEVEL_NODE = 40, LEVEL_SYSTEM = 50 };

enum p2p { P2P_OK = 0, P2P_NO_TOPOLOGY = 3, P2P_NOT_SUPPORTED = 5 };

enum p2p_index { P2P_READ, P2P_WRITE, P2P_NVLINK, P2P_ATOMICS, P2P_PCI, P2P_INDICES };

static bool have_equal(const struct gpu *one, const struct gpu *other, const char *key)
{
    double first, second;
    return gpu_number(one, "pci", key, &first) && gpu_number(other, "pci", key, &second) && first == second;
}

/* Without NUMA the kernel says of no device where it is. */
static enum level level_between(const struct gpu *one, const struct gpu *other)
{
    double node;
    if (one == other) {
        return LEVEL_INTERNAL;
    }
    if (have_equal(one, other, "switch")) {
        return LEVEL_SINGLE_SWITCH;
    }
    bool is_known = gpu_number(one, "pci", "numa_node", &node) || gpu_number(other, "pci", "numa_node", &node);
    return !is_known || have_equal(one, other, "numa_node") ? LEVEL_NODE : LEVEL_SYSTEM;
}

/* The second GPU of a pair has a state of its own. */
static nvmlReturn_t find_other(nvmlDevice_t handle, const struct gpu **gpu)
{
    struct device other;
    if (!device_of(handle, &other) || other.instance != NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *gpu = other.gpu;
    return gpu_condition(other.gpu);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetTopologyCommonAncestor, (nvmlDevice_t second, unsigned int *level), (second, level))
{
    const struct gpu *other;
    nvmlReturn_t answer = level == NULL ? NVML_ERROR_INVALID_ARGUMENT : find_other(second, &other);
    if (answer == NVML_SUCCESS) {
        *level = level_between(device->gpu, other);
    }
    return answer;
}

/* A set of GPUs: only counted where the caller has no room for any, too small a room gets the count and an error. */
struct gpu_set {
    nvmlDevice_t *devices;
    unsigned int room;
    unsigned int count;
};

static void add(struct gpu_set *set, const struct gpu *gpu)
{
    if (set->devices != NULL && set->count < set->room) {
        set->devices[set->count] = handle_of_gpu(gpu);
    }
    set->count++;
}

static nvmlReturn_t finish(const struct gpu_set *set, unsigned int *count)
{
    *count = set->count;
    return set->devices != NULL && set->room < set->count ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS;
}

/* Those at exactly that level. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetTopologyNearestGpus,
    (unsigned int level, unsigned int *count, nvmlDevice_t *devices), (level, count, devices))
{
    if (count == NULL || level > LEVEL_SYSTEM || level % 10 != 0) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    struct gpu_set set = {.devices = devices, .room = *count};
    for (size_t i = 0; i < node.gpu_count; i++) {
        const struct gpu *other = &node.gpus[i];
        if (other->listed && other != device->gpu && level_between(device->gpu, other) == (enum level)level) {
            add(&set, other);
        }
    }
    return finish(&set, count);
}

/* The CPUs are numbered node by node. */
CALL(NEED_INIT, nvmlSystemGetTopologyGpuSet, (unsigned int cpu, unsigned int *count, nvmlDevice_t *devices),
    (cpu, count, devices))
{
    double own;
    const json_t *cpus = json_object_get(node.system, "cpus_per_numa_node");
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!json_is_number(cpus)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    struct gpu_set set = {.devices = devices, .room = *count};
    unsigned int numa_node = cpu / (unsigned int)json_number_value(cpus);
    for (size_t i = 0; i < node.gpu_count; i++) {
        const struct gpu *gpu = &node.gpus[i];
        if (gpu->listed && gpu_number(gpu, "pci", "numa_node", &own) && own == numa_node) {
            add(&set, gpu);
        }
    }
    return finish(&set, count);
}

static bool has_nvlink(const struct gpu *gpu)
{
    for (unsigned int link = 0; nvlink_exists(gpu, link) == NVML_SUCCESS; link++) {
        if (nvlink_is_up(gpu, link)) {
            return true;
        }
    }
    return false;
}

static enum p2p p2p_between(const struct gpu *one, const struct gpu *other, enum p2p_index index)
{
    bool is_linked = has_nvlink(one) && has_nvlink(other);
    if (index == P2P_NVLINK || index == P2P_ATOMICS) {
        return is_linked ? P2P_OK : P2P_NOT_SUPPORTED;
    }
    if (is_linked && index != P2P_PCI) {
        return P2P_OK;
    }
    return level_between(one, other) == LEVEL_SYSTEM ? P2P_NO_TOPOLOGY : P2P_OK;
}

DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetP2PStatus,
    (nvmlDevice_t second, unsigned int index, unsigned int *status), (second, index, status))
{
    const struct gpu *other;
    nvmlReturn_t answer = status == NULL || index >= P2P_INDICES ? NVML_ERROR_INVALID_ARGUMENT
                                                                 : find_other(second, &other);
    if (answer == NVML_SUCCESS) {
        *status = gpu_mig_enabled(other) ? P2P_NOT_SUPPORTED : p2p_between(device->gpu, other, (enum p2p_index)index);
    }
    return answer;
}
