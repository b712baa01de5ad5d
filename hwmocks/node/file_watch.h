#ifndef HWMOCKS_FILE_WATCH_H
#define HWMOCKS_FILE_WATCH_H

#include <stdbool.h>

/* Watches one file for the life of the process. The path is absolute. */
void file_watch_open(const char *path);

/* Readable when something may have changed; -1: there is none, ask now and then. */
int file_watch_descriptor(void);

void file_watch_close(void);

/* Whether the file was rewritten, or another renamed over it, since the last question. */
bool file_watch_changed(void);

#endif
