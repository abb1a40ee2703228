-- The metadata of a Hartfs volume: the reference of every table and column.
--
-- File: metadata.sqlite, WAL mode. PRAGMA application_id is 0x48617274 ("Hart"), PRAGMA user_version the version of
-- this schema (1). Feature sets are in table state. Pages end with eight bytes of checksum (format.md).
--
-- Epochs. The tree has an epoch, counted from 1 (state.epoch); taking a snapshot ends one. Every row of the tree
-- carries `born`, the epoch that wrote it. Before a row changes or goes away that somebody reads (a snapshot with
-- born <= its epoch, or a collection under way), it is copied to the table of the same name with _past, with died =
-- epoch. A row is seen at epoch e when born <= e and, for a past row, e < died. So a tree without snapshots has no past
-- rows, and a live look-up never meets one. Past rows that no snapshot needs are pruned by collections.
--
-- Times are nanoseconds since 1970-01-01 UTC. Columns that are usually 0, 1 or equal to another are written as such,
-- or as a difference: SQLite stores 0 and 1 without a byte and small integers in one to three.

-- ---------------------------------------------------------------------------------------------- the tree

-- An inode. A row exists as long as a name or an open file refers to the inode; those with link_count 0 are deleted
-- when the volume is opened after a crash.
CREATE TABLE inode (
    -- Positive, ascending, never used twice (state.next_inode). The root directory is 1.
    number         INTEGER PRIMARY KEY,
    born           INTEGER NOT NULL,
    -- POSIX file type and permission bits.
    mode           INTEGER NOT NULL,
    -- Names that refer to the inode; for a directory 2 + its sub-directories.
    link_count     INTEGER NOT NULL,
    -- Bytes of a regular file or of a symbolic link's target; otherwise 0.
    size           INTEGER NOT NULL,
    -- size minus the bytes that are not holes. 0 for a file without holes.
    hole_bytes     INTEGER NOT NULL,
    uid            INTEGER NOT NULL,
    gid            INTEGER NOT NULL,
    modify_time    INTEGER NOT NULL,
    -- Change time minus modify_time. 0 after a write.
    change_delta   INTEGER NOT NULL,
    -- Birth time minus change time.
    birth_delta    INTEGER NOT NULL,
    -- Access time minus birth time.
    access_delta   INTEGER NOT NULL,
    -- A regular file that is one data extent from offset 0 has no rows in table extent: its first glyph is here ...
    content_glyph  INTEGER NOT NULL,
    -- ... and its length in bytes here. 0: the extents, if any, are in table extent.
    content_length INTEGER NOT NULL,
    -- InodeFlags: 1 has xattrs, 2 access ACL, 4 default ACL, 8 security.capability.
    flags          INTEGER NOT NULL,
    -- For a directory the directory that holds its name (the root holds itself); otherwise 0.
    parent         INTEGER NOT NULL,
    -- Device number of a device node in Linux's 32-bit encoding; otherwise 0.
    device         INTEGER NOT NULL,
    -- Windows file attributes without POSIX counterpart.
    windows_attributes INTEGER NOT NULL
);

-- Inodes without a name: found at mount without a scan.
CREATE INDEX inode_orphan ON inode (number) WHERE link_count = 0;

CREATE TABLE inode_past (
    number INTEGER NOT NULL, died INTEGER NOT NULL, born INTEGER NOT NULL, mode INTEGER NOT NULL,
    link_count INTEGER NOT NULL, size INTEGER NOT NULL, hole_bytes INTEGER NOT NULL, uid INTEGER NOT NULL,
    gid INTEGER NOT NULL, modify_time INTEGER NOT NULL, change_delta INTEGER NOT NULL, birth_delta INTEGER NOT NULL,
    access_delta INTEGER NOT NULL, content_glyph INTEGER NOT NULL, content_length INTEGER NOT NULL,
    flags INTEGER NOT NULL, parent INTEGER NOT NULL, device INTEGER NOT NULL, windows_attributes INTEGER NOT NULL,
    PRIMARY KEY (number, died)
) WITHOUT ROWID;

-- A name in a directory. "." and ".." have no rows.
CREATE TABLE entry (
    parent INTEGER NOT NULL,
    -- 16 + (31-bit hash of the case-folded name << 16) + sequence, the sequence telling apart names with one hash.
    -- One key for exact and case-insensitive look-up, and the place in a listing. 0 to 15 are never used.
    cookie INTEGER NOT NULL,
    born   INTEGER NOT NULL,
    -- (inode number << 4) + (file type bits of its mode >> 12): a listing needs no inode.
    target INTEGER NOT NULL,
    -- 1 to 255 bytes, any but '/' and NUL; a blob.
    name   BLOB NOT NULL,
    PRIMARY KEY (parent, cookie)
) WITHOUT ROWID;

CREATE TABLE entry_past (
    parent INTEGER NOT NULL, cookie INTEGER NOT NULL, died INTEGER NOT NULL, born INTEGER NOT NULL,
    target INTEGER NOT NULL, name BLOB NOT NULL,
    PRIMARY KEY (parent, cookie, died)
) WITHOUT ROWID;

-- A run of a file's bytes. Runs of one inode do not overlap; what no run covers is a hole.
CREATE TABLE extent (
    inode     INTEGER NOT NULL,
    -- Bytes from the start of the file.
    offset    INTEGER NOT NULL,
    born      INTEGER NOT NULL,
    -- Bytes; at least 1.
    length    INTEGER NOT NULL,
    -- 0 data, 1 fill, 2 inline.
    kind      INTEGER NOT NULL,
    -- Data: glyph of the first byte. Fill: the eight bytes that repeat, little-endian, the lowest at offsets that are
    -- multiples of eight. Inline: (inline_data.id << 24) + offset in that row's bytes.
    reference INTEGER NOT NULL,
    PRIMARY KEY (inode, offset)
) WITHOUT ROWID;

-- Which inline bytes are still referred to.
CREATE INDEX extent_inline ON extent (inode, offset, reference) WHERE kind = 2;

CREATE TABLE extent_past (
    inode INTEGER NOT NULL, offset INTEGER NOT NULL, died INTEGER NOT NULL, born INTEGER NOT NULL,
    length INTEGER NOT NULL, kind INTEGER NOT NULL, reference INTEGER NOT NULL,
    PRIMARY KEY (inode, offset, died)
) WITHOUT ROWID;

CREATE INDEX extent_past_inline ON extent_past (inode, offset, died, reference) WHERE kind = 2;

-- An extended attribute, the POSIX ACLs and file capabilities included.
CREATE TABLE xattr (
    inode INTEGER NOT NULL,
    -- With its namespace ("user.comment"); 1 to 255 bytes; a blob.
    name  BLOB NOT NULL,
    born  INTEGER NOT NULL,
    -- 0 to 65,536 bytes; a blob.
    value BLOB NOT NULL,
    PRIMARY KEY (inode, name)
) WITHOUT ROWID;

CREATE TABLE xattr_past (
    inode INTEGER NOT NULL, name BLOB NOT NULL, died INTEGER NOT NULL, born INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (inode, name, died)
) WITHOUT ROWID;

-- Where a symbolic link points. Never changes while the inode lives; a rollback may bring it back.
CREATE TABLE symlink (
    inode  INTEGER PRIMARY KEY,
    born   INTEGER NOT NULL,
    -- 1 to 4,095 bytes; a blob.
    target BLOB NOT NULL
);

CREATE TABLE symlink_past (
    inode INTEGER NOT NULL, died INTEGER NOT NULL, born INTEGER NOT NULL, target BLOB NOT NULL,
    PRIMARY KEY (inode, died)
) WITHOUT ROWID;

-- A past row is needed while there is a snapshot with born <= epoch < died. These find the others without a look at the
-- rows that stay: for each value of died, those born after the newest snapshot before it.
CREATE INDEX inode_past_died ON inode_past (died, born);
CREATE INDEX entry_past_died ON entry_past (died, born);
CREATE INDEX extent_past_died ON extent_past (died, born);
CREATE INDEX xattr_past_died ON xattr_past (died, born);
CREATE INDEX symlink_past_died ON symlink_past (died, born);

-- A snapshot: the tree as it was when an epoch ended.
CREATE TABLE snapshot (
    -- Positive, ascending, never used twice (state.next_snapshot), at most 2^23 - 2.
    id            INTEGER PRIMARY KEY,
    -- A valid directory entry's name; a blob.
    name          BLOB NOT NULL UNIQUE,
    -- The epoch that the snapshot ended: its rows are those seen at this epoch. Ascends with id.
    epoch         INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    -- 0 made by a user, 1 by the policy, 2 by a rollback, 3 momentary: for an operation under way, deleted when the
    -- volume is opened.
    kind          INTEGER NOT NULL,
    -- 1: not to be deleted.
    held          INTEGER NOT NULL,
    -- state.logical_bytes at its moment.
    logical_bytes INTEGER NOT NULL,
    -- Inodes at its moment.
    inodes        INTEGER NOT NULL
);

CREATE INDEX snapshot_epoch ON snapshot (epoch);

-- ---------------------------------------------------------------------------------------------- the codex

-- A run of glyph space that lies in one block. Runs do not overlap.
CREATE TABLE region (
    -- First glyph.
    start           INTEGER PRIMARY KEY,
    -- Plain bytes; at least 1.
    length          INTEGER NOT NULL,
    pack            INTEGER NOT NULL,
    -- Bytes from the start of the pack to the block's header.
    offset          INTEGER NOT NULL,
    -- Bytes of the block's header, directory and payload together.
    stored_length   INTEGER NOT NULL,
    -- Where the run begins in the block's plain bytes.
    offset_in_block INTEGER NOT NULL,
    -- Plain bytes of the whole block; 0 when this run is all of it.
    block_length    INTEGER NOT NULL DEFAULT 0
);

-- What lies in a pack.
CREATE INDEX region_pack ON region (pack, offset);

CREATE TABLE pack (
    -- Positive, ascending, never used twice (state.next_pack).
    id     INTEGER PRIMARY KEY,
    -- Bytes known durable; what lies behind them in an unsealed pack is the debris of a crash.
    length INTEGER NOT NULL,
    -- 1: has its trailer and never changes again.
    sealed INTEGER NOT NULL,
    -- Which of the volume's drives holds it. One drive in this version: 0.
    drive  INTEGER NOT NULL DEFAULT 0
);

-- A block whose stored bytes are known to be damaged: found by a read or a scrub. Its chunks are not used as
-- duplicates, but stored again when their content comes by. The row goes when no region names the block any more.
CREATE TABLE damage (
    pack   INTEGER NOT NULL,
    -- Bytes from the start of the pack to the block's header.
    offset INTEGER NOT NULL,
    -- When it was found first.
    found  INTEGER NOT NULL,
    PRIMARY KEY (pack, offset)
) WITHOUT ROWID;

-- Bytes of small synced writes, until they drain into packs. A row without reference from extent or extent_past is
-- to be deleted.
CREATE TABLE inline_data (
    -- Ascending; below 2^39, so that it fits an extent's reference.
    id    INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
);

-- Trained dictionaries. Empty in this version.
CREATE TABLE dictionary (
    id            INTEGER PRIMARY KEY,
    content_class INTEGER NOT NULL,
    bytes         BLOB NOT NULL
);

-- What each content class holds.
CREATE TABLE class_total (
    content_class    INTEGER PRIMARY KEY,
    chunks           INTEGER NOT NULL,
    -- Plain bytes of its chunks.
    unique_bytes     INTEGER NOT NULL,
    -- Stored bytes of their blocks' payloads.
    compressed_bytes INTEGER NOT NULL
);

-- Single numbers. Held in memory while the volume is open and written at commit.
--   epoch                        the current epoch, from 1
--   next_inode, next_glyph, next_pack, next_inline, next_snapshot    the next number of each kind
--   open_pack, open_pack_length  the pack being appended to (0: none) and its durable bytes
--   clean_shutdown               1: the volume was closed in order
--   logical_bytes                sum of the sizes of regular files
--   data_bytes                   of their bytes, those that are neither holes nor fills
--   file_count, directory_count, other_count          inodes by kind
--   inline_bytes                 sum of the lengths of inline_data.bytes
--   snapshots_hourly, snapshots_daily, snapshots_weekly, snapshots_monthly    of how many of each the policy keeps one
--   released_bytes               bytes of data that extents gave up since a collection last looked
--   scrub_pack, scrub_offset, scrub_begun, scrub_done_bytes, scrub_found
--                                the scrub under way: where it goes on, when it began (0: none is under way), stored
--                                bytes verified, damaged blocks found
--   scrub_finished, scrub_damaged  the last whole scrub: its end, damaged blocks found
--   copied                       when the last copy of the metadata was taken
--   copy_number                  its number: of copies with a higher one a crash may have left a part
--   parity_pack                  the pack whose parity is being written (0: none): after a crash its file may be half
--                                written, does not count, and is written anew
--   compatible_features, read_only_compatible_features, incompatible_features
--                                bit sets; a program that lacks a bit may ignore it, may only read, must refuse
CREATE TABLE state (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
