# SPDX-License-Identifier: Apache-2.0
"""Manual pages and completions, which are made from the tables of commands and options."""
import shutil
import subprocess

from support import Case


class Manual(Case):
    def commands(self):
        """All of them, as --help lists them: (name, verb or None)."""
        lines = self.run_program("--help").stdout.split("\n\n", 2)[2].splitlines()
        words = [line[2:20].split(maxsplit=1) for line in lines if line.startswith("  ")]
        return [(word[0], word[1].rstrip() if len(word) > 1 else None) for word in words]

    def options(self, name, verb):
        lines = self.run_program(name, *(verb.split() if verb else []), "--help").stdout.splitlines()
        return [line.split("--", 1)[1].split()[0].split("[")[0] for line in lines if line.lstrip().startswith("-")]

    def test_every_command_and_option_has_its_place(self):
        self.run_program("manual", self.folder / "manual")
        overview = (self.folder / "manual" / "certscour.1").read_text()
        for name, verb in self.commands():
            page = (self.folder / "manual" / f"certscour-{name}.1").read_text()
            with self.subTest(command=name, verb=verb):
                self.assertIn(f"\n.B {name} {verb or ''}".rstrip(), overview)
                self.assertIn(f"\n.B certscour {name}", page)
                for option in self.options(name, verb):
                    if option != "help":
                        self.assertIn("\\-\\-\\fR\\fB" + option.replace("-", "\\-"), page)

    def test_a_folder_that_cannot_be_written_is_told(self):
        (self.folder / "file").write_text("")
        done = self.run_program("manual", self.folder / "file", status=1)
        self.assertIn("file", done.stderr)

    def test_bash_completes_commands_verbs_and_options(self):
        script = self.folder / "completion"
        script.write_text(self.run_program("completion", "bash").stdout)

        def completed(*words):
            command = (f"source {script}; COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1};"
                       " _certscour; echo ${COMPREPLY[@]}")
            return subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True).stdout.split()
        self.assertEqual(completed("certscour", "sca"), ["scan"])
        self.assertEqual(completed("certscour", "rule", "mo"), ["move"])
        self.assertEqual(completed("certscour", "rule", "move", "--bef"), ["--before"])
        self.assertEqual(completed("certscour", "scan", "--max-n"), ["--max-names"])
        self.assertEqual(completed("certscour", "scm", "pu"), ["pull", "push"])
        self.assertEqual(completed("certscour", "scm", "push", "as"), ["assets"])
        self.assertEqual(completed("certscour", "scm", "push", "assets", "--inc"), ["--include"])
        self.assertEqual(completed("certscour", "nothing", "--max"), [])

    def test_the_other_shells_get_what_they_can_read(self):
        for shell, check in (("zsh", ["zsh", "-n"]), ("fish", ["fish", "-n"])):
            text = self.run_program("completion", shell).stdout
            self.assertIn("max-names", text)
            if shutil.which(shell):
                subprocess.run([*check], input=text, text=True, check=True)
        self.assertIn("allowed are bash, zsh, fish", self.run_program("completion", "csh", status=2).stderr)
