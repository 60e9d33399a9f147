/** What is told to the processes that are tortured, and how their answers end. */

export interface VictimOrder {
  /** A command line. */
  args: string[];
  /** Stops as Ctrl-C does once the checkpoint of this step is told. */
  stopAt?: number;
  /** Folder of recorded graphs, where it is another one. */
  cache?: string;
}

/** Begins the last line of either stream; on the standard output the exit code follows. */
export const END = '\u0001end ';
