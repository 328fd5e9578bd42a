/** What a page to keep is made of. `html` and `css` are this page's own, as the browser wrote them out. */
export interface SavedPage {
  readonly title: string;
  readonly html: string;
  readonly css: string;
  /** Where it can be played again. */
  readonly link: string;
  readonly savedAt: Date;
}

/** A page of its own that needs no network and no script, which its own policy forbids. */
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
<p>Kept on ${savedAt.toISOString()}. Where that lab runs, this plays it again: <a href="${escapeHtml(link)}">${escapeHtml(link)}</a></p>
${html}
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
