/* Which classes the logits of one text stand for: what baselines.task.decide says of the probabilities that link.h makes of
 * them, exactly, and mostly without making any. No Python in here, so that it can be fuzzed alone. */
#ifndef TAGPRESS_DECIDE_H
#define TAGPRESS_DECIDE_H

#include "link.h"

enum { DECIDE_EACH, DECIDE_LARGEST, DECIDE_WAYS };

struct decide_rule {
    int way;
    struct link link;
    const float *thresholds; /* (n_classes,), of probabilities */
    /* (n_classes,), of logits, as `decide_cutoffs` makes them: DECIDE_EACH of LINK_LOGISTIC compares these. NULL: the
     * probabilities are made and compared. */
    const float *cutoffs;
};

/* The smallest logit whose probability by LINK_LOGISTIC reaches each threshold, (n,): negative infinity where all do, NaN,
 * which nothing reaches, where none does. 0 where the function isn't monotonic around one: then there is none. */
int decide_cutoffs(const float *thresholds, size_t n, float *cutoffs);
/* The numbers of the decided classes, ascending, into `columns` (n_classes,), and how many they are. `probabilities`
 * (n_classes,) and `room` (link_room) are memory to work in. */
size_t decide_columns(const struct decide_rule *rule, const float *logits, uint32_t *columns, float *probabilities, double *room);

#endif
