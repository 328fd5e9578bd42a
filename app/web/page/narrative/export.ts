import type { Run } from '../state/run.ts';
import type { Settings } from '../state/settings.ts';
import { inOrder } from '../trace/in-order.ts';
import { judge, type Verdict } from './verdict.ts';

/** Saved runs, as JSON: all that is known of them, and how to repeat them. */
export interface ExportedRuns {
  readonly format: 'payment-race-lab/runs/1';
  readonly link: string;
  readonly settings: Settings;
  readonly runs: readonly (Run & { readonly verdict: Verdict })[];
}

export function exportedRuns(link: string, settings: Settings, runs: readonly Run[]): ExportedRuns {
  const judged = runs.map((run) => ({ ...run, events: inOrder(run.events), verdict: judge(run) }));
  return { format: 'payment-race-lab/runs/1', link, settings, runs: judged };
}
