#ifndef HWMOCKS_EVENTS_H
#define HWMOCKS_EVENTS_H

/* Frees every event set: the library was shut down. */
void events_forget(void);

#endif
