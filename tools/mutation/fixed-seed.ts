/** Random tests draw the same values for every mutant, or one would be killed in one run and not in the next. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 1 });
