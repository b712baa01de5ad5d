#include "file_watch.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *file_path;
static const char *file_name;
static int inotify = -1;
/* Without inotify (a user has 128 instances): what the file looked like. */
static struct stat seen;

/* The folder is watched, not the file: a file renamed over the old one is another inode. */
void file_watch_open(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    file_path = path;
    file_name = slash + 1;
    snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify >= 0 && inotify_add_watch(inotify, folder, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        close(inotify);
        inotify = -1;
    }
    stat(file_path, &seen);
}

void file_watch_close(void)
{
    if (inotify >= 0) {
        close(inotify);
        inotify = -1;
    }
}

int file_watch_descriptor(void)
{
    return inotify;
}

static bool looks_different(void)
{
    struct stat now = {0};
    stat(file_path, &now);
    bool different = now.st_ino != seen.st_ino || now.st_size != seen.st_size
        || now.st_mtim.tv_sec != seen.st_mtim.tv_sec || now.st_mtim.tv_nsec != seen.st_mtim.tv_nsec;
    seen = now;
    return different;
}

bool file_watch_changed(void)
{
    _Alignas(struct inotify_event) char buffer[4096];
    bool changed = false;
    ssize_t length;
    if (inotify < 0) {
        return looks_different();
    }
    while ((length = read(inotify, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            changed |= event->len > 0 && strcmp(event->name, file_name) == 0;
            changed |= (event->mask & IN_Q_OVERFLOW) != 0;
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return changed;
}
