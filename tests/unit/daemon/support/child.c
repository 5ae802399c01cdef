/* Forks, and waits. */
#include "child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, STAYS_ROOT = 100 };

static int run_apart(int (*run)(void), bool as_nobody)
{
    int status;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(as_nobody && geteuid() == 0 && setuid(NOBODY) < 0 ? STAYS_ROOT : run());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int child_run(int (*run)(void))
{
    return run_apart(run, false);
}

int child_run_as_nobody(int (*run)(void))
{
    return run_apart(run, true);
}
