/* ---- Cleaning of any text, with the tables of Python's Unicode ---- */

/* Numbers as in the tables: kinds of characters (an unknown one becomes U+FFFD and is in no cleaned text), whether one
   may join what stands before it, and the place of marks in their order. */
enum { TP_BLANK, TP_LETTER, TP_MARK, TP_ALONE, TP_SYMBOL, TP_UNKNOWN };
enum { TP_SHIFT, TP_SECOND, TP_ONE, TP_TWO, TP_THREE, TP_ANY, TP_SAME, TP_COUNT };
enum { TP_APART, TP_AS_BLANKS, TP_AS_THEY_STAND };
#define TP_KINDS 7u
#define TP_JOINS 8u
#define TP_RANK 8
#define TP_NONE 255u
#define TP_MAY_JOIN 0x800000u
#define TP_HIGH(point, bits) ((point) | (uint32_t)(bits) << 24)
#define TP_LOW(point) ((point) & 0x1FFFFFu)

static uint32_t tp_number(const uint8_t **at)
{
    uint32_t first = *(*at)++, rest;
    if (first < TP_N_CODES) return first;
    rest = *(*at)++;
    if (first < 255) return (first - TP_N_CODES) << 8 | rest;
    rest = rest << 8 | *(*at)++;
    return rest << 8 | *(*at)++;
}

static uint32_t tp_coded(const uint8_t **at)
{
    return **at < TP_N_CODES ? tp_codes[*(*at)++] : tp_number(at);
}

/* The last entry of a table's index that begins at a character or before it; one less than the first where none. */
static int32_t tp_entry(unsigned table, uint32_t point)
{
    int32_t low = tp_bounds[table], high = tp_bounds[table + 1];
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (tp_starts[middle] <= point >> 5) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

/* How many characters a record is about; the first one's place is added to. */
static uint32_t tp_headed(const uint8_t **at, uint32_t many, uint32_t *place)
{
    uint32_t head = *(*at)++, count = head >> 3 & many;
    head &= 7u;
    *place += head < 7 ? head : 7 + tp_number(at);
    return 1 + (count < many ? count : many + tp_number(at));
}

/* What a character becomes by a table: how many, or -1 where it stays. */
static int tp_becomes(unsigned table, uint32_t point, uint32_t *out)
{
    int32_t entry = tp_entry(table, point);
    const uint8_t *at, *end;
    uint32_t place;
    if (entry < tp_bounds[table]) return -1;
    at = tp_content + tp_offsets[entry];
    end = tp_content + tp_offsets[entry + 1];
    place = (uint32_t)tp_starts[entry] << 5;
    while (at < end) {
        uint32_t kind, count, covered, far, counts, i, k, n, coded;
        int own, hit;
        kind = *at >> 5;
        count = tp_headed(&at, 3, &place);
        if (place > point) return -1;
        far = point - place;
        covered = kind == TP_SECOND ? 2 * count - 1 : count;
        own = kind >= TP_ONE && kind <= TP_ANY;
        hit = far < covered && !(kind == TP_SECOND && (far & 1));
        /* Which character counts upwards. */
        counts = kind == TP_COUNT ? tp_number(&at) : kind <= TP_SECOND ? 0 : TP_NONE;
        for (i = own ? 0 : count - 1; i < count; i++) {
            int this_one = hit && (!own || i == far);
            n = kind >= TP_ANY ? tp_number(&at) : kind <= TP_ONE ? 1 : kind - 1;
            for (k = 0; k < n; k++) {
                coded = tp_coded(&at);
                if (this_one) out[k] = coded + (k == counts ? far : 0);
            }
            if (this_one) return (int)n;
        }
        place += covered;
    }
    return -1;
}

static unsigned tp_half(const uint8_t *from, uint32_t *at)
{
    unsigned both = from[*at / 2], odd = *at & 1;
    ++*at;
    return odd ? both >> 4 : both & 15;
}

/* Runs from where an index entry says: after a run of value 0 one of value 1 is usual, after others one of value 0. */
static unsigned tp_property(uint32_t point)
{
    int32_t entry;
    const uint8_t *from;
    uint32_t place, at = 0, length;
    unsigned value = 1, half;
    if (point < 0x80 && ((point | 32) - 'a' < 26 || point - '0' < 10)) return TP_LETTER;
    if (point < 0x80) return point == ' ' ? TP_BLANK : TP_SYMBOL;
    entry = tp_entry(TP_PROPERTIES, point);
    from = tp_content + tp_offsets[entry];
    place = (uint32_t)tp_starts[entry] << 5;
    do {
        half = tp_half(from, &at);
        if (half <= 12) value = !value;
        else if (half < 15) value = half - 11;
        else {
            value = tp_half(from, &at);
            value |= tp_half(from, &at) << 4;
        }
        length = half;
        if (half >= 12) {
            length = 0;
            do {
                half = tp_half(from, &at);
                length = length << 3 | (half & 7);
            } while (half & 8);
        }
        place += length + 1;
    } while (place <= point);
    return tp_values[value];
}

static unsigned tp_rank(uint32_t point)
{
    return point < 0x300 ? 0 : tp_property(point) >> TP_RANK;
}

/* A character of two parts: the one that a point is, or, where that is 0, the one of these parts; 0 where none. */
static uint32_t tp_pair(int32_t entry, int32_t last, uint32_t point, uint32_t *parts)
{
    for (; entry < last; entry++) {
        const uint8_t *at = tp_content + tp_offsets[entry], *end = tp_content + tp_offsets[entry + 1];
        uint32_t place = (uint32_t)tp_starts[entry] << 5, count, step;
        while (at < end) {
            step = 1 + (*at >> 7);
            for (count = tp_headed(&at, 15, &place); count; count--, place += step) {
                uint32_t one = tp_coded(&at), other = tp_coded(&at);
                if (point ? point == place : one == parts[0] && other == parts[1]) {
                    parts[0] = one;
                    parts[1] = other;
                    return place;
                }
            }
            place -= step - 1;
        }
    }
    return 0;
}

/* The character that two become where they meet; 0 where they don't. */
static uint32_t tp_joined(unsigned tables, uint32_t first, uint32_t second)
{
    int32_t entry = tp_bounds[tables + TP_PAIRS], last = tp_bounds[tables + TP_PAIRS + 1];
    uint32_t parts[2];
    if (first - 0x1100 < 19 && second - 0x1161 < 21) return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28;
    if (first - 0xAC00 < 11172 && (first - 0xAC00) % 28 == 0 && second - 0x11A8 < 27) return first + second - 0x11A7;
    if (second >= TP_NEAR) {
        int32_t from = tp_entry(tables + TP_PAIRS, second - TP_NEAREST);
        if (entry < from) entry = from;
        last = tp_entry(tables + TP_PAIRS, second + TP_NEAREST) + 1;
    }
    parts[0] = first;
    parts[1] = second;
    return tp_pair(entry, last, 0, parts);
}

/* Whether a letter is joined of another and a mark, and these. */
static int tp_apart(unsigned tables, uint32_t point, uint32_t *parts)
{
    int32_t entry = tp_entry(tables + TP_PAIRS, point);
    return entry >= tp_bounds[tables + TP_PAIRS] && tp_pair(entry, entry + 1, point, parts) && tp_rank(parts[1]);
}

/* One character more; before a mark, the letter that ends the text is taken apart. The new length, at most `most`. */
static int32_t tp_append(unsigned tables, uint32_t *points, int32_t n, int32_t most, uint32_t point)
{
    uint32_t parts[2];
    int32_t letter = n - 1, i;
    if (letter >= 0 && points[letter] >= 0xC0 && tp_rank(point))
        while (tp_apart(tables, points[letter], parts)) {
            if (n >= most) return TP_TOO_LONG;
            for (i = n++; i > letter + 1; i--) points[i] = points[i - 1];
            points[letter] = parts[0];
            points[letter + 1] = parts[1];
        }
    if (n >= most) return TP_TOO_LONG;
    points[n] = point;
    return n + 1;
}

/* Length of the character in UTF-8 that a text begins with; 0 where it is none. */
static unsigned tp_decoded(const unsigned char *text, size_t size, uint32_t *point)
{
    unsigned length = text[0] < 0x80 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4, i;
    uint32_t found = text[0];
    *point = found;
    if (length == 1) return 1;
    if (found < 0xC2 || found > 0xF4 || size < length) return 0;
    found &= 0x7Fu >> length;
    for (i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80) return 0;
        found = found << 6 | (text[i] & 0x3Fu);
    }
    if (length == 3 && (found < 0x800 || (found >= 0xD800 && found < 0xE000))) return 0;
    if (length == 4 && (found < 0x10000 || found > 0x10FFFF)) return 0;
    *point = found;
    return length;
}

/* The door: blanks, unseen and unknown characters, and the normal form of each. */
static int32_t tp_enter(unsigned tables, const unsigned char *text, size_t size, uint32_t *points)
{
    uint32_t point, spelled[TP_MOST_SPELLED];
    int32_t n = 0;
    int i, length;
    size_t at = 0;
    while (at < size && n >= 0) {
        at += tp_decoded(text + at, size - at, &point);
        length = -1;
        spelled[0] = point;
        if (point < 0x80) {
            if (point < 32 || point == 127) spelled[0] = ' ';
        } else {
            length = tp_becomes(tables + TP_SPELLED, point, spelled);
            if (length < 0 && (tp_property(point) & TP_KINDS) == TP_UNKNOWN) spelled[0] = 0xFFFD;
        }
        if (length < 0) length = 1;
        for (i = 0; i < length && n >= 0; i++) {
            point = spelled[i];
            if (point - 'A' < 26 && tables != TP_UNFOLDED && (TP_LOWERED >> (point - 'A') & 1)) point += 32;
            n = tp_append(tables, points, n, TP_POINTS, point);
        }
    }
    return n;
}

/* Capitals to small letters, in place: the text moves to the end of its room and is read from there. */
static int32_t tp_fold(unsigned tables, uint32_t *points, int32_t n)
{
    uint32_t folded[TP_MOST_SPELLED];
    int32_t i, at, out = 0;
    int k, length;
    for (i = n, at = TP_POINTS; i;) points[--at] = points[--i];
    for (; at < TP_POINTS && out >= 0; at++) {
        folded[0] = points[at];
        length = -1;
        if (folded[0] >= 0x80 || folded[0] - 'A' < 26) length = tp_becomes(tables + TP_FOLDED, folded[0], folded);
        if (length < 0) length = 1;
        for (k = 0; k < length && out >= 0; k++) out = tp_append(tables, points, out, at + 1, folded[k]);
    }
    return out;
}

/* Marks in their order, joined to their letters where they can be. Behind an i, dots go where a text was folded. */
static int32_t tp_join(unsigned tables, uint32_t *points, int32_t n, int dots)
{
    int32_t at = 0, end, i, out = 0, letter = -1;
    uint32_t point, whole;
    while (at < n) {
        unsigned property = points[at] < 0x300 ? 0 : tp_property(points[at]), rank = property >> TP_RANK, last = 0;
        if (!rank) {
            int meets = (property & TP_JOINS) && letter >= 0 && letter == out - 1;
            whole = meets ? tp_joined(tables, points[letter], points[at]) : 0;
            if (!whole) points[letter = out++] = points[at];
            else points[letter] = whole;
            at++;
            continue;
        }
        for (end = at; end < n; end++) {
            property = points[end] < 0x300 ? 0 : tp_property(points[end]);
            if (property < 1u << TP_RANK) break;
            points[end] = TP_HIGH(points[end], property >> TP_RANK) | (property & TP_JOINS ? TP_MAY_JOIN : 0);
        }
        if (dots && letter >= 0 && points[letter] == 'i')
            while (at < end && TP_LOW(points[at]) == 0x307) at++;
        for (i = at + 1; i < end; i++) {
            int32_t to = i;
            for (point = points[i]; to > at && points[to - 1] >> 24 > point >> 24; to--) points[to] = points[to - 1];
            points[to] = point;
        }
        for (; at < end; at++) {
            int meets = (points[at] & TP_MAY_JOIN) && letter >= 0 && points[at] >> 24 != last;
            rank = points[at] >> 24;
            point = TP_LOW(points[at]);
            whole = meets ? tp_joined(tables, points[letter], point) : 0;
            if (whole) points[letter] = whole;
            else {
                points[out++] = point;
                last = rank;
            }
        }
    }
    return out;
}

/* Words parted by one blank each; symbols are words of their own, or part words, or stay where they are. */
static int32_t tp_parted(uint32_t *points, int32_t n, int symbols)
{
    int32_t at, out = 0, more = 0;
    int blank = 0, symbol, before = 0;
    for (at = 0; at < n; at++) {
        symbol = symbols != TP_AS_THEY_STAND && (tp_property(points[at]) & TP_KINDS) == TP_SYMBOL;
        if (points[at] == ' ' || (symbol && symbols == TP_AS_BLANKS)) {
            blank = out > 0;
            continue;
        }
        if (blank) points[out++] = ' ';
        else if (out && (symbol || before)) more++;
        blank = 0;
        before = symbol;
        points[out++] = TP_HIGH(points[at], symbol);
    }
    n = out + more;
    if (n > TP_POINTS) return TP_TOO_LONG;
    /* From the end, so that nothing is overwritten that is still to be read. */
    for (at = n; out; ) {
        uint32_t point = points[--out];
        points[--at] = TP_LOW(point);
        if (out && point != ' ' && points[out - 1] != ' ' && (point | points[out - 1]) >> 24) points[--at] = ' ';
    }
    return n;
}

static int32_t tp_clean(unsigned tables, int symbols, const unsigned char *text, size_t size, uint32_t *points)
{
    size_t at;
    unsigned length;
    int32_t n;
    uint32_t point, high = 0;
    if (size > TP_LONGEST) return TP_TOO_LONG;
    for (at = 0; at < size; at += length) {
        length = tp_decoded(text + at, size - at, &point);
        if (!length) return TP_NOT_UTF8;
        high |= point;
    }
    n = (int32_t)size;
    if (high < 0x80) {
        for (at = 0; at < size; at++) {
            point = text[at];
            if (point < 32 || point == 127) point = ' ';
            points[at] = tables != TP_UNFOLDED && point - 'A' < 26 ? point + 32 : point;
        }
    } else {
        n = tp_enter(tables, text, size, points);
        if (n > 0) n = tp_join(tables, points, n, 0);
        if (n > 0 && tables != TP_UNFOLDED) {
            n = tp_fold(tables, points, n);
            if (n > 0) n = tp_join(tables, points, n, 1);
        }
    }
    return n > 0 ? tp_parted(points, n, symbols) : n;
}
