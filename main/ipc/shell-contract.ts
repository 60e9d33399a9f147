/** The part of the contract that is about what stands around the views: menu, notifications, tray. */
import * as v from 'valibot';
import { ACTION_IDS } from './actions.ts';

const nothing = v.strictObject({});
const action = v.picklist(ACTION_IDS);

export const ShellCalls = {
  /** The page tells which actions are possible now; the menu offers no others. */
  'shell.offer': { params: v.strictObject({ actions: v.array(action) }), result: nothing },
  /** What the system can do. */
  'shell.abilities': {
    params: nothing,
    result: v.strictObject({
      notifications: v.boolean(),
      /** Linux tells nobody whether the desktop shows icons in a tray. */
      tray: v.picklist(['yes', 'unknown']),
    }),
  },
} as const;

export const ShellEvents = {
  /** Chosen from the menu. */
  'shell.action': v.strictObject({ action }),
  /** A notification about a run was clicked. */
  'shell.openRun': v.strictObject({ runId: v.string() }),
} as const;
