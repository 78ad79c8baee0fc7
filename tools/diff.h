/* SPDX-License-Identifier: BSD-2-Clause */
/* What a change adds to a text, or takes from it, as diff -u shows it. */
#ifndef TOOLS_DIFF_H
#define TOOLS_DIFF_H

/*
 * Prints it. One of the two texts has all lines of the other, and more. What is no printable character
 * shows as `?`.
 */
void diff_print(const char *file, const char *before, const char *after);

#endif
