/* What the parts of the coder share, and nobody else needs. */
#ifndef TAGPRESS_CODING_PARTS_H
#define TAGPRESS_CODING_PARTS_H

#include "coding.h"

enum { CODING_MOST = 512, CODING_RATE = 13, CODING_STAGES = 8 /* of a number's digits, with weights of their own */ };

/* Decisions that don't see each other; slots[i * CODING_MOST + j], bits as in `coding_bits`. */
int coding_piece(struct coding *coding, struct coding_model *model, size_t set, const uint32_t *slots, size_t n,
                 uint8_t *bits);
/* How many decisions come next that don't. */
size_t coding_piece_size(const struct coding_model *model);
/* A model that has seen nothing, as Python's `Model`; to be freed also where there was no memory. */
int coding_new_model(struct coding_model *model, size_t n_slots, size_t n_contexts, size_t n_sets);
void coding_free_model(struct coding_model *model);
/* As `size_class` in compress/coding/rarity.py. */
unsigned coding_size_class(int64_t number);
/* As `mixed` in compress/coding/sets.py, of `n` numbers. */
uint64_t coding_mixed(const int64_t *numbers, size_t n);
/* A slot of a hashed context, as `Hashed.slots`. */
uint32_t coding_slot_of(uint64_t context, uint64_t node, unsigned table_digits);

#endif
