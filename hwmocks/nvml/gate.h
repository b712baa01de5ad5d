#ifndef HWMOCKS_GATE_H
#define HWMOCKS_GATE_H

#include "../node/counts.h"
#include "answer.h"
#include "handles.h"

/*
 * Every exported function passes the gate: it takes the lock, brings the node up to date, counts the call, lets a fault
 * of the scenario strike, and then asks whether the library is initialised, the driver there, the handle good and
 * the GPU well. The body behind it only answers.
 */
#define EXPORT __attribute__((visibility("default")))
#define UNUSED __attribute__((unused))
#define UNWRAP(...) __VA_ARGS__

enum need {
    /* Works in an uninitialised library. */
    NEED_NOTHING,
    /* The same, but it asks the driver. */
    NEED_DRIVER,
    NEED_INIT,
    /* A function that the mock does not have: HWMOCKS_STRICT aborts in it. */
    NEED_IMPLEMENTATION,
};

/* Which devices a function answers for; nvml.md's MIG column. Others get NOT_SUPPORTED. */
enum scope {
    SCOPE_GPU,
    /* Of a GPU with MIG switched off. */
    SCOPE_GPU_WITHOUT_MIG,
    SCOPE_MIG,
    SCOPE_ANY,
};

/* The two halves of the gate, for a function that names its GPU other than by a handle: gate_enter is both. */
void gate_begin(struct call_site *site, enum need need);
bool gate_pass(struct call_site *site, enum need need, int gpu, nvmlReturn_t *result);

/* False: "result" is the answer. Locks the node either way. */
bool gate_enter(struct call_site *site, enum need need, nvmlReturn_t *result);
bool gate_enter_device(struct call_site *site, enum scope scope, nvmlDevice_t handle, struct device *device,
    nvmlReturn_t *result);
nvmlReturn_t gate_leave(nvmlReturn_t result);

/* What a call with a handle of the GPU gets: SUCCESS, or what its state or its absence makes of it. */
nvmlReturn_t gpu_condition(const struct gpu *gpu);

/* A function without a device: CALL(need, name, (parameters), (arguments)) { body }. */
#define CALL(need, name, parameters, arguments)                                                  \
    static nvmlReturn_t name##_answer parameters;                                                \
    EXPORT nvmlReturn_t name parameters                                                          \
    {                                                                                            \
        static struct call_site gate_site = {.function = #name};                                 \
        nvmlReturn_t gate_result;                                                                \
        if (gate_enter(&gate_site, need, &gate_result)) {                                        \
            gate_result = name##_answer arguments;                                               \
        }                                                                                        \
        return gate_leave(gate_result);                                                          \
    }                                                                                            \
    static nvmlReturn_t name##_answer parameters

/* A function that looks a GPU up: "target" is its position, asked under the lock, so that a fault can mean one GPU. */
#define LOOKUP_CALL(target, name, parameters, arguments)                                         \
    static nvmlReturn_t name##_answer parameters;                                                \
    EXPORT nvmlReturn_t name parameters                                                          \
    {                                                                                            \
        static struct call_site gate_site = {.function = #name};                                 \
        nvmlReturn_t gate_result;                                                                \
        gate_begin(&gate_site, NEED_INIT);                                                       \
        if (gate_pass(&gate_site, NEED_INIT, target, &gate_result)) {                            \
            gate_result = name##_answer arguments;                                               \
        }                                                                                        \
        return gate_leave(gate_result);                                                          \
    }                                                                                            \
    static nvmlReturn_t name##_answer parameters

/* A function whose first parameter is a device; the body gets it as "device" and the parameters behind it. */
#define DEVICE_CALL(scope, name, parameters, arguments)                                          \
    static nvmlReturn_t name##_answer(const struct device *device, UNWRAP parameters);           \
    EXPORT nvmlReturn_t name(nvmlDevice_t gate_handle, UNWRAP parameters)                        \
    {                                                                                            \
        static struct call_site gate_site = {.function = #name};                                 \
        struct device gate_device;                                                               \
        nvmlReturn_t gate_result;                                                                \
        if (gate_enter_device(&gate_site, scope, gate_handle, &gate_device, &gate_result)) {     \
            gate_result = name##_answer(&gate_device, UNWRAP arguments);                         \
        }                                                                                        \
        return gate_leave(gate_result);                                                          \
    }                                                                                            \
    static nvmlReturn_t name##_answer(const struct device *device UNUSED, UNWRAP parameters)

/* Weak, so a real implementation of the name wins; whatever the caller passes is left alone. */
#define UNIMPLEMENTED(name)                                                                      \
    __attribute__((weak)) EXPORT nvmlReturn_t name(void)                                         \
    {                                                                                            \
        static struct call_site gate_site = {.function = #name};                                 \
        nvmlReturn_t gate_result;                                                                \
        bool ready = gate_enter(&gate_site, NEED_IMPLEMENTATION, &gate_result);                  \
        return gate_leave(ready ? NVML_ERROR_NOT_SUPPORTED : gate_result);                       \
    }

/* The getters of one value. */
#define NUMBER_GETTER(scope, name, group, key, factor)                                           \
    DEVICE_CALL(scope, name, (unsigned int *value), (value))                                     \
    {                                                                                            \
        return answer_u32(device->gpu, group, key, factor, value);                               \
    }

#define LONG_GETTER(scope, name, group, key, factor)                                             \
    DEVICE_CALL(scope, name, (unsigned long long *value), (value))                               \
    {                                                                                            \
        return answer_u64(device->gpu, group, key, factor, value);                               \
    }

#define FLAG_GETTER(scope, name, group, key)                                                     \
    DEVICE_CALL(scope, name, (unsigned int *value), (value))                                     \
    {                                                                                            \
        return answer_flag(device->gpu, group, key, value);                                      \
    }

#define WORD_GETTER(scope, name, group, key, words)                                              \
    DEVICE_CALL(scope, name, (unsigned int *value), (value))                                     \
    {                                                                                            \
        return answer_word(device->gpu, group, key, words, value);                               \
    }

#define TEXT_GETTER(scope, name, group, key)                                                     \
    DEVICE_CALL(scope, name, (char *text, unsigned int length), (text, length))                  \
    {                                                                                            \
        return answer_text(gpu_text(device->gpu, group, key), text, length);                     \
    }

#endif
