#include "keeper.h"

#include "counts.h"
#include "file_watch.h"
#include "node.h"
#include "scenario_file.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Counts reach the file within 100 ms; half of it leaves room for a busy machine. */
#define FLUSH_MILLISECONDS 50
/* Where the file cannot be watched. */
#define ASK_MILLISECONDS 10

static pthread_once_t once = PTHREAD_ONCE_INIT;
#ifdef HWMOCKS_UNMAPS
static int stop_descriptor = -1;
static pthread_t keeper;
static pid_t owner;
#endif

/* False: the library is about to be unmapped. */
static bool wait_for_work(bool must_ask, int *ready)
{
    int timeout = must_ask ? ASK_MILLISECONDS : counts_wanted() ? FLUSH_MILLISECONDS : -1;
    struct pollfd files[2] = {{.fd = file_watch_descriptor(), .events = POLLIN}, {.fd = -1, .events = POLLIN}};
#ifdef HWMOCKS_UNMAPS
    files[1].fd = stop_descriptor;
#endif
    poll(files, 2, timeout);
    *ready = files[0].revents;
    return files[1].revents == 0;
}

static void *keep(void *unused)
{
    (void)unused;
    bool must_ask = scenario_file_path() != NULL && file_watch_descriptor() < 0;
    int ready;
    while (wait_for_work(must_ask, &ready)) {
        if (ready != 0 || must_ask) {
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
    scenario_file_open();
    counts_open();
    if (scenario_file_path() == NULL && !counts_wanted()) {
        return;
    }
    /* No signal of the host program may land on a thread that it does not know. */
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
#ifdef HWMOCKS_UNMAPS
    stop_descriptor = eventfd(0, EFD_CLOEXEC);
    owner = getpid();
    if (pthread_create(&thread, NULL, keep, NULL) == 0) {
        keeper = thread;
    }
#else
    if (pthread_create(&thread, NULL, keep, NULL) == 0) {
        pthread_detach(thread);
    }
#endif
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void keeper_start(void)
{
    pthread_once(&once, start);
}

#ifdef HWMOCKS_UNMAPS
/* A fork's child has no such thread. */
__attribute__((destructor)) static void keeper_stop(void)
{
    if (keeper != 0 && owner == getpid()) {
        eventfd_write(stop_descriptor, 1);
        pthread_join(keeper, NULL);
        close(stop_descriptor);
        file_watch_close();
    }
}
#endif
