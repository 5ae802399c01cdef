/* A folder of its own for each test of the configuration, and what loading from it gave. */
#ifndef AH_TESTS_CONFIG_BOX_H
#define AH_TESTS_CONFIG_BOX_H

#include "daemon/config.h"
#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct config_box {
    char folder[32];
    struct config *config;
    int result;
    unsigned faults, fatal;
    char text[64 * 1024]; /* the faults, a line each, without the folder */
};

static inline void box_note(void *user, bool fatal, const char *text)
{
    struct config_box *box = user;
    char prefix[sizeof box->folder + 1];
    const char *at;

    box->faults++;
    box->fatal += fatal;
    snprintf(prefix, sizeof prefix, "%s/", box->folder);
    while ((at = strstr(text, prefix))) {
        strncat(box->text, text, (size_t)(at - text));
        text = at + strlen(prefix);
    }
    strcat(box->text, text);
    strcat(box->text, "\n");
}

/* A certificate, of nobody. */
static const char box_certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                      "MIIBdjCCARugAwIBAgIUfu8HfkzAK9EVDmLMm/Bsk5y/f+wwCgYIKoZIzj0EAwIw\n"
                                      "DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjUyMDIzMzFaGA8yMTI2MTEwMTIwMjMz\n"
                                      "MVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGia\n"
                                      "V4FnCNt+CDADjz1G/UX/PPI9tBbnGAdFLEb92HuIWxMNvWNW6Nf8qB3naZD462y5\n"
                                      "p3ZD2g3dcfqNRL34ryejUzBRMB0GA1UdDgQWBBRTCURV4W/dl+wda9c0GZrSp+Tq\n"
                                      "/jAfBgNVHSMEGDAWgBRTCURV4W/dl+wda9c0GZrSp+Tq/jAPBgNVHRMBAf8EBTAD\n"
                                      "AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCGfCFt0Vh/UpJyuaA4Q4UMuO+kQubKIzcn\n"
                                      "3CojpArP8AIhAIJMDHBcPqcfwOzzJ+bOdvfmc11X8mDh3WnXUeSiKkBK\n"
                                      "-----END CERTIFICATE-----\n";

static inline const char *box_path(const struct config_box *box, const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", box->folder, name);
    return path;
}

static inline void box_write(const struct config_box *box, const char *name, const char *bytes, size_t n)
{
    FILE *file = fopen(box_path(box, name), "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Loads agenthealthd.conf; NULL: as it already is. */
static inline void box_load(struct config_box *box, const char *text)
{
    char path[64];

    if (text)
        box_write(box, "agenthealthd.conf", text, strlen(text));
    config_free(box->config);
    box->config = NULL;
    box->text[0] = '\0';
    box->faults = box->fatal = 0;
    snprintf(path, sizeof path, "%s/agenthealthd.conf", box->folder);
    box->result = config_load(path, box_note, box, &box->config);
    assert_int_equal(box->result == 0, box->config != NULL);
    assert_int_equal(box->result != 0, box->fatal != 0);
}

static inline int box_setup(void **state)
{
    struct config_box *box = calloc(1, sizeof *box);

    strcpy(box->folder, "/tmp/config_box.XXXXXX");
    *state = box;
    return mkdtemp(box->folder) ? 0 : -1;
}

static inline int box_teardown(void **state)
{
    struct config_box *box = *state;

    config_free(box->config);
    folder_remove(box->folder);
    free(box);
    return 0;
}

#endif
