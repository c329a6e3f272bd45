/**
 * Measured entries of a batch: [N,D] ⟨∇_t, ∇_k⟩ of the gradients of log π_old by all parameters with those of the batch's D distinct
 * places, and [N] the place of each token. Tokens drawn alike after the same text share a place.
 */
export const GRADIENT_PRODUCTS = 'gradientProducts';
export const GRADIENT_PLACES = 'gradientPlaces';
