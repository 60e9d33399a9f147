/** A program as a graph that TensorFlow loads: recorded, or as it was recorded before. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { makeFolderSync, writeProblem } from '../files.ts';
import { writeOutputSync } from '../output.ts';
import { GRAPH_BUILD } from '../version.ts';
import { recordFunction } from './any-batch.ts';
import { buildGraph, type ProgramEndpoints, type ProgramGraph } from './graph.ts';
import { GraphCache, graphKey } from './graph-cache.ts';
import { inPrivateFolder } from './private-folder.ts';
import { DUMP_FILES } from './dump-files.ts';
import { printFunction } from './print-graph.ts';
import { bfloat16Kernels, type Bfloat16Kernels } from './products.ts';
import type { InputSpec, ProgramFunctions } from './program.ts';
import type { RecordedFunction } from './recorded-graph.ts';
import { encodeSavedModel, GRAPH_TAG } from './saved-model.ts';
import { libraryVersion, loadSession } from './tf.ts';

export interface GraphOptions {
  /**
   * For a look at the graph: it is recorded anew and left in this folder as a SavedModel, as `graph.txt`, a line an
   * operation with its place in the sources, and as `ops.json`, a count by type of operation.
   */
  dumpDir?: string;
  /** Replace what an earlier look left in that folder. Default: refuse to. */
  replaceDump?: boolean;
  /**
   * What the functions were made from, a JSON value: programs with the same origin, names and shapes are taken for
   * the same one. With it the graph is kept in the user's cache folder. Default: it is recorded each time.
   */
  origin?: unknown;
  /** Default: the user's, in a built application; otherwise the sources may change, and nothing is kept. */
  cache?: GraphCache | null;
  /** How products of functions in bfloat16 are computed. Default: the faster way on this machine. */
  bfloat16?: Bfloat16Kernels;
}

export interface LoadedGraph {
  /** Number of TensorFlow's session, to be deleted by `deleteSavedModel`. */
  session: number;
  endpoints: ProgramEndpoints;
}

interface SavedGraph {
  model: Uint8Array;
  endpoints: ProgramEndpoints;
}

/**
 * Loads the graph of a program into a session of its own.
 * @throws Error naming the function and the operation that cannot be compiled, and where in the sources
 * @throws UserError when `dumpDir` cannot be written to, or no folder for temporary files
 */
export function loadProgram(
  specs: ReadonlyMap<string, InputSpec>,
  functions: ProgramFunctions,
  {
    dumpDir,
    replaceDump = false,
    origin,
    cache = GRAPH_BUILD === null ? null : new GraphCache(),
    bfloat16 = bfloat16Kernels(libraryVersion().gpu),
  }: GraphOptions,
): LoadedGraph {
  const look = dumpDir !== undefined;
  const kept =
    cache === null || origin === undefined || look
      ? null
      : { cache, key: keyOf(specs, functions, [origin, bfloat16]) };
  const found = kept?.cache.read(kept.key);
  if (kept && found) {
    try {
      return load({ model: found.model, endpoints: JSON.parse(found.description) as ProgramEndpoints });
    } catch (error) {
      // No fault of the graph.
      if (error instanceof UserError) throw error;
      kept.cache.remove(kept.key);
    }
  }
  const recorded = recordFunctions(specs, functions, look);
  const { nodes, endpoints, signatures } = buildGraph(specs, recorded, bfloat16);
  const saved = { model: encodeSavedModel(nodes, signatures), endpoints };
  if (look) dump(saved, recorded, dumpDir, replaceDump);
  let loaded: LoadedGraph;
  try {
    loaded = load(saved);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw withSite(error, () => recordGraph(specs, functions, bfloat16, true));
  }
  kept?.cache.write(kept.key, { model: saved.model, description: JSON.stringify(endpoints) });
  return loaded;
}

/** All functions of a program as one graph, recorded anew. */
export function recordGraph(
  specs: ReadonlyMap<string, InputSpec>,
  functions: ProgramFunctions,
  bfloat16: Bfloat16Kernels = bfloat16Kernels(libraryVersion().gpu),
  withSites = false,
): ProgramGraph {
  return buildGraph(specs, recordFunctions(specs, functions, withSites), bfloat16);
}

function recordFunctions(
  specs: ReadonlyMap<string, InputSpec>,
  functions: ProgramFunctions,
  withSites: boolean,
): RecordedFunction[] {
  return Object.entries(functions).map(([name, definition]) => {
    const recorded = recordFunction(name, definition, specs, withSites);
    if (recorded.outputs.size + recorded.state.size === 0)
      throw new Error(`${name} gives neither outputs nor state`);
    return recorded;
  });
}

function load({ model, endpoints }: SavedGraph): LoadedGraph {
  const session = inPrivateFolder((folder) => {
    writeFileSync(path.join(folder, 'saved_model.pb'), model);
    return loadSession(folder, GRAPH_TAG);
  });
  return { session, endpoints };
}

/** Writes a SavedModel as TensorFlow's tools read it, and what it consists of. @throws UserError */
function dump(
  { model, endpoints }: SavedGraph,
  recorded: readonly RecordedFunction[],
  folder: string,
  force: boolean,
): void {
  const summaries = Object.entries(endpoints.functions).map(([name, { summary }]) => [name, summary]);
  try {
    makeFolderSync(folder);
    const contents: Readonly<Record<(typeof DUMP_FILES)[number], string | Uint8Array>> = {
      'saved_model.pb': model,
      'graph.txt': recorded.map(printFunction).join('\n'),
      'ops.json': `${JSON.stringify(Object.fromEntries(summaries), null, 2)}\n`,
    };
    for (const name of DUMP_FILES)
      writeOutputSync(path.join(folder, name), contents[name], 'graph', { force });
  } catch (error) {
    throw writeProblem(error, 'graph', folder);
  }
}

function keyOf(specs: ReadonlyMap<string, InputSpec>, functions: ProgramFunctions, origin: unknown): string {
  const inputs = Object.entries(functions).map(([name, definition]) => [
    name,
    Object.entries(definition.inputs),
    definition.precision,
  ]);
  return graphKey(GRAPH_BUILD, libraryVersion(), process.arch, [...specs], inputs, origin);
}

/** TensorFlow names a node when it refuses a graph; whoever wrote it wants to know where it was called. */
function withSite(error: unknown, recordWithSites: () => ProgramGraph): unknown {
  if (!(error instanceof Error)) return error;
  const words = new Set(error.message.split(/[^\w/]+/));
  const node = recordWithSites().nodes.find(({ name }) => words.has(name));
  if (node?.site === undefined || node.site === null) return error;
  return new Error(`${error.message} (${node.op}, ${node.site})`, { cause: error });
}
