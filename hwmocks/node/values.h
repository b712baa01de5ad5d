#ifndef HWMOCKS_VALUES_H
#define HWMOCKS_VALUES_H

#include "node.h"

/* A GPU's values as they are now, patterns included. False or NULL: not supported. Group NULL: a top-level key. */
const json_t *gpu_value(const struct gpu *gpu, const char *group, const char *key);
bool gpu_number(const struct gpu *gpu, const char *group, const char *key, double *value);
bool gpu_flag(const struct gpu *gpu, const char *group, const char *key, bool *value);
const char *gpu_text(const struct gpu *gpu, const char *group, const char *key);

/* The MIG devices; NULL without MIG. */
const json_t *gpu_instances(const struct gpu *gpu);
bool gpu_mig_enabled(const struct gpu *gpu);
bool instance_number(const struct gpu *gpu, const json_t *instance, const char *key, double *value);

#endif
