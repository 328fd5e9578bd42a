import { defineConfig } from 'vite';
import { embedLua } from './embed-lua.ts';

/** Makes the package's `dist`: `npm run build:lock`. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [embedLua],
  build: {
    ssr: true,
    outDir: 'dist',
    target: 'node20',
    minify: false,
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: 'index.ts', 'node-redis': 'adapters/node-redis.ts', glide: 'adapters/glide.ts' },
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
});
