/* Rows of tables are added, 32 filters at a time, and the largest sum of each filter is kept. A word holds two filters,
 * half of the block apart, each 128 too large: every sum starts from as much less. The upper ones are added once they
 * are shifted, and with the words as they stand, from which they are taken away in the end. All of it is exact modulo
 * 2^16, and no sum reaches 2^15 in magnitude. */

#if defined(__GNUC__) && (defined(__SSE2__) || defined(__ARM_NEON))
/* Written with vectors, because compilers make plain loops slow or fast as it happens. */
typedef uint16_t tp_words __attribute__((vector_size(16)));
typedef int16_t tp_lanes __attribute__((vector_size(16)));

static inline tp_lanes tp_larger(tp_words sum, tp_lanes top)
{
    tp_lanes own = (tp_lanes)sum, larger = own > top;
    return (own & larger) | (top & ~larger);
}

#define TP_RESPOND(NAME, WIDTH) \
    static void NAME(const uint16_t *table, const unsigned char *ids, size_t length, int16_t *best) \
    { \
        const tp_words none = {0}, start = none - (uint16_t)(128 * (WIDTH)); \
        tp_lanes top[4]; \
        size_t t, k; \
        memcpy(top, best, sizeof top); \
        for (t = 0; t < length; t++) { \
            tp_words a = none, b = none, upper_a = start, upper_b = start; \
            for (k = 0; k < (WIDTH); k++) { \
                const uint16_t *row = table + ((size_t)ids[t + k] * (WIDTH) + k) * (TP_TOGETHER / 2); \
                tp_words c, d; \
                memcpy(&c, row, sizeof c); \
                memcpy(&d, row + 8, sizeof d); \
                a += c; \
                b += d; \
                upper_a += c >> 8; \
                upper_b += d >> 8; \
            } \
            top[0] = tp_larger(a - ((upper_a - start) << 8) + start, top[0]); \
            top[1] = tp_larger(b - ((upper_b - start) << 8) + start, top[1]); \
            top[2] = tp_larger(upper_a, top[2]); \
            top[3] = tp_larger(upper_b, top[3]); \
        } \
        memcpy(best, top, sizeof top); \
    }
#else
#define TP_RESPOND(NAME, WIDTH) \
    static void NAME(const uint16_t *table, const unsigned char *ids, size_t length, int16_t *best) \
    { \
        size_t t, k, i; \
        for (t = 0; t < length; t++) { \
            int32_t lower[TP_TOGETHER / 2], upper[TP_TOGETHER / 2]; \
            for (i = 0; i < TP_TOGETHER / 2; i++) lower[i] = upper[i] = -128 * (WIDTH); \
            for (k = 0; k < (WIDTH); k++) { \
                const uint16_t *row = table + ((size_t)ids[t + k] * (WIDTH) + k) * (TP_TOGETHER / 2); \
                for (i = 0; i < TP_TOGETHER / 2; i++) { \
                    lower[i] += row[i] & 255; \
                    upper[i] += row[i] >> 8; \
                } \
            } \
            for (i = 0; i < TP_TOGETHER / 2; i++) { \
                if (lower[i] > best[i]) best[i] = (int16_t)lower[i]; \
                if (upper[i] > best[TP_TOGETHER / 2 + i]) best[TP_TOGETHER / 2 + i] = (int16_t)upper[i]; \
            } \
        } \
    }
#endif

@WIDTHS@

static void tp_sums(const unsigned char *ids, size_t length, int32_t *totals)
{
    int16_t best[TP_FILTERS];
    size_t c, n;
#if TP_FLOORED
    memcpy(best, tp_floors, sizeof best);
#else
    for (n = 0; n < TP_FILTERS; n++) best[n] = INT16_MIN;
#endif
@CALLS@
    for (c = 0; c < TP_LOGITS; c++) {
        const int16_t *head = tp_head + c * TP_FILTERS;
        int32_t total = 0;
        for (n = 0; n < TP_FILTERS; n++) total += (int32_t)head[n] * best[n];
        totals[c] = total;
    }
}
