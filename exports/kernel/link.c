#include "link.h"

#include <string.h>

#include "exact.h"

/* A fused multiply-add rounds once where NumPy rounds twice: none, whatever the command line says. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

#define LOWEST (-200.0)
#define LOG2_E 1.4426950408889634
#define HIGH 0.6931471803691238 /* ends in 20 bits of zero, so that a whole number times it is exact */
#define LOW 1.9082149292705877e-10

static const double exp_terms[] = {1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120,
                                   1.0 / 24,      1.0 / 6,      1.0 / 2,     1.0,        1.0};
static const double log_terms[] = {1.0 / 25, 1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13,
                                   1.0 / 11, 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};

static inline double horner(double x, const double *terms, size_t n)
{
    double total = terms[0];
    for (size_t i = 1; i < n; i++) {
        double product = total * x;
        total = product + terms[i];
    }
    return total;
}

static inline double exp_of(double x)
{
    double inside = x < LOWEST ? LOWEST : x;
    double scaled = inside * LOG2_E, at = scaled + 0.5;
    int64_t k = (int64_t)at; /* towards 0 */
    k -= (double)k > at;
    double high = (double)k * HIGH, low = (double)k * LOW, power;
    uint64_t bits = (uint64_t)(1023 + k) << 52;
    memcpy(&power, &bits, sizeof power);
    double total = horner((inside - high) - low, exp_terms, sizeof exp_terms / sizeof *exp_terms) * power;
    return x < LOWEST ? 0 : total;
}

static inline double log1p_of(double e)
{
    double s = e / (2.0 + e), square = s * s, twice = 2.0 * s;
    return twice * horner(square, log_terms, sizeof log_terms / sizeof *log_terms);
}

static inline double magnitude(double x) { return x < 0 ? -x : x; }

double link_exp(double x) { return exp_of(x); }
double link_log1p(double e) { return log1p_of(e); }

static inline float logistic(double z)
{
    double power = exp_of(-magnitude(z)), whole = 1.0 + power;
    return (float)((z < 0 ? power : 1.0) / whole);
}

float link_logistic(float logit) { return logistic(logit); }

/* `exact` (n,) is used up. */
static void softmax(double *exact, size_t n, float *probabilities)
{
    double largest = exact[0], sum = 0;
    for (size_t c = 1; c < n; c++) largest = exact[c] > largest ? exact[c] : largest;
    for (size_t c = 0; c < n; c++) {
        double behind = exact[c] - largest;
        /* Where the largest is infinite, it is as far from itself as any other that is as large. */
        exact[c] = exp_of(behind == behind ? behind : 0);
    }
    for (size_t c = 0; c < n; c++) sum += exact[c];
    for (size_t c = 0; c < n; c++) probabilities[c] = (float)(exact[c] / sum);
}

/* The logarithms of the logistic function of z, and of -z. */
static inline void log_logistic(double z, double *straight, double *turned)
{
    double lost = log1p_of(exp_of(-magnitude(z)));
    *straight = (z < 0 ? z : 0) - lost;
    *turned = (z > 0 ? -z : 0) - lost;
}

static void tree(const struct link *link, const float *logits, float *probabilities, double *room)
{
    for (size_t i = 0; i < link->n_logits; i++) log_logistic(logits[i], &room[2 * i], &room[2 * i + 1]);
    for (size_t c = 0, step = 0; c < link->n_classes; c++) {
        double total = 0;
        for (; step < link->ends[c]; step++) total += room[link->steps[step]];
        probabilities[c] = (float)exp_of(total);
    }
}

const char *link_check(const struct link *link, size_t n_steps)
{
    if (link->way < 0 || link->way >= LINK_WAYS) return "link: a way of 0 to 3 is allowed";
    if (!link->n_classes || link->n_classes > UINT32_MAX || link->n_logits > UINT32_MAX / 2) return "link: at least one class is needed";
    if (link->way != LINK_TREE) return link->n_logits == link->n_classes && !n_steps ? NULL : "link: a logit for each class is needed";
    for (size_t c = 0; c < link->n_classes; c++)
        if (link->ends[c] < (c ? link->ends[c - 1] : 0) || link->ends[c] > n_steps) return "link: paths must follow one another";
    if (link->ends[link->n_classes - 1] != n_steps) return "link: more steps than the paths have";
    for (size_t i = 0; i < n_steps; i++)
        if (link->steps[i] / 2 >= link->n_logits) return "link: a path has a logit that isn't there";
    return NULL;
}

size_t link_room(const struct link *link)
{
    return link->way == LINK_TREE ? 2 * link->n_logits : link->way == LINK_LOGISTIC ? 0 : link->n_logits;
}

void link_row(const struct link *link, const float *logits, float *probabilities, double *room)
{
    double unused;
    size_t n = link->n_logits;
    if (link->way == LINK_LOGISTIC)
        for (size_t c = 0; c < n; c++) probabilities[c] = logistic(logits[c]);
    else if (link->way == LINK_TREE) tree(link, logits, probabilities, room);
    else {
        for (size_t c = 0; c < n; c++) {
            room[c] = logits[c];
            if (link->way == LINK_SHARES) log_logistic(logits[c], &room[c], &unused);
        }
        softmax(room, n, probabilities);
    }
}
