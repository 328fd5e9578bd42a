import type { Page } from '../runner/page.ts';
import { type Activity, waitReasons } from '../state/activity.ts';

/** True if another activity is in progress. */
export function mustWait(page: Page, activity: Activity): boolean {
  const { value } = page.activity.current;
  return value !== undefined && value !== activity;
}

/** Why the buttons of an activity are disabled while another one runs. */
export function Waits({ page, activity }: { page: Page; activity: Activity }) {
  const other = page.activity.current.value;
  return other && other !== activity ? <p class="aside why">{waitReasons[other]}</p> : null;
}
