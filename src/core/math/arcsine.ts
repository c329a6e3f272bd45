/**
 * asin by the algorithm and the minimax coefficients of fdlibm, whose notice is kept:
 *   Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 *   Developed at SunPro, a Sun Microsystems, Inc. business.
 *   Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved.
 */

const HALF_PI_HIGH = 1.5707963267948966;
const HALF_PI_LOW = 6.123233995736766e-17;
const QUARTER_PI = 0.7853981633974483;

/** (asin(√z) − √z)/√z, 0 ≤ z ≤ 0.25. */
function arcsineKernel(z: number): number {
  const p =
    z *
    (1.66666666666666657415e-1 +
      z *
        (-3.25565818622400915405e-1 +
          z *
            (2.01212532134862925881e-1 +
              z * (-4.00555345006794114027e-2 + z * (7.91534994289814532176e-4 + z * 3.4793310759602116757e-5)))));
  const q =
    1 + z * (-2.40339491173441421878 + z * (2.02094576023350569471 + z * (-6.8828397160545329303e-1 + z * 7.70381505559019352791e-2)));
  return p / q;
}

/** The angle in [−π/2, π/2] whose sine is x; NaN for |x| > 1. Error about 1 ulp. */
export function asin(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 0.5) return magnitude < 1e-8 ? x : x + x * arcsineKernel(x * x);
  // asin x = π/2 − 2 asin √((1 − x)/2).
  const z = 0.5 * (1 - magnitude);
  const root = Math.sqrt(z);
  const kernel = arcsineKernel(z);
  let angle: number;
  if (magnitude >= 0.975) angle = HALF_PI_HIGH - (2 * (root + root * kernel) - HALF_PI_LOW);
  else {
    // 24 bits of the root, so that its square is exact.
    const high = Math.fround(root);
    const low = (z - high * high) / (root + high);
    angle = QUARTER_PI - (2 * root * kernel - (HALF_PI_LOW - 2 * low) - (QUARTER_PI - 2 * high));
  }
  return x < 0 ? -angle : angle;
}
