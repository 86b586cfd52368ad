#include "decide.h"

#include <math.h>
#include <string.h>

/* Logits that differ by more have different probabilities in float32, in the same order: exp(2^-21) is some eight of its
 * roundings, and the larger probability is that of the largest class, far from where float32 grows coarse. */
#define APART 0x1p-21
/* So many neighbours of a cutoff are tried one by one. Further away the function has changed by more than its steps are
 * rounded by. */
#define NEIGHBOURS 64
#define INFINITE 0x7F800000

/* The float32 at a place in their order, negative infinity to positive; 0 stands for both zeros. */
static float number(int32_t place)
{
    uint32_t bits = place < 0 ? (uint32_t)-place | 0x80000000u : (uint32_t)place;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int reaches(int32_t place, float threshold) { return link_logistic(number(place)) >= threshold; }

static int cutoff(float threshold, float *out)
{
    int32_t low = -INFINITE, high = INFINITE;
    *out = reaches(low, threshold) ? -INFINITY : NAN;
    if (reaches(low, threshold) || !reaches(high, threshold)) return 1;
    while (low < high - 1) {
        int32_t middle = (int32_t)(((int64_t)low + high) / 2);
        if (reaches(middle, threshold)) high = middle;
        else low = middle;
    }
    for (int32_t step = -NEIGHBOURS; step <= NEIGHBOURS; step++) {
        int32_t place = high + step;
        if (place >= -INFINITE && place <= INFINITE && reaches(place, threshold) != (step >= 0)) return 0;
    }
    *out = number(high);
    return 1;
}

int decide_cutoffs(const float *thresholds, size_t n, float *cutoffs)
{
    for (size_t c = 0; c < n; c++) {
        if (c && thresholds[c] == thresholds[c - 1]) cutoffs[c] = cutoffs[c - 1];
        else if (!cutoff(thresholds[c], &cutoffs[c])) return 0;
    }
    return 1;
}

static size_t each(const float *values, const float *from, size_t n_classes, uint32_t *columns)
{
    size_t n = 0;
    for (size_t c = 0; c < n_classes; c++) {
        columns[n] = (uint32_t)c;
        n += (size_t)(values[c] >= from[c]);
    }
    return n;
}

/* The class whose logit alone makes it the most probable; n_classes where that isn't sure. */
static size_t far_ahead(const float *logits, size_t n_classes)
{
    size_t best = 0;
    double second = -INFINITY;
    for (size_t c = 1; c < n_classes; c++) {
        size_t other = c;
        if (logits[c] > logits[best]) other = best, best = c;
        if (logits[other] > second) second = logits[other];
    }
    return logits[best] - second > APART ? best : n_classes; /* two infinite ones aren't */
}

static size_t largest(const struct decide_rule *rule, const float *logits, uint32_t *columns, float *probabilities, double *room)
{
    size_t n = rule->link.n_classes, best = rule->link.way == LINK_SOFTMAX ? far_ahead(logits, n) : n;
    if (best < n && rule->thresholds[best] <= 0) {
        columns[0] = (uint32_t)best;
        return 1;
    }
    link_row(&rule->link, logits, probabilities, room);
    best = 0;
    for (size_t c = 1; c < n; c++)
        if (probabilities[c] > probabilities[best]) best = c;
    columns[0] = (uint32_t)best;
    return probabilities[best] >= rule->thresholds[best];
}

size_t decide_columns(const struct decide_rule *rule, const float *logits, uint32_t *columns, float *probabilities, double *room)
{
    if (rule->way == DECIDE_LARGEST) return largest(rule, logits, columns, probabilities, room);
    if (rule->cutoffs) return each(logits, rule->cutoffs, rule->link.n_classes, columns);
    link_row(&rule->link, logits, probabilities, room);
    return each(probabilities, rule->thresholds, rule->link.n_classes, columns);
}
