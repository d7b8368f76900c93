export { perform, performAsync, type Result } from './calls';
export type { ErrorCode, NoteCode } from './codes';
export { Machine, type State, RECORD, ACTIVITY, CONSENT } from './machine';
export type * from './ports';
export type { Config, Settings } from './settings';
