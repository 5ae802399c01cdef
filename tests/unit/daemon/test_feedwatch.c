/* The watched folder: which files are reported when, whatever happens to them and to the folder itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/feedwatch.h"
#include "support/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 512, NAMES_BYTES = 4096 };

/* The folder is "feed" in a folder of the test's own; names that were reported collect as text. */
struct scene {
    char top[64], feed[80];
    struct feedwatch *watch;
    int fd;
    char names[NAMES_BYTES];
    bool saw_late, saw_quiet;
    unsigned reports;
};

static void note(void *user, const char *name, const char *path, const struct stat *status)
{
    struct scene *scene = user;
    struct stat now;
    assert_int_equal(stat(path, &now), 0);
    assert_int_equal(now.st_ino, status->st_ino);
    assert_int_equal(now.st_size, status->st_size);
    scene->saw_late |= strcmp(name, "late") == 0;
    scene->saw_quiet |= strcmp(name, "quiet") == 0;
    if (strlen(scene->names) + strlen(name) + 2 < sizeof scene->names) {
        strcat(scene->names, name);
        strcat(scene->names, " ");
    }
    errno = ESTALE; /* whoever is told may do as it likes to this */
}

static int begin_without_folder(void **test)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (!scene)
        return -1;
    snprintf(scene->top, sizeof scene->top, "/tmp/ah-feed-XXXXXX");
    if (!mkdtemp(scene->top))
        return -1;
    snprintf(scene->feed, sizeof scene->feed, "%s/feed", scene->top);
    *test = scene;
    return 0;
}

static int begin(void **test)
{
    if (begin_without_folder(test) < 0)
        return -1;
    struct scene *scene = *test;
    if (mkdir(scene->feed, 0700) < 0)
        return -1;
    return feedwatch_new(scene->feed, note, scene, &scene->watch, &scene->fd);
}

static int end(void **test)
{
    struct scene *scene = *test;
    feedwatch_free(scene->watch);
    const int error = folder_remove(scene->top);
    free(scene);
    return error;
}

static const char *path_of(const struct scene *scene, const char *file)
{
    static char paths[2][PATH_BYTES];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    snprintf(path, PATH_BYTES, "%s/%s", *file == '/' ? scene->top : scene->feed, *file == '/' ? file + 1 : file);
    return path;
}

static void write_file(const struct scene *scene, const char *file)
{
    FILE *out = fopen(path_of(scene, file), "w");
    assert_non_null(out);
    assert_true(fputs("[agent]\n", out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void move(const struct scene *scene, const char *from, const char *to)
{
    assert_int_equal(rename(path_of(scene, from), path_of(scene, to)), 0);
}

static void make_folder(const struct scene *scene, const char *folder)
{
    assert_int_equal(mkdir(path_of(scene, folder), 0700), 0);
}

/* The descriptor must say that there is something to read when, and only when, there is. */
static const char *read_news(struct scene *scene)
{
    struct pollfd ready = { .fd = scene->fd, .events = POLLIN };
    scene->names[0] = 0;
    if (poll(&ready, 1, 0) > 0)
        feedwatch_read(scene->watch);
    assert_int_equal(poll(&ready, 1, 0), 0);
    return scene->names;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a rescan, sorted; folders have no order of their own. */
static const char *rescan(struct scene *scene)
{
    static char sorted[NAMES_BYTES];
    char *names[64], *save = NULL;
    size_t n = 0;
    scene->names[0] = sorted[0] = 0;
    assert_int_equal(feedwatch_rescan(scene->watch), 0);
    for (char *name = strtok_r(scene->names, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
        assert_true(n < sizeof names / sizeof *names);
        names[n++] = name;
    }
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n; i++) {
        strcat(sorted, names[i]);
        strcat(sorted, " ");
    }
    return sorted;
}

static void files_are_reported_as_they_come(void **test)
{
    struct scene *scene = *test;
    assert_string_equal(feedwatch_directory(scene->watch), scene->feed);
    assert_string_equal(read_news(scene), "");
    /* By rename into place, from this folder or another. */
    write_file(scene, ".PC-1.tmp");
    assert_string_equal(read_news(scene), "");
    move(scene, ".PC-1.tmp", "PC-1.ini");
    assert_string_equal(read_news(scene), "PC-1 ");
    write_file(scene, "/elsewhere");
    move(scene, "/elsewhere", "PC-2.ini");
    assert_string_equal(read_news(scene), "PC-2 ");
    /* Over the old one. */
    write_file(scene, "/elsewhere");
    move(scene, "/elsewhere", "PC-1.ini");
    assert_string_equal(read_news(scene), "PC-1 ");
    /* By plain writing: when it is closed. */
    const int fd = open(path_of(scene, "PC-3.ini"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "[age", 4), 4);
    assert_string_equal(read_news(scene), "");
    assert_int_equal(close(fd), 0);
    assert_string_equal(read_news(scene), "PC-3 ");
    write_file(scene, "PC-3.ini");
    assert_string_equal(read_news(scene), "PC-3 ");
    /* Nothing new is nothing; what went away is nothing. */
    assert_string_equal(read_news(scene), "");
    assert_int_equal(remove(path_of(scene, "PC-2.ini")), 0);
    assert_string_equal(read_news(scene), "");
    write_file(scene, "PC-4.ini");
    assert_int_equal(remove(path_of(scene, "PC-4.ini")), 0);
    assert_string_equal(read_news(scene), "");
    assert_string_equal(rescan(scene), "PC-1 PC-3 ");
}

static void names_are_what_stands_before_ini(void **test)
{
    struct scene *scene = *test;
    char longest[256], expected[256];
    static const char *const good[] = { "a.ini", "PC 1.ini", "東京.ini", "x.ini.ini", "-.ini" };
    static const char *const other[] = { ".hidden.ini", ".ini",     "ini",  "PC-1.INI",
                                         "PC-1.ini~",   "PC-1.txt", "PC-1", "PC.ini.tmp" };
    memset(longest, 'n', 255);
    strcpy(longest + 251, ".ini");
    snprintf(expected, sizeof expected, "%.251s ", longest);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        write_file(scene, other[i]);
    assert_string_equal(read_news(scene), "");
    assert_string_equal(rescan(scene), "");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        write_file(scene, good[i]);
    assert_string_equal(read_news(scene), "a PC 1 東京 x.ini - ");
    write_file(scene, longest);
    assert_string_equal(read_news(scene), expected);
}

static void only_files_are_files(void **test)
{
    struct scene *scene = *test;
    make_folder(scene, "folder.ini");
    assert_int_equal(mkfifo(path_of(scene, "fifo.ini"), 0600), 0);
    assert_int_equal(symlink("nowhere", path_of(scene, "dangling.ini")), 0);
    write_file(scene, "/target");
    assert_int_equal(symlink("../target", path_of(scene, "link.ini")), 0);
    make_folder(scene, "/folder.ini");
    move(scene, "/folder.ini", "moved.ini");
    assert_string_equal(read_news(scene), "");
    /* A link that leads nowhere is no reason to say that the folder can't be read. */
    assert_string_equal(rescan(scene), "link ");
}

static void a_rescan_reports_everything_again(void **test)
{
    struct scene *scene = *test;
    write_file(scene, "a.ini");
    write_file(scene, "b.ini");
    assert_string_equal(read_news(scene), "a b ");
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(rescan(scene), "a b ");
}

static void a_folder_that_comes_later_is_found(void **test)
{
    struct scene *scene = *test;
    assert_int_equal(feedwatch_new(scene->feed, note, scene, &scene->watch, &scene->fd), 0);
    assert_int_equal(feedwatch_rescan(scene->watch), -ENOENT);
    assert_string_equal(read_news(scene), "");
    make_folder(scene, "/feed");
    write_file(scene, "a.ini");
    assert_string_equal(rescan(scene), "a ");
    write_file(scene, "b.ini");
    assert_string_equal(read_news(scene), "b ");
}

static void a_file_in_the_folders_place_is_an_error(void **test)
{
    struct scene *scene = *test;
    write_file(scene, "/feed");
    assert_int_equal(feedwatch_new(scene->feed, note, scene, &scene->watch, &scene->fd), 0);
    assert_int_equal(feedwatch_rescan(scene->watch), -ENOTDIR);
}

static void a_folder_that_is_made_anew_is_followed(void **test)
{
    struct scene *scene = *test;
    for (unsigned round = 0; round < 3; round++) {
        write_file(scene, "a.ini");
        assert_string_equal(read_news(scene), "a ");
        assert_int_equal(remove(path_of(scene, "a.ini")), 0);
        assert_int_equal(rmdir(scene->feed), 0);
        assert_string_equal(read_news(scene), "");
        assert_int_equal(feedwatch_rescan(scene->watch), -ENOENT);
        make_folder(scene, "/feed");
        write_file(scene, "b.ini");
        assert_string_equal(rescan(scene), "b ");
        write_file(scene, "c.ini");
        assert_string_equal(read_news(scene), "c ");
        assert_int_equal(remove(path_of(scene, "b.ini")), 0);
        assert_int_equal(remove(path_of(scene, "c.ini")), 0);
        assert_string_equal(read_news(scene), "");
    }
}

static void a_folder_that_is_replaced_by_another_is_followed(void **test)
{
    struct scene *scene = *test;
    for (unsigned round = 0; round < 3; round++) {
        write_file(scene, "old.ini");
        assert_string_equal(read_news(scene), "old ");
        move(scene, "/feed", "/aside");
        make_folder(scene, "/feed");
        write_file(scene, "new.ini");
        assert_string_equal(read_news(scene), "");
        write_file(scene, "/aside/new.ini"); /* not seen before the rescan */
        assert_string_equal(rescan(scene), "new ");
        assert_string_equal(read_news(scene), "");
        write_file(scene, "new.ini");
        assert_string_equal(read_news(scene), "new ");
        /* The one aside is nobody's any more: neither its files nor its end. */
        write_file(scene, "/aside/new.ini");
        assert_string_equal(read_news(scene), "");
        assert_int_equal(remove(path_of(scene, "/aside/new.ini")), 0);
        assert_int_equal(remove(path_of(scene, "/aside/old.ini")), 0);
        assert_int_equal(rmdir(path_of(scene, "/aside")), 0);
        assert_string_equal(read_news(scene), "");
        write_file(scene, "new.ini");
        assert_string_equal(read_news(scene), "new ");
        assert_int_equal(remove(path_of(scene, "new.ini")), 0);
    }
}

/* As those have it who publish by switching a link. */
static void a_link_that_leads_elsewhere_is_followed(void **test)
{
    struct scene *scene = *test;
    make_folder(scene, "/one");
    make_folder(scene, "/two");
    assert_int_equal(symlink("one", scene->feed), 0);
    assert_int_equal(feedwatch_new(scene->feed, note, scene, &scene->watch, &scene->fd), 0);
    write_file(scene, "a.ini");
    assert_string_equal(read_news(scene), "a ");
    write_file(scene, "/two/b.ini");
    assert_int_equal(symlink("two", path_of(scene, "/link")), 0);
    move(scene, "/link", "/feed");
    assert_string_equal(rescan(scene), "b ");
    write_file(scene, "c.ini");
    assert_string_equal(read_news(scene), "c ");
    write_file(scene, "/one/c.ini");
    assert_string_equal(read_news(scene), "");
}

/* More events than the kernel keeps: everything is looked at instead. */
static void what_overflows_is_found_by_looking(void **test)
{
    struct scene *scene = *test;
    unsigned long events = 0;
    FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    assert_non_null(limit);
    assert_int_equal(fscanf(limit, "%lu", &events), 1);
    fclose(limit);
    if (events > 200000)
        skip();
    write_file(scene, "quiet.ini");
    assert_string_equal(read_news(scene), "quiet ");
    write_file(scene, "a.ini");
    for (unsigned long i = 0; i < events / 2 + 10; i++) {
        move(scene, "a.ini", "b.ini");
        move(scene, "b.ini", "a.ini");
    }
    write_file(scene, "late.ini"); /* after the queue was full */
    scene->saw_late = scene->saw_quiet = false;
    read_news(scene);
    assert_true(scene->saw_late && scene->saw_quiet);
    write_file(scene, "next.ini");
    assert_string_equal(read_news(scene), "next ");
}

/* A writer that never rests: each report is followed by another file's change. */
static void write_another(void *user, const char *name, const char *path, const struct stat *status)
{
    struct scene *scene = user;
    (void)path, (void)status;
    assert_true(++scene->reports < 100000);
    write_file(scene, *name == 'a' ? "b.ini" : "a.ini");
}

static void a_writer_without_end_does_not_keep_the_reader(void **test)
{
    struct scene *scene = *test;
    struct pollfd ready = { .fd = -1, .events = POLLIN };
    make_folder(scene, "/feed");
    assert_int_equal(feedwatch_new(scene->feed, write_another, scene, &scene->watch, &ready.fd), 0);
    write_file(scene, "a.ini");
    for (unsigned turn = 1; turn <= 3; turn++) {
        feedwatch_read(scene->watch);
        assert_int_equal(scene->reports, turn);
        assert_int_equal(poll(&ready, 1, 0), 1);
    }
}

#define TEST(name)           cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_NO_FOLDER(name) cmocka_unit_test_setup_teardown(name, begin_without_folder, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_reported_as_they_come),
        TEST(names_are_what_stands_before_ini),
        TEST(only_files_are_files),
        TEST(a_rescan_reports_everything_again),
        TEST_NO_FOLDER(a_folder_that_comes_later_is_found),
        TEST_NO_FOLDER(a_file_in_the_folders_place_is_an_error),
        TEST(a_folder_that_is_made_anew_is_followed),
        TEST(a_folder_that_is_replaced_by_another_is_followed),
        TEST_NO_FOLDER(a_link_that_leads_elsewhere_is_followed),
        TEST(what_overflows_is_found_by_looking),
        TEST_NO_FOLDER(a_writer_without_end_does_not_keep_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
