#ifndef HWMOCKS_SCHEMA_H
#define HWMOCKS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What is wrong with a scenario, as "gpus[0].power.usage_watts: must be at most 100000". */
struct problem {
    char text[512];
};

/* Checks a document against scenario.schema.json, which is linked into the library. */
bool schema_accepts(const json_t *document, struct problem *problem);

const json_t *schema_root(void);

/* A rule, or what its "$ref" points to. */
const json_t *schema_resolve(const json_t *rule);

/* The schema of one number: GPU key "group.key", or a MIG instance's key where group is NULL. NULL: no such number. */
const json_t *schema_number(const char *group, const char *key);

/* Whether the schema of a number says integer, which decides how a pattern's value is rounded. */
bool schema_is_integer(const json_t *number);

#endif
