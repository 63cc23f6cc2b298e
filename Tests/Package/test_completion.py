# SPDX-License-Identifier: Apache-2.0
"""The completions of bash and zsh, as the shells use them."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.tools import need, streamer_binary


def script(shell: str) -> str:
    """The completion that the program prints."""
    return subprocess.run([streamer_binary(), "--print", shell], check=True, capture_output=True,
                          text=True, timeout=20).stdout


@pytest.mark.parametrize(("words", "expected"), [
    (["--part-d"], ["--part-duration"]), (["--log-format", ""], ["text", "json"]),
    (["--log-format", "=", "j"], ["json"]), (["--log-format", "="], ["text", "json"]),
    (["canary", "--json", "--metr"], ["--metrics-file"]),
    (["canary", "--js"], ["--json"]), (["canary", "--clock", "p"], ["prft", "pdt"]),
    (["canary", "--json", "--clock", ""], ["prft", "pdt", "burned"]),
    (["canary", "--clock", "=", "b"], ["burned"]), (["canary", "--verify", "s"], ["system"]),
    (["canary", "--interval", ""], []), (["canary", "--seconds", "5", "--cl"], ["--clock"]),
    (["canary", "http://a/", "--ver"], ["--verify"]), (["token", "--ex"], ["--expires"]),
    (["token", "--expires", ""], []), (["token", "--expires", "60", "--str"], ["--stream"]),
    (["validate", "--watch", "--metr"], ["--metrics-file"]), (["validate", "--metr"], []),
    (["validate", "http://a/", "--ju"], ["--junit"]),
    (["validate", "--edge", "http://a/", "--i"], ["--i-run-this-edge"]),
    (["validate", "--watch", "http://a/", "--clock", "b"], ["burned"]),
    (["token", "--key", ""], []), (["tok"], ["token"]), (["ca"], ["canary"]),
])
def test_bash(words: list[str], expected: list[str], tmp_path: Path) -> None:
    """Flags, and values of each option, also of commands and after other options."""
    path = tmp_path / "completion"
    path.write_text(script("bash"))
    shell = (f"_filedir() {{ :; }}; source {path}; COMP_WORDS=(streamer "
             + " ".join(f"'{word}'" for word in words)
             + f"); COMP_CWORD={len(words)}; _streamer; echo \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True,
                          timeout=20)
    assert done.stdout.split() == expected and not done.stderr, done.stderr


# `compadd` adds candidates; calls with -O, -A or -D only ask which of theirs match.
START = r"""
PS1='' fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D
unsetopt beep; setopt no_list_beep; LISTMAX=1000
compadd() {
  local -a found
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    builtin compadd -A found "$@"
    print -rl -- $found >> candidates
  fi
  builtin compadd "$@"
}
SECRET() { print ran > secret; }
finish() { print -r -- $BUFFER > line; BUFFER=''; }
zle -N finish; bindkey '^X' finish; bindkey '^I' complete-word
print started > line
"""


class Zsh:
    """An interactive zsh with the completion, in a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "_streamer").write_text(script("zsh"))
        (folder / "start").write_text(START)
        (folder / "file.pem").touch()
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb",
                                                    "HOME": str(folder), "LC_ALL": "C.UTF-8"})
        self.shown = ""
        self.type("source ./start\n")

    def type(self, text: str) -> str:
        """Types a text; the line that the shell then has."""
        line = self.folder / "line"
        line.unlink(missing_ok=True)
        os.write(self.terminal, text.encode())
        end = time.monotonic() + 30
        while not line.exists() or not line.read_text().endswith("\n"):
            assert time.monotonic() < end, f"no line for {text!r}\n{self.shown[-2000:]}"
            if select.select([self.terminal], [], [], 0.02)[0]:
                self.shown += os.read(self.terminal, 65536).decode(errors="replace")
        return line.read_text()[:-1]

    def complete(self, text: str) -> tuple[str, set[str]]:
        """The line that Tab makes of a text, and the candidates."""
        found = self.folder / "candidates"
        found.write_text("")
        return self.type(f"{text}\t\x18"), set(found.read_text().split())

    def close(self) -> None:
        """Ends the shell."""
        os.kill(self.process, signal.SIGKILL)
        os.close(self.terminal)
        os.waitpid(self.process, 0)


@pytest.fixture(scope="module")
def zsh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zsh]:
    """One shell for all lines."""
    need("zsh", "the completion of zsh")
    shell = Zsh(tmp_path_factory.mktemp("zsh"))
    yield shell
    shell.close()


@pytest.mark.parametrize(("line", "completed"), [
    ("tok", "token "), ("can", "canary "), ("--playback-k", "--playback-key="),
    ("--log-format js", "--log-format json "), ("--log-format=te", "--log-format=text "),
    ("--tls-cert fi", "--tls-cert file.pem "), ("canary --metr", "canary --metrics-file="),
    ("canary --json --clock pr", "canary --json --clock prft "),
    ("canary --json --int", "canary --json --interval="),
    ("canary --verify no", "canary --verify none "),
    ("canary --verify fi", "canary --verify file.pem "),
    ("token --stream a --exp", "token --stream a --expires="),
    ("validate --watch --metr", "validate --watch --metrics-file="),
    ("--http-port 80 --part-d", "--http-port 80 --part-duration="),
])
def test_zsh_completes(zsh: Zsh, line: str, completed: str) -> None:
    """Commands, flags and values; also after other options."""
    assert zsh.complete(f"streamer {line}")[0].rstrip() == f"streamer {completed}".rstrip()


def test_zsh_lists(zsh: Zsh) -> None:
    """Both commands, and all flags of a command."""
    assert {"token", "canary"} <= zsh.complete("streamer ")[1]
    found = zsh.complete("streamer canary --")[1]
    assert {"--json", "--clock", "--verify", "--interval", "--help"} <= found
    assert "--part-duration" not in found and "--key" not in found
    assert {"--part-duration", "--playback-key"} <= zsh.complete("streamer --")[1]
    assert not zsh.complete("streamer --http-port 80 tok")[1] & {"token", "canary"}


@pytest.mark.parametrize("line", ["--playback-key ", "--playback-key k1:", "--playback-key=",
                                  "token --key ", "--rtmp ", "--host "])
def test_zsh_runs_nothing(zsh: Zsh, line: str) -> None:
    """A colon in the name of a value, as in KID:SECRET, is no end of the name."""
    assert zsh.complete(f"streamer {line}") == (f"streamer {line}", set())
    assert not (zsh.folder / "secret").exists()
    assert "command not found" not in zsh.shown
