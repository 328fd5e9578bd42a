import { type Link, readLink, writeLink } from '../../state/link.ts';
import type { Settings } from '../../state/settings.ts';

/** The page's address and its place in the browser's history, with an entry for each run. */
export interface Address {
  /** The id of what was played in the present entry; undefined if nothing was. */
  played(): string | undefined;
  /** What the address asks for. */
  read(): Link;
  /**
   * Puts a new run into the address. Makes a new entry, unless the present one asks for this and nothing was played in it.
   *
   * @returns the id of the entry.
   */
  begin(settings: Settings): string;
  /** Changes the steps of the run in the address. Of another run, it is as {@link Address.begin}. */
  change(settings: Settings): string;
  /** @returns the whole address that asks for this. */
  linkTo(settings: Settings): string;
  /** Calls back when the visitor has gone to another entry of the history. */
  onMove(moved: () => void): void;
}

/** @param session a part of the ids, different for each time that the page is loaded. */
export function createAddress(session: string): Address {
  const { history } = window;
  let count = 0;
  let shown = { search: window.location.search, state: history.state as unknown };
  const remember = () => {
    shown = { search: window.location.search, state: history.state };
  };
  const played = () => (history.state as { played?: string } | null)?.played;
  const asks = () => {
    const link = readLink(window.location.search);
    return link.outcome === 'run' ? link.settings : undefined;
  };
  const isSame = (settings: Settings) => {
    const asked = asks();
    return asked !== undefined && writeLink({ ...asked, moves: settings.moves }) === writeLink(settings);
  };
  const go = (how: 'pushState' | 'replaceState', id: string, settings: Settings) => {
    history[how]({ played: id }, '', addressOf(settings));
    remember();
    return id;
  };
  const begin = (settings: Settings) => {
    count += 1;
    const isToBePlayed = played() === undefined && isSame(settings);
    return go(isToBePlayed ? 'replaceState' : 'pushState', `${session}-${count}`, settings);
  };

  return {
    played,
    read: () => readLink(window.location.search),
    begin,
    change(settings) {
      const id = played();
      return id !== undefined && isSame(settings) ? go('replaceState', id, settings) : begin(settings);
    },
    linkTo: (settings) => new URL(addressOf(settings), window.location.origin).href,
    onMove(moved) {
      window.addEventListener('popstate', () => {
        // A link to a part of the page makes an entry of its own, without a state, which shows the same run.
        const isWithin = history.state === null && window.location.search === shown.search;
        if (isWithin) history.replaceState(shown.state, '');
        remember();
        if (!isWithin) moved();
      });
    },
  };
}

/** With the part of the page where it is shown, unless that is at the top anyway. */
function addressOf(settings: Settings): string {
  const { scenario } = settings;
  return `/${writeLink(settings)}${scenario === 'steps' || scenario === 'load' ? `#${scenario}` : ''}`;
}
