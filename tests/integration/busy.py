"""What goes on beside a test, in threads of its own."""

import threading

from snmptools import Manager, SnmpError


class Busy(threading.Thread):
    """Something that goes on while a fault lasts: each turn of it, until it is over. What goes wrong in it is raised at
    its end."""

    def __init__(self, pause_s):
        super().__init__(daemon=True)
        self.pause_s, self.over, self.error = pause_s, threading.Event(), None

    def run(self):
        try:
            while not self.over.is_set():
                self.turn()
                self.over.wait(self.pause_s)
        except Exception as error:  # noqa: BLE001 - it belongs to the thread that waits for this one
            self.error = error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, failed, *_):
        self.over.set()
        self.join()
        if self.error and not failed:
            raise self.error


class Watcher(Busy):
    """Asks snmpd all the time; counts the answers and remembers each failure."""

    def __init__(self, peer, timeout_s=1):
        super().__init__(0)
        self.manager, self.answers, self.failures = Manager(peer, timeout_s=timeout_s), 0, []

    def turn(self):
        try:
            self.manager.get("ahFleetAgents")
            self.answers += 1
        except SnmpError as error:
            self.failures.append(str(error))
