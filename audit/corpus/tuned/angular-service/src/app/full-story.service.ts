import { Injectable } from '@angular/core';
declare const FS: any;
@Injectable({ providedIn: 'root' })
export class FullStoryService {
  identify(user: { email: string; name: string }) {
    // expect: PB010
    FS.identify(user.email, { displayName: user.name });
  }
  reset() {
    if (typeof FS !== 'undefined') {
      FS.anonymize();
    }
  }
}
