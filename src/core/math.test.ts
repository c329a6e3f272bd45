import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asin, cos, exp, expm1, log, log1p, logSumExp, pow, sigmoid, sin, softmax, tanh } from './math.ts';

/** True values to 300 bits, rounded once to double. */
const TRUE: Record<string, [number, number][]> = {
  exp: [
    [-745.1, 5e-324],
    [-708.5, 2.006132305331306e-308],
    [-100.25, 2.897198083210148e-44],
    [-38.9, 1.276276151143526e-17],
    [-1.5, 0.22313016014842982],
    [-1.0, 0.36787944117144233],
    [-0.35, 0.7046880897187134],
    [-0.3465, 0.7071588192872713],
    [-1e-5, 0.9999900000499998],
    [1e-10, 1.0000000001],
    [0.1, 1.1051709180756477],
    [0.34657, 1.4142084849595797],
    [0.5, 1.6487212707001282],
    [1.0, 2.718281828459045],
    [1.0397, 2.8283683765492893],
    [2.718281828459045, 15.154262241479262],
    [10.0, 22026.465794806718],
    [88.7, 3.325986980250579e38],
    [700.123, 1.1469792299254321e304],
    [709.78, 1.7928227943945155e308],
  ],
  asin: [
    [1e-9, 1e-9],
    [1e-5, 1.0000000000166668e-5],
    [0.1, 0.1001674211615598],
    [-0.3, -0.3046926540153975],
    [0.4999, 0.5234833093929496],
    [0.5, 0.5235987755982989],
    [0.5773502691896258, 0.6154797086703875],
    [0.7071067811865476, 0.7853981633974484],
    [0.8, 0.9272952180016123],
    [-0.9, -1.1197695149986342],
    [0.9749, 1.3462714497808277],
    [0.975, 1.3467210414930773],
    [0.99, 1.4292568534704693],
    [0.9999999, 1.5703491131957876],
    [1.0, 1.5707963267948966],
    [-1.0, -1.5707963267948966],
  ],
  log: [
    [5e-324, -744.4400719213812],
    [1e-310, -713.8013788281542],
    [2.3e-308, -708.363299519231],
    [1e-100, -230.25850929940458],
    [1e-8, -18.420680743952367],
    [1e-6, -13.815510557964274],
    [0.1, -2.3025850929940455],
    [0.5, -0.6931471805599453],
    [0.70710678, -0.3465735919580042],
    [0.9999999, -1.0000000494736474e-7],
    [1.0000001, 9.999999505838704e-8],
    [1.1, 0.09531017980432493],
    [1.414213, 0.3465731926220645],
    [1.4142136, 0.346573616886212],
    [2.0, 0.6931471805599453],
    [2.718281828459045, 1.0],
    [3.0, 1.0986122886681098],
    [10.0, 2.302585092994046],
    [12345.678, 9.421061321291832],
    [1.7e308, 709.7268368932282],
  ],
  expm1: [
    [-40.0, -1.0],
    [-5.0, -0.9932620530009145],
    [-1.0, -0.6321205588285577],
    [-0.36, -0.3023236739289689],
    [-0.3, -0.2591817793182821],
    [-1e-9, -9.999999995e-10],
    [1e-17, 1e-17],
    [1e-5, 1.0000050000166668e-5],
    [0.3, 0.3498588075760031],
    [0.35, 0.41906754859325723],
    [0.7, 1.0137527074704764],
    [1.0, 1.7182818284590453],
    [1.1, 2.0041660239464334],
    [5.5, 243.69193226422038],
    [36.7, 8681754200535379.0],
    [39.5, 1.4276838118129198e17],
    [700.0, 1.0142320547350045e304],
  ],
  log1p: [
    [-0.999, -6.907755278982136],
    [-0.5, -0.6931471805599453],
    [-0.3, -0.35667494393873234],
    [-0.28, -0.3285040669720361],
    [-1e-9, -1.0000000005000001e-9],
    [1e-20, 1e-20],
    [1e-12, 9.999999999995e-13],
    [0.001, 0.0009995003330835331],
    [0.4, 0.33647223662121295],
    [0.42, 0.35065687161316933],
    [1.0, 0.6931471805599453],
    [3.5, 1.5040773967762742],
    [10000000000.0, 23.025850930040455],
    [1e300, 690.7755278982137],
  ],
  tanh: [
    [-25.0, -1.0],
    [-3.0, -0.9950547536867305],
    [-1.0, -0.7615941559557649],
    [-0.5, -0.46211715726000974],
    [-1e-8, -1e-8],
    [1e-5, 9.999999999666668e-6],
    [0.1, 0.09966799462495582],
    [0.9999, 0.7615521553229998],
    [1.0, 0.7615941559557649],
    [1.5, 0.9051482536448664],
    [7.0, 0.9999983369439447],
    [21.9, 1.0],
  ],
};
const TRUE_SIN: [number, number][] = [
  [1e-9, 1e-9],
  [0.1, 0.09983341664682815],
  [0.5, 0.479425538604203],
  [0.7853981633974483, 0.7071067811865475],
  [1.0, 0.8414709848078965],
  [1.5707963267948966, 1.0],
  [2.0, 0.9092974268256817],
  [3.14159, 2.65358979335273e-6],
  [-4.0, 0.7568024953079282],
  [10.0, -0.5440211108893698],
  [1000.5, 0.9952739571052135],
  [-99999.25, -0.7073600591498447],
];
const TRUE_COS: [number, number][] = [
  [1e-9, 1.0],
  [0.1, 0.9950041652780258],
  [0.5, 0.8775825618903728],
  [0.7853981633974483, 0.7071067811865476],
  [1.0, 0.5403023058681398],
  [1.5707, 9.632679474766714e-5],
  [2.0, -0.4161468365471424],
  [3.14159, -0.9999999999964793],
  [-4.0, -0.6536436208636119],
  [10.0, -0.8390715290764524],
  [1000.5, 0.09710690144438526],
  [-99999.25, -0.706853412469324],
];
const TRUE_POW: [number, number, number][] = [
  [0.9, 2.0, 0.81],
  [0.999, 1000.0, 0.36769542477096373],
  [0.95, 37.0, 0.14989025404881545],
  [1.1, -3.0, 0.7513148009015775],
  [2.0, 0.3, 1.2311444133449163],
  [10.0, -5.0, 1e-5],
  [1e-5, 2.5, 3.16227766016838e-13],
  [3.7, 100.25, 9.166907260535635e56],
  [1.0000001, 10000000.0, 2.7182816941320818],
  [10000000000.0, 30.5, 1e305],
  [0.5, -1000.0, 1.0715086071862673e301],
  [7.0, -300.5, 1.1169634850613753e-254],
];

const BITS_ROWS: [string, number, string][] = [
  ['exp(-700.3)', exp(-700.3), '00c9a5615b10648a'],
  ['exp(-1.7)', exp(-1.7), '3fc7622c78a98a07'],
  ['exp(0.2)', exp(0.2), '3ff38add9e58ac8d'],
  ['exp(1)', exp(1), '4005bf0a8b14576a'],
  ['exp(33.3)', exp(33.3), '42f078401f5a3ec8'],
  ['log(1e-7)', log(1e-7), 'c0301e3b843eaa73'],
  ['log(0.3)', log(0.3), 'bff34378fcbda721'],
  ['log(1.3)', log(1.3), '3fd0ca937be1b9dc'],
  ['log(7)', log(7), '3fff2272ae325a57'],
  ['log(1e+200)', log(1e200), '407cc845b54b54f2'],
  ['expm1(-3)', expm1(-3), 'bfee6824f33314f5'],
  ['expm1(0.01)', expm1(0.01), '3f84952e9791133f'],
  ['expm1(0.7)', expm1(0.7), '3ff03854c24d130d'],
  ['log1p(-0.4)', log1p(-0.4), 'bfe058aefa811452'],
  ['log1p(0.01)', log1p(0.01), '3f8460d6ccca3677'],
  ['log1p(9)', log1p(9), '40026bb1bbb55516'],
  ['tanh(0.3)', tanh(0.3), '3fd2a4dda7d914fa'],
  ['tanh(1.9)', tanh(1.9), '3fee997f4c3bcd48'],
  ['sin(0.4)', sin(0.4), '3fd8ec3ae92b676b'],
  ['sin(2.5)', sin(2.5), '3fe326af0dcfcab0'],
  ['cos(0.4)', cos(0.4), '3fed7954e7dba2f8'],
  ['cos(2.5)', cos(2.5), 'bfe9a2f7ef858b7d'],
  ['asin(0.3)', asin(0.3), '3fd380159e14f6ff'],
  ['asin(0.7)', asin(0.7), '3fe8d00e692afd95'],
  ['asin(0.98)', asin(0.98), '3ff5ed690583be07'],
  ['sigmoid(-1.2)', sigmoid(-1.2), '3fcda0fada5a6607'],
  ['pow(0.9, 7)', pow(0.9, 7), '3fde9c6a99d1cdbf'],
  ['pow(1.3, 2.7)', pow(1.3, 2.7), '40003ee2c9121ed5'],
  ['pow(0.999, 500)', pow(0.999, 500), '3fe36774d1252d44'],
];

/** Distance in units in the last place of `truth`. */
function ulps(value: number, truth: number): number {
  const pair = new BigInt64Array(new Float64Array([value, truth]).buffer);
  return Math.abs(Number(pair[0] - pair[1]));
}

/** The 16 hex digits of a double. */
function bits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

const TOLERANCE: Record<string, number> = { exp: 1, log: 1, asin: 1, expm1: 2, log1p: 1, tanh: 3 };
const FUNCTIONS: Record<string, (x: number) => number> = { exp, log, asin, expm1, log1p, tanh };

describe('accuracy against 300-bit values', () => {
  for (const [name, rows] of Object.entries(TRUE)) {
    it(`${name} is within ${TOLERANCE[name]} ulp`, () => {
      for (const [x, truth] of rows) expect(ulps(FUNCTIONS[name](x), truth), `${name}(${x})`).toBeLessThanOrEqual(TOLERANCE[name]);
    });
  }
  it('sin and cos are within 2 ulp of the larger of the value and 0.001', () => {
    for (const [x, truth] of TRUE_SIN) expect(Math.abs(sin(x) - truth)).toBeLessThanOrEqual(4.5e-16 * Math.max(Math.abs(truth), 1e-3));
    for (const [x, truth] of TRUE_COS) expect(Math.abs(cos(x) - truth)).toBeLessThanOrEqual(4.5e-16 * Math.max(Math.abs(truth), 1e-3));
  });
  it('pow is within 2 ulp', () => {
    for (const [x, y, truth] of TRUE_POW) expect(ulps(pow(x, y), truth), `${x}^${y}`).toBeLessThanOrEqual(2);
  });
});

describe('the bits never change', () => {
  it.each(BITS_ROWS)('%s', (_name, value, expected) => {
    expect(bits(value)).toBe(expected);
  });
});

describe('special values', () => {
  it('passes NaN, infinities and range ends through', () => {
    expect([exp(NaN), exp(Infinity), exp(-Infinity), exp(710), exp(-746), exp(0)]).toEqual([NaN, Infinity, 0, Infinity, 0, 1]);
    expect([log(NaN), log(-1), log(0), log(Infinity), log(1)]).toEqual([NaN, NaN, -Infinity, Infinity, 0]);
    expect([log1p(-1), log1p(-2), log1p(NaN), log1p(Infinity), log1p(0)]).toEqual([-Infinity, NaN, NaN, Infinity, 0]);
    expect([expm1(NaN), expm1(Infinity), expm1(-Infinity), expm1(0)]).toEqual([NaN, Infinity, -1, 0]);
    expect([tanh(40), tanh(-40), tanh(0), tanh(NaN)]).toEqual([1, -1, 0, NaN]);
    expect([sigmoid(0), sigmoid(800), sigmoid(-800)]).toEqual([0.5, 1, 0]);
    expect([sin(0), cos(0), sin(2e6), cos(NaN)]).toEqual([0, 1, NaN, NaN]);
    expect([asin(0), asin(-0), asin(1.0000001), asin(-2), asin(NaN)]).toEqual([0, -0, NaN, NaN, NaN]);
  });
  it('gives pow its IEEE special cases', () => {
    expect([pow(0, 0), pow(NaN, 0), pow(1, NaN), pow(2, NaN), pow(-2, 0.5)]).toEqual([1, 1, 1, NaN, NaN]);
    expect([pow(-2, 3), pow(-2, 2), pow(-1, 7), pow(0, -1), pow(-0, -1)]).toEqual([-8, 4, -1, Infinity, -Infinity]);
    expect([pow(2, Infinity), pow(0.5, Infinity), pow(2, -Infinity), pow(Infinity, -1), pow(-Infinity, 3)]).toEqual([
      Infinity,
      0,
      0,
      0,
      -Infinity,
    ]);
    expect([pow(7, 2), pow(10, 15), pow(2, -10), pow(2, 0.5), pow(3, 1), pow(10, 400), pow(10, -400)]).toEqual([
      49,
      1e15,
      2 ** -10,
      Math.SQRT2,
      3,
      Infinity,
      0,
    ]);
  });
});

describe('identities', () => {
  const moderate = fc.double({ min: -300, max: 300, noNaN: true });
  it('exp and log are inverse, exp is monotone', () => {
    fc.assert(fc.property(moderate, (x) => Math.abs(log(exp(x)) - x) <= 4e-16 * Math.max(1, Math.abs(x))));
    fc.assert(fc.property(moderate, moderate, (x, y) => x > y || exp(x) <= exp(y)));
  });
  it('tanh is odd and sigmoid(x) + sigmoid(−x) = 1', () => {
    fc.assert(fc.property(moderate, (x) => tanh(-x) === -tanh(x) || x === 0));
    fc.assert(fc.property(moderate, (x) => Math.abs(sigmoid(x) + sigmoid(-x) - 1) < 3e-16));
  });
});

describe('softmax and logSumExp', () => {
  it('reads a row of a matrix at a temperature', () => {
    const values = [9, 0, Math.log(4), 9];
    expect(logSumExp(values, 1, 3)).toBeCloseTo(Math.log(5), 14);
    expect(logSumExp(values, 1, 3, 2)).toBeCloseTo(Math.log(3), 14);
    const out = softmax(values, new Float64Array(2), 1, 3, 2);
    expect(out[0]).toBeCloseTo(1 / 3, 14);
    expect(out[1]).toBeCloseTo(2 / 3, 14);
  });
  it('survives large logits and an empty range', () => {
    expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2), 10);
    expect(softmax([1000, -1000])).toEqual(new Float64Array([1, 0]));
    expect(logSumExp([])).toBe(-Infinity);
  });
});
