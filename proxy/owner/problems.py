"""What can go wrong with a server, in plain words. The caller knows which server it is, and says so."""

from __future__ import annotations

import errno
import signal
from collections.abc import Mapping

from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.owner.trees import StartProblem

_SHOWN = 4096


def could_not_start(spec: UpstreamSpec, problem: StartProblem) -> UpstreamProblem:
    if spec.cwd and problem.about == spec.cwd:
        return UpstreamProblem("not_found", f"The folder {spec.cwd} cannot be used: {problem}.")
    if problem.errno in (errno.ENOENT, errno.ENOTDIR):
        sentence = f"The command {spec.command} was not found."
    elif problem.errno == errno.EACCES:
        sentence = f"The command {spec.command} may not be run."
    elif problem.errno == errno.ENOEXEC:
        sentence = f"{spec.command} is not a program; a script needs a first line such as #!/bin/sh."
    else:
        sentence = f"The command {spec.command} could not be started: {problem}."
    return UpstreamProblem("not_found", sentence)


def exited(code: int, stderr: str, *, ready: bool) -> UpstreamProblem:
    how = f"exited with code {code}" if code >= 0 else f"was ended by {_signal_name(-code)}"
    when = "" if ready else " before it was ready"
    return UpstreamProblem("exited", f"The server {how}{when}.", detail=stderr, status=code)


def closed_output(stderr: str) -> UpstreamProblem:
    return UpstreamProblem("closed", "The server closed its input or output and was ended.", detail=stderr)


def not_mcp(noise: str, stderr: str) -> UpstreamProblem:
    sentence = "The server does not speak MCP: what it writes to its output is not JSON-RPC."
    return UpstreamProblem("not_mcp", sentence, detail="\n".join(filter(None, (noise, stderr))))


def silent(seconds: float, stderr: str) -> UpstreamProblem:
    sentence = f"The server started but did not answer within {seconds:g} seconds."
    return UpstreamProblem("timeout", sentence, detail=stderr)


def answer_too_large(limit: int) -> UpstreamProblem:
    return UpstreamProblem("too_large", f"The server sent a message larger than {limit >> 20} MB and was ended.")


def not_reading() -> UpstreamProblem:
    return UpstreamProblem("timeout", "The server does not read its input; too much waits to be sent.")


def hung(stderr: str) -> UpstreamProblem:
    sentence = "The server stopped answering, a ping included, and was ended; the next call starts it anew."
    return UpstreamProblem("timeout", sentence, detail=stderr)


def ended(why: str) -> UpstreamProblem:
    return UpstreamProblem("session_lost", f"The session with the server has ended: {why}.")


def full(limit: int, *, whole_node: bool) -> UpstreamProblem:
    who = "this installation" if whole_node else "this workspace"
    sentence = f"The server was not started: {who} already runs {limit} servers, which is its limit."
    return UpstreamProblem("refused", sentence, status=429)


def backing_off(last: UpstreamProblem, seconds: float) -> UpstreamProblem:
    sentence = f"{last.sentence} It failed several times; the next try is possible in {max(1, round(seconds))} s."
    return UpstreamProblem(last.kind, sentence, detail=last.detail, status=last.status)


def without_secrets(text: str, env: Mapping[str, str]) -> str:
    """The last part of an output, with the values of the server's own variables taken out (paths stay readable)."""
    for name, value in env.items():
        if len(value) >= 6 and not value.startswith(("/", ".")) and not name.endswith(("PATH", "HOME", "DIR")):
            text = text.replace(value, f"[{name}]")
    return text[-_SHOWN:]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
