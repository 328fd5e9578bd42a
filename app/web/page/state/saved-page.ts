/** The parts of a saved page. `html` and `css` are copied from this page. */
export interface SavedPage {
  readonly title: string;
  readonly html: string;
  readonly css: string;
  /** The address that runs it again. */
  readonly link: string;
  readonly savedAt: Date;
}

/** A standalone page without network or scripts: its own policy forbids both. */
export function savedPage({ title, html, css, link, savedAt }: SavedPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${css.replaceAll('</', '<\\/')}
</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>Saved on ${savedAt.toISOString()}. Run it again while that lab is up: <a href="${escapeHtml(link)}">${escapeHtml(link)}</a></p>
${html}
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
