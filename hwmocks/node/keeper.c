#include "keeper.h"

#include "counts.h"
#include "node.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Counts reach the file within 100 ms; half of it leaves room for a busy machine. */
#define FLUSH_MILLISECONDS 50

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *scenario_path;
static const char *scenario_name;
static int watch = -1;

/* The program may change its folder later. Links stay links: a new one in the file's place is a change. */
static char *absolute(const char *path)
{
    char *whole = NULL;
    if (path[0] == '/') {
        return strdup(path);
    }
    char *folder = getcwd(NULL, 0);
    if (asprintf(&whole, "%s/%s", folder != NULL ? folder : ".", path) < 0) {
        abort();
    }
    free(folder);
    return whole;
}

/* The folder is watched, not the file: a file renamed over the old one is another inode. */
static void watch_folder(void)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(scenario_path, '/');
    scenario_name = slash + 1;
    snprintf(folder, sizeof folder, "%.*s", slash == scenario_path ? 1 : (int)(slash - scenario_path), scenario_path);
    watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, folder, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        fprintf(stderr, "hwmocks: %s cannot be watched, changes stay unseen: %s\n", folder, strerror(errno));
    }
}

bool keeper_file_changed(void)
{
    _Alignas(struct inotify_event) char buffer[4096];
    bool changed = false;
    ssize_t length;
    while (watch >= 0 && (length = read(watch, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            changed |= event->len > 0 && strcmp(event->name, scenario_name) == 0;
            changed |= (event->mask & IN_Q_OVERFLOW) != 0;
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return changed;
}

const char *keeper_scenario_path(void)
{
    return scenario_path;
}

static void *keep(void *unused)
{
    (void)unused;
    for (;;) {
        struct pollfd file = {.fd = watch, .events = POLLIN};
        int ready = poll(&file, 1, counts_wanted() ? FLUSH_MILLISECONDS : -1);
        if (ready > 0) {
            node_lock();
            node_refresh();
            node_unlock();
        }
        counts_write();
    }
    return NULL;
}

static void start(void)
{
    const char *path = getenv("HWMOCKS_SCENARIO");
    if (path != NULL && path[0] != '\0') {
        scenario_path = absolute(path);
        watch_folder();
    }
    counts_open();
    if (scenario_path == NULL && !counts_wanted()) {
        return;
    }
    /* No signal of the host program may land on a thread that it does not know. */
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, keep, NULL) == 0) {
        pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void keeper_start(void)
{
    pthread_once(&once, start);
}
