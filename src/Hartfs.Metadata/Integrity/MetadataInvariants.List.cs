namespace Hartfs.Metadata.Integrity;

/// <summary>The queries. Every one returns the rows that violate it, and nothing on a sound volume.</summary>
/// <remarks>
/// Two tables are compared by adding them up together, not by joining sums: those have no index, and SQLite then looks
/// through all of them for each row.
/// </remarks>
public static partial class MetadataInvariants
{
    /// <summary>Every invariant that SQL can state.</summary>
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("root", "Inode 1 is a directory that is its own parent.",
            "SELECT 1 AS missing WHERE NOT EXISTS (SELECT 1 FROM inode " +
            "WHERE number = 1 AND (mode & 61440) = 16384 AND parent = 1)"),

        new("entry-target", "A name refers to an inode of the same type.",
            "SELECT entry.parent, cookie, target >> 4 AS inode FROM entry LEFT JOIN inode ON number = target >> 4 " +
            "WHERE number IS NULL OR (mode & 61440) >> 12 != target & 15"),

        new("entry-parent", "Names lie in directories that still have a name themselves.",
            "SELECT DISTINCT entry.parent FROM entry LEFT JOIN inode ON number = entry.parent " +
            "WHERE number IS NULL OR (mode & 61440) != 16384 OR link_count = 0"),

        new("entry-name", "A name is 1 to 255 bytes without '/' and NUL, and neither \".\" nor \"..\".",
            "SELECT parent, cookie FROM entry WHERE length(name) NOT BETWEEN 1 AND 255 OR typeof(name) != 'blob' " +
            "OR instr(name, x'2f') OR instr(name, x'00') OR name IN (x'2e', x'2e2e')"),

        new("link-count", "An inode that is no directory has as many links as names.",
            "WITH counted AS (SELECT number, 1 AS inodes, link_count AS links, 0 AS names FROM inode " +
            "WHERE (mode & 61440) != 16384 UNION ALL SELECT target >> 4, 0, 0, 1 FROM entry) " +
            "SELECT number, sum(links) AS link_count, sum(names) AS names FROM counted GROUP BY number " +
            "HAVING sum(inodes) = 1 AND sum(links) != sum(names)"),

        new("directory-links", "A directory has 2 links and one for each sub-directory, or none when it was removed.",
            "WITH counted AS (SELECT number, 1 AS inodes, link_count AS links, 0 AS directories FROM inode " +
            "WHERE (mode & 61440) = 16384 UNION ALL SELECT parent, 0, 0, 1 FROM entry WHERE target & 15 = 4) " +
            "SELECT number, sum(links) AS link_count, sum(directories) AS directories FROM counted GROUP BY number " +
            "HAVING sum(inodes) = 1 AND sum(links) NOT IN (0, 2 + sum(directories))"),

        new("directory-parent", "A directory has one name, in the directory it calls its parent.",
            "WITH counted AS (SELECT number, 1 AS inodes, link_count AS links, parent, 0 AS names, NULL AS holder " +
            "FROM inode WHERE (mode & 61440) = 16384 AND number != 1 " +
            "UNION ALL SELECT target >> 4, 0, 0, 0, 1, parent FROM entry WHERE target & 15 = 4) " +
            "SELECT number, sum(parent) AS parent, max(holder) AS holder, sum(names) AS count FROM counted " +
            "GROUP BY number HAVING sum(inodes) = 1 AND CASE sum(links) WHEN 0 THEN sum(names) != 0 " +
            "ELSE sum(names) != 1 OR max(holder) IS NOT sum(parent) END"),

        new("reachable", "Every directory with a name can be reached from the root.",
            "WITH RECURSIVE reached (number) AS (VALUES (1) UNION " +
            "SELECT target >> 4 FROM entry JOIN reached ON parent = number WHERE target & 15 = 4) " +
            "SELECT number FROM inode WHERE (mode & 61440) = 16384 AND link_count > 0 " +
            "AND number NOT IN (SELECT number FROM reached)"),

        new("extent-form", "An extent has a length, an offset and a known kind, and belongs to a regular file.",
            "SELECT inode, offset, length, kind FROM extent LEFT JOIN inode ON number = inode " +
            "WHERE length < 1 OR offset < 0 OR kind NOT IN (0, 1, 2) OR number IS NULL OR (mode & 61440) != 32768"),

        new("extent-overlap", "Extents of a file do not overlap.",
            "SELECT inode, offset, before FROM (SELECT inode, offset, lag(offset + length) " +
            "OVER (PARTITION BY inode ORDER BY offset) AS before FROM extent) WHERE offset < before"),

        new("extent-size", "Extents end within their file's size.",
            "SELECT inode, offset, length, size FROM extent JOIN inode ON number = inode " +
            "WHERE offset > size - length"),

        new("content", "A content in the inode's row is that of a regular file without extents, within its size.",
            "SELECT number, content_glyph, content_length FROM inode WHERE content_length != 0 AND " +
            "(content_length NOT BETWEEN 1 AND size OR content_glyph < 1 OR (mode & 61440) != 32768 " +
            "OR EXISTS (SELECT 1 FROM extent WHERE inode = number))"),

        new("hole-bytes", "A file's size is its holes and its extents.",
            "WITH counted AS (SELECT number, 1 AS inodes, size, hole_bytes, " +
            "size - hole_bytes - content_length AS held FROM inode WHERE (mode & 61440) = 32768 " +
            "UNION ALL SELECT inode, 0, 0, 0, -length FROM extent) " +
            "SELECT number, sum(size) AS size, sum(hole_bytes) AS hole_bytes FROM counted GROUP BY number " +
            "HAVING sum(inodes) = 1 AND sum(held) != 0"),

        new("data-stored", "Every glyph that a live or past extent refers to lies in a region.",
            "WITH runs AS (SELECT inode, offset, reference AS first, length FROM extent WHERE kind = 0 " +
            "UNION ALL SELECT inode, offset, reference, length FROM extent_past WHERE kind = 0 " +
            "UNION ALL SELECT number, 0, content_glyph, content_length FROM inode WHERE content_length != 0 " +
            "UNION ALL SELECT number, 0, content_glyph, content_length FROM inode_past WHERE content_length != 0) " +
            "SELECT inode, offset, first, length FROM runs WHERE length IS NOT (" +
            "SELECT sum(min(start + region.length, first + runs.length) - max(start, first)) FROM region " +
            "WHERE start < first + runs.length AND start + region.length > first " +
            "AND start >= ifnull((SELECT max(start) FROM region WHERE start <= first), first))"),

        new("region-form", "A region has a length and lies below the next glyph.",
            "SELECT start, length, stored_length FROM region WHERE start < 1 OR length < 1 OR offset_in_block < 0 " +
            "OR offset < 0 OR stored_length < 1 " +
            "OR start + length > (SELECT value FROM state WHERE name = 'next_glyph')"),

        new("region-overlap", "Regions do not overlap.",
            "SELECT start, before FROM (SELECT start, lag(start + length) OVER (ORDER BY start) AS before " +
            "FROM region) WHERE start < before"),

        new("region-pack", "A region lies within the known bytes of a known pack.",
            "SELECT start, region.pack, offset, stored_length FROM region LEFT JOIN (SELECT id, length FROM pack " +
            "UNION ALL SELECT value, (SELECT value FROM state WHERE name = 'open_pack_length') FROM state " +
            "WHERE name = 'open_pack' AND value NOT IN (SELECT id FROM pack)) AS known ON known.id = region.pack " +
            "WHERE known.id IS NULL OR offset + stored_length > known.length"),

        new("inline-stored", "Inline extents refer to bytes that are there.",
            "SELECT inode, offset, reference >> 24 AS id FROM (SELECT inode, offset, length, reference FROM extent " +
            "WHERE kind = 2 UNION ALL SELECT inode, offset, length, reference FROM extent_past WHERE kind = 2) " +
            "LEFT JOIN inline_data ON id = reference >> 24 " +
            "WHERE id IS NULL OR (reference & 16777215) + length > length(bytes)"),

        new("inline-bytes", "The inline bytes are counted.",
            "SELECT value, held FROM (SELECT ifnull((SELECT value FROM state WHERE name = 'inline_bytes'), 0) " +
            "AS value, (SELECT ifnull(sum(length(bytes)), 0) FROM inline_data) AS held) WHERE value != held"),

        new("xattr-owner", "An inode has extended attributes exactly when its flags say so.",
            "SELECT number, flags FROM inode WHERE (flags & 1) != EXISTS (SELECT 1 FROM xattr WHERE inode = number) " +
            "UNION ALL SELECT DISTINCT inode, NULL FROM xattr WHERE inode NOT IN (SELECT number FROM inode)"),

        new("symlink-target", "A symbolic link, and nothing else, has a target, of as many bytes as its size.",
            "SELECT number, size FROM inode LEFT JOIN symlink ON inode = number WHERE (mode & 61440) = 40960 " +
            "AND size IS NOT length(target) UNION ALL SELECT inode, NULL FROM symlink LEFT JOIN inode " +
            "ON number = inode WHERE number IS NULL OR (mode & 61440) != 40960"),

        new("epochs", "Rows are born no later than now, and past rows died later than that, no later than now.",
            "WITH rows AS (SELECT 'inode' AS kind, born, NULL AS died FROM inode " +
            "UNION ALL SELECT 'entry', born, NULL FROM entry UNION ALL SELECT 'extent', born, NULL FROM extent " +
            "UNION ALL SELECT 'xattr', born, NULL FROM xattr UNION ALL SELECT 'symlink', born, NULL FROM symlink " +
            "UNION ALL SELECT 'inode_past', born, died FROM inode_past " +
            "UNION ALL SELECT 'entry_past', born, died FROM entry_past " +
            "UNION ALL SELECT 'extent_past', born, died FROM extent_past " +
            "UNION ALL SELECT 'xattr_past', born, died FROM xattr_past " +
            "UNION ALL SELECT 'symlink_past', born, died FROM symlink_past), " +
            "now AS (SELECT ifnull((SELECT value FROM state WHERE name = 'epoch'), 1) AS epoch) " +
            "SELECT kind, born, died FROM rows, now WHERE born < 1 OR born > epoch OR died <= born OR died > epoch"),

        new("snapshots", "Snapshots have numbers that were allocated, and epochs that ended, in the same order.",
            "SELECT id, epoch, before FROM (SELECT id, epoch, lag(epoch) OVER (ORDER BY id) AS before FROM snapshot) " +
            "WHERE id < 1 OR epoch < 1 OR epoch <= before OR " +
            "id >= ifnull((SELECT value FROM state WHERE name = 'next_snapshot'), 1) OR " +
            "epoch >= ifnull((SELECT value FROM state WHERE name = 'epoch'), 1)"),

        new("numbers", "Inodes and inline rows have numbers that were allocated.",
            "SELECT number FROM inode WHERE number >= " +
            "ifnull((SELECT value FROM state WHERE name = 'next_inode'), 2) UNION ALL " +
            "SELECT id FROM inline_data WHERE id >= " +
            "ifnull((SELECT value FROM state WHERE name = 'next_inline'), 1)"),

        new("inode-counts", "The inodes are counted by kind.",
            "WITH counted AS (SELECT CASE mode & 61440 WHEN 32768 THEN 'file_count' WHEN 16384 THEN " +
            "'directory_count' ELSE 'other_count' END AS name, count(*) AS found FROM inode GROUP BY 1) " +
            "SELECT name, value, found FROM state LEFT JOIN counted USING (name) " +
            "WHERE name IN ('file_count', 'directory_count', 'other_count') AND value != ifnull(found, 0)"),

        // Sums of sizes wrap around beyond 2^63; the low 32 bits are compared, which no overflow disturbs.
        new("logical-bytes", "The sizes of regular files add up to the logical bytes.",
            "SELECT value, low FROM (SELECT ifnull((SELECT value FROM state WHERE name = 'logical_bytes'), 0) " +
            "AS value, (SELECT ifnull(sum(size & 4294967295), 0) FROM inode WHERE (mode & 61440) = 32768) AS low) " +
            "WHERE (value & 4294967295) != (low & 4294967295)"),

        new("data-bytes", "The data and inline extents add up to the data bytes.",
            "SELECT value, low FROM (SELECT ifnull((SELECT value FROM state WHERE name = 'data_bytes'), 0) AS value, " +
            "(SELECT ifnull(sum(length & 4294967295), 0) FROM extent WHERE kind != 1) + " +
            "(SELECT sum(content_length & 4294967295) FROM inode) AS low) " +
            "WHERE (value & 4294967295) != (low & 4294967295)"),
    ];
}
