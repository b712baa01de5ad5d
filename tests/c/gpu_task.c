/*
 * A task that prints the UUIDs of the GPUs and MIG instances it can use, one a line. It has what its reservation gave it and
 * no more: NVML by its soname from the library path, CUDA by both of its names, and device nodes. NVML's mock knows every
 * GPU of the scenario; as with the real driver, one can be used only where its node opens, and an instance only where its
 * two capabilities open too.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UUID_SIZE = 96, PATH_SIZE = 256 };

typedef void *device_t;

static void *library;

static void *find(const char *name)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    return symbol;
}

/* Calls a function of NVML; none of those used here may fail but where the caller says so. */
#define NVML(name, types, ...) (((int (*) types)find(name))(__VA_ARGS__))

static void expect(int result, const char *what)
{
    if (result != 0) {
        fprintf(stderr, "%s failed with %d\n", what, result);
        exit(2);
    }
}

static bool opens(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0)
        close(file);
    return file >= 0;
}

/* Where the kernel's files are: a container whose /proc nothing can be put into has the test's elsewhere. */
static const char *proc(void)
{
    const char *folder = getenv("GPU_TASK_PROC");
    return folder == NULL ? "/proc" : folder;
}

/* The kernel says which node is a capability's; a container sees the same /proc/driver as the host. */
static bool capability_opens(const char *file)
{
    char path[PATH_SIZE];
    int number;
    FILE *access = fopen(file, "re");
    if (access == NULL)
        return false;
    bool found = fscanf(access, "DeviceFileMinor: %d", &number) == 1;
    fclose(access);
    snprintf(path, sizeof path, "/dev/nvidia-caps/nvidia-cap%d", number);
    return found && opens(path);
}

static bool instance_opens(unsigned minor, device_t instance)
{
    char path[PATH_SIZE];
    unsigned gi, ci;
    expect(NVML("nvmlDeviceGetGpuInstanceId", (device_t, unsigned *), instance, &gi), "nvmlDeviceGetGpuInstanceId");
    expect(NVML("nvmlDeviceGetComputeInstanceId", (device_t, unsigned *), instance, &ci), "nvmlDeviceGetComputeInstanceId");
    snprintf(path, sizeof path, "%s/driver/nvidia/capabilities/gpu%u/mig/gi%u/access", proc(), minor, gi);
    if (!capability_opens(path))
        return false;
    snprintf(path, sizeof path, "%s/driver/nvidia/capabilities/gpu%u/mig/gi%u/ci%u/access", proc(), minor, gi, ci);
    return capability_opens(path);
}

/* As CUDA does: where the variable is set, nothing else is visible. */
static bool visible(const char *uuid)
{
    const char *list = getenv("CUDA_VISIBLE_DEVICES");
    const char *found = list == NULL ? NULL : strstr(list, uuid);
    return list == NULL || (found != NULL && strchr(",", found[strlen(uuid)]) != NULL);
}

static void print_if_visible(device_t device)
{
    char uuid[UUID_SIZE];
    expect(NVML("nvmlDeviceGetUUID", (device_t, char *, unsigned), device, uuid, UUID_SIZE), "nvmlDeviceGetUUID");
    if (visible(uuid))
        puts(uuid);
}

static void print_gpu(device_t gpu)
{
    char node[PATH_SIZE];
    unsigned minor, slots = 0;
    bool has_instances = false;
    expect(NVML("nvmlDeviceGetMinorNumber", (device_t, unsigned *), gpu, &minor), "nvmlDeviceGetMinorNumber");
    snprintf(node, sizeof node, "/dev/nvidia%u", minor);
    if (!opens(node))
        return;

    /* Fails where the GPU has no MIG. */
    (void)NVML("nvmlDeviceGetMaxMigDeviceCount", (device_t, unsigned *), gpu, &slots);
    for (unsigned slot = 0; slot < slots; slot++) {
        device_t instance;
        if (NVML("nvmlDeviceGetMigDeviceHandleByIndex", (device_t, unsigned, device_t *), gpu, slot, &instance) != 0)
            continue;
        has_instances = true;
        if (instance_opens(minor, instance))
            print_if_visible(instance);
    }
    if (!has_instances)
        print_if_visible(gpu);
}

static void *load(const char *name)
{
    void *loaded = dlopen(name, RTLD_NOW);
    if (loaded == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    return loaded;
}

int main(void)
{
    unsigned count;
    library = load("libnvidia-ml.so.1");
    load("libcuda.so.1");
    load("libcuda.so");
    if (!opens("/dev/nvidiactl")) {
        fprintf(stderr, "/dev/nvidiactl cannot be opened\n");
        return 2;
    }
    expect(NVML("nvmlInit_v2", (void)), "nvmlInit_v2");
    expect(NVML("nvmlDeviceGetCount_v2", (unsigned *), &count), "nvmlDeviceGetCount_v2");
    for (unsigned index = 0; index < count; index++) {
        device_t gpu;
        expect(NVML("nvmlDeviceGetHandleByIndex_v2", (unsigned, device_t *), index, &gpu), "nvmlDeviceGetHandleByIndex_v2");
        print_gpu(gpu);
    }
    return 0;
}
