"""What may stand where the AgentX master should, and is none."""

import socket
import time


class FalseMaster:
    """Something that listens where the master should, and answers with what it is given."""

    def __init__(self, path, backlog=1, answer=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(backlog)
        self.answer, self.peers = answer, []

    def fill(self, path):
        """Connects until the backlog is full."""
        while True:
            peer = socket.socket(socket.AF_UNIX)
            peer.setblocking(False)
            self.peers.append(peer)
            try:
                peer.connect(str(path))
            except BlockingIOError:
                return

    def accept_for(self, seconds):
        self.socket.settimeout(0.2)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                peer, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.peers.append(peer)
            if self.answer:
                try:
                    peer.sendall(self.answer)
                except BrokenPipeError:
                    pass  # it has gone already

    def close(self):
        for peer in self.peers:
            peer.close()
        self.socket.close()
