import type { CallParams } from '../../../main/ipc/contract.ts';

/** What a draw is asked with. */
export type DrawParams = Omit<CallParams<'draws.make'>, 'orderId'>;

export const PASSES = [1, 2, 3, 4] as const;
export type Passes = (typeof PASSES)[number];
