/* Logits to probabilities and decisions. exp and log(1 + x) by basic operations of doubles alone, so that the bits are
 * those of Python: baselines/arithmetic/exponential.py says how good they are. */

static const double tp_exp_terms[] = {@EXP_TERMS@};

static double tp_horner(double x, const double *terms, size_t n)
{
    double total = terms[0];
    size_t i;
    for (i = 1; i < n; i++) {
        TP_ROUNDED double product = total * x;
        total = product + terms[i];
    }
    return total;
}

/* Of values that are at most 0. */
static double tp_exp(double value)
{
    double power, total, x = value < -200.0 ? -200.0 : value;
    TP_ROUNDED double turns = x * @LOG2_E@, rest, high, low;
    double shifted = turns + 0.5;
    int32_t k = (int32_t)shifted;
    uint64_t bits;
    if ((double)k > shifted) k--;
    high = k * @HIGH@;
    low = k * @LOW@;
    rest = x - high;
    total = tp_horner(rest - low, tp_exp_terms, sizeof tp_exp_terms / sizeof tp_exp_terms[0]);
    bits = (uint64_t)(1023 + k) << 52;
    memcpy(&power, &bits, sizeof power);
    return value < -200.0 ? 0.0 : total * power;
}

#if TP_LINK >= 2
static const double tp_log_terms[] = {@LOG_TERMS@};

/* The logarithm of the logistic function. */
static double tp_log_logistic(double logit)
{
    double e = tp_exp(logit < 0 ? logit : -logit), s = e / (2.0 + e);
    TP_ROUNDED double log = 2.0 * s * tp_horner(s * s, tp_log_terms, sizeof tp_log_terms / sizeof tp_log_terms[0]);
    return (logit < 0 ? logit : 0.0) - log;
}
#endif

#if TP_LINK == 0 /* the logistic function of each logit */

typedef int tp_softmax;
#define tp_softmax_of(logits) 0

static float tp_probability(const float *logits, size_t c, tp_softmax softmax)
{
    double logit = (double)logits[c], power = tp_exp(logit < 0 ? logit : -logit);
    (void)softmax;
    return (float)((logit < 0 ? power : 1.0) / (1.0 + power));
}

#elif TP_LINK == 3 /* the product of logistic functions along a path */

typedef int tp_softmax;
#define tp_softmax_of(logits) 0

static float tp_probability(const float *logits, size_t c, tp_softmax softmax)
{
    double total = 0.0;
    uint32_t i;
    (void)softmax;
    for (i = tp_path_starts[c]; i < tp_path_starts[c + 1]; i++) {
        double logit = (double)logits[tp_path_steps[i] >> 1];
        total += tp_log_logistic(tp_path_steps[i] & 1 ? -logit : logit);
    }
    return (float)tp_exp(total);
}

#else /* the softmax, of logits or of the logarithms of their logistic functions */

typedef struct {
    double largest, sum;
} tp_softmax;

static double tp_score(const float *logits, size_t c)
{
#if TP_LINK == 2
    return tp_log_logistic((double)logits[c]);
#else
    return (double)logits[c];
#endif
}

static double tp_power(const float *logits, size_t c, double largest)
{
    double behind = tp_score(logits, c) - largest;
    return tp_exp(behind == behind ? behind : 0.0); /* infinite both: equally large */
}

static tp_softmax tp_softmax_of(const float *logits)
{
    tp_softmax found;
    size_t c;
    found.largest = tp_score(logits, 0);
    for (c = 1; c < TP_LOGITS; c++) {
        double score = tp_score(logits, c);
        if (score > found.largest) found.largest = score;
    }
    found.sum = tp_power(logits, 0, found.largest);
    for (c = 1; c < TP_LOGITS; c++) found.sum += tp_power(logits, c, found.largest);
    return found;
}

static float tp_probability(const float *logits, size_t c, tp_softmax softmax)
{
    return (float)(tp_power(logits, c, softmax.largest) / softmax.sum);
}

#endif

void tp_probabilities(const tp_answer *answer, float *probabilities)
{
    size_t c;
#ifdef TP_UNKNOWN
    if (!answer->known) {
        for (c = 0; c < TP_CLASSES; c++) probabilities[c] = tp_float(tp_unknown[c]);
        return;
    }
#endif
    {
        tp_softmax softmax = tp_softmax_of(answer->logits);
        for (c = 0; c < TP_CLASSES; c++) probabilities[c] = tp_probability(answer->logits, c, softmax);
    }
}

#if TP_DECIDES == 0 /* logits that reach what stands for their threshold; nothing reaches a NaN */

static void tp_decide(tp_answer *answer)
{
    size_t c;
    for (c = 0; c < TP_CLASSES; c++) answer->decided[c] = answer->logits[c] >= tp_float(tp_cutoffs[c]);
}

#elif TP_DECIDES == 1 /* probabilities that reach their threshold */

static void tp_decide(tp_answer *answer)
{
    tp_softmax softmax = tp_softmax_of(answer->logits);
    size_t c;
    for (c = 0; c < TP_CLASSES; c++)
        answer->decided[c] = tp_probability(answer->logits, c, softmax) >= tp_float(tp_thresholds[c]);
}

#else /* the first of the largest probabilities, if it reaches its threshold */

#if TP_LINK == 1
/* The largest logit, where it is so far ahead that it has the largest probability too; else TP_CLASSES. */
static size_t tp_far_ahead(const float *logits)
{
    size_t best = 0, c;
    for (c = 1; c < TP_CLASSES; c++)
        if (logits[c] > logits[best]) best = c;
    for (c = 0; c < TP_CLASSES; c++)
        if (c != best && !((double)logits[best] - (double)logits[c] > 1.0 / 1048576)) return TP_CLASSES;
    return best;
}
#endif

static size_t tp_most_probable(const float *logits, float *largest)
{
    tp_softmax softmax = tp_softmax_of(logits);
    size_t best = 0, c;
    *largest = tp_probability(logits, 0, softmax);
    for (c = 1; c < TP_CLASSES; c++) {
        float probability = tp_probability(logits, c, softmax);
        if (probability > *largest) {
            *largest = probability;
            best = c;
        }
    }
    return best;
}

static void tp_decide(tp_answer *answer)
{
    size_t best = TP_CLASSES, c;
    float largest = 1;
#if TP_LINK == 1
    best = tp_far_ahead(answer->logits);
    if (best < TP_CLASSES && !(tp_float(tp_thresholds[best]) <= 0)) best = TP_CLASSES;
#endif
    if (best == TP_CLASSES) best = tp_most_probable(answer->logits, &largest);
    for (c = 0; c < TP_CLASSES; c++) answer->decided[c] = 0;
    answer->decided[best] = largest >= tp_float(tp_thresholds[best]);
}

#endif

static void tp_finish(tp_answer *answer)
{
#ifdef TP_UNKNOWN
    if (!answer->known) {
        memcpy(answer->decided, tp_unknown_decided, sizeof tp_unknown_decided);
        return;
    }
#endif
    tp_decide(answer);
}
