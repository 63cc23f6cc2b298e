# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the word check: python3 Tests/test_wordcheck.py"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path

from wordcheck import HEADLESS_LIMIT, RULES, check_text, main

# One sentence for each rule of the word check, in the same order.
REFUSED = [
    "The table is built anew.",
    "After it the parser is of no more use.",
    "A cursor; one thread's own.",
    "9 was given; allowed is 1 to 5.",
    "The muxer takes so many bytes.",
    "Sleeps for so long.",
    "It costs that much.",
    "The buffer is to be let go.",
    "The window shall be full.",
    "At the begin of the file.",
    "It was asked in vain.",
    "The connection is closed for good.",
    "The server speaks of itself.",
    "The box says of its size.",
    "The tool is not to be had.",
    "The page reports truthfully.",
    "Viewers hardly notice.",
    "It costs next to nothing.",
    "0 where there is none.",
    "Counts who is held.",
    "Counts who waits.",
    "Drops those that were late.",
    "Whoever is late is cut.",
    "Nobody reads it.",
    "Counts who was late.",
    "Keeps what came before it.",
    "The reader lets go.",
]
ALLOWED = [
    "The table is rebuilt.",
    "The parser holds the bytes so long as they are needed.",
    'ISO/IEC 14496-12 says: "the box shall be present".',
    "The event `anew` is a name.",
    "The request is answered for good reason.",
    "The threads begin with the first frame; a new one is a copy.",
    "The sample is read and written.",
    "The viewer goes to what the page shows.",
]


def words(text: str, path: str = "a.md") -> list[str]:
    """The findings in a text."""
    return check_text(path, text).findings


class Rules(unittest.TestCase):
    def test_each_rule_refuses_its_sentence(self) -> None:
        self.assertEqual(len(REFUSED), len(RULES))
        for sentence, (_, instead) in zip(REFUSED, RULES, strict=True):
            with self.subTest(sentence):
                self.assertTrue(any(f"(write: {instead})" in found for found in words(sentence)))

    def test_sentences_with_the_right_words_have_no_findings(self) -> None:
        for sentence in ALLOWED:
            with self.subTest(sentence):
                self.assertEqual(words(sentence), [])

    def test_a_finding_has_path_line_word_and_advice(self) -> None:
        self.assertEqual(words("One.\n\nTwo anew.\n"), ['a.md:3: "anew" (write: again; re-)'])

    def test_a_phrase_over_two_lines_is_found(self) -> None:
        self.assertEqual(len(words("/// At the\n/// begin of it.\n", "a.swift")), 1)


class Extraction(unittest.TestCase):
    def test_comments_are_checked_and_code_is_not(self) -> None:
        for path, text in [
            ("a.swift", "let anew = 1\n/// Built anew.\n"),
            ("a.c", "int anew;\n/* Built\n * anew. */\n"),
            ("a.h", '#define A "anew"\n// Built anew.\n'),
            ("a.ts", "const a = 'anew'; const b = /\\/\\/anew/;\n// Built anew.\n"),
            ("a.mjs", "const a = `// anew`;\n// Built anew.\n"),
            ("a.py", 'a = "anew"\nb = 1  # anew\n'),
            ("a.py", '"""Built anew."""\n'),
            ("a.sh", "anew=1\n# Built anew.\n"),
            ("Makefile", "anew: b  ## build\nb:  ## build anew\n"),
            ("a.md", "Built anew.\n\n```\nanew\n```\n"),
        ]:
            with self.subTest(path=path, text=text):
                self.assertEqual(len(words(text, path)), 1)

    def test_an_address_in_a_string_is_not_a_comment(self) -> None:
        self.assertEqual(words('let a = "http://anew"\n', "a.swift"), [])

    def test_messages_of_the_program_are_checked(self) -> None:
        self.assertEqual(len(words('log("opened anew")\n', "Sources/A/a.swift")), 1)

    def test_the_help_text_in_a_document_is_checked(self) -> None:
        text = "<!-- help -->\n```\n--loop  begin anew\n```\n<!-- /help -->\n"
        self.assertEqual(len(words(text)), 1)


class Columns(unittest.TestCase):
    def test_a_line_of_101_columns_is_found(self) -> None:
        for path in ["a.swift", "a.py", "a.md", "Makefile"]:
            found = f"{path}:1: 101 columns (expected at most 100)"
            self.assertEqual(words("x" * 101, path), [found])
            self.assertEqual(words("x" * 100, path), [])

    def test_tables_links_and_code_blocks_of_documents_may_be_wider(self) -> None:
        self.assertEqual(words("|" + "x" * 101), [])
        self.assertEqual(words("See [this](" + "x" * 101 + ")."), [])
        self.assertEqual(words("See https://" + "x" * 101), [])
        self.assertEqual(words("```\n" + "x" * 101 + "\n```"), [])


class Headless(unittest.TestCase):
    def test_a_headless_line_is_counted_once(self) -> None:
        text = "// Keeps what comes, and who sent what.\n// Nothing else.\n"
        result = check_text("a.swift", text)
        self.assertEqual((len(result.headless), result.lines), (1, 2))

    def test_a_question_in_a_heading_is_not_counted(self) -> None:
        self.assertEqual(check_text("a.md", "# What is it?\n").headless, [])
        self.assertEqual(len(check_text("a.md", "# What it is\n").headless), 1)

    def test_a_share_above_the_limit_fails(self) -> None:
        lines = round(1 / HEADLESS_LIMIT)
        for count, status in [(lines - 1, 1), (lines + 1, 0)]:
            text = "// Keeps what a client sends.\n" + "// One fact.\n" * (count - 1)
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), \
                    contextlib.redirect_stdout(io.StringIO()) as shown:
                os.system("git init -q")
                Path("a.swift").write_text(text)
                self.assertEqual(main(["a.swift"]), status)
            self.assertIn(f"headless lines: 1 of {count}", shown.getvalue())


if __name__ == "__main__":
    unittest.main()
