#ifndef HWMOCKS_CUDA_DRIVER_H
#define HWMOCKS_CUDA_DRIVER_H

#include "../node/counts.h"
#include "ordinals.h"

/* Every exported function passes this gate, which counts it and lets a fault of the scenario strike (nvml/gate.h). */
#define EXPORT __attribute__((visibility("default")))

enum need {
    NEED_NOTHING,
    NEED_INIT,
};

bool cuda_enter(struct call_site *site, enum need need, CUdevice device, CUresult *result);
CUresult cuda_leave(CUresult result);

/* What an ordinal stands for now. False: no such ordinal, or its device has gone. */
bool cuda_device(CUdevice device, const struct gpu **gpu, const json_t **instance);
int cuda_device_count(void);

#define NO_DEVICE (-1)

/* CUDA_CALL(need, device or NO_DEVICE, name, (parameters), (arguments)) { body }. */
#define CUDA_CALL(need, device_argument, name, parameters, arguments)                            \
    static CUresult name##_answer parameters;                                                    \
    EXPORT CUresult name parameters                                                              \
    {                                                                                            \
        static struct call_site gate_site = {.function = #name};                                 \
        CUresult gate_result;                                                                    \
        if (cuda_enter(&gate_site, need, device_argument, &gate_result)) {                       \
            gate_result = name##_answer arguments;                                               \
        }                                                                                        \
        return cuda_leave(gate_result);                                                          \
    }                                                                                            \
    static CUresult name##_answer parameters

#endif
