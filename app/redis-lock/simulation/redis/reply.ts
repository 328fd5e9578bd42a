/**
 * What a command answers: an integer, a string, nil, or an array of these. A string holds one byte in each character
 * (0 to 255), so binary values keep their bytes.
 */
export type Reply = number | string | null | readonly Reply[];

/** An error reply. The message is what Redis sends after the minus sign, such as `WRONGTYPE Operation against …`. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

/** A status reply such as OK. Clients see a string; a Lua script sees a table with the field `ok`. */
export class Status {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const OK = new Status('OK');

/** What a command gives to its caller before it is turned into a reply or a Lua value. */
export type Result = Reply | Status;

/** Thrown for an option or a command that Redis has and the simulation lacks: the simulation must fail, not guess. */
export class NotSimulatedError extends Error {
  override readonly name = 'NotSimulatedError';
}
