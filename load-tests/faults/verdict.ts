/**
 * What a cell came to. `violated`: a witness saw something. `unavailable`: nothing was broken, as everybody was refused.
 * `inconclusive`: the fault did not fall where it was to, so that nothing was tested.
 */
export type FaultVerdict = 'violated' | 'held' | 'unavailable' | 'inconclusive';

/** Nothing was tested: the message says why. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive';
}
