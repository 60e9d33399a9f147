/** Which parameters a training changes, by their names. */

/** What of the networks a training changes (`training.trainOnly`). */
export const TRAIN_ONLY = ['all', 'decoder', 'norms-and-ends'] as const;
export type TrainOnly = (typeof TRAIN_ONLY)[number];

/** What is told beside image and time: never left as it is, since other data has other classes. */
const TOLD = /^map_(label|augment)\./;
const DECODER = /^decoder\./;
/** Norms, and what scales and shifts them by the time. */
const NORMS = /\.(norm\w*|affine)\.|_aux_norm\./;
/** The first and the last convolutions of each network. */
const ENDS =
  /^encoder\.enc\.\d+x\d+_conv\.|^encoder\.(conv_out|quant_conv)\.|^decoder\.(conv_in|post_quant_conv|final_dense)\.|_aux_conv\./;

/** Whether a parameter of this name is trained. */
export function isTrained(trainOnly: TrainOnly, name: string): boolean {
  switch (trainOnly) {
    case 'all':
      return true;
    case 'decoder':
      return DECODER.test(name) || TOLD.test(name);
    case 'norms-and-ends':
      return NORMS.test(name) || ENDS.test(name) || TOLD.test(name);
  }
}
