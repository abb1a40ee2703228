using System.Text;
using Hartfs.Format;
using Hartfs.Metadata.Sqlite;
using Hartfs.Metadata.Tables;

namespace Hartfs.Metadata.Integrity;

/// <summary>What <see cref="MetadataRepair"/> can put right.</summary>
public enum MetadataRepairs
{
    /// <summary>Names of nothing go, links are counted anew, what has no name gets one in /lost+found.</summary>
    Names,

    /// <summary>The bytes of holes of each file are counted anew.</summary>
    Holes,

    /// <summary>The flag that says whether an inode has extended attributes is set anew.</summary>
    Flags,

    /// <summary>The totals are counted anew.</summary>
    Counts,
}

/// <summary>
/// Puts the live tree right where it contradicts itself. Snapshots stay as they are. Nobody may have inodes of the
/// store in memory; nothing is durable before <see cref="MetadataStore.Commit"/>.
/// </summary>
public static class MetadataRepair
{
    private const int TypeMask = InodeMode.TypeMask;
    private const string LostName = "lost+found";
    private const int Octal700 = 0x1C0;

    /// <summary>Repairs one kind of contradiction.</summary>
    /// <param name="now">Nanoseconds since 1970-01-01 UTC, for inodes that have to be made.</param>
    public static void Run(MetadataStore store, MetadataRepairs repair, long now)
    {
        switch (repair)
        {
            case MetadataRepairs.Names:
                RepairNames(store, now);
                break;
            case MetadataRepairs.Holes:
                store.Database.Execute(
                    "UPDATE inode SET hole_bytes = size - content_length - " +
                    "ifnull((SELECT sum(length) FROM extent WHERE inode = number), 0) WHERE (mode & 61440) = 32768");
                break;
            case MetadataRepairs.Flags:
                store.Database.Execute(
                    "DELETE FROM xattr WHERE inode NOT IN (SELECT number FROM inode); " +
                    "DELETE FROM symlink WHERE inode NOT IN (SELECT number FROM inode WHERE (mode & 61440) = 40960); " +
                    "UPDATE inode SET flags = (flags & ~1) | EXISTS (SELECT 1 FROM xattr WHERE inode = number)");
                break;
            default:
                Recount(store);
                break;
        }
    }

    private static void RepairNames(MetadataStore store, long now)
    {
        Database database = store.Database;
        database.Execute(
            "DELETE FROM entry WHERE NOT EXISTS (SELECT 1 FROM inode WHERE number = target >> 4 " +
            "AND (mode & 61440) >> 12 = target & 15); " +
            "DELETE FROM entry WHERE parent NOT IN (SELECT number FROM inode WHERE (mode & 61440) = 16384); " +
            "DELETE FROM entry WHERE length(name) NOT BETWEEN 1 AND 255 OR typeof(name) != 'blob' " +
            "OR instr(name, x'2f') OR instr(name, x'00') OR name IN (x'2e', x'2e2e')");
        ListNames(database);
        database.Execute(
            // A directory keeps the name in the directory it calls its parent, or else the first.
            "DELETE FROM entry WHERE target & 15 = 4 AND (parent, cookie) IN (" +
            "SELECT named.parent, named.cookie FROM named JOIN inode USING (number) WHERE EXISTS (" +
            "SELECT 1 FROM named AS other WHERE other.number = named.number " +
            "AND (other.parent != inode.parent, other.parent, other.cookie) " +
            "< (named.parent != inode.parent, named.parent, named.cookie)))");
        ListNames(database);
        database.Execute(
            "UPDATE inode SET parent = ifnull((SELECT named.parent FROM named WHERE named.number = inode.number), " +
            "parent) WHERE (mode & 61440) = 16384 AND number != 1");
        NameTheLost(store, now);
        ListNames(database);
        database.Execute(
            "UPDATE inode SET link_count = (SELECT count(*) FROM named WHERE named.number = inode.number) " +
            "WHERE (mode & 61440) != 16384; " +
            "UPDATE inode SET link_count = 2 + (SELECT count(*) FROM entry WHERE entry.parent = number " +
            "AND target & 15 = 4) WHERE (mode & 61440) = 16384 AND link_count != 0; DROP TABLE temp.named");
        Recount(store);
    }

    // The table of names has no index by inode: a list that has one, for as long as the repair takes.
    private static void ListNames(Database database) => database.Execute(
        "DROP TABLE IF EXISTS temp.named; " +
        "CREATE TEMP TABLE named AS SELECT target >> 4 AS number, parent, cookie FROM entry; " +
        "CREATE INDEX temp.named_number ON named (number)");

    // What nobody can reach: directories first, for what is in them is reachable then. Cycles are cut by the new name.
    private static void NameTheLost(MetadataStore store, long now)
    {
        const string Unreached =
            "WITH RECURSIVE reached (number) AS (VALUES (1) UNION SELECT target >> 4 FROM entry " +
            "JOIN reached ON parent = number WHERE target & 15 = 4) SELECT number, mode FROM inode " +
            "WHERE (mode & 61440) = 16384 AND link_count > 0 AND number NOT IN (SELECT number FROM reached) " +
            "ORDER BY number LIMIT 1";
        const string NamelessDirectories =
            "SELECT number, mode FROM inode WHERE (mode & 61440) = 16384 AND link_count > 0 AND number != 1 " +
            "AND number NOT IN (SELECT target >> 4 FROM entry)";
        const string Nameless =
            "SELECT number, mode FROM inode WHERE (mode & 61440) != 16384 AND link_count > 0 " +
            "AND number NOT IN (SELECT target >> 4 FROM entry)";
        foreach ((long number, int mode) in Find(store.Database, NamelessDirectories))
            NameIt(store, number, mode, now);
        while (Find(store.Database, Unreached) is [var directory])
        {
            store.Database.Execute(
                $"DELETE FROM entry WHERE target >> 4 = {directory.Number} AND target & 15 = 4");
            NameIt(store, directory.Number, directory.Mode, now);
        }

        foreach ((long number, int mode) in Find(store.Database, Nameless))
            NameIt(store, number, mode, now);
    }

    private static List<(long Number, int Mode)> Find(Database database, string query)
    {
        List<(long, int)> found = [];
        using Statement statement = database.PrepareOnce(query);
        using Statement.Rows rows = statement.Query();
        while (rows.Next())
            found.Add((rows.Int64(0), (int)rows.Int64(1)));
        return found;
    }

    private static void NameIt(MetadataStore store, long number, int mode, long now)
    {
        InodeNumber lost = LostFolder(store, now);
        if (InodeMode.IsDirectory(mode))
            store.Database.Execute($"UPDATE inode SET parent = {lost.Value} WHERE number = {number}");

        byte[] name = Encoding.ASCII.GetBytes($"#{number}");
        if (!store.Entries.TryFind(lost, name, out _))
            store.Entries.Insert(lost, name, new InodeNumber(number), mode);
    }

    private static InodeNumber LostFolder(MetadataStore store, long now)
    {
        byte[] name = Encoding.ASCII.GetBytes(LostName);
        for (int attempt = 0; store.Entries.TryFind(InodeNumber.Root, name, out Entry entry); attempt++)
        {
            if ((entry.Type & TypeMask) == InodeMode.Directory)
                return entry.Inode;
            name = Encoding.ASCII.GetBytes($"{LostName}.{attempt}");
        }

        var folder = new InodeRecord
        {
            Number = store.Inodes.Allocate(),
            Parent = InodeNumber.Root,
            Mode = InodeMode.Directory | Octal700,
            LinkCount = 2,
            AccessTime = now,
            ModifyTime = now,
            ChangeTime = now,
            BirthTime = now,
        };
        store.Inodes.Insert(folder);
        store.Entries.Insert(InodeNumber.Root, name, folder.Number, folder.Mode);
        return folder.Number;
    }

    private static void Recount(MetadataStore store)
    {
        Database database = store.Database;
        VolumeState state = store.State;
        state.FileCount = database.QueryInt64("SELECT count(*) FROM inode WHERE (mode & 61440) = 32768");
        state.DirectoryCount = database.QueryInt64("SELECT count(*) FROM inode WHERE (mode & 61440) = 16384");
        state.OtherCount = database.QueryInt64(
            "SELECT count(*) FROM inode WHERE (mode & 61440) NOT IN (16384, 32768)");
        state.LogicalBytes = Sum(database, "SELECT size FROM inode WHERE (mode & 61440) = 32768");
        state.DataBytes = Sum(database, "SELECT length FROM extent WHERE kind != 1 " +
            "UNION ALL SELECT content_length FROM inode");
        state.InlineBytes = database.QueryInt64("SELECT ifnull(sum(length(bytes)), 0) FROM inline_data");
    }

    // SQL's sum fails where it overflows; the totals wrap around.
    private static long Sum(Database database, string query)
    {
        long sum = 0;
        using Statement statement = database.PrepareOnce(query);
        using Statement.Rows rows = statement.Query();
        while (rows.Next())
            sum = unchecked(sum + rows.Int64(0));
        return sum;
    }
}
