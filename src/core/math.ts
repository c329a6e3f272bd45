/** Reproducible mathematics: plain IEEE arithmetic, the same bits in every engine. See `math/*.ts`. */
export { asin } from './math/arcsine.ts';
export { exp, expm1, log, log1p, sigmoid, tanh } from './math/exponential.ts';
export { pow } from './math/pow.ts';
export { logSumExp, softmax } from './math/softmax.ts';
export { cos, sin } from './math/trigonometry.ts';
