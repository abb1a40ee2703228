using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>A name as a search finds it.</summary>
/// <param name="Parent">The directory that holds it.</param>
/// <param name="Inode">What it refers to.</param>
/// <param name="Name">Its bytes.</param>
public readonly record struct FoundName(InodeNumber Parent, InodeNumber Inode, byte[] Name);

/// <summary>From inodes back to names. There is no index for that: it looks through them, in bounded steps.</summary>
public sealed class NameSearch
{
    private readonly Statement _live;
    private readonly Statement _past;
    private readonly Statement _directory;

    internal NameSearch(Database database)
    {
        _live = database.Prepare("SELECT parent, cookie, 0, target, name FROM entry " +
            "WHERE (parent, cookie) > (?1, ?2) AND ?3 = 0 ORDER BY parent, cookie LIMIT ?4");
        _past = database.Prepare("SELECT parent, cookie, died, target, name FROM entry_past " +
            "WHERE (parent, cookie, died) > (?1, ?2, ?3) ORDER BY parent, cookie, died LIMIT ?4");
        _directory = database.Prepare("SELECT name FROM entry WHERE parent = ? AND target = ?");
    }

    /// <summary>Looks through the next names, live or past, for those of some inodes; false behind the last.</summary>
    public bool Next(ref NamePosition position, bool isPast, int rowsMax, IReadOnlySet<long> inodes,
        List<FoundName> found)
    {
        int count = 0;
        using Statement.Rows rows = (isPast ? _past : _live).Bind(1, position.Parent).Bind(2, position.Cookie)
            .Bind(3, position.Died).Bind(4, rowsMax).Query();
        for (; rows.Next(); count++)
        {
            position = new NamePosition(rows.Int64(0), rows.Int64(1), rows.Int64(2));
            long inode = rows.Int64(3) >> 4;
            if (inodes.Contains(inode))
                found.Add(new FoundName(new InodeNumber(position.Parent), new InodeNumber(inode),
                    rows.Bytes(4).ToArray()));
        }

        return count == rowsMax;
    }

    /// <summary>The name of a directory in the directory that holds it; null when there is none.</summary>
    public byte[]? FindDirectory(InodeNumber parent, InodeNumber directory)
    {
        using Statement.Rows rows = _directory.Bind(1, parent.Value)
            .Bind(2, (directory.Value << 4) | (InodeMode.Directory >> 12)).Query();
        return rows.Next() ? rows.Bytes(0).ToArray() : null;
    }
}

/// <summary>How far a search through the names has come; <c>default</c> to begin.</summary>
public readonly record struct NamePosition(long Parent, long Cookie, long Died);
