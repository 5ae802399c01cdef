/* A test's own folder. */
#ifndef AH_TEST_FOLDER_H
#define AH_TEST_FOLDER_H

/* Removes it with all that is in it, and follows no link. 0, or -1 with errno set. */
int folder_remove(const char *path);

#endif
