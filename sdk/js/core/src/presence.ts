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
  const left: Record<string, true> = {};
  /** What storage held when the record could not be written; undefined: it could. */
  let held: string | null | undefined;
  /** Whether storage keeps a record that could be neither replaced nor removed. */
  let isStuck = false;
  /** Why `read` last found nothing to go on with. */
  let whyGone: ChangeWhy;

  function there(): Identity | null {
    return parseRecord(storage.read(RECORD), settings.org);
  }

  return {
    left,
    there,
    get isStuck() {
      return isStuck;
    },
    get isUnwritten() {
      return held !== undefined;
    },
    get whyGone() {
      return whyGone;
    },

    /** The record to go on with, null when there is none; `here` is the one in memory. */
    read(here: Identity | null, say: (code: string) => unknown = note): Identity | null {
      const text = storage.read(RECORD);
      if (held === text) return here;
      const found = parseRecord(text, settings.org);
      held = undefined;
      whyGone = 'lost';
      if (text && !found) say('foreign_record');
      if (!found || found.expiry * 1000 <= wallMs()) return null;
      if (!left[found.device]) return found;
      say('released_device_returned');
      whyGone = 'returned';
      return null;
    },

    save(at: Identity): void {
      isStuck = false;
      if (storage.write(RECORD, recordText(settings.org, at))) held = undefined;
      else {
        // What is there must not bring anybody back at the next load; a removal needs no room.
        isStuck = !storage.remove(RECORD);
        if (held === undefined) held = storage.read(RECORD);
        fail();
      }
    },

    /** Removes the record. */
    remove(): void {
      isStuck = !storage.remove(RECORD);
      if (isStuck) fail();
    },

    /** The bound records that stood in other homes, which hold none from now on; not the device `but`, and each once (ST-1). */
    sweep(but?: string): Identity[] {
      return (storage.strays?.() || []).flatMap((text) => {
        const found = parseRecord(text, settings.org);
        const isOurs = found && found.device != but && !left[found.device];
        if (isOurs) left[found.device] = true;
        return isOurs && found.bound ? [found] : [];
      });
    },
  };
}
