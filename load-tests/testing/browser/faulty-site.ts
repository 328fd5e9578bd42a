import type { LocalServer } from '../../../app/testing/local-server.ts';
import { type Served, serveFiles } from './serve-files.ts';

/** As strict as the service's own policy. */
const policy = "default-src 'self'; base-uri 'none'; object-src 'none'";

const files: Readonly<Record<string, Served>> = {
  '/style.css': '.faint { color: #ccc; background: #ddd }',
  '/throws.js': 'throw new Error("on purpose")',
  '/complains.js': 'console.error("something is wrong")',
  '/good': page('<p>Nothing is wrong here.</p>'),
  '/faint': page('<button></button><p class="faint">Hard to read</p>'),
  '/inline-script': page('<script>document.title = "it ran"</script>'),
  '/inline-style': page('<p style="color: red">Red</p>'),
  '/missing-image': page('<img src="/nothing-here.png" alt="">'),
  '/throws': page('<script src="/throws.js"></script>'),
  '/complains': page('<script src="/complains.js"></script>'),
  '/unreachable': page('<img src="/broken-off" alt="">'),
  '/broken-off': 'broken off',
};

function page(body: string): string {
  const meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">';
  const head = `${meta}<title>A page</title><link rel="stylesheet" href="/style.css">`;
  return `<!doctype html><html lang="en">${head}<main><h1>A page</h1>${body}</main></html>`;
}

/** Serves pages with one deliberate fault each, for the tests of the browser harness. */
export function startFaultySite(): Promise<LocalServer> {
  return serveFiles(new Map(Object.entries(files)), policy);
}
