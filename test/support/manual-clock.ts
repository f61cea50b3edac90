export { ManualClock } from 'kubesim';
export { settle } from 'kubesim/internal';
