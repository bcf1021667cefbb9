import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// `base: './'`: the files work under any path. The parent folder is opened to the development
// server because the engine and the sample cases are there.
export default defineConfig({
  base: './',
  build: { target: 'es2022', chunkSizeWarningLimit: 1000, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  server: { fs: { allow: [fileURLToPath(new URL('..', import.meta.url))] } },
})
