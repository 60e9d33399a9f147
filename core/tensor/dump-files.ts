/** The files that a look at a graph leaves in its folder. */
export const DUMP_FILES = ['saved_model.pb', 'graph.txt', 'ops.json'] as const;
