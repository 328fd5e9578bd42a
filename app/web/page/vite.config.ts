import { defineConfig } from 'vite';

/** Makes `dist/page`, from which each instance serves the page: `npm run build:page`. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: '../../../dist/page',
    emptyOutDir: true,
    assetsInlineLimit: 0, // the page's policy forbids what is inlined
    modulePreload: { polyfill: false },
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // since when they have light-dark()
    reportCompressedSize: false, // a test measures what goes over the wire
  },
});
