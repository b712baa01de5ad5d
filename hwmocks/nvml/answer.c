#include "answer.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Values like a temperature may be negative; NVML passes their bits in an unsigned int. */
static unsigned int to_u32(double value)
{
    return (unsigned int)llround(value);
}

nvmlReturn_t answer_u32(const struct gpu *gpu, const char *group, const char *key, double factor, unsigned int *value)
{
    double number;
    if (value == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_number(gpu, group, key, &number)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *value = to_u32(number * factor);
    return NVML_SUCCESS;
}

nvmlReturn_t answer_u64(const struct gpu *gpu, const char *group, const char *key, double factor,
    unsigned long long *value)
{
    double number;
    if (value == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_number(gpu, group, key, &number)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *value = (unsigned long long)llround(number * factor);
    return NVML_SUCCESS;
}

nvmlReturn_t answer_flag(const struct gpu *gpu, const char *group, const char *key, unsigned int *value)
{
    bool flag;
    if (value == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_flag(gpu, group, key, &flag)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *value = flag;
    return NVML_SUCCESS;
}

bool word_number(const json_t *value, const struct word *words, unsigned int *number)
{
    if (json_is_number(value)) {
        *number = to_u32(json_number_value(value));
        return true;
    }
    const char *text = json_string_value(value);
    for (; text != NULL && words->text != NULL; words++) {
        if (strcmp(words->text, text) == 0) {
            *number = words->number;
            return true;
        }
    }
    return false;
}

nvmlReturn_t answer_word(const struct gpu *gpu, const char *group, const char *key, const struct word *words,
    unsigned int *value)
{
    if (value == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    return word_number(gpu_value(gpu, group, key), words, value) ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

nvmlReturn_t answer_text(const char *source, char *text, unsigned int length)
{
    if (text == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (source == NULL) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    size_t size = strlen(source) + 1;
    if (length < size) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    memcpy(text, source, size);
    return NVML_SUCCESS;
}

unsigned long long number_or_zero(const struct gpu *gpu, const char *group, const char *key)
{
    double number;
    return gpu_number(gpu, group, key, &number) ? (unsigned long long)llround(number) : 0;
}

unsigned int flag_or_zero(const struct gpu *gpu, const char *group, const char *key)
{
    bool flag;
    return gpu_flag(gpu, group, key, &flag) && flag;
}

unsigned long long bytes_of(double mebibytes)
{
    return (unsigned long long)llround(mebibytes * MEBIBYTE);
}

void hex_to_bytes(const char *text, unsigned char *bytes, size_t count)
{
    size_t digits = 0;
    memset(bytes, 0, count);
    for (; *text != '\0' && digits < 2 * count; text++) {
        if (isxdigit((unsigned char)*text)) {
            int digit = isdigit((unsigned char)*text) ? *text - '0' : tolower((unsigned char)*text) - 'a' + 10;
            bytes[digits / 2] |= (unsigned char)(digits % 2 == 0 ? digit << 4 : digit);
            digits++;
        }
    }
}
