#ifndef HWMOCKS_KEEPER_H
#define HWMOCKS_KEEPER_H

/*
 * The background thread: it notices a changed scenario while nobody calls (waiters must wake), and writes the call
 * counts. The library is linked with -z nodelete: a dlclose neither unmaps the code under this thread nor forgets
 * which events the process has seen. The build in unmap/ ends the thread with the mapping.
 */
void keeper_start(void);

#endif
