import type { CommonOptions } from './options.ts';
import type { Output } from './output.ts';

/** What a command ends with: its exit code. Thrown errors end with 1. */
export type Action<Options> = (output: Output, options: Options, ...args: string[]) => Promise<number>;

/** Makes commander's handler out of an {@link Action}: `(…arguments, options)`. */
export type Bind = <Options extends CommonOptions>(
  action: Action<Options>,
) => (...commanderArgs: unknown[]) => Promise<void>;
