/**
 * The identity record in shared storage, as this page reads and writes it (ID-11, ST-1, CL-6).
 *
 *     found in storage                      what `read` makes of it
 *     ------------------------------------  ------------------------------------------------------------
 *     a record of a device never left       that
 *     a device this page has left           nothing (`returned`); whoever left does not come back
 *     nothing, or nothing readable          nothing (`lost`)
 *     what was there when a write failed    what could not be written (RE-2)
 */

import type { ChangeWhy, Ports } from './ports';
import { type Identity, parseRecord, recordText } from './record';
import type { Settings } from './settings';

export const RECORD = 'fs_uid';

/** `fail` is told of each write or removal that storage refuses. */
export function makePresence({ storage, wallMs, note }: Ports, settings: Settings, fail: () => void) {
  /** What storage held when the record could not be written; undefined: it could. */
  let held: string | null | undefined;

  const parsed = (text: string | null): Identity | null => parseRecord(text, settings);

  const self = {
    left: {} as Record<string, true>,
    /** Whether storage keeps a record that could be neither replaced nor removed. */
    isStuck: false,
    /** Why `read` last found nothing to go on with. */
    whyGone: 'lost' as ChangeWhy,

    /** Whether the record is only in memory. */
    isUnwritten: (): boolean => held !== undefined,

    there: (): Identity | null => parsed(storage.read(RECORD)),

    /** The record to go on with, null when there is none; `here` is the one in memory. */
    read(here: Identity | null, say: (code: string) => unknown = note): Identity | null {
      const text = storage.read(RECORD);
      if (held === text) return here;
      const found = parsed(text);
      held = undefined;
      self.whyGone = 'lost';
      if (text && !found) say('foreign_record');
      if (!found || found.expiry * 1000 <= wallMs()) return null;
      if (!self.left[found.device]) return found;
      say('released_device_returned');
      self.whyGone = 'returned';
      return null;
    },

    save(at: Identity): void {
      self.isStuck = false;
      if (storage.write(RECORD, recordText(settings.org, at))) held = undefined;
      else {
        // What is there must not bring anybody back at the next load; a removal needs no room.
        self.remove();
        if (held === undefined) held = storage.read(RECORD);
        fail();
      }
    },

    /** What could not be written is given up: the page goes apart from it. */
    forget: (): void => void (held = undefined),

    remove(): void {
      self.isStuck = !storage.write(RECORD, null);
      if (self.isStuck) fail();
    },

    /** The bound records that stood in other homes, which hold none from now on; not the device `but`, and each once (ST-1). */
    sweep: (but?: string): Identity[] =>
      storage.strays().map(parsed).filter((found): found is Identity => {
        const isToEnd = !!found?.bound && found.device != but && !self.left[found.device];
        if (isToEnd) self.left[found.device] = true;
        return isToEnd;
      }),
  };
  return self;
}
