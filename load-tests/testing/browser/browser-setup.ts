import { installServers } from '../../stack/install/install-servers.ts';
import { serverNames } from '../../stack/install/programs.ts';

/** Installs all that the tests need and this machine lacks, at once. Each worker starts a browser when a test visits a page. */
export const setup = (): Promise<void> => installServers(console.log, { wanted: [...serverNames, 'chromium'] });
