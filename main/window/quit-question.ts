export interface QuitQuestion {
  message: string;
  detail: string;
}

/** What would be ended with the window. */
import { countOf } from '../../core/words.ts';
interface UnderWay {
  training: boolean;
  /** Imports that run or wait. */
  imports: number;
}

/** What to ask before that is ended; null when nothing is under way. */
export function quitQuestion({ training, imports }: UnderWay): QuitQuestion | null {
  const several = imports > 1;
  const ofTraining = 'can be stopped with a checkpoint and gone on with later from there.';
  const ofImports = `${several ? 'are' : 'is'} cancelled and ${several ? 'leave' : 'leaves'} nothing behind.`;
  const what = several ? countOf(imports, 'import') : 'An import';
  if (training && imports > 0) {
    return {
      message: `A training and ${several ? what : 'an import'} are under way.`,
      detail: `The training ${ofTraining} ${several ? 'The imports' : 'The import'} ${ofImports}`,
    };
  }
  if (training) return { message: 'A training is under way.', detail: `It ${ofTraining}` };
  if (imports === 0) return null;
  return {
    message: `${what} ${several ? 'are' : 'is'} under way.`,
    detail: `${several ? 'They' : 'It'} ${ofImports}`,
  };
}
