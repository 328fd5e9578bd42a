import { type Signal, signal } from '@preact/signals';

/** The steps that the picture and the lists beside it mark, by the id of their event. */
export interface Selection {
  /** Under the pointer, or focused. */
  readonly pointed: Signal<string | undefined>;
  /** Clicked, or picked by Enter. It stays. */
  readonly picked: Signal<string | undefined>;
}

/** A selection for a picture and its lists to share. */
export function createSelection(): Selection {
  return { pointed: signal(), picked: signal() };
}
