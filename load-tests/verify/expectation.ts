import type { Verdict } from './verdict.ts';

/** What a mode should come to under contention alone, with no fault. A mode that is not known here should hold. */
export function expectedVerdict(mode: string, instances: number): Verdict {
  if (mode === 'none') return 'violated';
  // A mutex in the process keeps nobody out of the other processes.
  if (mode === 'memory' && instances > 1) return 'violated';
  return 'held';
}
