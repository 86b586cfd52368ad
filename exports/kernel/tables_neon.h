/* The inner loops of tables.c for NEON, of 64-bit ARM and of ARMv7; tables.c includes it. */
#include <arm_neon.h>

#define TARGET
#define NAME respond8_neon
#define ROW bytes16
#define SUM bytes16
#define WIDEN(row) (row)
#define MAX(a, b) ((bytes16)vmaxq_s8((int8x16_t)(a), (int8x16_t)(b)))
#include "respond.h"

/* Each row is loaded once and added to two sums of int16: the instruction that adds also widens. */
static inline __attribute__((always_inline)) void respond16_neon_width(const int8_t *table, const uint32_t *row,
                                                                        size_t length, size_t width, const void *floors,
                                                                        int16_t *best)
{
    int16x8_t top[4], sum[4];
    for (size_t p = 0; p < 4; p++) top[p] = vld1q_s16((const int16_t *)floors + 8 * p);
    for (size_t t = 0; t < length; t++) {
        for (size_t p = 0; p < 2; p++) {
            int8x16_t first = vld1q_s8(table + row[t] + 16 * p);
            sum[2 * p] = vmovl_s8(vget_low_s8(first)), sum[2 * p + 1] = vmovl_s8(vget_high_s8(first));
        }
        for (size_t k = 1; k < width; k++)
            for (size_t p = 0; p < 2; p++) {
                int8x16_t next = vld1q_s8(table + row[t + k] + k * TABLES_BLOCK + 16 * p);
                sum[2 * p] = vaddw_s8(sum[2 * p], vget_low_s8(next));
                sum[2 * p + 1] = vaddw_s8(sum[2 * p + 1], vget_high_s8(next));
            }
        for (size_t p = 0; p < 4; p++) top[p] = vmaxq_s16(top[p], sum[p]);
    }
    for (size_t p = 0; p < 4; p++) vst1q_s16(best + 8 * p, top[p]);
}

static void respond16_neon(const int8_t *table, const uint32_t *row, size_t length, size_t width, const void *floors,
                           int16_t *best)
{
    FOR_EACH_WIDTH(respond16_neon_width)
}

/* `n` is a multiple of TABLES_BLOCK. */
static int32_t dot_neon(const int16_t *a, const int16_t *b, size_t n)
{
    int32x4_t sum[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    for (size_t i = 0; i < n; i += 16)
        for (size_t p = 0; p < 2; p++) {
            int16x8_t x = vld1q_s16(a + i + 8 * p), y = vld1q_s16(b + i + 8 * p);
            sum[2 * p] = vmlal_s16(sum[2 * p], vget_low_s16(x), vget_low_s16(y));
            sum[2 * p + 1] = vmlal_s16(sum[2 * p + 1], vget_high_s16(x), vget_high_s16(y));
        }
    int32x4_t all = vaddq_s32(vaddq_s32(sum[0], sum[1]), vaddq_s32(sum[2], sum[3]));
    int32x2_t two = vadd_s32(vget_low_s32(all), vget_high_s32(all));
    return vget_lane_s32(vpadd_s32(two, two), 0);
}

/* `size` is at most MAX_WIDTH * TABLES_BLOCK, which fits 16 bits. */
static void starts_neon(const uint8_t *ids, size_t n, uint32_t size, uint32_t *row)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint16x8_t wide = vmovl_u8(vld1_u8(ids + i));
        vst1q_u32(row + i, vmull_n_u16(vget_low_u16(wide), (uint16_t)size));
        vst1q_u32(row + i + 4, vmull_n_u16(vget_high_u16(wide), (uint16_t)size));
    }
    for (; i < n; i++) row[i] = ids[i] * size;
}
#undef TARGET
