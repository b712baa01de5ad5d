#ifndef HWMOCKS_ORDINALS_H
#define HWMOCKS_ORDINALS_H

#include "../cuda_abi.h"
#include "../node/values.h"

#define MOST_DEVICES 1024

/* A device of this process: a GPU or one MIG device, by UUID, since the scenario may change under it. */
struct ordinal {
    char gpu[128];
    char instance[128];
};

/* Which devices cuInit finds, in CUDA's order, after CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER. */
size_t ordinals_find(struct ordinal *ordinals);

#endif
