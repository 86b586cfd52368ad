/* Logits to probabilities: the bits of baselines.task.link and Link (baselines/arithmetic/exponential.py says how), by basic
 * operations of IEEE 754 alone. No Python and no libm in here, so that it can be fuzzed and embedded alone. */
#ifndef TAGPRESS_LINK_H
#define TAGPRESS_LINK_H

#include <stddef.h>
#include <stdint.h>

/*   LINK_LOGISTIC  each class by itself
 *   LINK_SOFTMAX   classes share 1
 *   LINK_SHARES    logistic functions, divided by their sum
 *   LINK_TREE      the product of the logistic functions along a class's path */
enum { LINK_LOGISTIC, LINK_SOFTMAX, LINK_SHARES, LINK_TREE, LINK_WAYS };

struct link {
    int way;
    size_t n_classes, n_logits; /* as many of both but for LINK_TREE */
    const uint32_t *ends;       /* (n_classes,): where each class's path ends among the steps; LINK_TREE alone */
    const uint32_t *steps;      /* number of a logit times two, and 1 more where its sign is turned */
};

/* NULL, or a sentence that says what was wrong; `n_steps` are there. */
const char *link_check(const struct link *link, size_t n_steps);
/* Numbers of float64 that `link_row` takes for itself. */
size_t link_room(const struct link *link);
/* Logits (n_logits,) to probabilities (n_classes,), which may be the same memory where they are as many. No logit may be
 * NaN; infinite ones may. Any thread may call it. */
void link_row(const struct link *link, const float *logits, float *probabilities, double *room);
/* LINK_LOGISTIC of one logit. */
float link_logistic(float logit);
/* exp of what is at most 0, and log(1 + e) of 0 to 1. */
double link_exp(double x);
double link_log1p(double e);

#endif
