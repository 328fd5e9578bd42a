import { type Activity, waitReasons } from '../model/activity.ts';
import type { Page } from '../runner/page.ts';

/** Whether something else is under way for which this one has to wait. */
export function mustWait(page: Page, activity: Activity): boolean {
  const { value } = page.activity.current;
  return value !== undefined && value !== activity;
}

/** Why the buttons of this one do nothing, while they have to wait. */
export function Waits({ page, activity }: { page: Page; activity: Activity }) {
  const other = page.activity.current.value;
  return other && other !== activity ? <p class="aside why">{waitReasons[other]}</p> : null;
}
