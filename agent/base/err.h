/*
 * Errors. Every function that can fail returns an int:
 *   0         done
 *   negative  a fault (negated errno): something broke beneath us. It is
 *             reported once, where it arose, by FAULT(); callers clean up and
 *             pass it on unchanged and never compare it.
 *   positive  an outcome: a documented answer of that module's enum. The
 *             direct caller handles it and never passes it on.
 * Untrusted input is never a fault.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define MUST_CHECK		__attribute__((warn_unused_result))
#define PRINTF_LIKE(nth, first) __attribute__((format(printf, nth, first)))

/* Where one line about a fault goes; installed once by system/log. */
typedef void (*err_report_fn)(int error, const char *file, int line, const char *function, const char *text);

void err_set_report(err_report_fn report);

/* Reports the fault and returns -error (always negative; error 0 becomes EIO). */
int err_fault(int error, const char *file, int line, const char *function, const char *format, ...) PRINTF_LIKE(5, 6);

#define FAULT(error, ...) err_fault((error), __FILE__, __LINE__, __func__, __VA_ARGS__)

/* Passes a fault on; outcomes of the callee must be handled before. */
#define TRY(call)                                                                                                      \
	do {                                                                                                           \
		int try_ = (call);                                                                                     \
		if (try_ < 0)                                                                                          \
			return try_;                                                                                   \
	} while (0)

#endif
