/* Which classes the logits of one text stand for, without the link: what Python compares as probabilities is compared
 * here as logits, or left to Python where it is too near. No Python in here, so that it can be fuzzed alone. */
#ifndef TAGPRESS_DECIDE_H
#define TAGPRESS_DECIDE_H

#include <stddef.h>
#include <stdint.h>

enum { DECIDE_EACH, DECIDE_LARGEST, DECIDE_WAYS };

struct decide_rule {
    int way;
    size_t n_classes;
    /* (n_classes,) each. A class below `below` is not reached, one at `from` or above it is; who stands between them is
     * so near to the threshold that rounding decides. DECIDE_EACH: logits. DECIDE_LARGEST: probabilities of the softmax,
     * of which the largest alone counts. */
    const double *below, *from;
};

#define DECIDE_UNSURE SIZE_MAX

/* The numbers of the decided classes, ascending, into `columns` (room for n_classes), and how many they are; or
 * DECIDE_UNSURE. */
size_t decide_columns(const struct decide_rule *rule, const float *logits, uint32_t *columns);

#endif
