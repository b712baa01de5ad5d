#include "counts.h"

#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static pthread_mutex_t file_lock = PTHREAD_MUTEX_INITIALIZER;
static char *folder;
static pid_t owner;
static struct call_site *sites;
static bool dirty;

void counts_open(void)
{
    const char *path = getenv("HWMOCKS_CALLS");
    owner = getpid();
    if (path != NULL && path[0] != '\0') {
        folder = strdup(path);
    }
}

bool counts_wanted(void)
{
    return folder != NULL;
}

void counts_add(struct call_site *site)
{
    if (site->calls++ == 0) {
        site->next = sites;
        sites = site;
    }
    dirty = true;
}

/* libcuda and libnvidia-ml of one process share the file: each keeps the other's lines, told by the prefix. */
static void copy_other_library(const char *path, const char *prefix, FILE *target)
{
    char line[256];
    FILE *old = fopen(path, "r");
    if (old == NULL) {
        return;
    }
    while (fgets(line, sizeof line, old) != NULL) {
        if (strncmp(line, prefix, strlen(prefix)) != 0) {
            fputs(line, target);
        }
    }
    fclose(old);
}

static void write_fresh_file(const char *prefix)
{
    char path[PATH_MAX];
    char fresh[PATH_MAX];
    snprintf(path, sizeof path, "%s/%ld.tsv", folder, (long)owner);
    snprintf(fresh, sizeof fresh, "%s/.%ld.%s", folder, (long)owner, prefix);
    FILE *file = fopen(fresh, "w");
    if (file == NULL) {
        fprintf(stderr, "hwmocks: %s cannot be written: %s\n", fresh, strerror(errno));
        free(folder);
        folder = NULL;
        return;
    }
    copy_other_library(path, prefix, file);
    node_lock();
    for (const struct call_site *site = sites; site != NULL; site = site->next) {
        fprintf(file, "%s\t%llu\n", site->function, site->calls);
    }
    dirty = false;
    node_unlock();
    fclose(file);
    rename(fresh, path);
}

static void replace_file(const char *prefix)
{
    /* Locks out the other library, which reads and replaces the same file. */
    int guard = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (guard >= 0) {
        flock(guard, LOCK_EX);
    }
    write_fresh_file(prefix);
    if (guard >= 0) {
        close(guard);
    }
}

void counts_write(void)
{
    /* A fork's child has the counts and perhaps a held lock, but they are not its own. */
    if (getpid() != owner) {
        return;
    }
    pthread_mutex_lock(&file_lock);
    node_lock();
    bool wanted = folder != NULL && dirty;
    const char *prefix = wanted && strncmp(sites->function, "cu", 2) == 0 ? "cu" : "nvml";
    node_unlock();
    if (wanted) {
        replace_file(prefix);
    }
    pthread_mutex_unlock(&file_lock);
}

__attribute__((destructor)) static void write_last_counts(void)
{
    counts_write();
}
