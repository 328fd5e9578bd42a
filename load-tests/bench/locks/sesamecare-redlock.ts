import { Redlock } from '@sesamecare-oss/redlock';
import { redlockFamily } from './redlock-family.ts';

/** The fork of redlock that is kept up, configured as {@link redlockFamily} says. */
export const sesamecareRedlock = redlockFamily(
  '@sesamecare-oss/redlock',
  (nodes, settings) => new Redlock(nodes, settings),
);
