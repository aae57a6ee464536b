// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "tests/support/temp_dir.h"

static char *folder; /* also the home directory of the tests */

static char *path_of(const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", folder, name);
    return buf_take_str(&path);
}

static void write_file(const char *name, const char *text)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static int set_up(void **state)
{
    (void)state;
    folder = temp_dir_new();
    if (folder == NULL || unsetenv("CERTSCOUR_CONFIG") != 0)
        return 1;
    return setenv("HOME", folder, 1);
}

static int tear_down(void **state)
{
    (void)state;
    temp_dir_remove(folder);
    return unsetenv("CERTSCOUR_CONFIG");
}

static void reads(const char *text, struct config *config)
{
    char *path = path_of("given.conf");
    struct diag diag = {0};
    write_file("given.conf", text);
    assert_int_equal(config_read(config, path, &diag), CS_OK);
    free(path);
}

/* `text` is refused; the message is the path and then `rest`. */
static void refuses(const char *text, const char *rest)
{
    char *path = path_of("given.conf");
    struct config config;
    struct diag diag = {0};
    write_file("given.conf", text);
    assert_int_equal(config_read(&config, path, &diag), CS_E_INVALID);
    assert_memory_equal(diag.text, path, strlen(path));
    assert_string_equal(diag.text + strlen(path), rest);
    config_dispose(&config);
    free(path);
}

static void known_keys_are_read_and_others_are_not_set(void **state)
{
    (void)state;
    struct config config;
    reads("; comment\n[db]\npath = /srv/certs.db\n\n[scan]\nrate = 200\n# comment\nports = 443,8443\n",
          &config);
    assert_string_equal(config_get(&config, "db", "path"), "/srv/certs.db");
    assert_string_equal(config_get(&config, "scan", "rate"), "200");
    assert_string_equal(config_get(&config, "scan", "ports"), "443,8443");
    assert_null(config_get(&config, "scan", "per-host"));
    assert_null(config_get(&config, "scan", "no-such-key"));
    config_dispose(&config);
    assert_null(config_get(&config, "db", "path"));
}

static void the_last_of_two_values_counts(void **state)
{
    (void)state;
    struct config config;
    reads("[scan]\nrate = 1\nrate = 2\n", &config);
    assert_string_equal(config_get(&config, "scan", "rate"), "2");
    config_dispose(&config);
}

static void an_unknown_key_or_section_is_named_with_its_line(void **state)
{
    (void)state;
    refuses("[scan]\nrate = 1\nspeed = 2\n",
            ":3: unknown key [scan] speed; docs/configuration.md lists the known ones");
    refuses("[sacn]\nrate = 1\n", ":2: unknown key [sacn] rate; docs/configuration.md lists the known ones");
    refuses("rate = 1\n", ":1: unknown key [] rate; docs/configuration.md lists the known ones");
}

static void a_line_that_is_none_is_named(void **state)
{
    (void)state;
    refuses("[scan]\n\nrate\n", ":3: expected `key = value` or `[section]`");
    refuses("[scan\n", ":1: expected `key = value` or `[section]`");
}

static void the_first_of_two_mistakes_is_the_one_named(void **state)
{
    (void)state;
    refuses("[scan\nrate = 1\n", ":1: expected `key = value` or `[section]`");
    refuses("[scan]\nspeed = 1\nrate\n",
            ":2: unknown key [scan] speed; docs/configuration.md lists the known ones");
}

static void a_folder_is_no_configuration(void **state)
{
    (void)state;
    struct config config;
    struct diag diag = {0};
    assert_int_equal(config_read(&config, folder, &diag), CS_E_INVALID);
    assert_non_null(strstr(diag.text, "Is a directory"));
    config_dispose(&config);
}

static void a_file_that_was_asked_for_has_to_be_there(void **state)
{
    (void)state;
    struct config config;
    struct diag diag = {0};
    assert_int_equal(config_read(&config, "/nonexistent/certscour.conf", &diag), CS_E_INVALID);
    assert_string_equal(diag.text, "/nonexistent/certscour.conf: No such file or directory");
    assert_int_equal(setenv("CERTSCOUR_CONFIG", "/nonexistent/other.conf", 1), 0);
    assert_int_equal(config_read(&config, NULL, &diag), CS_E_INVALID);
    assert_string_equal(diag.text, "/nonexistent/other.conf: No such file or directory");
}

static void the_option_wins_over_the_environment_and_that_over_the_home_directory(void **state)
{
    (void)state;
    struct config config;
    struct diag diag = {0};
    char *config_dir = path_of(".config");
    char *own_dir = path_of(".config/certscour");
    char *other = path_of("other.conf");
    assert_int_equal(mkdir(config_dir, 0700), 0);
    assert_int_equal(mkdir(own_dir, 0700), 0);
    write_file(".config/certscour/certscour.conf", "[scan]\nrate = 1\n");
    write_file("other.conf", "[scan]\nrate = 2\n");

    assert_int_equal(config_read(&config, NULL, &diag), CS_OK);
    assert_string_equal(config_get(&config, "scan", "rate"), "1");
    config_dispose(&config);

    assert_int_equal(setenv("CERTSCOUR_CONFIG", other, 1), 0);
    assert_int_equal(config_read(&config, NULL, &diag), CS_OK);
    assert_string_equal(config_get(&config, "scan", "rate"), "2");
    config_dispose(&config);

    reads("[scan]\nrate = 3\n", &config);
    assert_string_equal(config_get(&config, "scan", "rate"), "3");
    config_dispose(&config);
    free(config_dir);
    free(own_dir);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_keys_are_read_and_others_are_not_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_of_two_values_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_key_or_section_is_named_with_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_is_none_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_of_two_mistakes_is_the_one_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_is_no_configuration, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_was_asked_for_has_to_be_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_option_wins_over_the_environment_and_that_over_the_home_directory,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
