/**
 * eˣ of four numbers at once. Range reduction and polynomial of Cephes' expf (S. Moshier); relative error below 2e-7.
 * Plain IEEE adds and multiplies, so that every browser gives the same bits. x is clamped to [−87, 88].
 *
 * pmin and pmax are one instruction each where min and max are six.
 * The constants are read from memory: written as literals, V8 builds each of them anew in every turn of a loop, which
 * costs more than the arithmetic. The module may have no data of its own, so a pass writes them first.
 */

/** Writes the constants to [32 numbers] at `table`; GELU's follow those of eˣ. */
export function writeConstants(table: usize): void {
  store<f32>(table, -87.0, 0);
  store<f32>(table, 88.0, 4);
  store<f32>(table, 1.44269504, 8);
  // ln 2 in two parts, so that the remainder is exact.
  store<f32>(table, 0.693359375, 12);
  store<f32>(table, -2.12194440e-4, 16);
  store<f32>(table, 1.9875691500e-4, 20);
  store<f32>(table, 1.3981999507e-3, 24);
  store<f32>(table, 8.3334519073e-3, 28);
  store<f32>(table, 4.1665795894e-2, 32);
  store<f32>(table, 1.6666665459e-1, 36);
  store<f32>(table, 5.0000001201e-1, 40);
  store<f32>(table, 1.0, 44);
  store<f32>(table, 12582912.0, 48);
  // √(2/π) doubled, alone, times 0.044715, and times three of that.
  store<f32>(table, -1.5957691216057, 52);
  store<f32>(table, -0.0713548162726, 56);
  store<f32>(table, 1.5957691216057, 60);
  store<f32>(table, 0.2140644488178, 64);
}

// @ts-ignore: decorator
@inline
export function exponential(x: v128, table: usize): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, v128.load_splat<f32>(table)), v128.load_splat<f32>(table, 4));
  // Adding 1.5 · 2²³ rounds to the nearest whole number and leaves it in the low bits.
  const shifter = v128.load_splat<f32>(table, 48);
  const shifted = f32x4.add(f32x4.mul(bounded, v128.load_splat<f32>(table, 8)), shifter);
  const n = f32x4.sub(shifted, shifter);
  const high = f32x4.sub(bounded, f32x4.mul(n, v128.load_splat<f32>(table, 12)));
  const r = f32x4.sub(high, f32x4.mul(n, v128.load_splat<f32>(table, 16)));
  let y = v128.load_splat<f32>(table, 20);
  y = f32x4.add(f32x4.mul(y, r), v128.load_splat<f32>(table, 24));
  y = f32x4.add(f32x4.mul(y, r), v128.load_splat<f32>(table, 28));
  y = f32x4.add(f32x4.mul(y, r), v128.load_splat<f32>(table, 32));
  y = f32x4.add(f32x4.mul(y, r), v128.load_splat<f32>(table, 36));
  y = f32x4.add(f32x4.mul(y, r), v128.load_splat<f32>(table, 40));
  y = f32x4.add(f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), r), v128.load_splat<f32>(table, 44));
  // Times 2ⁿ, by adding n to the exponent's bits; y is between 0.7 and 1.5.
  return i32x4.add(y, i32x4.shl(shifted, 23));
}

// @ts-ignore: decorator
@inline
export function horizontalSum(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}
