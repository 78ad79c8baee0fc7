/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program of the system that is asked for what it knows: by its absolute path, with an empty
 * environment and no descriptor but three; what it says is bounded, and so is the time it takes.
 */
#ifndef TOOLS_PROGRAM_H
#define TOOLS_PROGRAM_H

#define PROGRAM_SAID 65536     /* bytes with the NUL; more is as if it had not ended */
#define PROGRAM_COMPLAINED 512 /* bytes with the NUL; more is cut */

enum program_end {
	PROGRAM_DONE,   /* its exit status was 0 */
	PROGRAM_FAILED, /* it was not */
	PROGRAM_SILENT  /* it could not be started, or did not end in time */
};

struct program {
	char said[PROGRAM_SAID];             /* on standard output */
	char complained[PROGRAM_COMPLAINED]; /* on standard error */
};

/* Runs words[0] with these words; NULL ends them. */
enum program_end program_ask(struct program *program, char *const words[]);

#endif
