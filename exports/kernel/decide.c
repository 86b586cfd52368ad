#include "decide.h"

#include <math.h>

/* Logits that differ by more have different probabilities in float32: exp(2^-21) is some eight of its roundings. */
#define APART 0x1p-21

static size_t each(const struct decide_rule *rule, const float *logits, uint32_t *columns)
{
    size_t n = 0;
    int near = 0;
    for (size_t c = 0; c < rule->n_classes; c++) {
        int reached = logits[c] >= rule->from[c];
        near |= !reached & !(logits[c] < rule->below[c]);
        columns[n] = (uint32_t)c;
        n += (size_t)reached;
    }
    return near ? DECIDE_UNSURE : n;
}

static size_t largest(const struct decide_rule *rule, const float *logits, uint32_t *columns)
{
    size_t best = 0;
    double second = -INFINITY, sum = 0;
    for (size_t c = 1; c < rule->n_classes; c++) {
        size_t other = c;
        if (logits[c] > logits[best]) other = best, best = c;
        if (logits[other] > second) second = logits[other];
    }
    if (!(logits[best] - second > APART)) return DECIDE_UNSURE; /* infinite ones too */
    columns[0] = (uint32_t)best;
    if (rule->from[best] <= 0) return 1;
    for (size_t c = 0; c < rule->n_classes; c++) sum += exp((double)logits[c] - logits[best]);
    if (1 / sum >= rule->from[best]) return 1;
    return 1 / sum < rule->below[best] ? 0 : DECIDE_UNSURE;
}

size_t decide_columns(const struct decide_rule *rule, const float *logits, uint32_t *columns)
{
    return rule->way == DECIDE_LARGEST ? largest(rule, logits, columns) : each(rule, logits, columns);
}
