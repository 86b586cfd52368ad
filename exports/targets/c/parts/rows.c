/* n-grams of a text: each finds its row, rows are counted, and their levels are added up in whole numbers. */

enum { TP_WORD, TP_CHAR_WB, TP_CHAR, TP_CHAR_BARE, TP_SUBWORD };
enum { TP_VOCABULARY, TP_MURMUR3, TP_FNV1A, TP_FNV1A_WORDS };

typedef struct {
    unsigned char reads, low, high, shortest_word; /* low and high: characters, or words */
    unsigned char finds, has_sign, counts_all;     /* counts_all: also what has no row is part of the norm */
    unsigned char binary, sublinear, joined, norm; /* norm: 0 none, 1 of magnitudes, 2 of squares */
    uint32_t buckets;                              /* that hashes fall on */
    uint32_t row, n_rows;
    uint32_t longest;      /* bytes of the longest term */
    const uint32_t *first; /* of terms of each length: the first row, and where its bytes start; one length more */
    const uint32_t *start;
    const unsigned char *terms;
    const uint32_t *bucket; /* of each row, ascending */
    const tp_slot *slots;   /* row + 1, or 0: open addressing */
    uint32_t mask;
} tp_block;

@BLOCKS@

#if TP_HAS_TERMS
static int tp_compared(const unsigned char *a, const unsigned char *b, size_t size)
{
    size_t i;
    for (i = 0; i < size; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Number of the row of a term in its block, or n_rows. Rows are ordered by their terms' length, then by their bytes. */
static uint32_t tp_row_of(const tp_block *block, const unsigned char *term, size_t size)
{
    uint32_t first, end;
    const unsigned char *terms;
    if (size > block->longest) return block->n_rows;
    first = block->first[size];
    end = block->first[size + 1];
    if (first == end) return block->n_rows;
    terms = block->terms + block->start[size];
#if TP_SMALL
    {
        uint32_t low = first, high = end;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            int order = tp_compared(term, terms + (middle - first) * size, size);
            if (!order) return middle;
            if (order < 0) high = middle;
            else low = middle + 1;
        }
        return block->n_rows;
    }
#else
    {
        uint32_t hash = 2166136261u, slot, row;
        size_t i;
        for (i = 0; i < size; i++) hash = (hash ^ term[i]) * 16777619u;
        for (slot = (hash ^ hash >> 15) & block->mask; (row = block->slots[slot]) != 0; slot = (slot + 1) & block->mask)
            if (--row >= first && row < end && !tp_compared(term, terms + (row - first) * size, size)) return row;
        return block->n_rows;
    }
#endif
}
#endif

#if TP_HAS_HASHES
static uint32_t tp_mixed(uint32_t value)
{
    value *= 0xcc9e2d51u;
    return (value << 15 | value >> 17) * 0x1b873593u;
}

static uint32_t tp_murmur3(const unsigned char *term, size_t size)
{
    uint32_t hash = 0, rest = 0;
    size_t i;
    for (i = 0; i + 4 <= size; i += 4) {
        hash ^= tp_mixed((uint32_t)term[i] | (uint32_t)term[i + 1] << 8 | (uint32_t)term[i + 2] << 16
                         | (uint32_t)term[i + 3] << 24);
        hash = (hash << 13 | hash >> 19) * 5 + 0xe6546b64u;
    }
    for (; i < size; i++) rest |= (uint32_t)term[i] << 8 * (i & 3);
    if (size & 3) hash ^= tp_mixed(rest);
    hash ^= (uint32_t)size;
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

/* Bytes from 128 on are negative numbers. */
static uint32_t tp_fnv1a(const unsigned char *term, size_t size)
{
    uint32_t hash = 2166136261u;
    size_t i;
    for (i = 0; i < size; i++) hash = (hash ^ (term[i] < 128 ? term[i] : term[i] | 0xffffff00u)) * 16777619u;
    return hash;
}

/* 64 bits of a number that stands in 32 with its sign. */
static uint64_t tp_widened(uint32_t hash)
{
    return hash < 0x80000000u ? hash : hash | 0xffffffff00000000u;
}

static uint64_t tp_chained(const unsigned char *term, size_t size)
{
    uint64_t total = 0;
    size_t start = 0, i;
    for (i = 0; i <= size; i++)
        if (i == size || term[i] == ' ') {
            total = total * 116049371u + tp_widened(tp_fnv1a(term + start, i - start));
            start = i + 1;
        }
    return total;
}

/* Twice the bucket, and 1 where the term counts -1. */
static uint32_t tp_bucket_of(const tp_block *block, const unsigned char *term, size_t size)
{
    if (block->finds == TP_MURMUR3) {
        uint32_t hash = tp_murmur3(term, size), below = hash >> 31, amount = below ? 0u - hash : hash;
        if (amount == 0x80000000u) amount = 2147483647u - (block->buckets - 1);
        return amount % block->buckets * 2 + (block->has_sign ? below : 0);
    }
    if (block->finds == TP_FNV1A) return tp_fnv1a(term, size) % block->buckets * 2;
    return (uint32_t)(tp_chained(term, size) % block->buckets) * 2;
}

static uint32_t tp_row_of_bucket(const tp_block *block, uint32_t bucket)
{
    uint32_t low = 0, high = block->n_rows;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (block->bucket[middle] < bucket) low = middle + 1;
        else high = middle;
    }
    return low < block->n_rows && block->bucket[low] == bucket ? low : block->n_rows;
}
#endif

/* The n-grams found so far, as numbers of rows or twice a bucket. */
typedef struct {
    const tp_block *block;
    size_t n;
    const tp_key *sorted; /* the keys once they are in order */
    tp_key keys[TP_FOUND];
#if !TP_SMALL
    tp_key other[TP_FOUND];
#endif
} tp_list;

static void tp_add(tp_list *list, const unsigned char *term, size_t size)
{
#if TP_HAS_HASHES
    if (list->block->finds != TP_VOCABULARY) {
        list->keys[list->n++] = (tp_key)tp_bucket_of(list->block, term, size);
        return;
    }
#endif
#if TP_HAS_TERMS
    {
        uint32_t row = tp_row_of(list->block, term, size);
        if (row < list->block->n_rows) list->keys[list->n++] = (tp_key)row;
    }
#endif
}

static size_t tp_put(uint32_t point, unsigned char *out)
{
    if (point < 0x80) {
        out[0] = (unsigned char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (unsigned char)(0xC0 | point >> 6);
        out[1] = (unsigned char)(0x80 | (point & 63));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (unsigned char)(0xE0 | point >> 12);
        out[1] = (unsigned char)(0x80 | (point >> 6 & 63));
        out[2] = (unsigned char)(0x80 | (point & 63));
        return 3;
    }
    out[0] = (unsigned char)(0xF0 | point >> 18);
    out[1] = (unsigned char)(0x80 | (point >> 12 & 63));
    out[2] = (unsigned char)(0x80 | (point >> 6 & 63));
    out[3] = (unsigned char)(0x80 | (point & 63));
    return 4;
}

/* Behind the character, or word, that starts at `at`. */
static size_t tp_behind(const unsigned char *text, size_t at, size_t size)
{
    do at++;
    while (at < size && (text[at] & 0xC0) == 0x80);
    return at;
}

#if TP_READS_CHARACTERS
/* n-grams of a run with what stands around it. What is shorter counts as a whole where it is padded with blanks. */
static void tp_characters(tp_list *list, const unsigned char *run, size_t size)
{
    const tp_block *block = list->block;
    size_t start, n = 0, skipped = block->reads == TP_SUBWORD;
    for (start = 0; start < size; start = tp_behind(run, start, size)) n++;
    if (n < block->low && (block->reads == TP_CHAR || block->reads == TP_CHAR_WB)) tp_add(list, run, size);
    if (n < block->low) return;
    for (start = 0; start < size; start = tp_behind(run, start, size)) {
        size_t end = start;
        for (n = 1; n <= block->high && end < size; n++) {
            end = tp_behind(run, end, size);
            if (n < block->low || (skipped && n == 1 && (!start || end == size))) continue; /* a mark alone is none */
            tp_add(list, run + start, end - start);
        }
    }
}

#endif

#if TP_READS_CLEAN
static void tp_read_clean(tp_list *list, const uint32_t *points, size_t n, unsigned char *text)
{
    size_t size = 0, i, start = 0, bare = list->block->reads == TP_CHAR_BARE;
    if (!n) return;
    text[size++] = ' ';
    for (i = 0; i < n; i++) size += tp_put(points[i], text + size);
    text[size++] = ' ';
    if (list->block->reads != TP_CHAR_WB) {
        tp_characters(list, text + bare, size - 2 * bare);
        return;
    }
    for (i = 1; i < size; i++)
        if (text[i] == ' ') {
            tp_characters(list, text + start, i + 1 - start);
            start = i;
        }
}
#endif

#if TP_READS_WORDS
/* Behind the word that starts at `at`, which isn't a blank. */
static size_t tp_word_end(const uint32_t *points, size_t at, size_t n, int pieces)
{
#if TP_PIECES
    if (pieces) {
        unsigned kind = tp_kind(points[at++]);
        if (kind != TP_LETTER && kind != TP_MARK && kind != TP_ALONE) return at;
        for (; at < n; at++) {
            unsigned next = tp_kind(points[at]);
            if (next != TP_MARK && (next != TP_LETTER || kind == TP_ALONE)) break;
        }
        return at;
    }
#endif
    (void)pieces;
    while (at < n && points[at] != ' ') at++;
    return at;
}

/* n-grams of words that stand in `text` behind one another, each with a blank behind it. */
static void tp_phrases(tp_list *list, const unsigned char *text, size_t size)
{
    size_t start = 0, end, n;
    while (start < size) {
        size_t next = size;
        for (n = 1, end = start; n <= list->block->high && end < size; n++, end++) {
            while (text[end] != ' ') end++;
            if (n == 1) next = end + 1;
            if (n >= list->block->low) tp_add(list, text + start, end - start);
        }
        start = next;
    }
}

static void tp_read_words(tp_list *list, const uint32_t *points, size_t n, unsigned char *text, int pieces)
{
    size_t size = 0, at = 0, i;
    int marked = list->block->reads == TP_SUBWORD;
    while (at < n) {
        size_t end;
        if (points[at] == ' ') {
            at++;
            continue;
        }
        end = tp_word_end(points, at, n, pieces);
        if (marked) {
            size = 0;
            text[size++] = '<';
        }
        if (marked || end - at >= list->block->shortest_word)
            for (i = at; i <= end; i++) size += tp_put(i < end ? points[i] : marked ? '>' : ' ', text + size);
#if TP_READS_CHARACTERS
        if (marked) tp_characters(list, text, size);
#endif
        at = end;
    }
    if (!marked) tp_phrases(list, text, size);
}
#endif

#if TP_SMALL
/* Heapsort: in place, and never slower than n log n. */
static void tp_sift(tp_key *keys, size_t at, size_t n)
{
    tp_key key = keys[at];
    size_t child;
    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && keys[child + 1] > keys[child]) child++;
        if (keys[child] <= key) break;
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = key;
}

static void tp_sort(tp_list *list)
{
    tp_key *keys = list->keys;
    size_t n = list->n;
    size_t i;
    for (i = n / 2; i > 0; i--) tp_sift(keys, i - 1, n);
    for (i = n; i > 1; i--) {
        tp_key key = keys[0];
        keys[0] = keys[i - 1];
        keys[i - 1] = key;
        tp_sift(keys, 0, i - 1);
    }
    list->sorted = keys;
}
#else
/* By one byte after the other, from one array to another and back: as many passes as the largest key has bytes. */
static void tp_sort(tp_list *list)
{
    tp_key *from = list->keys, *to = list->other, most = 0;
    unsigned shift;
    size_t i;
    for (i = 0; i < list->n; i++) most |= from[i];
    for (shift = 0; shift < 8 * sizeof most && most >> shift; shift += 8) {
        uint32_t ends[256] = {0}, at = 0, count;
        tp_key *swapped = from;
        for (i = 0; i < list->n; i++) ends[from[i] >> shift & 255]++;
        for (i = 0; i < 256; i++) {
            count = ends[i];
            ends[i] = at;
            at += count;
        }
        for (i = 0; i < list->n; i++) to[ends[from[i] >> shift & 255]++] = from[i];
        from = to;
        to = swapped;
    }
    list->sorted = from;
}
#endif

/* What the blocks that share a norm add up to. */
typedef struct {
    uint64_t size;                   /* of squares, or of magnitudes */
    int64_t units, total[TP_LOGITS]; /* units: added up, for levels that are stored too large */
    int32_t sums[TP_SUMS];           /* of a few rows, before they could overflow */
    unsigned rows;
} tp_group;

static void tp_begin(tp_group *group)
{
    size_t c;
    group->size = 0;
    group->units = 0;
    group->rows = 0;
    for (c = 0; c < TP_LOGITS; c++) group->total[c] = 0;
    for (c = 0; c < TP_SUMS; c++) group->sums[c] = 0;
}

static void tp_flush(tp_group *group)
{
    size_t c;
    for (c = 0; c < TP_LOGITS; c++) group->total[c] += group->sums[c];
    for (c = 0; c < TP_SUMS; c++) group->sums[c] = 0;
    group->rows = 0;
}

static void tp_add_row(tp_group *group, uint32_t row, int32_t units)
{
    size_t i;
#if TP_NIBBLES
    const unsigned char *levels = tp_levels + (size_t)row * TP_HALF;
    for (i = 0; i < TP_HALF; i++) group->sums[i] += units * (int32_t)(levels[i] & 15);
    for (i = 0; i < TP_HALF; i++) group->sums[TP_HALF + i] += units * (int32_t)(levels[i] >> 4);
    group->units += units;
#else
    const int8_t *levels = tp_levels + (size_t)row * TP_SUMS;
    for (i = 0; i < TP_SUMS; i++) group->sums[i] += units * (int32_t)levels[i];
#endif
    if (++group->rows == 256) tp_flush(group);
}

/* The count of an n-gram and its idf to whole units. */
static int32_t tp_units(const tp_block *block, int32_t idf, int32_t count)
{
    uint32_t many = (uint32_t)(count < 0 ? -count : count);
    int64_t tf, value;
    if (block->binary) tf = many ? 4096 : 0;
#if TP_SUBLINEAR
    else if (block->sublinear) tf = tp_logarithms[many < TP_SUBLINEAR ? many : TP_SUBLINEAR - 1];
#endif
    else tf = 4096 * (int64_t)(many < 65535 ? many : 65535);
    value = idf * tf + 2048;
    value = value < 0 ? -((4095 - value) >> 12) : value >> 12;
    if (count < 0 && !block->binary) value = -value;
    return (int32_t)(value > 65535 ? 65535 : value < -65535 ? -65535 : value);
}

static void tp_count(tp_group *group, const tp_block *block, uint32_t row, int32_t count, unsigned char *known)
{
    int32_t idf = row < block->n_rows ? (int32_t)tp_idf[block->row + row] : TP_WITHOUT;
    int32_t units = tp_units(block, idf, count);
    uint32_t amount = (uint32_t)(units < 0 ? -units : units);
    if (row < block->n_rows) {
        *known = 1;
        tp_add_row(group, block->row + row, units);
    } else if (!block->counts_all) {
        return;
    }
    group->size += block->norm == 2 ? (uint64_t)amount * amount : amount;
}

static void tp_count_all(tp_group *group, tp_list *list, unsigned char *known)
{
    const tp_block *block = list->block;
    const tp_key *keys;
    size_t i = 0;
    tp_sort(list);
    keys = list->sorted;
    while (i < list->n) {
        uint32_t key = keys[i];
        int32_t count = 0;
#if TP_HAS_HASHES
        if (block->finds != TP_VOCABULARY) {
            for (; i < list->n && keys[i] >> 1 == key >> 1; i++) count += keys[i] & 1 ? -1 : 1;
            tp_count(group, block, tp_row_of_bucket(block, key >> 1), count, known);
            continue;
        }
#endif
        for (; i < list->n && keys[i] == key; i++) count++;
        tp_count(group, block, key, count, known);
    }
}

#if TP_SQUARES
/* The square root of a whole number, rounded to the nearest double before and after, by whole numbers alone. */
static double tp_root(uint64_t value)
{
    double rounded = (double)value;
    uint64_t bits, rest = 0, root = 0, radicand;
    int exponent, i;
    memcpy(&bits, &rounded, sizeof bits);
    exponent = (int)(bits >> 52) - 1075;
    radicand = (bits & 0xfffffffffffffu) | 0x10000000000000u; /* value = radicand * 2^exponent */
    if (exponent & 1) {
        radicand <<= 1;
        exponent--;
    }
    /* 54 bits of the root of radicand * 2^54 or 2^55, two bits of it at a time: one more than a double has. */
    for (i = 106; i >= 0; i -= 2) {
        uint64_t two = i >= 54 ? radicand >> (i - 54) & 3 : 0, trial;
        rest = rest << 2 | two;
        trial = root << 2 | 1;
        root <<= 1;
        if (rest >= trial) {
            rest -= trial;
            root |= 1;
        }
    }
    /* Never in the middle between two doubles: the last bit says to which it is nearer. */
    root = (root >> 1) + (root & 1);
    rounded = (double)root;
    memcpy(&bits, &rounded, sizeof bits);
    bits += (uint64_t)(int64_t)((exponent - 52) / 2) << 52;
    memcpy(&rounded, &bits, sizeof bits);
    return rounded;
}
#endif

static double tp_inverse(uint64_t size, unsigned norm)
{
    if (!norm) return @UNIT@;
    if (!size) return 0.0;
#if TP_SQUARES
    if (norm == 2) return 1.0 / tp_root(size);
#endif
    return 1.0 / (double)size;
}

static void tp_end_group(tp_group *group, unsigned norm, double *totals)
{
    double inverse = tp_inverse(group->size, norm);
    size_t c;
    tp_flush(group);
    for (c = 0; c < TP_LOGITS; c++) {
#if TP_NIBBLES
        TP_ROUNDED double share = (double)(group->total[c] - 8 * group->units) * inverse;
#else
        TP_ROUNDED double share = (double)group->total[c] * inverse;
#endif
        totals[c] += share;
    }
    tp_begin(group);
}

static int32_t tp_cleaned(const unsigned char *text, size_t size, uint32_t *points, unsigned block)
{
    switch (tp_readings[block]) {
@READINGS@
    }
}

int tp_classify(const char *text, size_t size, tp_answer *answer)
{
    uint32_t points[TP_POINTS];
    unsigned char bytes[TP_TEXT];
    double totals[TP_LOGITS];
    tp_list list;
    tp_group group;
    int32_t n = 0;
    unsigned b;
    size_t c;
    if (size > TP_LONGEST) return TP_TOO_LONG;
    /* Every reading must take the text before anything is answered. */
    for (b = TP_BLOCKS; b-- > 0;)
        if (!b || tp_readings[b] != tp_readings[b - 1]) {
            n = tp_cleaned((const unsigned char *)text, size, points, b);
            if (n < 0) return (int)n;
        }
    tp_begin(&group);
    for (c = 0; c < TP_LOGITS; c++) totals[c] = 0.0;
    answer->known = 0;
    for (b = 0; b < TP_BLOCKS; b++) {
        list.block = &tp_blocks[b];
        list.n = 0;
        if (b && tp_readings[b] != tp_readings[b - 1])
            n = tp_cleaned((const unsigned char *)text, size, points, b);
#if TP_READS_WORDS
        if (list.block->reads == TP_WORD || list.block->reads == TP_SUBWORD)
            tp_read_words(&list, points, (size_t)n, bytes, tp_readings[b] >= 2);
#endif
#if TP_READS_WORDS && TP_READS_CLEAN
        else
#endif
#if TP_READS_CLEAN
            tp_read_clean(&list, points, (size_t)n, bytes);
#endif
        tp_count_all(&group, &list, &answer->known);
        if (b + 1 == TP_BLOCKS || !tp_blocks[b + 1].joined) tp_end_group(&group, list.block->norm, totals);
    }
    for (c = 0; c < TP_LOGITS; c++) {
        TP_ROUNDED double product = totals[c] * (double)tp_float(tp_scale[c]);
        answer->logits[c] = (float)(product + (double)tp_float(tp_intercept[c]));
    }
    tp_finish(answer);
    return TP_OK;
}
