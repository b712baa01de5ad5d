#ifndef HWMOCKS_GPM_H
#define HWMOCKS_GPM_H

/* Frees every GPM sample: the library was shut down. */
void gpm_forget(void);

#endif
