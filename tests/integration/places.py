"""Reference servers as plain sockets, and the file that names them, in a scene."""

import contextlib
import resource
import socket
import threading

import mibnames
from processes import wait_until
from scene import NET


def listen(host, backlog=128):
    listener = socket.socket()
    listener.bind((host, 0))
    listener.listen(backlog)
    return listener


class Places:
    """Reference servers of a test's own, and the file that names them."""

    def __init__(self, scene):
        self.scene, self.stack, self.over = scene, contextlib.ExitStack(), threading.Event()
        self.file = scene.directory / "places.txt"
        scene.set("location", reference_servers_file=self.file.name)
        scene.set("probe location", interval_s=1, timeout_ms=700)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.stack.close()

    def accepting(self, host=f"{NET}.240.1"):
        """One that accepts whoever comes, and hangs up."""
        listener = self.stack.enter_context(listen(host))
        listener.settimeout(0.1)

        def serve():
            while not self.over.is_set():
                with contextlib.suppress(OSError):
                    listener.accept()[0].close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.stack.callback(thread.join)
        return "%s:%d" % listener.getsockname()

    def refusing(self, host=f"{NET}.240.2"):
        """A port at which nobody listens, and nobody else will."""
        bound = self.stack.enter_context(socket.socket())
        bound.bind((host, 0))
        return "%s:%d" % bound.getsockname()

    def silent(self, host=f"{NET}.240.3"):
        """A backlog that is full answers nothing."""
        listener = self.stack.enter_context(listen(host, 0))
        for _ in range(2):
            filler = self.stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        return "%s:%d" % listener.getsockname()

    def write_silent(self, count):
        """So many that are silent, each with a few descriptors of ours."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * count + soft), hard))
        self.stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        return self.write(*(self.silent(f"{NET}.241.{number % 200 + 1}") for number in range(count)))

    def write(self, *names):
        self.file.write_text("".join(f"{name}\n" for name in names))
        return self

    def shown(self):
        """HOST:PORT of each, in the table's order; the places are without a gap."""
        hosts, ports = (self.scene.manager.column(f"ahReferenceServer{column}") for column in ("Host", "Port"))
        assert [*hosts] == [*range(1, len(hosts) + 1)]
        return [f"{host.decode()}:{ports.get(place)}" for place, host in hosts.items()]  # it may change between the two

    def states(self):
        return [mibnames.label("ahReferenceServerState", state)
                for state in self.scene.manager.column("ahReferenceServerState").values()]

    def wait_states(self, *states):
        wait_until(f"{states}", lambda: self.states() == [*states])
