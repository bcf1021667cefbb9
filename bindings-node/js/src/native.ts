/** The native module. Where it is missing, loading throws, and so nothing can be allowed. */

import * as binding from '../../native/native.cjs'

export const native = binding
