export { ManualClock, settle } from 'kubesim';
