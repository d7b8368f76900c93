/** `fs-flows.js`: the flows of this page as `PasserbyFlows`. */

import { flowsOn } from './flows';
import type { PageWindow } from './page';

const win = window as PageWindow;
win.PasserbyFlows = flowsOn(win);
