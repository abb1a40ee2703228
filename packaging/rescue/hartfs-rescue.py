#!/usr/bin/env python3
"""Lists and extracts the files of a Hartfs volume without Hartfs, from native-notes/format.md alone.

    hartfs-rescue.py VOLUME list [PATH]          every file below PATH: type, size, path
    hartfs-rescue.py VOLUME snapshots            names of the snapshots
    hartfs-rescue.py VOLUME extract PATH TARGET  a file or a tree; TARGET must not exist

Options: --snapshot NAME reads the tree of a snapshot; --copy reads the newest copy of the metadata instead of
metadata.sqlite (by itself when that cannot be opened). Needs Python 3.8 and libzstd; reads only. The volume
must not be mounted. Every chunk is verified; what is damaged is told (exit code 1), and zeros in what is extracted.
"""
import argparse, ctypes, ctypes.util, glob, hashlib, os, shutil, sqlite3, stat, struct, sys, tempfile

tell = lambda text: print(text, file=sys.stderr)
CRC_TABLE = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ 0x82F63B78 if i & 1 else i >> 1
    CRC_TABLE.append(i)


class Damage(Exception):
    """Stored bytes are not what was written."""


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


ZSTD = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
ZSTD.ZSTD_decompress.restype = ctypes.c_size_t
ZSTD.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def unpack_zstd(data, length):
    buffer = ctypes.create_string_buffer(length)
    if ZSTD.ZSTD_decompress(buffer, length, data, len(data)) != length:
        raise Damage("the payload does not decode")
    return buffer.raw[:length]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


class Pack:
    """A pack, or a copy of the metadata: both are made of blocks."""

    def __init__(self, path, volume_id):
        self.file, self.length = open(path, "rb"), os.path.getsize(path)
        number = int(os.path.basename(path).split(".")[0], 16)
        self.seed = crc32c(struct.pack("<q", number), crc32c(volume_id))

    def header(self, offset):
        self.file.seek(offset)
        raw = self.file.read(64)
        if len(raw) < 64 or raw[:4] != b"HBLK":
            raise Damage("no block begins here")
        if crc32c(raw[:60], crc32c(struct.pack("<q", offset), self.seed)) != struct.unpack_from("<I", raw, 60)[0]:
            raise Damage("the block header's checksum does not fit")
        codec, _, flags, chunks, plain, directory, payload, dictionary = struct.unpack_from("<BBHiiiiI", raw, 4)
        delta, first = struct.unpack_from("<qq", raw, 32)
        if flags or dictionary or delta:
            raise Damage("the block uses a feature that this reader does not know")
        return codec, chunks, plain, directory, payload, first

    def block(self, offset):
        """The plain bytes of a block, and its chunks as (glyph, offset in them, length), each verified."""
        codec, count, plain_length, directory, payload, glyph = self.header(offset)
        names, data = self.file.read(directory), self.file.read(payload)
        if len(data) != payload:
            raise Damage("the pack ends before the block does")
        plain = data if codec == 0 else unpack_zstd(data, plain_length)
        if len(plain) != plain_length:
            raise Damage("the payload has another length")
        runs, at = varint(names, 0)
        jumps, index = {}, 0
        for _ in range(runs - 1):
            length, at = varint(names, at)
            gap, at = varint(names, at)
            index += length
            jumps[index] = gap >> 1 ^ -(gap & 1)
        chunks, begin = [], 0
        for index in range(count):
            length, at = varint(names, at)
            glyph += jumps.get(index, 0)
            chunks.append((glyph, begin, length))
            glyph, begin = glyph + length, begin + length
        for index, (_, begin, length) in enumerate(chunks):
            fingerprint = names[at + index * 32:at + index * 32 + 32]
            if hashlib.sha256(plain[begin:begin + length]).digest() != fingerprint:
                raise Damage("a chunk is not what its fingerprint says")
        return plain, chunks

    def offsets(self):
        """Where the blocks begin: from header to header."""
        offset = 64
        while offset + 64 <= self.length:
            try:
                header = self.header(offset)
            except Damage:
                return
            yield offset
            offset += 64 + header[3] + header[4]


class Volume:
    def __init__(self, path, from_copy, snapshot):
        self.path = path
        self.volume_id = self.read_volume_id()
        self.cache, self.database = {}, None  # the block read last; the metadata
        self.scratch = tempfile.TemporaryDirectory()
        if not from_copy:
            try:
                self.open_database(os.path.join(path, "metadata.sqlite"))
            except (sqlite3.Error, OSError) as failure:
                tell(f"metadata.sqlite: {failure}; reading the newest copy")
        self.database or self.open_copy()
        self.epoch = None
        if snapshot:
            rows = self.database.execute("SELECT epoch FROM snapshot WHERE name = ?", (os.fsencode(snapshot),))
            self.epoch = (rows.fetchone() or sys.exit(f"there is no snapshot {snapshot}"))[0]

    def read_volume_id(self):
        for name in ("superblock", "superblock.copy"):
            try:
                with open(os.path.join(self.path, name), "rb") as file:
                    raw = file.read(4096)
            except OSError:
                continue
            if raw[:16] == b"Hartfs volume\r\n\x1a" and crc32c(raw[:4092]) == struct.unpack_from("<I", raw, 4092)[0]:
                return raw[48:64] if raw[16] == 1 else sys.exit("the volume has another format version")
        for path in self.files("copies", "copy") + self.files("packs", "pack"):
            with open(path, "rb") as file:
                raw = file.read(64)
            if raw[:8] == b"HARTPACK" and crc32c(raw[:60]) == struct.unpack_from("<I", raw, 60)[0]:
                return raw[24:40]
        sys.exit(f"{self.path} is no Hartfs volume")

    def files(self, folder, ending):
        return sorted(glob.glob(os.path.join(glob.escape(self.path), folder, "*", "*." + ending)))

    def open_database(self, path):
        # A log beside it holds commits that are not in the file yet: SQLite takes it in, in a copy.
        if not os.path.exists(path):
            raise OSError("there is no such file")
        target = os.path.join(self.scratch.name, os.path.basename(path))
        for ending in ("", "-wal"):
            if os.path.exists(path + ending) and path != target:
                shutil.copyfile(path + ending, target + ending)
        database = sqlite3.connect(target)
        database.text_factory = bytes
        fault = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if fault != b"ok":
            raise sqlite3.DatabaseError("it is damaged: " + os.fsdecode(fault).split("\n")[-1])
        self.database = database

    def open_copy(self):
        target = os.path.join(self.scratch.name, "copy")
        for path in reversed(self.files("copies", "copy")):
            try:
                copy = Pack(path, self.volume_id)
                offsets = copy.offsets()
                head, _ = copy.block(next(offsets, 64))
                with open(target, "wb") as file:
                    file.writelines(copy.block(offset)[0] for offset in offsets)
                if os.path.getsize(target) != struct.unpack_from("<q", head, 4096 + 16)[0]:
                    raise Damage("it is not complete")
                return self.open_database(target)
            except (Damage, sqlite3.Error, IndexError) as failure:
                tell(f"{path}: {failure}")
        sys.exit("neither metadata.sqlite nor a copy of it can be read")

    def rows(self, columns, table, where, arguments, order=""):
        """Rows of the live tree, or those that a snapshot's epoch sees."""
        sql = f"SELECT {columns} FROM {table} WHERE {where}"
        if self.epoch is not None:
            past = f"SELECT {columns} FROM {table}_past WHERE {where} AND born <= ? AND died > ?"
            sql += f" AND born <= ? UNION ALL {past}"
            arguments = (*arguments, self.epoch, *arguments, self.epoch, self.epoch)
        return self.database.execute(f"{sql} {order}", arguments).fetchall()

    def inode(self, number):
        found = self.rows("mode, size, modify_time, content_glyph, content_length", "inode", "number = ?", (number,))
        return (found or [tell(f"inode {number} is missing") or (0,) * 5])[0]

    def entries(self, directory):
        return [(name, target >> 4) for name, target in
                self.rows("name, target", "entry", "parent = ?", (directory,), "ORDER BY name")]

    def find(self, path):
        number = 1
        for name in [part for part in os.fsencode(path).split(b"/") if part]:
            number = dict(self.entries(number)).get(name) or sys.exit(f"{path}: there is no such file")
        return number

    def walk(self, number, path):
        yield number, path
        if stat.S_ISDIR(self.inode(number)[0]):
            for name, child in self.entries(number):
                yield from self.walk(child, path + b"/" + name)

    def plain(self, pack, offset):
        """The plain bytes of a block, and why there are none."""
        if (pack, offset) not in self.cache:
            path = os.path.join(self.path, "packs", f"{pack >> 8 & 255:02x}", f"{pack:016x}.pack")
            try:
                self.cache = {(pack, offset): (Pack(path, self.volume_id).block(offset)[0], None)}
            except (Damage, OSError, IndexError) as failure:
                self.cache = {(pack, offset): (b"", failure)}
        return self.cache[pack, offset]

    def stored(self, glyph, length):
        """The bytes of a run of glyphs, piece by piece, each with why it is damaged, and its length."""
        while length:
            sql = "SELECT start, length, pack, offset, offset_in_block FROM region WHERE start <= ? ORDER BY start DESC"
            start, run, pack, offset, begin = self.database.execute(sql, (glyph,)).fetchone() or (0,) * 5
            is_there, begin = glyph < start + run, begin + glyph - start
            count = min(length, start + run - glyph) if is_there else length
            plain, failure = self.plain(pack, offset) if is_there else (b"", "no region holds it")
            yield plain[begin:begin + count], failure, count
            glyph, length = glyph + count, length - count

    def pieces(self, number):
        """The bytes of a file as (offset, bytes, damage, length); what is missing between them is zeros."""
        glyph, length = self.inode(number)[3:]
        extents = [(0, length, 0, glyph)] if length else self.rows(
            "offset, length, kind, reference", "extent", "inode = ?", (number,), "ORDER BY offset")
        for offset, length, kind, reference in extents:
            if kind == 0:
                for piece, failure, count in self.stored(reference, length):
                    yield offset, piece, failure, count
                    offset += count
            elif kind == 1:
                pattern = struct.pack("<q", reference) * 1026
                for at in range(offset, offset + length, 8192):
                    yield at, pattern[at % 8:at % 8 + min(8192, offset + length - at)], None, 0
            else:
                row = self.database.execute("SELECT bytes FROM inline_data WHERE id = ?", (reference >> 24,)).fetchone()
                begin = reference & 0xFFFFFF
                yield offset, (row or (b"",))[0][begin:begin + length], None if row else "its bytes are missing", length

    def extract(self, number, target):
        (mode, size, modified), good = self.inode(number)[:3], True
        if stat.S_ISDIR(mode):
            os.mkdir(target)
            for name, child in self.entries(number):
                good = self.extract(child, os.path.join(target, name)) and good
        elif stat.S_ISLNK(mode):
            os.symlink(self.rows("target", "symlink", "inode = ?", (number,))[0][0], target)
            return True
        elif stat.S_ISREG(mode):
            with open(target, "xb") as file:
                for offset, piece, failure, length in self.pieces(number):
                    file.seek(offset)
                    file.write(piece)
                    if failure:
                        good = tell(f"{os.fsdecode(target)}: damaged, {length} bytes from {offset} on: {failure}")
                file.truncate(size)
        else:  # a device, socket or pipe has nothing to rescue
            return mode != 0
        os.chmod(target, stat.S_IMODE(mode))
        os.utime(target, ns=(modified, modified))
        return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copy", action="store_true")
    parser.add_argument("--snapshot")
    parser.add_argument("volume")
    parser.add_argument("verb", choices=["list", "snapshots", "extract"])
    for name, default in ("path", "/"), ("target", None):
        parser.add_argument(name, nargs="?", default=default)
    given = parser.parse_args()
    volume = Volume(given.volume, given.copy, given.snapshot)
    if given.verb == "list":
        for number, path in volume.walk(volume.find(given.path), os.fsencode(given.path).rstrip(b"/")):
            mode, size = volume.inode(number)[:2]
            print(f"{stat.filemode(mode)} {size:>14} {os.fsdecode(path) or '/'}")
    elif given.verb == "snapshots":
        for (name,) in volume.database.execute("SELECT name FROM snapshot ORDER BY id"):
            print(os.fsdecode(name))
    elif not given.target:
        parser.error("extract needs a target")
    else:
        return 0 if volume.extract(volume.find(given.path), os.fsencode(given.target)) else 1


if __name__ == "__main__":
    sys.setrecursionlimit(20000)  # a directory may lie as deep as its path is long
    sys.exit(main())
