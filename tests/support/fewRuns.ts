import fc from 'fast-check';

/** Mutation testing runs every property for every mutant: a few cases each catch what a property can catch. */
fc.configureGlobal({ numRuns: 6 });
