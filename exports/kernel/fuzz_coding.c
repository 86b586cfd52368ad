/* Throws random levels, sets, numbers and words at the coder, packs what it says, and reads it back: as it is, and damaged.
 *   cc -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover fuzz_coding.c coding*.c -lm (no door)
 *   ./a.out ROUNDS SEED        prints what it did; exit code 1 on the first difference
 * Every buffer is allocated at exactly its size, so that a read beyond it is caught. */
#include <math.h>

#include "coding_parts.h"
#include "fuzz_common.h"

enum { LEAST = 1 << 16, CERTAIN = 1 << 14, RARITY_CONTEXTS = 5, RARITY_SLOTS = 3 * 8 * 24 + 24 * 24 + 8 * 24 * 24 };

static void *zeroed(size_t size)
{
    return memset(exactly(size), 0, size);
}

static void require(int fine, const char *what, size_t round)
{
    if (fine) return;
    printf("round %zu: %s\n", round, what);
    exit(1);
}

static int64_t first_of_ratio[23];

static struct coding *new_coding(int known)
{
    struct coding *coding = zeroed(sizeof *coding);
    for (int n = 0; n < CODING_LOGARITHMS; n++) coding->logarithm[n] = (int16_t)lrint(256 * log(n + 0.4));
    for (int d = 0; d < CODING_LOGISTICS; d++) {
        long chance = lrint(CERTAIN / (1 + exp(-(d - 2048) / 256.0)));
        coding->logistic[d] = (int16_t)(chance < 4 ? 4 : chance > CERTAIN - 4 ? CERTAIN - 4 : chance);
    }
    coding->known = known;
    coding->left = 1 << 20;
    return coding;
}

/* What an encoder was told, as a decoder of exactly so many words; damaged by so many bytes. */
static struct coding *packed(const struct coding *known, size_t n_damaged)
{
    struct coding *coding = new_coding(0);
    size_t n = known->n_chances, n_words = 0;
    uint16_t *words = zeroed(2 * n + 2);
    for (size_t lane = 0; lane < CODING_LANES; lane++) coding->lanes[lane] = LEAST;
    for (size_t end = n; end > 0;) {
        size_t begin = end - 1;
        while (!(known->chances[begin] & 0x4000)) begin--;
        for (size_t j = end; j-- > begin;) {
            uint32_t chance = known->chances[j] & 0x3FFF, yes = known->chances[j] < 0;
            uint32_t size = yes ? chance : CERTAIN - chance, *lane = &coding->lanes[(j - begin) % CODING_LANES];
            if (*lane >= (uint64_t)size << 18) words[n_words++] = (uint16_t)*lane, *lane >>= 16;
            *lane = ((*lane / size) << 14) + *lane % size + (yes ? 0 : chance);
        }
        end = begin;
    }
    uint8_t *bytes = zeroed(2 * n_words + 2);
    for (size_t k = 0; k < n_words; k++) {
        bytes[2 * k] = (uint8_t)words[n_words - 1 - k];
        bytes[2 * k + 1] = (uint8_t)(words[n_words - 1 - k] >> 8);
    }
    free(words);
    for (size_t k = 0; k < n_damaged; k++) {
        if (n_words && below(2)) bytes[below(2 * n_words)] ^= (uint8_t)(1 + below(255));
        else coding->lanes[below(CODING_LANES)] ^= (uint32_t)(1 + below(LEAST - 1));
    }
    coding->words = bytes;
    coding->n_words = n_damaged > 1 ? below(n_words + 1) : n_words;
    if (n_damaged > 1) {
        /* Nothing may be read but one word behind the last. */
        uint8_t *fewer = zeroed(2 * coding->n_words + 2);
        memcpy(fewer, bytes, 2 * coding->n_words);
        free(bytes);
        coding->words = fewer;
    }
    return coding;
}

static int is_at_its_end(const struct coding *coding)
{
    int fine = coding->place == coding->n_words;
    for (size_t lane = 0; lane < CODING_LANES; lane++) fine = fine && coding->lanes[lane] == LEAST;
    return fine;
}

static void close_coding(struct coding *coding)
{
    free(coding->chances), free((void *)coding->words), free(coding);
}

static void levels(size_t round)
{
    size_t n = 1 + below(60), n_classes = below(8) ? 1 + below(40) : 250 + below(90), n_chunks = 0, at = 0;
    size_t density = 1 + below(9), most = below(3) ? 7 : 127;
    int64_t *prefix = zeroed(8 * n), *suffix = zeroed(8 * n), *numbers = zeroed(8 * n), *chunks = zeroed(24 * n);
    int8_t *given = zeroed((n + 1) * n_classes), *found = zeroed((n + 1) * n_classes);
    while (at < n) {
        size_t size = 1 + below(n - at);
        for (size_t row = at; row < at + size; row++) {
            prefix[row] = (int64_t)below(at + 1) - 1, suffix[row] = (int64_t)below(at + 1) - 1;
            numbers[row] = (int64_t)below(300) - 1;
        }
        chunks[3 * n_chunks] = (int64_t)at, chunks[3 * n_chunks + 1] = (int64_t)(at + size);
        chunks[3 * n_chunks++ + 2] = (int64_t)below(7);
        at += size;
    }
    for (size_t i = 0; i < n * n_classes; i++)
        given[i] = (int8_t)(below(10) < density ? (int)below(2 * most + 1) - (int)most : 0);
    struct coding_rows rows = {n, n_classes, n_chunks, prefix, suffix, numbers, chunks, first_of_ratio, given};
    struct coding *encoder = new_coding(1);
    require(!coding_levels(encoder, &rows), "levels aren't coded", round);
    rows.levels = found;
    struct coding *decoder = packed(encoder, 0);
    require(!coding_levels(decoder, &rows) && !memcmp(given, found, n * n_classes), "levels don't come back", round);
    require(is_at_its_end(decoder), "levels leave something", round);
    close_coding(decoder);
    for (size_t damaged = 1; damaged < 3; damaged++) {
        memset(found, 0, (n + 1) * n_classes);
        decoder = packed(encoder, damaged);
        coding_levels(decoder, &rows);
        for (size_t i = 0; i < n_classes; i++) require(!found[n * n_classes + i], "a level of none", round);
        close_coding(decoder);
    }
    close_coding(encoder);
    free(prefix), free(suffix), free(numbers), free(chunks), free(given), free(found);
}

static void model_of(struct coding_model *model, size_t n_slots, size_t n_contexts, size_t n_sets)
{
    if (coding_new_model(model, n_slots, n_contexts, n_sets)) abort();
}

static void numbers(size_t round)
{
    size_t n = below(400), n_contexts = 1 + below(CODING_CONTEXTS), each = 1 + below(5);
    int64_t *contexts = zeroed(8 * n * n_contexts), *given = zeroed(8 * n), *found = zeroed(8 * n);
    for (size_t i = 0; i < n * n_contexts; i++) contexts[i] = (int64_t)below(each);
    for (size_t j = 0; j < n; j++) given[j] = found[j] = (int64_t)((next() >> 1 >> below(31)) % 0x7FFFFFFFu);
    struct coding_model model;
    struct coding *encoder = new_coding(1);
    model_of(&model, CODING_SPAN * each, n_contexts, CODING_STAGES);
    require(!coding_numbers(encoder, &model, 0, contexts, n, found), "numbers aren't coded", round);
    require(!memcmp(given, found, 8 * n), "numbers were changed", round);
    coding_free_model(&model);
    for (size_t damaged = 0; damaged < 3; damaged++) {
        struct coding *decoder = packed(encoder, damaged);
        model_of(&model, CODING_SPAN * each, n_contexts, CODING_STAGES);
        int problem = coding_numbers(decoder, &model, 0, contexts, n, found);
        if (!damaged) require(!problem && !memcmp(given, found, 8 * n) && is_at_its_end(decoder), "numbers", round);
        coding_free_model(&model), close_coding(decoder);
    }
    close_coding(encoder);
    free(contexts), free(given), free(found);
}

static void sets(size_t round)
{
    size_t n = 1 + below(40), n_pairs = 0, n_found;
    unsigned digits = (unsigned)below(8), table_digits = 1 + (unsigned)below(12);
    uint64_t *contexts = zeroed(8 * n * 2);
    int64_t *given = zeroed(8 * (n << digits)), *symbols = zeroed(8 * (n << digits)), *nodes, *found;
    for (size_t i = 0; i < 2 * n; i++) contexts[i] = below(5) * 0x9E3779B97F4A7C15u;
    for (size_t j = 0; j < n; j++) {
        size_t before = n_pairs, share = 1 + below(20);
        for (int64_t symbol = 0; symbol >> digits == 0; symbol++)
            if (!below(share)) given[n_pairs] = (int64_t)j, symbols[n_pairs++] = symbol;
        if (n_pairs == before) given[n_pairs] = (int64_t)j, symbols[n_pairs++] = (int64_t)below((size_t)1 << digits);
    }
    struct coding_model model;
    struct coding *encoder = new_coding(1);
    model_of(&model, (size_t)2 << table_digits, 2, 64);
    nodes = given, found = symbols, n_found = n_pairs;
    require(!coding_sets(encoder, &model, table_digits, contexts, n, digits, &nodes, &found, &n_found), "sets", round);
    free(nodes), free(found), coding_free_model(&model);
    for (size_t damaged = 0; damaged < 3; damaged++) {
        struct coding *decoder = packed(encoder, damaged);
        model_of(&model, (size_t)2 << table_digits, 2, 64);
        nodes = found = NULL, n_found = 0;
        int problem = coding_sets(decoder, &model, table_digits, contexts, n, digits, &nodes, &found, &n_found);
        if (!damaged)
            require(!problem && n_found == n_pairs && !memcmp(nodes, given, 8 * n_pairs) &&
                        !memcmp(found, symbols, 8 * n_pairs) && is_at_its_end(decoder), "sets don't come back", round);
        free(nodes), free(found), coding_free_model(&model), close_coding(decoder);
    }
    close_coding(encoder);
    free(contexts), free(given), free(symbols);
}

/* Words and strings are only read in C: any bytes must be refused, or give what fits together. */
static void terms(size_t round)
{
    size_t n_bytes = 2 * below(600), n = 1 + below(60), n_letters = 1 + below(30), n_text;
    uint8_t *bytes = zeroed(n_bytes + 2);
    for (size_t i = 0; i < n_bytes; i++) bytes[i] = (uint8_t)next();
    struct coding *coding = new_coding(0);
    for (size_t lane = 0; lane < CODING_LANES; lane++) coding->lanes[lane] = LEAST + next() % (0xFFFFFFFFu - LEAST);
    coding->words = bytes, coding->n_words = n_bytes / 2;
    coding->left = (int64_t)below(20000);
    int64_t *alphabet = zeroed(8 * n_letters), *lengths = zeroed(8 * n), total = 0;
    for (size_t i = 0; i < n_letters; i++) alphabet[i] = (int64_t)(97 + i);
    uint32_t *text;
    int problem = coding_strings(coding, 10, n, alphabet, n_letters, lengths, &text, &n_text);
    for (size_t j = 0; !problem && j < n; j++) total += lengths[j];
    require(problem || (size_t)total == n_text, "strings don't fit together", round);
    for (size_t i = 0; !problem && i < n_text; i++)
        require(text[i] >= 97 && text[i] < 97 + n_letters, "no such character", round);
    free(text), free(alphabet), free(lengths);

    size_t n_words = 1 + below(20), n_places = 0;
    int64_t *size = zeroed(8 * n_words), *number = zeroed(8 * n_words), low = 1 + (int64_t)below(3);
    for (size_t w = 0; w < n_words; w++) {
        size[w] = 2 + (int64_t)below(9), number[w] = (int64_t)below(50) - 1;
        n_places += (size_t)size[w];
    }
    int64_t *letter = zeroed(8 * n_places);
    for (size_t i = 0; i < n_places; i++) letter[i] = (int64_t)below(n_letters);
    struct coding_words words = {n_words, size, number, letter, (int64_t)n_letters};
    struct coding_terms found = {0};
    struct coding_model model;
    model_of(&model, (size_t)CODING_SPAN * RARITY_SLOTS, RARITY_CONTEXTS, 8 * CODING_STAGES);
    coding->place = 0;
    problem = coding_grams(coding, &model, 12, &words, low, low + (int64_t)below(4), &found);
    for (size_t k = 0; !problem && k < found.n; k++)
        require(found.first[k] >= 0 && found.length[k] >= low && found.first[k] + found.length[k] <= (int64_t)n_places,
                "an n-gram is beyond its words", round);
    coding_free_model(&model), close_coding(coding);
    free(found.first), free(found.length), free(found.number), free(size), free(number), free(letter);
}

static void kin(size_t round)
{
    struct coding_block blocks[4] = {{0}};
    size_t n_blocks = 1 + below(4), n = 0;
    for (size_t b = 0; b < n_blocks; b++) {
        size_t own = below(30), n_points = 0;
        blocks[b] = (struct coding_block){.n = own, .wordy = (int)below(2), .mark_before = 32, .mark_after = 62};
        n += own;
        if (!below(4)) continue;
        int64_t *starts = zeroed(8 * (own + 1));
        for (size_t j = 0; j < own; j++) starts[j + 1] = (int64_t)(n_points += below(12));
        int64_t *points = zeroed(8 * n_points);
        for (size_t i = 0; i < n_points; i++) points[i] = below(4) ? 97 + (int64_t)below(2) : 32;
        blocks[b].points = points, blocks[b].starts = starts;
    }
    struct coding_kin *found = zeroed(n * sizeof *found);
    require(!coding_kinship(blocks, n_blocks, found), "no kin", round);
    for (size_t k = 0; k < n; k++)
        require(found[k].prefix >= -1 && found[k].prefix < (int64_t)n && found[k].suffix >= -1 &&
                    found[k].suffix < (int64_t)n && found[k].sort >= 0 && found[k].sort < 7, "kin beyond the rows", round);
    free(found);
    for (size_t b = 0; b < n_blocks; b++) free((void *)blocks[b].points), free((void *)blocks[b].starts);
}

int main(int n_arguments, char **arguments)
{
    size_t rounds = n_arguments > 1 ? strtoul(arguments[1], NULL, 10) : 1000;
    state = n_arguments > 2 ? strtoull(arguments[2], NULL, 10) : 0;
    for (int k = 0; k < 23; k++) first_of_ratio[k] = lrint(ceil(4096 * pow(2, (k + 1) / 4.0)));
    for (size_t round = 0; round < rounds; round++) {
        levels(round);
        numbers(round);
        sets(round);
        terms(round);
        kin(round);
    }
    printf("%zu rounds: all as it should be\n", rounds);
    return 0;
}
