/**
 * Causal attention of single nodes over the nodes on their path. Keys and values are read where they lie, through the
 * path, so that shared prefixes need no copy, and decoding and training run the very same arithmetic.
 */
import { exponential, horizontalSum } from './exponential';

/** Σ over lanes of four vectors, as the lanes of one. */
// @ts-ignore: decorator
@inline
function sumFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

// @ts-ignore: decorator
@inline
function pathRow(path: usize, index: i32, last: i32, base: usize, rowBytes: usize): usize {
  return base + <usize>load<i32>(path + (<usize>min(index, last) << 2)) * rowBytes;
}

/** dots[j] = query · row(path[j]) for j < keys, in fours (the last four may run over `keys`; their values are not used). */
function dots(query: usize, path: usize, keys: i32, base: usize, rowBytes: usize, headBytes: usize, result: usize): void {
  const last = keys - 1;
  for (let j = 0; j < keys; j += 4) {
    const r0 = pathRow(path, j, last, base, rowBytes);
    const r1 = pathRow(path, j + 1, last, base, rowBytes);
    const r2 = pathRow(path, j + 2, last, base, rowBytes);
    const r3 = pathRow(path, j + 3, last, base, rowBytes);
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    for (let i: usize = 0; i < headBytes; i += 16) {
      const q = v128.load(query + i);
      s0 = f32x4.add(s0, f32x4.mul(q, v128.load(r0 + i)));
      s1 = f32x4.add(s1, f32x4.mul(q, v128.load(r1 + i)));
      s2 = f32x4.add(s2, f32x4.mul(q, v128.load(r2 + i)));
      s3 = f32x4.add(s3, f32x4.mul(q, v128.load(r3 + i)));
    }
    v128.store(result + (<usize>j << 2), sumFour(s0, s1, s2, s3));
  }
}

/** scores [keys] → softmax(scale · scores); the lanes after `keys` up to a multiple of 4 become 0. */
function softmax(scores: usize, keys: i32, scale: f32, table: usize): void {
  const keyBytes = <usize>keys << 2;
  const paddedBytes = <usize>((keys + 3) & ~3) << 2;
  for (let i = keyBytes; i < paddedBytes; i += 4) store<f32>(scores + i, load<f32>(scores));
  let peaks = v128.load(scores);
  for (let i: usize = 16; i < paddedBytes; i += 16) peaks = f32x4.pmax(peaks, v128.load(scores + i));
  peaks = f32x4.pmax(peaks, v128.shuffle<f32>(peaks, peaks, 2, 3, 0, 1));
  peaks = f32x4.pmax(peaks, v128.shuffle<f32>(peaks, peaks, 1, 0, 3, 2));
  const s = f32x4.splat(scale);
  for (let i: usize = 0; i < paddedBytes; i += 16) {
    v128.store(scores + i, exponential(f32x4.mul(f32x4.sub(v128.load(scores + i), peaks), s), table));
  }
  for (let i = keyBytes; i < paddedBytes; i += 4) store<f32>(scores + i, 0);
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < paddedBytes; i += 16) sum = f32x4.add(sum, v128.load(scores + i));
  const inverse = f32x4.splat(1 / horizontalSum(sum));
  for (let i: usize = 0; i < paddedBytes; i += 16) v128.store(scores + i, f32x4.mul(v128.load(scores + i), inverse));
}

/** result [head] = Σⱼ weights[j] · row(path[j]). */
function weightedSum(weights: usize, path: usize, keys: i32, base: usize, rowBytes: usize, headBytes: usize, result: usize): void {
  let i: usize = 0;
  for (; i + 64 <= headBytes; i += 64) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    for (let j = 0; j < keys; j++) {
      const row = base + <usize>load<i32>(path + (<usize>j << 2)) * rowBytes + i;
      const w = v128.load_splat<f32>(weights + (<usize>j << 2));
      s0 = f32x4.add(s0, f32x4.mul(w, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(w, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(w, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(w, v128.load(row, 48)));
    }
    v128.store(result + i, s0);
    v128.store(result + i, s1, 16);
    v128.store(result + i, s2, 32);
    v128.store(result + i, s3, 48);
  }
  for (; i < headBytes; i += 16) {
    let s = f32x4.splat(0);
    for (let j = 0; j < keys; j++) {
      const row = base + <usize>load<i32>(path + (<usize>j << 2)) * rowBytes + i;
      s = f32x4.add(s, f32x4.mul(v128.load_splat<f32>(weights + (<usize>j << 2)), v128.load(row)));
    }
    v128.store(result + i, s);
  }
}

/** Attention of one node: `qkv` is the layer's [nodes, 3 width]; weights [heads, keyStride bytes] are kept for the backward pass. */
export function attentionForward(
  qkv: usize, node: i32, path: usize, keys: i32, weights: usize, keyStride: usize, result: usize, width: i32, heads: i32,
  table: usize,
): void {
  const widthBytes = <usize>width << 2;
  const rowBytes = widthBytes * 3;
  const headBytes = widthBytes / <usize>heads;
  const query = qkv + <usize>node * rowBytes;
  const scale: f32 = 1 / sqrt(<f32>(width / heads));
  for (let head: usize = 0; head < widthBytes; head += headBytes) {
    dots(query + head, path, keys, qkv + widthBytes + head, rowBytes, headBytes, weights);
    softmax(weights, keys, scale, table);
    weightedSum(weights, path, keys, qkv + 2 * widthBytes + head, rowBytes, headBytes, result + head);
    weights += keyStride;
  }
}

/** slopes[j] ← weights[j] · (slopes[j] − Σ weights · slopes) · scale: from ∂/∂weights to ∂/∂(query · key). */
function softmaxBackward(weights: usize, slopes: usize, keys: i32, scale: f32): void {
  const paddedBytes = <usize>((keys + 3) & ~3) << 2;
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < paddedBytes; i += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(weights + i), v128.load(slopes + i)));
  const mean = f32x4.splat(horizontalSum(sum));
  const s = f32x4.splat(scale);
  for (let i: usize = 0; i < paddedBytes; i += 16) {
    const centred = f32x4.sub(v128.load(slopes + i), mean);
    v128.store(slopes + i, f32x4.mul(f32x4.mul(v128.load(weights + i), centred), s));
  }
}

/** For 16 bytes (`step` = 16) or 64 of a head: adds slopes·key to gradQuery, slopes·query to the keys' and weights·grad to the values' gradients. */
// @ts-ignore: decorator
@inline
function spread16(
  query: usize, grad: usize, gradQuery: usize, path: usize, keys: i32, keyBase: usize, gradKeys: usize, widthBytes: usize,
  weights: usize, slopes: usize,
): void {
  const rowBytes = widthBytes * 3;
  const q = v128.load(query);
  const g = v128.load(grad);
  let total = f32x4.splat(0);
  for (let j = 0; j < keys; j++) {
    const offset = <usize>load<i32>(path + (<usize>j << 2)) * rowBytes;
    const slope = v128.load_splat<f32>(slopes + (<usize>j << 2));
    const weight = v128.load_splat<f32>(weights + (<usize>j << 2));
    total = f32x4.add(total, f32x4.mul(slope, v128.load(keyBase + offset)));
    const gradKey = gradKeys + offset;
    v128.store(gradKey, f32x4.add(v128.load(gradKey), f32x4.mul(slope, q)));
    const gradValue = gradKey + widthBytes;
    v128.store(gradValue, f32x4.add(v128.load(gradValue), f32x4.mul(weight, g)));
  }
  v128.store(gradQuery, total);
}

// @ts-ignore: decorator
@inline
function spread64(
  query: usize, grad: usize, gradQuery: usize, path: usize, keys: i32, keyBase: usize, gradKeys: usize, widthBytes: usize,
  weights: usize, slopes: usize,
): void {
  const rowBytes = widthBytes * 3;
  const q0 = v128.load(query), q1 = v128.load(query, 16), q2 = v128.load(query, 32), q3 = v128.load(query, 48);
  const g0 = v128.load(grad), g1 = v128.load(grad, 16), g2 = v128.load(grad, 32), g3 = v128.load(grad, 48);
  let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), t3 = f32x4.splat(0);
  for (let j = 0; j < keys; j++) {
    const offset = <usize>load<i32>(path + (<usize>j << 2)) * rowBytes;
    const slope = v128.load_splat<f32>(slopes + (<usize>j << 2));
    const key = keyBase + offset;
    t0 = f32x4.add(t0, f32x4.mul(slope, v128.load(key)));
    t1 = f32x4.add(t1, f32x4.mul(slope, v128.load(key, 16)));
    t2 = f32x4.add(t2, f32x4.mul(slope, v128.load(key, 32)));
    t3 = f32x4.add(t3, f32x4.mul(slope, v128.load(key, 48)));
    const gradKey = gradKeys + offset;
    v128.store(gradKey, f32x4.add(v128.load(gradKey), f32x4.mul(slope, q0)));
    v128.store(gradKey, f32x4.add(v128.load(gradKey, 16), f32x4.mul(slope, q1)), 16);
    v128.store(gradKey, f32x4.add(v128.load(gradKey, 32), f32x4.mul(slope, q2)), 32);
    v128.store(gradKey, f32x4.add(v128.load(gradKey, 48), f32x4.mul(slope, q3)), 48);
    const weight = v128.load_splat<f32>(weights + (<usize>j << 2));
    const gradValue = gradKey + widthBytes;
    v128.store(gradValue, f32x4.add(v128.load(gradValue), f32x4.mul(weight, g0)));
    v128.store(gradValue, f32x4.add(v128.load(gradValue, 16), f32x4.mul(weight, g1)), 16);
    v128.store(gradValue, f32x4.add(v128.load(gradValue, 32), f32x4.mul(weight, g2)), 32);
    v128.store(gradValue, f32x4.add(v128.load(gradValue, 48), f32x4.mul(weight, g3)), 48);
  }
  v128.store(gradQuery, t0);
  v128.store(gradQuery, t1, 16);
  v128.store(gradQuery, t2, 32);
  v128.store(gradQuery, t3, 48);
}

/** Gradient of one node's attention. `gradQkv` [nodes, 3 width] gains the keys' and values' parts; `slopes` is scratch [keys]. */
export function attentionBackward(
  qkv: usize, gradQkv: usize, node: i32, path: usize, keys: i32, weights: usize, keyStride: usize, grad: usize, slopes: usize,
  width: i32, heads: i32,
): void {
  const widthBytes = <usize>width << 2;
  const rowBytes = widthBytes * 3;
  const headBytes = widthBytes / <usize>heads;
  const own = <usize>node * rowBytes;
  const scale: f32 = 1 / sqrt(<f32>(width / heads));
  for (let head: usize = 0; head < widthBytes; head += headBytes) {
    dots(grad + head, path, keys, qkv + 2 * widthBytes + head, rowBytes, headBytes, slopes);
    softmaxBackward(weights, slopes, keys, scale);
    let i = head;
    const end = head + headBytes;
    for (; i + 64 <= end; i += 64) {
      spread64(qkv + own + i, grad + i, gradQkv + own + i, path, keys, qkv + widthBytes + i, gradQkv + widthBytes + i, widthBytes, weights, slopes);
    }
    for (; i < end; i += 16) {
      spread16(qkv + own + i, grad + i, gradQkv + own + i, path, keys, qkv + widthBytes + i, gradQkv + widthBytes + i, widthBytes, weights, slopes);
    }
    weights += keyStride;
  }
}
