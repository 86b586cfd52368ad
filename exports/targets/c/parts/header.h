#ifndef TP_H
#define TP_H

#include <stddef.h>
#include <stdint.h>

@DEFINES@

enum { TP_OK = 0, TP_NOT_UTF8 = -1, TP_TOO_LONG = -2 };

/* Of one text. `known` is 0 where nothing in it was known; `decided` has a 1 for each class that the text gets. */
typedef struct {
    float logits[TP_LOGITS];
    unsigned char decided[TP_CLASSES];
    unsigned char known;
} tp_answer;

#ifdef __cplusplus
extern "C" {
#endif

/* Answer one text of `size` bytes of UTF-8: TP_OK, or a code that leaves the answer as it was. Threads may share it. */
int tp_classify(const char *text, size_t size, tp_answer *answer);

/* TP_CLASSES probabilities of an answer, with the bits that Python gives. */
void tp_probabilities(const tp_answer *answer, float *probabilities);

/* Names in UTF-8, one a class; of a yes or no two, the negative one first. */
extern const char *const tp_names[];

/* 0, or 1 + the number of the first text whose answer isn't the one that Python gave. Absent with TP_NO_SELF_TEST. */
int tp_self_test(void);

#ifdef __cplusplus
}
#endif

#endif
