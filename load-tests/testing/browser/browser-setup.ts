import { installServers } from '../../stack/install/install-servers.ts';
import { serverNames } from '../../stack/install/programs.ts';

/** Installs all missing programs at once. Each worker starts a browser when a test opens a page. */
export const setup = (): Promise<void> => installServers(console.log, { wanted: [...serverNames, 'chromium'] });
