import Redlock from 'redlock';
import { redlockFamily } from './redlock-family.ts';

/** redlock 5 beta, configured as {@link redlockFamily} says. */
export const redlockLibrary = redlockFamily('redlock', (nodes, settings) => new Redlock(nodes, settings));
