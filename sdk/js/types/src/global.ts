/** Puts `FS` on the window, for pages that did not rename it: `import '@passerby/types/global'`. */

import type { FS as Function } from './index';

declare global {
  var FS: Function;
  interface Window {
    FS: Function;
  }
}
