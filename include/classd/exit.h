/* Exit codes of classctl and classd. Stable; documented in classctl(1). */
#ifndef CLASSD_EXIT_H
#define CLASSD_EXIT_H

enum classd_exit {
	CLASSD_EXIT_OK = 0,
	CLASSD_EXIT_FAILED = 1,	   /* something broke beneath; nothing changed */
	CLASSD_EXIT_USAGE = 2,	   /* the command line is wrong */
	CLASSD_EXIT_INPUT = 3,	   /* a value is refused: unknown level, term above the cap, bad date ... */
	CLASSD_EXIT_AUTHORITY = 4, /* you may not: no role, no appointment, own proposal, lapsed ... */
	CLASSD_EXIT_STATE = 5,	   /* not in this state: already decided, still open, in dispute ... */
	CLASSD_EXIT_NOT_FOUND = 6, /* no such record, file, person; or not visible to you */
	CLASSD_EXIT_BUSY = 7,	   /* try again: quota, still scanning, keys are locked */
	CLASSD_EXIT_NO_AGENT = 8,  /* the agent does not answer */
	CLASSD_EXIT_DEGRADED = 9,  /* status: the agent works, but says that something is degraded */
	CLASSD_EXIT_FINDINGS = 10, /* sweep or verify: done, but something failed or does not verify */
};

#endif
