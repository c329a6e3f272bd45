/** The registry of methods: one lazy import a line, in the order of the page's shelf. */
import type { Method, MethodMeta } from '../stages/types.ts';

export interface MethodEntry {
  id: string;
  title: string;
  family: MethodMeta['family'];
  /** What every race is shown against: the best that credit can be. */
  isCeiling?: boolean;
  /** On the first screen's large switch. */
  isHeadline?: boolean;
  load(): Promise<Method>;
}

export const METHODS: readonly MethodEntry[] = [
  { id: 'reinforce', title: 'REINFORCE', family: 'baseline', load: async () => (await import('./reinforce.ts')).reinforce },
  { id: 'reinforce-pp', title: 'REINFORCE++', family: 'baseline', load: async () => (await import('./reinforce-pp.ts')).reinforcePp },
  { id: 'rloo', title: 'RLOO', family: 'baseline', load: async () => (await import('./rloo.ts')).rloo },
  { id: 'grpo', title: 'GRPO', family: 'baseline', isHeadline: true, load: async () => (await import('./grpo.ts')).grpo },
  { id: 'dr-grpo', title: 'Dr. GRPO', family: 'baseline', load: async () => (await import('./dr-grpo.ts')).drGrpo },
  { id: 'dapo', title: 'DAPO', family: 'baseline', load: async () => (await import('./dapo.ts')).dapo },
  { id: 'gspo', title: 'GSPO', family: 'baseline', load: async () => (await import('./gspo.ts')).gspo },
  { id: 'cispo', title: 'CISPO', family: 'baseline', load: async () => (await import('./cispo.ts')).cispo },
  { id: 'opo', title: 'OPO', family: 'baseline', load: async () => (await import('./opo.ts')).opo },
  { id: 'otb', title: 'OTB', family: 'baseline', load: async () => (await import('./otb.ts')).otb },
  { id: 'sapo', title: 'SAPO', family: 'baseline', load: async () => (await import('./sapo.ts')).sapo },
  { id: 'gmpo', title: 'GMPO', family: 'baseline', load: async () => (await import('./gmpo.ts')).gmpo },
  { id: 'tempo', title: 'TEMPO', family: 'tree', isHeadline: true, load: async () => (await import('./tempo.ts')).tempo },
  { id: 'lambda-grpo', title: 'λ-GRPO', family: 'tree', load: async () => (await import('./lambda-grpo.ts')).lambdaGrpo },
  { id: 'treerl', title: 'TreeRL', family: 'tree', load: async () => (await import('./treerl.ts')).treerl },
  { id: 'ktae', title: 'KTAE', family: 'tree', load: async () => (await import('./ktae.ts')).ktae },
  { id: 'spo-chain', title: 'SPO-chain', family: 'tree', load: async () => (await import('./spo-chain.ts')).spoChain },
  { id: 'vineppo', title: 'VinePPO', family: 'process', load: async () => (await import('./vineppo.ts')).vineppo },
  { id: 'hapo', title: 'HAPO', family: 'entropy', isHeadline: true, load: async () => (await import('./hapo.ts')).hapo },
  {
    id: 'high-entropy-tokens',
    title: '80/20',
    family: 'entropy',
    load: async () => (await import('./high-entropy-tokens.ts')).highEntropyTokens,
  },
  { id: 'clip-cov', title: 'Clip-Cov', family: 'entropy', load: async () => (await import('./clip-cov.ts')).clipCov },
  { id: 'kl-cov', title: 'KL-Cov', family: 'entropy', load: async () => (await import('./kl-cov.ts')).klCov },
  { id: 'steer', title: 'STEER', family: 'entropy', load: async () => (await import('./steer.ts')).steer },
  { id: 'thr', title: 'THR', family: 'entropy', load: async () => (await import('./thr.ts')).thr },
  { id: 'delta', title: 'DelTA', family: 'entropy', load: async () => (await import('./delta.ts')).delta },
  { id: 'oar', title: 'OAR', family: 'process', load: async () => (await import('./oar.ts')).oar },
  { id: 'zip-rc', title: 'ZIP-RC', family: 'model', load: async () => (await import('./zip-rc.ts')).zipRc },
  { id: 'vas', title: 'VAS', family: 'model', load: async () => (await import('./vas.ts')).vas },
  { id: 'decs', title: 'DECS', family: 'length', load: async () => (await import('./decs.ts')).decs },
  { id: 'tp-grpo', title: 'TP-GRPO', family: 'process', load: async () => (await import('./tp-grpo.ts')).tpGrpo },
  { id: 'verpo', title: 'VeRPO', family: 'process', load: async () => (await import('./verpo.ts')).verpo },
  { id: 'e1', title: 'e1', family: 'length', load: async () => (await import('./e1.ts')).e1 },
  { id: 'ppo-gae', title: 'PPO', family: 'model', load: async () => (await import('./ppo-gae.ts')).ppoGae },
  { id: 'prime', title: 'PRIME', family: 'model', load: async () => (await import('./prime.ts')).prime },
  {
    id: 'likelihood-rewards',
    title: 'Likelihood rewards',
    family: 'model',
    load: async () => (await import('./likelihood-rewards.ts')).likelihoodRewards,
  },
  { id: 'verifree', title: 'VeriFree', family: 'model', load: async () => (await import('./verifree.ts')).verifree },
  { id: 'nover', title: 'NOVER', family: 'model', load: async () => (await import('./nover.ts')).nover },
  { id: 'rmt', title: 'RMT', family: 'model', load: async () => (await import('./rmt.ts')).rmt },
  { id: 'rlpr', title: 'RLPR', family: 'model', load: async () => (await import('./rlpr.ts')).rlpr },
  { id: 'tree-td', title: 'Tree TD', family: 'truth', load: async () => (await import('./tree-td.ts')).treeTdMethod },
  {
    id: 'true-advantage',
    title: 'Truth',
    family: 'truth',
    isHeadline: true,
    isCeiling: true,
    load: async () => (await import('./true-advantage.ts')).trueAdvantageMethod,
  },
];

/** Ids on the first screen's switch, in shelf order. */
export const HEADLINE: readonly string[] = METHODS.filter((entry) => entry.isHeadline).map((entry) => entry.id);

/** Ids that every race shows unless they are taken out. */
export const CEILING: readonly string[] = METHODS.filter((entry) => entry.isCeiling).map((entry) => entry.id);

/** The method of this id; an unknown id is an error that lists the known ones. */
export async function loadMethod(id: string): Promise<Method> {
  const entry = METHODS.find((method) => method.id === id);
  if (!entry) throw new Error(`There is no method "${id}". Known methods: ${METHODS.map((method) => method.id).join(', ')}.`);
  return entry.load();
}
