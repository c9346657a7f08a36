/** Whether drift starts a retraining: a policy, a pure decision, and the one transaction that acts on it. Start at decide-retraining.ts. */
export { causeOf } from './cause.ts';
export { RETRAINING_REASONS } from './decide-retraining.ts';
export { failRetraining, orderRetraining } from './order-retraining.ts';
export type { RetrainingPolicy } from './policy.ts';
export type { Retraining, Retrainings } from './ports.ts';
