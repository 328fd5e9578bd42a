import { type CampaignOptions, runSeed, type ScheduleResult } from './campaign.ts';
import { arbitraryFor, type NodeCount } from './schedule.ts';

/** Schedules that a worker is to run. */
export interface Batch {
  readonly nodes: NodeCount;
  readonly seeds: readonly number[];
  /** As in {@link CampaignOptions}. */
  readonly mostShrinks?: number;
}

/** What came of a batch. */
export interface BatchResult {
  readonly schedules: number;
  readonly actions: number;
  readonly reached: Readonly<Record<string, number>>;
  readonly failures: readonly ScheduleResult[];
}

/** Runs them one after the other, and goes on after a failure. */
export async function runBatch({ nodes, seeds, mostShrinks }: Batch): Promise<BatchResult> {
  const reached: Record<string, number> = {};
  const failures: ScheduleResult[] = [];
  let actions = 0;
  for (const seed of seeds) {
    const options: CampaignOptions = { arbitrary: arbitraryFor(nodes, seed) };
    const result = await runSeed(seed, mostShrinks === undefined ? options : { ...options, mostShrinks });
    actions += result.actions;
    for (const [event, count] of Object.entries(result.reached)) reached[event] = (reached[event] ?? 0) + count;
    if (result.failure) failures.push(result);
  }
  return { schedules: seeds.length, actions, reached, failures };
}
