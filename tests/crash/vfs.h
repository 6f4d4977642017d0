/* SQLite's files in the model: its own VFS does the work, this one stands before it and writes down what is done. */
#ifndef TESTS_CRASH_VFS_H
#define TESTS_CRASH_VFS_H

#include "model.h"

/* From now on every database beneath root is in the model; m NULL: none is. */
void vfs_watch(struct model *m, const char *root);

#endif
