/**
 * The two matrix products of a linear layer. Weights come as panels of 8 columns, [columns/8][rows][8], so that the
 * inner loop reads them in order; each product keeps a 4 × 8 block of results in registers. Every result is summed in
 * the order of the inner index whatever the block, so that a row's value does not depend on the rows beside it.
 */

/** Weights [rows, columns] (row stride in numbers) → panels; columns beyond `columns` up to a multiple of 8 become 0. */
export function packPanels(weights: usize, rows: i32, columns: i32, panels: usize): void {
  for (let column = 0; column < columns; column += 8) {
    const inside = min(8, columns - column);
    for (let row = 0; row < rows; row++) {
      const source = weights + (<usize>(row * columns + column) << 2);
      if (inside == 8) {
        v128.store(panels, v128.load(source));
        v128.store(panels, v128.load(source, 16), 16);
      } else {
        for (let i = 0; i < 8; i++) store<f32>(panels + (<usize>i << 2), i < inside ? load<f32>(source + (<usize>i << 2)) : 0);
      }
      panels += 32;
    }
  }
}

/** Weights [rows, columns] → panels of the transpose [columns, rows]; rows % 8 = 0; inner length padded to `paddedColumns`. */
export function packTransposed(weights: usize, rows: i32, columns: i32, paddedColumns: i32, panels: usize): void {
  for (let row = 0; row < rows; row += 8) {
    for (let column = 0; column < paddedColumns; column++) {
      for (let i = 0; i < 8; i++) {
        const value = column < columns ? load<f32>(weights + (<usize>((row + i) * columns + column) << 2)) : 0;
        store<f32>(panels + (<usize>i << 2), value);
      }
      panels += 32;
    }
  }
}

/**
 * result[rows, columns] = (added or 0) + a[rows, inner] · panels. `added` has the result's stride and may be 0.
 * columns % 8 = 0, inner % 4 = 0; strides in bytes. The inner loop takes four steps a turn: two and eight are slower.
 */
export function multiply(
  a: usize, aStride: usize, panels: usize, result: usize, resultStride: usize, added: usize, rows: i32, columns: i32, inner: i32,
): void {
  const panelBytes = <usize>inner << 5;
  const blockRows = rows & ~3;
  for (let column = 0; column < columns; column += 8) {
    const columnBytes = <usize>column << 2;
    const panelEnd = panels + panelBytes;
    for (let row = 0; row < blockRows; row += 4) {
      let a0 = a + <usize>row * aStride;
      let a1 = a0 + aStride;
      let a2 = a1 + aStride;
      let a3 = a2 + aStride;
      const offset = <usize>row * resultStride + columnBytes;
      let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
      let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
      if (added) {
        const from = added + offset;
        c00 = v128.load(from); c01 = v128.load(from, 16);
        c10 = v128.load(from + resultStride); c11 = v128.load(from + resultStride, 16);
        c20 = v128.load(from + 2 * resultStride); c21 = v128.load(from + 2 * resultStride, 16);
        c30 = v128.load(from + 3 * resultStride); c31 = v128.load(from + 3 * resultStride, 16);
      }
      for (let b = panels; b < panelEnd; b += 128) {
        let b0 = v128.load(b), b1 = v128.load(b, 16);
        let s = v128.load_splat<f32>(a0);
        c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a1);
        c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a2);
        c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a3);
        c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1));
        b0 = v128.load(b, 32); b1 = v128.load(b, 48);
        s = v128.load_splat<f32>(a0, 4);
        c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a1, 4);
        c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a2, 4);
        c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a3, 4);
        c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1));
        b0 = v128.load(b, 64); b1 = v128.load(b, 80);
        s = v128.load_splat<f32>(a0, 8);
        c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a1, 8);
        c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a2, 8);
        c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a3, 8);
        c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1));
        b0 = v128.load(b, 96); b1 = v128.load(b, 112);
        s = v128.load_splat<f32>(a0, 12);
        c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a1, 12);
        c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a2, 12);
        c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(a3, 12);
        c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1));
        a0 += 16; a1 += 16; a2 += 16; a3 += 16;
      }
      const to = result + offset;
      v128.store(to, c00); v128.store(to, c01, 16);
      v128.store(to + resultStride, c10); v128.store(to + resultStride, c11, 16);
      v128.store(to + 2 * resultStride, c20); v128.store(to + 2 * resultStride, c21, 16);
      v128.store(to + 3 * resultStride, c30); v128.store(to + 3 * resultStride, c31, 16);
    }
    for (let row = blockRows; row < rows; row++) {
      let a0 = a + <usize>row * aStride;
      const offset = <usize>row * resultStride + columnBytes;
      let c0 = f32x4.splat(0), c1 = f32x4.splat(0);
      if (added) {
        c0 = v128.load(added + offset);
        c1 = v128.load(added + offset, 16);
      }
      for (let b = panels; b < panelEnd; b += 32) {
        const s = v128.load_splat<f32>(a0);
        c0 = f32x4.add(c0, f32x4.mul(s, v128.load(b)));
        c1 = f32x4.add(c1, f32x4.mul(s, v128.load(b, 16)));
        a0 += 4;
      }
      v128.store(result + offset, c0);
      v128.store(result + offset, c1, 16);
    }
    panels = panelEnd;
  }
}

/**
 * result[inner, columns] += aᵀ · b, with a[rows, inner] and b[rows, columns]: the gradient of a linear layer's weights.
 * columns % 8 = 0, inner % 4 = 0; strides in bytes.
 */
export function accumulateOuter(
  a: usize, aStride: usize, b: usize, bStride: usize, result: usize, resultStride: usize, rows: i32, columns: i32, inner: i32,
): void {
  const aEnd = <usize>rows * aStride;
  for (let column = 0; column < columns; column += 8) {
    const columnBytes = <usize>column << 2;
    for (let k = 0; k < inner; k += 4) {
      const to = result + <usize>k * resultStride + columnBytes;
      let c00 = v128.load(to), c01 = v128.load(to, 16);
      let c10 = v128.load(to + resultStride), c11 = v128.load(to + resultStride, 16);
      let c20 = v128.load(to + 2 * resultStride), c21 = v128.load(to + 2 * resultStride, 16);
      let c30 = v128.load(to + 3 * resultStride), c31 = v128.load(to + 3 * resultStride, 16);
      let from = a + (<usize>k << 2);
      const end = from + aEnd;
      let row = b + columnBytes;
      for (; from < end; from += aStride) {
        const b0 = v128.load(row), b1 = v128.load(row, 16);
        let s = v128.load_splat<f32>(from);
        c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(from, 4);
        c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(from, 8);
        c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1));
        s = v128.load_splat<f32>(from, 12);
        c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1));
        row += bStride;
      }
      v128.store(to, c00); v128.store(to, c01, 16);
      v128.store(to + resultStride, c10); v128.store(to + resultStride, c11, 16);
      v128.store(to + 2 * resultStride, c20); v128.store(to + 2 * resultStride, c21, 16);
      v128.store(to + 3 * resultStride, c30); v128.store(to + 3 * resultStride, c31, 16);
    }
  }
}
