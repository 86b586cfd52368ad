/* Nanoseconds that each text takes in a generated model, in rounds over all of them; not part of what is shipped.
 *
 * In: as the driver that compares reads them. Out: a line with the median of each round but the first, which warms up. */
#if !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 199309L
#endif
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tp_.h"

#define ROUNDS 20
#define MOST_TEXTS 1000

static char texts[MOST_TEXTS][TP_LONGEST];
static size_t sizes[MOST_TEXTS];
static long long took[MOST_TEXTS];

static int by_size(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(void)
{
    static tp_answer answer;
    unsigned char given[4];
    size_t n = 0, i;
    int round;
    while (n < MOST_TEXTS && fread(given, 1, 4, stdin) == 4) {
        sizes[n] = given[0] | (size_t)given[1] << 8 | (size_t)given[2] << 16 | (size_t)given[3] << 24;
        if (sizes[n] > TP_LONGEST || fread(texts[n], 1, sizes[n], stdin) != sizes[n]) return 1;
        n++;
    }
    if (!n) return 1;
    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < n; i++) {
            long long start = now();
            if (tp_classify(texts[i], sizes[i], &answer) != TP_OK) return 2;
            took[i] = now() - start;
        }
        qsort(took, n, sizeof *took, by_size);
        if (round) printf("%lld\n", took[n / 2]);
    }
    return 0;
}
