#include "tap.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A test that hangs is ended by SIGALRM. */
#define LIMIT_SECONDS 30

static struct test *tests;
static struct test **last = &tests;
static const char *libraries;
static const char *sources;
static char folder[] = "/tmp/hwmocks-test-XXXXXX";
static char path[64];

void test_register(struct test *test)
{
    *last = test;
    last = &test->next;
}

static void fail(void)
{
    fflush(stdout);
    _exit(1);
}

void check_that(bool holds, const char *file, int line, const char *text)
{
    if (!holds) {
        printf("# %s:%d: not so: %s\n", file, line, text);
        fail();
    }
}

void check_equal(long long actual, long long expected, const char *file, int line, const char *text)
{
    if (actual != expected) {
        printf("# %s:%d: %s is %lld, not %lld\n", file, line, text, actual, expected);
        fail();
    }
}

void check_text(const char *actual, const char *expected, const char *file, int line)
{
    if (strcmp(actual, expected) != 0) {
        printf("# %s:%d: \"%s\", not \"%s\"\n", file, line, actual, expected);
        fail();
    }
}

void *library_symbol(const char *library, const char *name)
{
    char file[512];
    snprintf(file, sizeof file, "%s/%s", libraries, library);
    void *handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    check_that(handle != NULL, file, 0, handle == NULL ? dlerror() : "");
    void *symbol = dlsym(handle, name);
    check_that(symbol != NULL, name, 0, "exported");
    return symbol;
}

const char *library_folder(void)
{
    return libraries;
}

const char *source_folder(void)
{
    return sources;
}

const char *test_folder(void)
{
    return folder;
}

const char *scenario_path(void)
{
    return path;
}

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_json(const char *json)
{
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "w");
    for (; *json != '\0'; json++) {
        fputc(*json == '\'' ? '"' : *json, file);
    }
    fclose(file);
    rename(fresh, path);
}

void change_scenario(const char *gpus, const char *rest)
{
    static const char *const form =
        "{'description':'test','driver':{'state':'loaded','version':'580.105.08','nvml_version':'13.580.105.08',"
        "'cuda_version':'13.0'},'gpus':[%s]%s}";
    size_t size = strlen(form) + strlen(gpus) + strlen(rest) + 1;
    char *json = malloc(size);
    snprintf(json, size, form, gpus, rest);
    write_json(json);
    free(json);
}

void use_scenario(const char *gpus, const char *rest)
{
    change_scenario(gpus, rest);
    setenv("HWMOCKS_SCENARIO", path, 1);
}

void use_scenario_text(const char *json)
{
    write_json(json);
    setenv("HWMOCKS_SCENARIO", path, 1);
}

void use_scenario_file(const char *name)
{
    char file[512];
    snprintf(file, sizeof file, "%s/scenarios/%s", sources, name);
    setenv("HWMOCKS_SCENARIO", file, 1);
}

nvmlDevice_t first_gpu(void)
{
    nvmlDevice_t device = NULL;
    CHECK_EQUAL(NVML(nvmlInit_v2), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetHandleByIndex_v2, 0, &device), NVML_SUCCESS);
    return device;
}

#define CANARIES 64
#define CANARY 0xA5

/* Kept to the end of the test, which the leak checker would otherwise have to be told. */
struct guard {
    struct guard *next;
    size_t size;
    unsigned char memory[];
};

static struct guard *guards;

void *guarded(size_t size)
{
    struct guard *guard = malloc(sizeof *guard + size + 2 * CANARIES);
    guard->next = guards;
    guard->size = size;
    guards = guard;
    memset(guard->memory, CANARY, size + 2 * CANARIES);
    return memset(guard->memory + CANARIES, 0, size);
}

void check_guard(const void *memory, const char *file, int line)
{
    const struct guard *guard = guards;
    while (guard->memory + CANARIES != memory) {
        guard = guard->next;
    }
    for (size_t i = 0; i < CANARIES; i++) {
        check_that(guard->memory[i] == CANARY, file, line, "nothing is written before the buffer");
        check_that(guard->memory[CANARIES + guard->size + i] == CANARY, file, line,
            "nothing is written behind the buffer");
    }
}

static bool passes(const struct test *test)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(LIMIT_SECONDS);
        test->body();
        fflush(stdout);
        exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        printf("# ended by signal %d\n", WTERMSIG(status));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* libhwmocks-tests LIBRARY-FOLDER SOURCE-FOLDER [test]: TAP, exit 1 if a test failed. */
int main(int count, char **arguments)
{
    int number = 0;
    int failed = 0;
    if (count < 3) {
        fprintf(stderr, "usage: %s LIBRARIES SOURCES [TEST]\n", arguments[0]);
        return 2;
    }
    libraries = arguments[1];
    sources = arguments[2];
    if (mkdtemp(folder) == NULL) {
        return 2;
    }
    snprintf(path, sizeof path, "%s/scenario.json", folder);
    for (const struct test *test = tests; test != NULL; test = test->next) {
        if (count > 3 && strcmp(arguments[3], test->name) != 0) {
            continue;
        }
        bool good = passes(test);
        failed += !good;
        printf("%s %d - %s\n", good ? "ok" : "not ok", ++number, test->name);
    }
    printf("1..%d\n# %d passed, %d failed\n", number, number - failed, failed);
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || failed > 0;
}
