/* help.h - what --help says. */
#ifndef SIM_HELP_H
#define SIM_HELP_H

void help_print(void);

#endif
