/** Calls that wait for the server's answer (ID-8): each settles when it is in, and at the latest after `settle_ms`. */

import type { Ports } from './ports';
import type { Entry } from './queue';

interface Waiting {
  entry_: Entry;
  dueAt_: number;
  settle_: (isAnswered: boolean) => void;
}

export class Acknowledgements {
  private waiting_: Waiting[] = [];

  constructor(
    private readonly ports_: Ports,
    private readonly settleMs_: number,
  ) {}

  /** Settles when the server has answered for `entry`, or will not in time. */
  await(entry_: Entry, settle_: (isAnswered: boolean) => void): void {
    this.waiting_.push({ entry_, settle_, dueAt_: this.ports_.wallMs() + this.settleMs_ });
    this.settle_(() => false, false);
  }

  /** `entry` was answered. */
  answered(entry: Entry, isAnswered: boolean): void {
    this.settle_((one) => one.entry_ == entry, isAnswered);
  }

  /** The timer rang: those who have waited long enough hear no. */
  timer(): void {
    this.settle_((one) => one.dueAt_ <= this.ports_.wallMs(), false);
  }

  /** Lets those go who are meant. A clock that ran backwards makes nobody wait longer than `settle_ms` from now. */
  private settle_(isMeant: (one: Waiting) => boolean, isAnswered: boolean): void {
    const { ports_ } = this;
    const meant = this.waiting_.filter(isMeant);
    this.waiting_ = this.waiting_.filter((one) => !isMeant(one));
    for (const one of this.waiting_) one.dueAt_ = Math.min(one.dueAt_, ports_.wallMs() + this.settleMs_);
    if (this.waiting_[0]) ports_.setTimer('settle', this.waiting_[0].dueAt_);
    else if (meant[0]) ports_.clearTimer('settle');
    for (const one of meant) one.settle_(isAnswered);
  }
}
