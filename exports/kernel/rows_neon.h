/* The sum of rows for NEON, of 64-bit ARM and of ARMv7; rows.c includes it. */
#include <arm_neon.h>

/* 16 levels of one row: half a byte each, or a byte each. */
INLINE void levels_neon(const uint8_t *row, int nibbles, int16x8_t levels[2])
{
    if (nibbles) {
        uint8x8_t both = vld1_u8(row);
        levels[0] = vreinterpretq_s16_u16(vmovl_u8(vand_u8(both, vdup_n_u8(15))));
        levels[1] = vreinterpretq_s16_u16(vmovl_u8(vshr_n_u8(both, 4)));
        return;
    }
    int8x16_t all = vreinterpretq_s8_u8(vld1q_u8(row));
    levels[0] = vmovl_s8(vget_low_s8(all)), levels[1] = vmovl_s8(vget_high_s8(all));
}

INLINE void sum_neon_groups(const struct rows *model, const struct batch *batch, size_t first, size_t groups, int nibbles, int64_t *sums)
{
    const size_t step = nibbles ? 8 : 16;
    const uint8_t *at = model->rows + sizeof(int32_t) + first * step;
    int32x4_t total[12];
    for (size_t g = 0; g < 4 * groups; g++) total[g] = vdupq_n_s32(0);
    for (size_t i = 0; i < batch->n; i++) {
        int32_t x = batch->x[i];
        for (size_t g = 0; g < groups; g++) {
            int16x8_t levels[2];
            levels_neon(at + batch->offset[i] + g * step, nibbles, levels);
            for (size_t half = 0; half < 2; half++) {
                int32x4_t *own = &total[4 * g + 2 * half];
                own[0] = vmlaq_n_s32(own[0], vmovl_s16(vget_low_s16(levels[half])), x);
                own[1] = vmlaq_n_s32(own[1], vmovl_s16(vget_high_s16(levels[half])), x);
            }
        }
    }
    for (size_t g = 0; g < 4 * groups; g++) {
        int32_t own[4];
        vst1q_s32(own, total[g]);
        for (size_t c = 0; c < 4; c++) sums[first * LANES + 4 * g + c] += own[c];
    }
}

static void sum_neon(const struct rows *model, const struct batch *batch, int64_t *sums)
{
    size_t groups = (model->n_logits + LANES - 1) / LANES;
    if (model->nibbles) EACH_GROUPS(sum_neon_groups, 1)
    else EACH_GROUPS(sum_neon_groups, 0)
}
