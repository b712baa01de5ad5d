#ifndef HWMOCKS_ANSWER_H
#define HWMOCKS_ANSWER_H

#include "../nvml_abi.h"
#include "../node/values.h"

#include <stddef.h>

#define MEBIBYTE 1048576.0

/* A word of the scenario and NVML's number for it; lists end with a NULL word. */
struct word {
    const char *text;
    unsigned int number;
};

/* Each: INVALID_ARGUMENT without a place to write to, NOT_SUPPORTED without a value. A number is value x factor. */
nvmlReturn_t answer_u32(const struct gpu *gpu, const char *group, const char *key, double factor, unsigned int *value);
nvmlReturn_t answer_u64(const struct gpu *gpu, const char *group, const char *key, double factor,
    unsigned long long *value);
nvmlReturn_t answer_flag(const struct gpu *gpu, const char *group, const char *key, unsigned int *value);
nvmlReturn_t answer_word(const struct gpu *gpu, const char *group, const char *key, const struct word *words,
    unsigned int *value);

/* INSUFFICIENT_SIZE where the text and its end do not fit; nothing is written then. */
nvmlReturn_t answer_text(const char *source, char *text, unsigned int length);

/* The number of a word, or the number that stands in its place. False: absent, or no such word. */
bool word_number(const json_t *value, const struct word *words, unsigned int *number);

/* A number as unsigned; 0 where there is none, for struct members that have no code of their own. */
unsigned long long number_or_zero(const struct gpu *gpu, const char *group, const char *key);
unsigned int flag_or_zero(const struct gpu *gpu, const char *group, const char *key);

unsigned long long bytes_of(double mebibytes);

/* Hexadecimal text to bytes, most significant first; anything that is no digit is skipped. */
void hex_to_bytes(const char *text, unsigned char *bytes, size_t count);

#endif
