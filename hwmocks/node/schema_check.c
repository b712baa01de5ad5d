#include "schema.h"

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

/* Where the checked value is, and where to say what is wrong with it. */
struct place {
    const struct place *parent;
    const char *key;
    size_t index;
    struct problem *problem;
};

static size_t place_write(const struct place *place, char *text, size_t size)
{
    if (place->parent == NULL) {
        text[0] = '\0';
        return 0;
    }
    size_t used = place_write(place->parent, text, size);
    if (used >= size) {
        return used;
    }
    int added = place->key == NULL
        ? snprintf(text + used, size - used, "[%zu]", place->index)
        : snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ".", place->key);
    return used + (size_t)added;
}

static bool refuse(const struct place *place, const char *format, const char *detail)
{
    char where[200];
    char what[280];
    place_write(place, where, sizeof where);
    snprintf(what, sizeof what, format, detail);
    snprintf(place->problem->text, sizeof place->problem->text, "%s%s%s", where, where[0] ? ": " : "", what);
    return false;
}

static bool accepts(const json_t *rule, const json_t *value, const struct place *place);

static bool type_matches(const char *type, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return strcmp(type, "object") == 0;
    case JSON_ARRAY:
        return strcmp(type, "array") == 0;
    case JSON_STRING:
        return strcmp(type, "string") == 0;
    case JSON_INTEGER:
        return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
    case JSON_REAL:
        /* JSON Schema: 4.0 is an integer too. */
        return strcmp(type, "number") == 0
            || (strcmp(type, "integer") == 0 && floor(json_real_value(value)) == json_real_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return strcmp(type, "boolean") == 0;
    default:
        return strcmp(type, "null") == 0;
    }
}

static bool accepts_type(const json_t *type, const json_t *value, const struct place *place)
{
    if (json_is_string(type)) {
        return type_matches(json_string_value(type), value)
            || refuse(place, "must be of type %s", json_string_value(type));
    }
    size_t index;
    const json_t *one;
    json_array_foreach(type, index, one) {
        if (type_matches(json_string_value(one), value)) {
            return true;
        }
    }
    return refuse(place, "must be of type %s", json_string_value(json_array_get(type, 0)));
}

static bool accepts_enum(const json_t *words, const json_t *value, const struct place *place)
{
    size_t index;
    const json_t *word;
    json_array_foreach(words, index, word) {
        if (json_equal(word, value)) {
            return true;
        }
    }
    return json_is_string(value)
        ? refuse(place, "\"%s\" is not one of the words that the key takes", json_string_value(value))
        : refuse(place, "must be one of the words that the key takes%s", "");
}

static bool accepts_number(const json_t *rule, double value, const struct place *place)
{
    const json_t *minimum = json_object_get(rule, "minimum");
    const json_t *maximum = json_object_get(rule, "maximum");
    char limit[40];
    if (minimum != NULL && value < json_number_value(minimum)) {
        snprintf(limit, sizeof limit, "%.17g", json_number_value(minimum));
        return refuse(place, "must be at least %s", limit);
    }
    if (maximum != NULL && value > json_number_value(maximum)) {
        snprintf(limit, sizeof limit, "%.17g", json_number_value(maximum));
        return refuse(place, "must be at most %s", limit);
    }
    return true;
}

static size_t code_points(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return count;
}

static bool accepts_text(const json_t *rule, const char *text, const struct place *place)
{
    const json_t *shortest = json_object_get(rule, "minLength");
    const json_t *longest = json_object_get(rule, "maxLength");
    const json_t *pattern = json_object_get(rule, "pattern");
    char limit[24];
    if (shortest != NULL && (json_int_t)code_points(text) < json_integer_value(shortest)) {
        return refuse(place, "must not be empty%s", "");
    }
    if (longest != NULL && (json_int_t)code_points(text) > json_integer_value(longest)) {
        snprintf(limit, sizeof limit, "%lld", (long long)json_integer_value(longest));
        return refuse(place, "is longer than %s characters", limit);
    }
    if (pattern != NULL) {
        regex_t expression;
        if (regcomp(&expression, json_string_value(pattern), REG_EXTENDED | REG_NOSUB) != 0) {
            return refuse(place, "cannot be checked: bad pattern %s in the schema", json_string_value(pattern));
        }
        int mismatch = regexec(&expression, text, 0, NULL, 0);
        regfree(&expression);
        return mismatch == 0 || refuse(place, "does not match %s", json_string_value(pattern));
    }
    return true;
}

static bool items_differ(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        for (size_t other = 0; other < i; other++) {
            if (json_equal(json_array_get(array, i), json_array_get(array, other))) {
                return false;
            }
        }
    }
    return true;
}

static bool accepts_array(const json_t *rule, const json_t *value, const struct place *place)
{
    const json_t *least = json_object_get(rule, "minItems");
    const json_t *most = json_object_get(rule, "maxItems");
    const json_t *items = json_object_get(rule, "items");
    if (least != NULL && (json_int_t)json_array_size(value) < json_integer_value(least)) {
        return refuse(place, "has too few items%s", "");
    }
    if (most != NULL && (json_int_t)json_array_size(value) > json_integer_value(most)) {
        return refuse(place, "has too many items%s", "");
    }
    if (json_is_true(json_object_get(rule, "uniqueItems")) && !items_differ(value)) {
        return refuse(place, "has an item twice%s", "");
    }
    size_t index;
    const json_t *item;
    json_array_foreach(value, index, item) {
        struct place inside = {.parent = place, .index = index, .problem = place->problem};
        if (items != NULL && !accepts(items, item, &inside)) {
            return false;
        }
    }
    return true;
}

static bool accepts_object(const json_t *rule, const json_t *value, const struct place *place)
{
    const json_t *properties = json_object_get(rule, "properties");
    const json_t *others = json_object_get(rule, "additionalProperties");
    size_t index;
    const json_t *required;
    json_array_foreach(json_object_get(rule, "required"), index, required) {
        if (json_object_get(value, json_string_value(required)) == NULL) {
            return refuse(place, "lacks the key \"%s\"", json_string_value(required));
        }
    }
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member) {
        struct place inside = {.parent = place, .key = key, .problem = place->problem};
        const json_t *known = json_object_get(properties, key);
        if (known == NULL && json_is_false(others)) {
            return refuse(place, "has the unknown key \"%s\"", key);
        }
        const json_t *inner = known != NULL ? known : others;
        if (json_is_object(inner) && !accepts(inner, member, &inside)) {
            return false;
        }
    }
    return true;
}

/* Of several choices, the complaint of the one that has the value's type is the useful one. */
static bool accepts_any(const json_t *choices, const json_t *value, const struct place *place)
{
    size_t index;
    const json_t *choice;
    struct problem best = {{0}};
    json_array_foreach(choices, index, choice) {
        if (accepts(choice, value, place)) {
            return true;
        }
        const json_t *type = json_object_get(schema_resolve(choice), "type");
        bool same_type = type == NULL || (json_is_string(type) && type_matches(json_string_value(type), value));
        if (best.text[0] == '\0' || same_type) {
            best = *place->problem;
        }
    }
    *place->problem = best;
    return false;
}

/* The keywords that scenario.schema.json uses; a new one there must be added here (tests/scenarios_test.c notices). */
static bool accepts(const json_t *rule, const json_t *value, const struct place *place)
{
    rule = schema_resolve(rule);
    const json_t *choices = json_object_get(rule, "anyOf");
    if (choices != NULL) {
        return accepts_any(choices, value, place);
    }
    const json_t *type = json_object_get(rule, "type");
    const json_t *words = json_object_get(rule, "enum");
    if (type != NULL && !accepts_type(type, value, place)) {
        return false;
    }
    if (words != NULL && !accepts_enum(words, value, place)) {
        return false;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return accepts_object(rule, value, place);
    case JSON_ARRAY:
        return accepts_array(rule, value, place);
    case JSON_STRING:
        return accepts_text(rule, json_string_value(value), place);
    case JSON_INTEGER:
    case JSON_REAL:
        return accepts_number(rule, json_number_value(value), place);
    default:
        return true;
    }
}

bool schema_accepts(const json_t *document, struct problem *problem)
{
    struct place root = {.problem = problem};
    return accepts(schema_root(), document, &root);
}
