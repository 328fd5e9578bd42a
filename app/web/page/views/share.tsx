import { useState } from 'preact/hooks';
import { exportedRuns } from '../model/export.ts';
import type { Run } from '../model/run.ts';
import type { Settings } from '../model/settings.ts';
import { scenarioTexts } from '../model/texts.ts';
import type { Page } from '../runner/page.ts';
import { Button } from './button.tsx';
import { download } from './download.ts';
import { savePage } from './save-page.ts';

export interface ShareProps {
  readonly page: Page;
  readonly settings: Settings;
  readonly runs: readonly Run[];
  /** Where the panels are that the exported page is to show. */
  readonly panelsId: string;
}

/** A link that plays this again, and the run itself to keep. */
export function Share({ page, settings, runs, panelsId }: ShareProps) {
  const [copied, setCopied] = useState<'yes' | 'no' | undefined>();
  const link = page.linkTo(settings);
  const name = `payment-race-${settings.scenario}-${settings.modes.join('-')}`;
  const copy = () => {
    // Only there in a secure context: over plain HTTP that is localhost alone.
    const copying = navigator.clipboard?.writeText(link) ?? Promise.reject(new Error('no clipboard'));
    copying.then(
      () => setCopied('yes'),
      () => setCopied('no'),
    );
  };
  const exportJson = () =>
    download(
      `${name}.json`,
      'application/json',
      `${JSON.stringify(exportedRuns({ link, settings, runs }), null, 2)}\n`,
    );
  const exportHtml = () => {
    const panels = document.getElementById(panelsId);
    if (panels)
      download(
        `${name}.html`,
        'text/html',
        savePage(panels, `Payment race lab: ${scenarioTexts[settings.scenario].title}`, link),
      );
  };
  return (
    <div class="share">
      <Button onPress={copy}>Copy the link</Button>
      <Button onPress={exportJson}>Keep as JSON</Button>
      <Button onPress={exportHtml}>Keep as a page</Button>
      <span role="status">{copied === 'yes' && 'Copied: it plays this again.'}</span>
      {copied === 'no' && (
        <label>
          This browser does not let a page copy here. The link:{' '}
          <input type="text" readOnly value={link} onFocus={({ currentTarget }) => currentTarget.select()} />
        </label>
      )}
    </div>
  );
}
