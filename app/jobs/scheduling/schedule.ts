import { Cron } from 'croner';
import cronstrue from 'cronstrue';
import { messageOf } from '../../thrown.ts';

/** The ticks of a job. A tick is a time in whole seconds, and identifies a run. */
export interface Schedule {
  /** The expression and the time zone. Runs recorded under another schedule say nothing about this one. */
  readonly text: string;
  /** In English, such as `Every 5 minutes`. */
  readonly inWords: string;
  /** @returns the first tick after `moment`; undefined if there is none. */
  next(moment: Date): Date | undefined;
}

/**
 * Parses a cron expression. When daylight saving begins or ends, a job with one time of day runs once that day, and a job
 * with several (`*`, a list, a step) follows real time, so that no two ticks coincide.
 *
 * @param timeZone an IANA time zone, such as `Europe/Berlin`.
 * @throws {RangeError} that says what the expression or the zone must be, and what is wrong.
 */
export function readSchedule(expression: string, timeZone: string): Schedule {
  if (!isTimeZone(timeZone)) throw new RangeError(`must have a time zone such as Europe/Berlin, not ${timeZone}`);
  const cron = parse(expression, timeZone);
  const next = (moment: Date) => cron.nextRun(moment) ?? undefined;
  if (!next(new Date())) throw new RangeError(mustBe('this time never comes'));
  return {
    text: `${expression} ${timeZone}`,
    get inWords() {
      return describe(expression); // computed on demand
    },
    next,
  };
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The longest expression that can be recorded. */
const longestExpression = 200;

function parse(expression: string, timezone: string): Cron {
  if (expression.length > longestExpression) throw new RangeError(mustBe(`at most ${longestExpression} characters`));
  // Croner would also accept a date, for a single run.
  if (![5, 6].includes(expression.trim().split(/\s+/).length)) throw new RangeError(mustBe('wrong number of fields'));
  try {
    return new Cron(expression, { timezone, mode: '5-or-6-parts' });
  } catch (error) {
    throw new RangeError(mustBe(messageOf(error).replace(/^\w+: /, '')), { cause: error });
  }
}

function mustBe(why: string): string {
  return `must be a cron expression of 5 fields, or of 6 with the seconds first, such as "*/5 * * * *" (${why})`;
}

/** Not every valid expression can be described. */
function describe(expression: string): string {
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true });
  } catch {
    return expression;
  }
}
