/**
 * `violated`: a witness found a violation. `unavailable`: safe, but every request was refused. `inconclusive`: the fault
 * missed its point in time, or no two requests met, so nothing was tested.
 */
export type FaultVerdict = 'violated' | 'held' | 'unavailable' | 'inconclusive';

/** Nothing was tested; the message says why. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive';
}
