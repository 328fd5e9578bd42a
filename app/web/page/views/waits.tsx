import { type Player, turnWords } from '../model/activity.ts';
import type { Page } from '../runner/page.ts';

/** Whether something else is under way for which this one has to wait. */
export function hasToWait(page: Page, player: Player): boolean {
  const { value } = page.turn.of;
  return value !== undefined && value !== player;
}

/** Why the buttons of this one do nothing, while they have to wait. */
export function Waits({ page, player }: { page: Page; player: Player }) {
  const other = page.turn.of.value;
  return other && other !== player ? <p class="aside why">{turnWords[other]}</p> : null;
}
