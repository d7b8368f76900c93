export { perform, settleWith, type Result } from './calls';
export type { ErrorCode, NoteCode } from './codes';
export { jsonText } from './json';
export { MOBILE } from './limits';
export { type Machine, makeMachine } from './machine';
export type * from './ports';
export type { Config, Settings } from './settings';
export { tried } from './tried';
