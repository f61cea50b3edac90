/** A fixed seed for property tests, so that whether a mutant is killed does not depend on the run. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 1 });
