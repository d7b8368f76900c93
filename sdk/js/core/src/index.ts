export { perform, performAsync, type Result } from './calls';
export type { ErrorCode, NoteCode } from './codes';
export { MOBILE } from './limits';
export { type Machine, makeMachine, RECORD, ACTIVITY, CONSENT } from './machine';
export type * from './ports';
export type { Config, Settings } from './settings';
