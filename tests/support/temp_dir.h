// SPDX-License-Identifier: Apache-2.0
/* A folder for one test's files. */
#ifndef TESTS_SUPPORT_TEMP_DIR_H
#define TESTS_SUPPORT_TEMP_DIR_H

/* A new folder under $TMPDIR or /tmp; NULL on failure; owned (malloc). */
char *temp_dir_new(void);
/* Removes the folder with all that is in it and frees the path. */
void temp_dir_remove(char *path);

#endif
