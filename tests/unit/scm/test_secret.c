// SPDX-License-Identifier: Apache-2.0
#include "scm/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/temp_dir.h"

static char *folder;
static char path[4200];

static int set_up(void **state)
{
    (void)state;
    folder = temp_dir_new();
    snprintf(path, sizeof path, "%s/secret", folder);
    return folder != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    temp_dir_remove(folder);
    return 0;
}

static void write_secret(const char *bytes, size_t len, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void reads(const char *bytes, const char *expected)
{
    struct secret secret;
    struct diag diag = {0};
    write_secret(bytes, strlen(bytes), 0600);
    assert_int_equal(secret_read(&secret, path, &diag), CS_OK);
    assert_string_equal(secret.text, expected);
    assert_int_equal(secret.len, strlen(expected));
    secret_wipe(&secret);
    assert_null(secret.text);
    secret_wipe(&secret);
}

static void refuses(const char *why)
{
    struct secret secret;
    struct diag diag = {0};
    assert_int_equal(secret_read(&secret, path, &diag), CS_E_INVALID);
    assert_null(secret.text);
    assert_non_null(strstr(diag.text, path));
    if (strstr(diag.text, why) == NULL)
        fail_msg("no \"%s\" in \"%s\"", why, diag.text);
    assert_null(strstr(diag.text, "hunter2"));
}

static void one_line_end_is_left_out_and_everything_else_kept(void **state)
{
    (void)state;
    reads("hunter2", "hunter2");
    reads("hunter2\n", "hunter2");
    reads("hunter2\r\n", "hunter2");
    reads(" a b\xC3\xA9 ", " a b\xC3\xA9 ");
}

static void a_file_that_others_may_read_or_change_is_refused(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        bool fine;
    } modes[] = {{0600, true},  {0400, true},  {0640, true},  {0440, true},  {0604, false},
                 {0644, false}, {0602, false}, {0601, false}, {0660, false}, {0666, false}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct secret secret;
        write_secret("hunter2\n", 8, modes[i].mode);
        if (!modes[i].fine) {
            refuses("chmod 600");
            continue;
        }
        assert_int_equal(secret_read(&secret, path, NULL), CS_OK);
        secret_wipe(&secret);
    }
}

static void what_is_no_secret_is_refused_without_being_shown(void **state)
{
    char long_one[SECRET_MAX + 1];
    (void)state;
    write_secret("", 0, 0600);
    refuses("empty");
    write_secret("\n", 1, 0600);
    refuses("empty");
    write_secret("hunter2\nX-Other: header", 22, 0600);
    refuses("control character");
    write_secret("hunter2\0x", 9, 0600);
    refuses("control character");
    memset(long_one, 'x', sizeof long_one);
    write_secret(long_one, sizeof long_one, 0600);
    refuses("4096");
    unlink(path);
    refuses("No such file");
    assert_int_equal(mkdir(path, 0700), 0);
    refuses("regular file");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuses("regular file"); /* and does not wait for a writer */
}

static void a_secret_as_long_as_allowed_is_taken(void **state)
{
    struct secret secret;
    char bytes[SECRET_MAX];
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    write_secret(bytes, sizeof bytes, 0600);
    assert_int_equal(secret_read(&secret, path, NULL), CS_OK);
    assert_int_equal(secret.len, SECRET_MAX);
    secret_wipe(&secret);
}

static void a_path_wins_over_a_credential(void **state)
{
    struct buf found = {0};
    (void)state;
    assert_int_equal(secret_find(&found, "/etc/x", "scm-password", "/run/credentials"), CS_OK);
    assert_string_equal(buf_str(&found), "/etc/x");
    assert_int_equal(secret_find(&found, NULL, "scm-password", "/run/credentials"), CS_OK);
    assert_string_equal(buf_str(&found), "/run/credentials/scm-password");
    assert_int_equal(secret_find(&found, "", "scm-password", NULL), CS_E_NOT_FOUND);
    assert_int_equal(secret_find(&found, NULL, "scm-password", "relative"), CS_E_NOT_FOUND);
    buf_dispose(&found);
}

static void what_a_peer_says_is_shown_with_stars_over_the_secret(void **state)
{
    char text[] = "user hunter2 and hunter2hunter2";
    char innocent[] = "in a word";
    (void)state;
    secret_hide(&(struct secret){(char[]){"hunter2"}, 7}, text);
    assert_string_equal(text, "user ******* and **************");
    secret_hide(&(struct secret){(char[]){"a"}, 1}, innocent);
    assert_string_equal(innocent, "in a word");
    secret_hide(&(struct secret){0}, innocent);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(one_line_end_is_left_out_and_everything_else_kept),
        IN_FOLDER(a_file_that_others_may_read_or_change_is_refused),
        IN_FOLDER(what_is_no_secret_is_refused_without_being_shown),
        IN_FOLDER(a_secret_as_long_as_allowed_is_taken),
        cmocka_unit_test(a_path_wins_over_a_credential),
        cmocka_unit_test(what_a_peer_says_is_shown_with_stars_over_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
