/** The evaluations of a run on the disk: `runs/<id>/evaluations/`, one JSON a measurement. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf } from '../errors.ts';
import { errorCode, makeFolder, readProblem, writeFileAtomic, writeProblem } from '../files.ts';
import { checkValue, parseJsonFile } from '../json-file.ts';
import { evaluationFileName, type EvaluationRecord, EvaluationRecordSchema } from './record.ts';

export interface StoredEvaluation {
  file: string;
  record: EvaluationRecord;
}

export interface EvaluationList {
  /** By step, then by name. */
  evaluations: StoredEvaluation[];
  /** Files that cannot be used, and why in a sentence. */
  damaged: { file: string; problem: string }[];
}

export function evaluationsFolder(runDir: string): string {
  return path.join(runDir, 'evaluations');
}

/**
 * Writes an evaluation, whole or not at all. The same measurement made again takes the place of the older one.
 *
 * @returns its file
 * @throws UserError when it cannot be written
 */
export async function writeEvaluation(runDir: string, record: EvaluationRecord): Promise<string> {
  const folder = evaluationsFolder(runDir);
  const file = path.join(folder, evaluationFileName(record));
  checkValue(EvaluationRecordSchema, record, 'The evaluation');
  try {
    await makeFolder(folder);
  } catch (error) {
    throw writeProblem(error, 'evaluation', file);
  }
  await writeFileAtomic(file, JSON.stringify(record, null, 2) + '\n', 'evaluation');
  return file;
}

/** Reads one evaluation. @throws UserError when it is missing or damaged */
export async function readEvaluation(file: string): Promise<EvaluationRecord> {
  return parseJsonFile(EvaluationRecordSchema, file);
}

/**
 * The evaluations of a run; damaged ones are told of and left out.
 *
 * @throws UserError when the folder cannot be read
 */
export async function listEvaluations(runDir: string): Promise<EvaluationList> {
  const folder = evaluationsFolder(runDir);
  let names: string[];
  try {
    names = await fs.readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { evaluations: [], damaged: [] };
    throw readProblem(error, folder);
  }
  const list: EvaluationList = { evaluations: [], damaged: [] };
  for (const name of names.filter((one) => !one.startsWith('.') && one.endsWith('.json')).sort()) {
    const file = path.join(folder, name);
    try {
      list.evaluations.push({ file, record: await readEvaluation(file) });
    } catch (error) {
      list.damaged.push({ file, problem: sentenceOf(error) });
    }
  }
  // A step of more digits than names have room for would sort before others.
  list.evaluations.sort((a, b) => a.record.checkpoint.step - b.record.checkpoint.step);
  return list;
}
