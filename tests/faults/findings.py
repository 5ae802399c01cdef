"""What one fault has shown: counts, in the order in which they are printed, and what did not hold."""


import time


class Findings:
    def __init__(self, title, short):
        self.title, self.short = title, short
        self.counts, self.broken, self.began = [], [], time.monotonic()

    def pick(self, short, long):
        """A number of the short form or of the long one."""
        return short if self.short else long

    def count(self, number, words):
        self.counts.append(f"{number:,} {words}" if isinstance(number, int) else f"{number:.1f} {words}")

    def note(self, words):
        self.counts.append(words)

    def must(self, holds, words):
        """words: what should be true."""
        if not holds:
            self.broken.append(words)

    def line(self):
        seconds = time.monotonic() - self.began
        return f"{self.title:<24} {'   '.join(self.counts)}   {'BROKEN' if self.broken else 'held'} in {seconds:.0f} s"
