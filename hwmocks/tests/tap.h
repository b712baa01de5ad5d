#ifndef HWMOCKS_TAP_H
#define HWMOCKS_TAP_H

#include "../nvml_abi.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Each test runs in a process of its own: the libraries read their environment once and are never unloaded. It
 * opens them at run time, as every consumer does.
 */
typedef void test_body(void);

struct test {
    const char *name;
    test_body *body;
    struct test *next;
};

void test_register(struct test *test);

#define TEST(name)                                                                               \
    static void name(void);                                                                      \
    __attribute__((constructor)) static void register_##name(void)                               \
    {                                                                                            \
        static struct test test = {#name, name, NULL};                                           \
        test_register(&test);                                                                    \
    }                                                                                            \
    static void name(void)

void check_that(bool holds, const char *file, int line, const char *text);
void check_equal(long long actual, long long expected, const char *file, int line, const char *text);
void check_text(const char *actual, const char *expected, const char *file, int line);

#define CHECK(condition) check_that(condition, __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(actual, expected) \
    check_equal((long long)(actual), (long long)(expected), __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) check_text(actual, expected, __FILE__, __LINE__)

/* A call without a prototype: arguments go by C's default promotions, which is what NVML's parameters need. */
typedef int unprototyped();
void *library_symbol(const char *library, const char *name);

#define NVML(name, ...) (((unprototyped *)library_symbol("libnvidia-ml.so.1", #name))(__VA_ARGS__))
#define CUDA(name, ...) (((unprototyped *)library_symbol("libcuda.so.1", #name))(__VA_ARGS__))

/* The folder with the libraries under test, and the one with the Makefile. */
const char *library_folder(void);
const char *source_folder(void);

/* Single quotes are double quotes in JSON here. "rest" is "" or more keys, each with a comma before it. */
void use_scenario(const char *gpus, const char *rest);
void use_scenario_text(const char *json);
void use_scenario_file(const char *name);
const char *scenario_path(void);

/* Replaces the file by rename; the next call sees it. */
void change_scenario(const char *gpus, const char *rest);

/* Temporary folder of this test. */
const char *test_folder(void);

/* nvmlInit_v2 and the handle of GPU 0. */
nvmlDevice_t first_gpu(void);

/* Memory of that size with canary bytes around it, zeroed inside. */
void *guarded(size_t size);
void check_guard(const void *memory, const char *file, int line);
#define CHECK_GUARD(memory) check_guard(memory, __FILE__, __LINE__)

double seconds_now(void);

#endif
