import { Cron } from 'croner';
import cronstrue from 'cronstrue';
import { messageOf } from '../../thrown.ts';

/** When a job is due. A tick is a moment of the schedule, in whole seconds: it is what a run belongs to. */
export interface Schedule {
  /** The expression and its zone: what was recorded under another schedule says nothing about the ticks of this one. */
  readonly text: string;
  /** In English, such as `Every 5 minutes`. */
  readonly inWords: string;
  /** @returns the first tick after `moment`; undefined when there is none any more. */
  next(moment: Date): Date | undefined;
}

/**
 * Reads a cron expression. Where clocks are put forward or back, a job with one time of day runs once on that day, and
 * one with several (`*`, a list, a step) goes by real time; so no two ticks are the same moment.
 *
 * @param timeZone as the IANA names it, such as `Europe/Berlin`.
 * @throws {RangeError} that says what the expression or the zone must be and what is wrong with it.
 */
export function readSchedule(expression: string, timeZone: string): Schedule {
  if (!isTimeZone(timeZone)) throw new RangeError(`must have a time zone such as Europe/Berlin, not ${timeZone}`);
  const cron = parse(expression, timeZone);
  const next = (moment: Date) => cron.nextRun(moment) ?? undefined;
  if (!next(new Date())) throw new RangeError(mustBe('this moment never comes'));
  return {
    text: `${expression} ${timeZone}`,
    get inWords() {
      return describe(expression); // when somebody asks
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

/** As much as is recorded of it. */
const longestExpression = 200;

function parse(expression: string, timezone: string): Cron {
  if (expression.length > longestExpression) throw new RangeError(mustBe(`at most ${longestExpression} characters`));
  // Croner would take a date as well, for one run at that moment.
  if (![5, 6].includes(expression.trim().split(/\s+/).length)) throw new RangeError(mustBe('it has not that many'));
  try {
    return new Cron(expression, { timezone, mode: '5-or-6-parts' });
  } catch (error) {
    throw new RangeError(mustBe(messageOf(error).replace(/^\w+: /, '')), { cause: error });
  }
}

function mustBe(why: string): string {
  return `must be a cron expression of 5 fields, or of 6 with the seconds first, such as "*/5 * * * *" (${why})`;
}

/** Not everything that can be scheduled can be told. */
function describe(expression: string): string {
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true });
  } catch {
    return expression;
  }
}
