// SPDX-License-Identifier: Apache-2.0
/* Every format that target lists come in, read from a file or a pipe. */
#include <unistd.h>

#include "tests/unit/scanner/target_world.h"

static struct world world;

static int open_world(void **state)
{
    (void)state;
    world_open(&world, "443");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static void gives(const char *text, const char *expected)
{
    struct world fresh;
    world_open(&fresh, "443");
    from_file(&fresh, text);
    builds(&fresh, expected);
    world_close(&fresh);
}

static void is_refused(const char *text, const char *reason)
{
    assert_int_equal(read_text(&world, target_list_add_file, text), CS_E_INVALID);
    assert_string_equal(world.diag.text, reason);
}

static void a_plain_list_has_comments_blanks_and_any_line_end(void **state)
{
    (void)state;
    gives("# our servers\n"
          "192.0.2.1\r\n"
          "\r\n"
          "   192.0.2.2:8443   # the proxy\n"
          "\t2001:db8::1\n"
          "192.0.2.8/31:25/tls",
          "192.0.2.1:443 192.0.2.2:8443 192.0.2.8:25 192.0.2.9:25 [2001:db8::1]:443");
}

static void a_plain_list_may_hold_names(void **state)
{
    (void)state;
    from_file(&world, "www.example\nmail.example:25\nWWW.EXAMPLE.\n");
    assert_int_equal(target_list_names(world.list)->count, 2);
    assert_string_equal(target_list_names(world.list)->items[0], "www.example");
    assert_string_equal(target_list_names(world.list)->items[1], "mail.example");
}

static void masscan_gives_its_open_tcp_ports(void **state)
{
    (void)state;
    gives("#masscan\n"
          "open tcp 443 192.0.2.7 1700000000\n"
          "open tcp 25 192.0.2.7 1700000001\n"
          "open udp 443 192.0.2.9 1700000002\n"
          "closed tcp 8443 192.0.2.9 1700000003\n"
          "open tcp 443 2001:db8::7 1700000004\n"
          "banner tcp 22 192.0.2.7 1700000005 ssh SSH-2.0-OpenSSH_9.2 # x\n"
          "# end\n",
          "192.0.2.7:25/smtp 192.0.2.7:443 [2001:db8::7]:443");
}

static void nmap_gives_its_open_tcp_ports_and_no_names(void **state)
{
    (void)state;
    gives("# Nmap 7.93 scan initiated Mon Nov 23 20:00:00 2026 as: nmap -oG - 192.0.2.0/24\n"
          "Host: 192.0.2.7 (www.example)\tStatus: Up\n"
          "Host: 192.0.2.7 (www.example)\tPorts: 25/open/tcp//smtp///, 80/closed/tcp//http///, "
          "443/open/tcp//https///, 443/open/udp//https///, 8443/open|filtered/tcp//https-alt///\t"
          "Ignored State: filtered (995)\n"
          "Host: 192.0.2.9 ()\tPorts: 8443/open/tcp//ssl|http//nginx 1.22.1, with a comma/\n"
          "Host: 2001:db8::7 ()\tPorts: 993/open/tcp//imaps///\n"
          "# Nmap done at Mon Nov 23 20:01:00 2026 -- 256 IP addresses (2 hosts up) scanned\n",
          "192.0.2.7:25/smtp 192.0.2.7:443 192.0.2.9:8443 [2001:db8::7]:993");
}

/* A version is what the peer says: it must not hide the ports behind it. */
static void a_hash_in_a_version_of_nmap_begins_no_comment(void **state)
{
    (void)state;
    gives("Host: 192.0.2.7 ()\tPorts: 110/open/tcp//pop3//Example pop3d #7/, 443/open/tcp//https///\n"
          "  # indented comment\n",
          "192.0.2.7:110/pop3 192.0.2.7:443");
}

static void zmap_gives_plain_addresses(void **state)
{
    (void)state;
    gives("192.0.2.7\n192.0.2.9\n", "192.0.2.7:443 192.0.2.9:443");
    gives("saddr\n192.0.2.7\n192.0.2.9\n", "192.0.2.7:443 192.0.2.9:443");
}

static void zmap_csv_gives_address_and_port_of_successes(void **state)
{
    (void)state;
    gives("classification,saddr,daddr,sport,dport,success\n"
          "synack,192.0.2.7,198.51.100.1,8443,40000,1\n"
          "rst,192.0.2.9,198.51.100.1,8443,40000,0\n"
          "synack,192.0.2.8,198.51.100.1,25,40000,1\r\n",
          "192.0.2.7:8443 192.0.2.8:25/smtp");
    gives("saddr,success\n192.0.2.7,1\n192.0.2.9,0\n", "192.0.2.7:443");
}

static void a_host_may_be_called_saddr(void **state)
{
    (void)state;
    from_file(&world, "saddr.example\n");
    assert_string_equal(target_list_names(world.list)->items[0], "saddr.example");
}

static void formats_may_be_mixed_in_one_file(void **state)
{
    (void)state;
    gives("192.0.2.1\nopen tcp 443 192.0.2.2 1700000000\nHost: 192.0.2.3 ()\tPorts: 443/open/tcp//https///\n",
          "192.0.2.1:443 192.0.2.2:443 192.0.2.3:443");
}

static void an_empty_file_gives_nothing(void **state)
{
    (void)state;
    from_file(&world, "");
    from_file(&world, "\n\n# nobody\n");
    refuses_to_build(&world, "no target is given");
}

static void a_mistake_is_named_with_file_and_line(void **state)
{
    (void)state;
    is_refused("192.0.2.1\n\n10.0.0.0/33\n",
               "list.txt:3: \"10.0.0.0/33\": the prefix length must be a number from 0 to 32");
    is_refused("192.0.2.1:70000",
               "list.txt:1: \"192.0.2.1:70000\": port \"70000\": a port is a number from 1 to 65535");
    is_refused("open tcp 443 nobody 1700000000\n", "list.txt:1: expected an address, found \"nobody\"");
    is_refused("open tcp\n", "list.txt:1: \"open tcp\" is no address, range or host name");
    is_refused("Host: ? ()\tPorts: 443/open/tcp//https///\n", "list.txt:1: expected an address, found \"?\"");
    is_refused("saddr,sport\n192.0.2.1,70000\n",
               "list.txt:2: \"[192.0.2.1]:70000\": port \"70000\": a port is a number from 1 to 65535");
    is_refused("saddr,sport\n,443\n", "list.txt:2: expected an address, found \"\"");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    static const char elf[] = "\x7F"
                              "ELF\x02\x01\x01\0\0\0\n";
    assert_int_equal(read_bytes(&world, target_list_add_file, elf, sizeof elf - 1), CS_E_INVALID);
    assert_string_equal(world.diag.text, "list.txt:1: a NUL byte: this is no text file");
}

/* A terminal must not obey what a file says. */
static void control_bytes_are_escaped_in_messages(void **state)
{
    (void)state;
    is_refused("host\x1b]0;owned\x07.example\n",
               "list.txt:1: \"host\\x1b]0;owned\\x07.example\" is no address, range or host name");
}

static void a_long_line_of_nmap_is_read_whole(void **state)
{
    (void)state;
    struct buf line = {0};
    buf_append_str(&line, "Host: 192.0.2.7 ()\tPorts: ");
    for (unsigned port = 1; port <= 65535; port++)
        buf_printf(&line, "%u/%s/tcp//unknown///, ", port, port % 1000 == 0 ? "open" : "closed");
    from_file(&world, buf_str(&line));
    build(&world);
    assert_int_equal(target_set_count(world.set), 65);
    buf_dispose(&line);
}

static void a_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "192.0.2.1\nopen tcp 25 192.0.2.2 1\n", 34), 34);
    close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    assert_int_equal(target_list_add_file(world.list, file, "<stdin>", &world.diag), CS_OK);
    fclose(file);
    builds(&world, "192.0.2.1:443 192.0.2.2:25/smtp");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_plain_list_has_comments_blanks_and_any_line_end),
        CASE(a_plain_list_may_hold_names),
        CASE(masscan_gives_its_open_tcp_ports),
        CASE(nmap_gives_its_open_tcp_ports_and_no_names),
        CASE(a_hash_in_a_version_of_nmap_begins_no_comment),
        CASE(zmap_gives_plain_addresses),
        CASE(zmap_csv_gives_address_and_port_of_successes),
        CASE(a_host_may_be_called_saddr),
        CASE(formats_may_be_mixed_in_one_file),
        CASE(an_empty_file_gives_nothing),
        CASE(a_mistake_is_named_with_file_and_line),
        CASE(what_is_no_text_is_refused),
        CASE(control_bytes_are_escaped_in_messages),
        CASE(a_long_line_of_nmap_is_read_whole),
        CASE(a_pipe_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
