/** c with the least Σ(c·credit − A)²: what credit of another scale must be multiplied by before its error is read, over the tokens that have both. 0 for no credit. */
export function fittedScale(credit: Float64Array, trueAdvantages: Float64Array): number {
  let [cross, squares] = [0, 0];
  credit.forEach((value, t) => {
    if (Number.isNaN(value) || Number.isNaN(trueAdvantages[t])) return;
    cross += value * trueAdvantages[t];
    squares += value * value;
  });
  return squares > 0 ? cross / squares : 0;
}
