"""The supervisor (supervisord) that keeps processes up, on the machine and in each node."""

import configparser
import contextlib
import io
import sys
import time
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from local.errors import Refusal

SUPERVISORD = Path(sys.prefix).resolve() / "bin" / "supervisord"
"""In the environment that clones share: a path through one clone's link would end with that clone,
and another clone would take the program for a changed one."""
START_SECONDS = 15.0
LOG_MEGABYTES = 5


@dataclass(frozen=True, kw_only=True)
class Program:
    """One supervised process. `command` is split as a shell would."""

    name: str
    command: str
    log: str
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_seconds: int = 20


def configuration(programs: list[Program], *, socket: str, log: str) -> str:
    """The configuration file of a supervisor that runs `programs` and listens on `socket`."""
    parser = configparser.RawConfigParser()
    parser["unix_http_server"] = {"file": socket, "chmod": "0600"}
    parser["supervisord"] = {
        "logfile": log,
        "logfile_maxbytes": "1MB",
        "logfile_backups": "1",
        "pidfile": f"{socket}.pid",
        "user": "root",
    }
    factory = "supervisor.rpcinterface:make_main_rpcinterface"
    parser["rpcinterface:supervisor"] = {"supervisor.rpcinterface_factory": factory}
    for program in programs:
        pairs = ",".join(f'{key}="{value}"' for key, value in program.environment.items())
        parser[f"program:{program.name}"] = {
            "command": program.command,
            "environment": pairs,
            "autorestart": "unexpected",
            "startsecs": "1",
            "startretries": "10",
            "exitcodes": "0",
            "stopsignal": program.stop_signal,
            "stopwaitsecs": str(program.stop_seconds),
            "redirect_stderr": "true",
            "stdout_logfile": program.log,
            "stdout_logfile_maxbytes": f"{LOG_MEGABYTES}MB",
            "stdout_logfile_backups": "1",
        }
    text = io.StringIO()
    parser.write(text)
    return text.getvalue().replace("%", "%%")


class Supervisor:
    """Speaks to the supervisor that listens on `socket`."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    @property
    def _rpc(self) -> Any:
        # A new connection for every call: a transport whose server was away stays broken.
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        return xmlrpc.client.ServerProxy("http://supervisor", transport).supervisor

    def is_up(self) -> bool:
        """Whether a supervisor answers."""
        try:
            return bool(self._rpc.getState()["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def wait_until_up(self, seconds: float = START_SECONDS) -> None:
        """Raises Refusal when no supervisor answers within `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.is_up():
            if time.monotonic() > deadline:
                raise Refusal(f"No supervisor answered on {self.socket} within {seconds:.0f} s.")
            time.sleep(0.1)

    def state(self, name: str) -> str:
        """RUNNING, EXITED, FATAL and so on; MISSING for an unknown program."""
        try:
            return str(self._rpc.getProcessInfo(name)["statename"])
        except xmlrpc.client.Fault:
            return "MISSING"

    def holds(self, name: str) -> bool:
        """Whether a program runs or is about to."""
        return self.state(name) in ("RUNNING", "STARTING")

    def process(self, name: str) -> int:
        """The process id of a running program, else 0."""
        with contextlib.suppress(xmlrpc.client.Fault):
            return int(self._rpc.getProcessInfo(name)["pid"])
        return 0

    def start(self, name: str) -> None:
        """Start a program unless it runs. Raises Refusal with its log when it does not stay up."""
        if self.holds(name):
            return
        try:
            self._rpc.startProcess(name)
        except xmlrpc.client.Fault as fault:
            # A supervisor that has just begun starts its programs by itself.
            if fault.faultCode == Faults.ALREADY_STARTED:
                return
            log = str(self._rpc.getProcessInfo(name)["stdout_logfile"])
            raise Refusal(f"{name} did not start ({fault.faultString}); see {log}.") from None

    def stop(self, name: str) -> None:
        """Stop a program and wait for its end; a stopped one stays so."""
        with contextlib.suppress(xmlrpc.client.Fault):
            self._rpc.stopProcess(name)

    def reload(self) -> None:
        """Take a changed configuration: new programs are started, removed ones stopped."""
        added, changed, removed = self._rpc.reloadConfig()[0]
        for name in [*changed, *removed]:
            self._rpc.stopProcessGroup(name)
            self._rpc.removeProcessGroup(name)
        for name in [*added, *changed]:
            self._rpc.addProcessGroup(name)
