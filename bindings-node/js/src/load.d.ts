/** The loader of the native module, as each build imports it: an ES module that imports CommonJS
 * makes Node read it for its exports first, which takes longer than loading it. The build writes
 * the two of them. */
export const native: typeof import('../../native/native.cjs')
