/** What acts on each row or number alone: RMSNorm, GELU, Adam. */
import { exponential, horizontalSum } from './exponential';

const EPSILON: f32 = 1e-5;

/** result = x · scale · gain per row, scale = 1/√(mean x² + ε) kept in `scales` [rows]. */
export function normForward(x: usize, gain: usize, result: usize, scales: usize, rows: i32, width: i32): void {
  const rowBytes = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    let squares = f32x4.splat(0);
    for (let i: usize = 0; i < rowBytes; i += 16) {
      const v = v128.load(x + i);
      squares = f32x4.add(squares, f32x4.mul(v, v));
    }
    const scale: f32 = 1 / sqrt(horizontalSum(squares) / <f32>width + EPSILON);
    store<f32>(scales + (<usize>row << 2), scale);
    const s = f32x4.splat(scale);
    for (let i: usize = 0; i < rowBytes; i += 16) {
      v128.store(result + i, f32x4.mul(f32x4.mul(v128.load(x + i), s), v128.load(gain + i)));
    }
    x += rowBytes;
    result += rowBytes;
  }
}

/** gradX += ∂/∂x and gradGain += ∂/∂gain of the norm of one row, given ∂/∂result. */
function normBackwardRow(x: usize, gain: usize, scale: f32, gradResult: usize, gradX: usize, gradGain: usize, width: i32): void {
  const rowBytes = <usize>width << 2;
  const s = f32x4.splat(scale);
  let dot = f32x4.splat(0);
  for (let i: usize = 0; i < rowBytes; i += 16) {
    const scaled = f32x4.mul(v128.load(gradResult + i), v128.load(x + i));
    dot = f32x4.add(dot, f32x4.mul(scaled, v128.load(gain + i)));
    v128.store(gradGain + i, f32x4.add(v128.load(gradGain + i), f32x4.mul(scaled, s)));
  }
  const pull = f32x4.splat((horizontalSum(dot) * scale * scale) / <f32>width);
  for (let i: usize = 0; i < rowBytes; i += 16) {
    const direct = f32x4.mul(v128.load(gradResult + i), v128.load(gain + i));
    const change = f32x4.mul(s, f32x4.sub(direct, f32x4.mul(v128.load(x + i), pull)));
    v128.store(gradX + i, f32x4.add(v128.load(gradX + i), change));
  }
}

/** The same for `rows` rows, with the scales that the forward pass kept. */
export function normBackward(
  x: usize, gain: usize, scales: usize, gradResult: usize, gradX: usize, gradGain: usize, rows: i32, width: i32,
): void {
  const rowBytes = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    const offset = <usize>row * rowBytes;
    normBackwardRow(x + offset, gain, load<f32>(scales + (<usize>row << 2)), gradResult + offset, gradX + offset, gradGain, width);
  }
}

/**
 * GELU (tanh form) in place over `count` numbers (a multiple of 4); where `slopes` is given, its derivative goes there.
 * ½(1 + tanh u) = 1/(1 + e^−2u) with u = √(2/π)(x + 0.044715 x³). `table`: see `writeConstants`.
 */
export function gelu(values: usize, slopes: usize, count: i32, table: usize): void {
  const end = values + (<usize>count << 2);
  for (; values < end; values += 16) {
    const x = v128.load(values);
    const square = f32x4.mul(x, x);
    const inner = f32x4.mul(x, f32x4.add(f32x4.mul(square, v128.load_splat<f32>(table, 56)), v128.load_splat<f32>(table, 52)));
    const one = v128.load_splat<f32>(table, 44);
    const gate = f32x4.div(one, f32x4.add(one, exponential(inner, table)));
    const y = f32x4.mul(x, gate);
    v128.store(values, y);
    if (slopes) {
      const slope = f32x4.add(f32x4.mul(square, v128.load_splat<f32>(table, 64)), v128.load_splat<f32>(table, 60));
      v128.store(slopes, f32x4.add(gate, f32x4.mul(f32x4.mul(y, f32x4.sub(one, gate)), slope)));
      slopes += 16;
    }
  }
}

/** a ← a · b over `count` numbers (a multiple of 4). */
export function multiplyElements(a: usize, b: usize, count: i32): void {
  const bytes = <usize>count << 2;
  for (let i: usize = 0; i < bytes; i += 16) v128.store(a + i, f32x4.mul(v128.load(a + i), v128.load(b + i)));
}

/** to ← to + from over `count` numbers (a multiple of 4). */
export function addElements(to: usize, from: usize, count: i32): void {
  const bytes = <usize>count << 2;
  for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
}

/**
 * One Adam step in place over `count` numbers (a multiple of 4): the update of Kingma & Ba with both bias corrections,
 * folded by the caller into `stepSize` = rate/(1 − β₁ᵗ) and `rootScale` = 1/√(1 − β₂ᵗ).
 */
export function adam(
  parameters: usize, first: usize, second: usize, gradient: usize, count: i32,
  stepSize: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, rootScale: f32, epsilon: f32,
): void {
  const bytes = <usize>count << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    const g = v128.load(gradient + i);
    const m = f32x4.add(f32x4.mul(v128.load(first + i), f32x4.splat(beta1)), f32x4.mul(g, f32x4.splat(rest1)));
    const v = f32x4.add(f32x4.mul(v128.load(second + i), f32x4.splat(beta2)), f32x4.mul(f32x4.mul(g, g), f32x4.splat(rest2)));
    v128.store(first + i, m);
    v128.store(second + i, v);
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(rootScale)), f32x4.splat(epsilon));
    v128.store(parameters + i, f32x4.sub(v128.load(parameters + i), f32x4.mul(f32x4.splat(stepSize), f32x4.div(m, root))));
  }
}
