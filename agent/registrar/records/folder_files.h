/* The files in a folder and beneath it that a call is about, collected in slices: all of them before the first is taken. */
#ifndef REGISTRAR_FOLDER_FILES_H
#define REGISTRAR_FOLDER_FILES_H

#include "registrar/records/case.h"

struct folder_file {
	uint64_t dev, ino;
	char *path;
};

struct folder_files {
	uint32_t root;
	char *below;	/* owned */
	bool everybody; /* else only those of the caller */
	bool is_collected;
	int64_t after; /* what was collected so far */
	size_t looked; /* at, in this slice */
	struct folder_file *at;
	size_t n, room;
};

void folder_files_done(struct folder_files *f);
/* One slice; is_collected when it was the last. 0, a fault, or the call is answered: there are none. */
int folder_files_collect(struct case_of *c, struct folder_files *f) MUST_CHECK;

#endif
