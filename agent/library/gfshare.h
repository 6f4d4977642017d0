/*
 * libgfshare: a secret in n shares, any m of which give it back while fewer say
 * nothing (Shamir, byte by byte over GF(2^8)). `gfcombine` opens what is split
 * here. The library keeps its numbers in ordinary memory, so it is only ever
 * given the secret hidden under a random pad of our own; the pad is taken off
 * the shares again, which is the same as having split the secret itself.
 */
#ifndef LIBRARY_GFSHARE_H
#define LIBRARY_GFSHARE_H

#include "library/sodium.h"

#define SHARES_MAX 255

/* One share: its number (the x of its points, never 0) and its bytes, as many as the secret has. */
struct share {
	uint8_t number;
	struct secret *bytes;
};

enum shares_outcome {
	SHARES_BAD_THRESHOLD = 1, /* below 2 (a share would be the secret), above n, or n above SHARES_MAX */
	SHARES_BAD_NUMBER,	  /* a number is 0 or comes twice */
	SHARES_BAD_LENGTH,	  /* shares of different secrets: not as long as each other, or empty */
};

/* Fills ret[0..n-1], numbered from 1; on any other answer than 0 they are empty. */
int shares_split(const struct secret *s, size_t n, size_t threshold, struct share *ret) MUST_CHECK;
/* Whether it is the right secret is for the caller to see: any bytes combine to something. */
int shares_combine(const struct share *shares, size_t n, struct secret **ret) MUST_CHECK;
void shares_done(struct share *shares, size_t n); /* frees their bytes */

#endif
