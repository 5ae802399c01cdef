/* What must not last beyond a test, as a limit of the process or another user: it is done in a child. */
#ifndef AH_TEST_CHILD_H
#define AH_TEST_CHILD_H

/* The exit code, which is what `run` gives; how it ends otherwise fails the test. */
int child_run(int (*run)(void));
/* The same without the rights of root, whose child it may be; 100: it can not give them up. */
int child_run_as_nobody(int (*run)(void));

#endif
