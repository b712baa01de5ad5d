#include "schema.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The linker's names for the embedded file (ld -r -b binary). */
extern const char _binary_scenario_schema_json_start[];
extern const char _binary_scenario_schema_json_end[];

static json_t *schema;
static pthread_once_t schema_once = PTHREAD_ONCE_INIT;

static void load(void)
{
    json_error_t error;
    size_t size = (size_t)(_binary_scenario_schema_json_end - _binary_scenario_schema_json_start);
    schema = json_loadb(_binary_scenario_schema_json_start, size, 0, &error);
    if (schema == NULL) {
        fprintf(stderr, "hwmocks: the built-in schema is not JSON: line %d: %s\n", error.line, error.text);
        abort();
    }
}

const json_t *schema_root(void)
{
    pthread_once(&schema_once, load);
    return schema;
}

const json_t *schema_resolve(const json_t *rule)
{
    const char *reference = json_string_value(json_object_get(rule, "$ref"));
    if (reference == NULL) {
        return rule;
    }
    return json_object_get(json_object_get(schema_root(), "$defs"), reference + strlen("#/$defs/"));
}

static bool has_type(const json_t *rule, const char *type)
{
    const json_t *types = json_object_get(rule, "type");
    size_t index;
    const json_t *one;
    if (json_is_string(types)) {
        return strcmp(json_string_value(types), type) == 0;
    }
    json_array_foreach(types, index, one) {
        if (strcmp(json_string_value(one), type) == 0) {
            return true;
        }
    }
    return false;
}

const json_t *schema_number(const char *group, const char *key)
{
    const char *name = group != NULL ? group : "mig_instance";
    const json_t *definition = json_object_get(json_object_get(schema_root(), "$defs"), name);
    const json_t *number = json_object_get(json_object_get(definition, "properties"), key);
    return has_type(number, "number") || has_type(number, "integer") ? number : NULL;
}

bool schema_is_integer(const json_t *number)
{
    return has_type(number, "integer");
}
