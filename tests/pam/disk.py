# SPDX-License-Identifier: BSD-2-Clause
"""What a disk may hold after a power cut, computed from the calls that a trace recorded.

What was flushed is there. Of what was written and not flushed each sector of 512 bytes may
hold any of the versions that it had since, whatever became of the others; a file that was made
and not flushed may hold nothing; and of the renames, unlinks and new names in a directory that was
not flushed any may have been lost. After a flush that failed, the kernel thinks
the pages clean: they stay doubtful until they are written and flushed again.
"""

import itertools
import os
import re

SECTOR, PAGE = 512, 4096


class File:
    """One file's bytes: what was flushed for certain, and what may be there instead."""

    def __init__(self, data=b""):
        self.now = bytearray(data)
        self.sure = bytes(data)
        self.maybe = {}  # sector number -> other versions
        self.dirty = set()  # pages
        self.doubtful_end = False  # its length was not flushed

    def _sectors(self, offset, length):
        return range(offset // SECTOR, (offset + length + SECTOR - 1) // SECTOR)

    def write(self, offset, data):
        end = offset + len(data)
        if end > len(self.now):
            self.doubtful_end = True
            self.now.extend(b"\0" * (end - len(self.now)))
        self.now[offset:end] = data
        for s in self._sectors(offset, len(data)):
            version = bytes(self.now[s * SECTOR:(s + 1) * SECTOR])
            self.maybe.setdefault(s, []).append(version)
            self.dirty.add(s * SECTOR // PAGE)

    def truncate(self, size):
        self.doubtful_end = True
        if size < len(self.now):
            del self.now[size:]
        self.now.extend(b"\0" * (size - len(self.now)))
        self.dirty.update(range(size // PAGE + 1))

    def flush(self, worked):
        if worked:
            sure = bytearray(self.sure.ljust(len(self.now), b"\0")[:len(self.now)])
            for page in self.dirty:
                sure[page * PAGE:(page + 1) * PAGE] = self.now[page * PAGE:(page + 1) * PAGE]
                for s in range(page * PAGE // SECTOR, (page + 1) * PAGE // SECTOR):
                    self.maybe.pop(s, None)
            self.sure = bytes(sure)
            self.doubtful_end = False
        self.dirty = set()

    def states(self):
        """Every content that a power cut may leave now, each once."""
        if self.doubtful_end:
            now = bytes(self.now)
            return list(dict.fromkeys([self.sure, now, now[:len(now) // 2], b"",
                                       b"\0" * len(now)]))
        choices = []
        for s in range((len(self.now) + SECTOR - 1) // SECTOR):
            old = self.sure[s * SECTOR:(s + 1) * SECTOR]
            choices.append(list(dict.fromkeys([old] + self.maybe.get(s, []))))
        return [b"".join(parts) for parts in itertools.product(*choices)]


def history_states(before, traces, path):
    """Walks through the traces of some logins. Yields after each write and flush: (which
    trace, how many marks "accepted" were passed in it, every state that a cut leaves now)."""
    file = File(before)
    for number, trace in enumerate(traces):
        accepted = 0
        yield number, accepted, file.states()
        for entry in trace.entries:
            if entry == "accepted":
                accepted += 1
                yield number, accepted, file.states()
            if isinstance(entry, str) or not entry.args or entry.args[0] != path:
                continue
            if entry.name == "pwrite64" and entry.ret is not None and entry.ret > 0:
                file.write(entry.args[3], bytes.fromhex(entry.args[1])[:entry.ret])
            elif entry.name in ("fdatasync", "fsync") and entry.ret is not None:
                file.flush(entry.ret == 0)
            else:
                continue
            yield number, accepted, file.states()


# ---- a whole directory tree, for what enrolling does ------------------------------------

class Tree:
    """Files and names below a root, as they are and as the disk surely has them."""

    def __init__(self, saved, root):
        self.root = root
        self.names = {p: File(data) for p, (_, data) in saved.items() if data is not None}
        self.directories = {p for p, (_, data) in saved.items() if data is None}
        self.pending = {}  # directory -> what was done to its names and not flushed

    def _note(self, path, old, new):
        self.pending.setdefault(os.path.dirname(path), []).append((path, old, new))

    def link(self, path, file):
        self._note(path, self.names.get(path), file)
        self.names[path] = file

    def unlink(self, path):
        self._note(path, self.names.pop(path, None), None)

    def rename(self, old, new):
        """One change of two names: a disk holds both or neither."""
        file = self.names.pop(old)
        before = self.names.get(new)
        self.names[new] = file
        self.pending.setdefault(os.path.dirname(new), []).append((new, before, file, old))

    def flush(self, path, worked):
        if path in self.names:
            self.names[path].flush(worked)
        elif worked:
            self.pending.pop(path, None)

    def _lost(self):
        """Every choice of the changes of names that the disk does not have. What was
        done to one name is lost from the last to the first."""
        changes = [c for done in self.pending.values() for c in done]
        for count in range(len(changes) + 1):
            for lost in itertools.combinations(range(len(changes)), count):
                if all(self._last_of_its_names(changes, i, lost) for i in lost):
                    yield [changes[i] for i in reversed(lost)]

    @staticmethod
    def _last_of_its_names(changes, index, lost):
        mine = {changes[index][0], *changes[index][3:]}
        return all(j in lost for j in range(index + 1, len(changes))
                   if mine & {changes[j][0], *changes[j][3:]})

    def states(self):
        """Every tree that a power cut may leave now, as path -> bytes."""
        for lost in self._lost():
            names = dict(self.names)
            for change in lost:
                path, old, new = change[:3]
                names.pop(path, None)
                if old is not None:
                    names[path] = old
                if len(change) > 3:
                    names[change[3]] = new
            paths = sorted(names)
            for contents in itertools.product(*(names[p].states() for p in paths)):
                yield dict(zip(paths, contents))


def _joined(directory, name):
    return os.path.normpath(os.path.join(directory, name))


def _named(call):
    """The full paths that a call on names works on."""
    if call.name in ("renameat", "renameat2"):
        return [_joined(call.args[0], call.args[1]), _joined(call.args[2], call.args[3])]
    if call.name == "rename":
        return list(call.args[:2])
    if call.name in ("openat", "unlinkat", "mkdirat"):
        return [_joined(call.args[0], call.args[1])]
    return [call.args[0]] if call.args else [""]


def apply(tree, call):
    """Does to the tree what the call did; true when a power cut now leaves something new."""
    paths = _named(call)
    if call.ret is None or not all(str(p).startswith(tree.root) for p in paths):
        return False
    path = paths[0]
    if call.name in ("fsync", "fdatasync"):
        tree.flush(path, call.ret == 0)
    elif call.ret < 0:
        return False
    elif call.name in ("openat", "open", "creat"):
        if path in tree.names or path in tree.directories or os.path.isdir(path):
            return False
        tree.link(path, File())
    elif call.name in ("write", "pwrite64"):
        offset = call.args[3] if call.name == "pwrite64" else len(tree.names[path].now)
        tree.names[path].write(offset, bytes.fromhex(call.args[1])[:call.ret])
    elif call.name == "ftruncate":
        tree.names[path].truncate(call.args[1])
    elif re.match("rename", call.name):
        tree.rename(*paths)
    elif call.name in ("unlink", "unlinkat"):
        tree.unlink(path)
    elif call.name in ("mkdir", "mkdirat"):
        tree.directories.add(path)
        return False
    else:
        return False
    return True
