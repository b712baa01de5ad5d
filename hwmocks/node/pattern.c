#include "pattern.h"

#include "schema.h"

#include <math.h>
#include <string.h>

static const char *const shape_names[] = {"constant", "sine", "triangle", "square", "steps", "counter"};

static double number_or(const json_t *entry, const char *key, double otherwise)
{
    const json_t *value = json_object_get(entry, key);
    return value == NULL ? otherwise : json_number_value(value);
}

static bool parse_target(const json_t *entry, struct pattern *pattern)
{
    const json_t *slot = json_object_get(entry, "slot");
    const char *value = json_string_value(json_object_get(entry, "value"));
    pattern->slot = slot == NULL ? SELECT_NONE : (int)json_number_value(slot);
    pattern->key = value;
    pattern->group[0] = '\0';
    if (slot == NULL) {
        const char *dot = strchr(value, '.');
        if (dot == NULL || (size_t)(dot - value) >= sizeof pattern->group) {
            return false;
        }
        memcpy(pattern->group, value, (size_t)(dot - value));
        pattern->group[dot - value] = '\0';
        pattern->key = dot + 1;
    }
    const json_t *number = schema_number(slot == NULL ? pattern->group : NULL, pattern->key);
    if (number == NULL) {
        return false;
    }
    pattern->integer = schema_is_integer(number);
    pattern->minimum = number_or(number, "minimum", -INFINITY);
    pattern->maximum = number_or(number, "maximum", INFINITY);
    return true;
}

bool pattern_parse(const json_t *entry, struct pattern *pattern, const char **reason)
{
    const char *shape = json_string_value(json_object_get(entry, "shape"));
    *reason = "\"value\" is no key of a number";
    if (!parse_target(entry, pattern)) {
        return false;
    }
    for (size_t i = 0; i < sizeof shape_names / sizeof *shape_names; i++) {
        if (strcmp(shape, shape_names[i]) == 0) {
            pattern->shape = i;
        }
    }
    pattern->low = number_or(entry, "low", 0);
    pattern->high = number_or(entry, "high", 0);
    pattern->rate = number_or(entry, "rate", 0);
    pattern->period = clock_from_seconds(number_or(entry, "period_seconds", 0));
    pattern->phase = clock_from_seconds(number_or(entry, "phase_seconds", 0));
    pattern->steps = json_object_get(entry, "steps");
    bool periodic = pattern->shape != SHAPE_CONSTANT && pattern->shape != SHAPE_COUNTER;
    *reason = "the shape needs \"period_seconds\"";
    if (periodic && pattern->period <= 0) {
        return false;
    }
    *reason = "the shape needs \"steps\"";
    return pattern->shape != SHAPE_STEPS || pattern->steps != NULL;
}

static double unrounded(const struct pattern *pattern, micros time)
{
    double low = pattern->low;
    double span = pattern->high - pattern->low;
    micros moment = time + pattern->phase;
    if (pattern->shape == SHAPE_CONSTANT) {
        return low;
    }
    if (pattern->shape == SHAPE_COUNTER) {
        return low + pattern->rate * ((double)moment / 1000000.0);
    }
    micros inside = moment % pattern->period;
    double share = (double)inside / (double)pattern->period;
    switch (pattern->shape) {
    case SHAPE_SINE:
        return low + span * (1 - cos(2 * acos(-1.0) * share)) / 2;
    case SHAPE_TRIANGLE:
        return low + span * (share < 0.5 ? 2 * share : 2 - 2 * share);
    case SHAPE_SQUARE:
        return 2 * inside < pattern->period ? pattern->high : low;
    default: {
        micros count = (micros)json_array_size(pattern->steps);
        return json_number_value(json_array_get(pattern->steps, (size_t)(inside * count / pattern->period)));
    }
    }
}

double pattern_value(const struct pattern *pattern, micros time)
{
    double exact = unrounded(pattern, time);
    double value = pattern->integer ? floor(exact + 0.5) : floor(exact * 1000 + 0.5) / 1000;
    return fmin(fmax(value, pattern->minimum), pattern->maximum);
}
