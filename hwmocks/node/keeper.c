#include "keeper.h"

#include "counts.h"
#include "file_watch.h"
#include "node.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Counts reach the file within 100 ms; half of it leaves room for a busy machine. */
#define FLUSH_MILLISECONDS 50
/* Where the file cannot be watched. */
#define ASK_MILLISECONDS 10

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *scenario_path;

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

bool keeper_file_changed(void)
{
    return file_watch_changed();
}

const char *keeper_scenario_path(void)
{
    return scenario_path;
}

static void *keep(void *unused)
{
    (void)unused;
    for (;;) {
        struct pollfd file = {.fd = file_watch_descriptor(), .events = POLLIN};
        bool must_ask = scenario_path != NULL && file.fd < 0;
        int ready = poll(&file, 1, must_ask ? ASK_MILLISECONDS : counts_wanted() ? FLUSH_MILLISECONDS : -1);
        if (ready > 0 || must_ask) {
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
        file_watch_open(scenario_path);
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
