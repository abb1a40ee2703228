using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>What a name in a directory refers to.</summary>
/// <param name="Inode">The inode.</param>
/// <param name="Type">The type bits of its mode (<see cref="InodeMode.TypeMask"/>).</param>
/// <param name="Cookie">The name's place in the directory's listing, above 15.</param>
public readonly record struct Entry(InodeNumber Inode, int Type, long Cookie);

/// <summary>The live names. Names are 1 to 255 bytes, any but '/' and NUL; the caller has checked them.</summary>
public sealed class EntryTable
{
    private const int TypeShift = 12;
    private const int TypeBits = 4;

    private readonly VolumeState _state;
    private readonly Statement _find;
    private readonly Statement _range;
    private readonly Statement _last;
    private readonly Statement _list;
    private readonly Statement _any;
    private readonly Statement _insert;
    private readonly Statement _retarget;
    private readonly Statement _delete;
    private readonly Statement _keep;

    internal EntryTable(Database database, VolumeState state)
    {
        _state = state;
        _find = database.Prepare(
            "SELECT target, cookie, born FROM entry WHERE parent = ? AND cookie BETWEEN ? AND ? AND name = ?");
        _range = database.Prepare(
            "SELECT target, cookie, name FROM entry WHERE parent = ? AND cookie BETWEEN ? AND ? ORDER BY cookie");
        _last = database.Prepare(
            "SELECT cookie FROM entry WHERE parent = ? AND cookie BETWEEN ? AND ? ORDER BY cookie DESC LIMIT 1");
        _list = database.Prepare(
            "SELECT target, cookie, name FROM entry WHERE parent = ? AND cookie > ? ORDER BY cookie");
        _any = database.Prepare("SELECT 1 FROM entry WHERE parent = ? LIMIT 1");
        _insert = database.Prepare(
            "INSERT INTO entry (parent, cookie, born, target, name) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
        _retarget = database.Prepare("UPDATE entry SET target = ?3, born = ?4 WHERE parent = ?1 AND cookie = ?2");
        _delete = database.Prepare("DELETE FROM entry WHERE parent = ? AND cookie = ?");
        _keep = database.Prepare(
            "INSERT INTO entry_past (parent, cookie, died, born, target, name) " +
            "SELECT parent, cookie, ?3, born, target, name FROM entry WHERE parent = ?1 AND cookie = ?2");
    }

    /// <summary>Finds a name, byte for byte.</summary>
    public bool TryFind(InodeNumber parent, ReadOnlySpan<byte> name, out Entry entry) =>
        TryFind(parent, name, out entry, out _);

    /// <summary>
    /// Finds a name whatever its case: the exact spelling if there is one, otherwise the first in listing order.
    /// </summary>
    /// <param name="spelling">Receives the name as it is stored; at least 255 bytes.</param>
    public bool TryFindFolded(InodeNumber parent, ReadOnlySpan<byte> name, Span<byte> spelling,
        out int spellingLength, out Entry entry)
    {
        Span<byte> folded = stackalloc byte[NameFolding.FoldedBytesMax];
        folded = folded[..NameFolding.Fold(name, folded)];
        using Statement.Rows rows = BindRange(_range, parent, NameCookie.FirstOfFolded(folded)).Query();
        return FindFolded(rows, name, folded, spelling, out spellingLength, out entry);
    }

    /// <summary>
    /// Whether a directory can take a name that it does not have yet: 65,536 names whose hashes agree, all spellings
    /// of one name for example, are the limit. To be asked before the first change of an operation that inserts.
    /// </summary>
    public bool HasRoom(InodeNumber parent, ReadOnlySpan<byte> name) => FreeCookie(parent, NameCookie.First(name)) >= 0;

    /// <summary>Adds a name that the directory does not have yet and has room for. Returns its cookie.</summary>
    /// <param name="mode">The target's mode; only its type bits are kept.</param>
    public long Insert(InodeNumber parent, ReadOnlySpan<byte> name, InodeNumber inode, int mode)
    {
        long first = NameCookie.First(name);
        if (Insert(parent, first, name, inode, mode))
            return first;
        long cookie = FreeCookie(parent, first);
        if (cookie >= 0 && Insert(parent, cookie, name, inode, mode))
            return cookie;
        throw new InvalidOperationException($"Directory {parent} has no room for the name");
    }

    /// <summary>Removes a name; false when there is none.</summary>
    public bool Remove(InodeNumber parent, ReadOnlySpan<byte> name)
    {
        if (!TryFind(parent, name, out Entry entry, out long born))
            return false;
        Keep(parent, entry.Cookie, born);
        _delete.Bind(1, parent.Value).Bind(2, entry.Cookie).Execute();
        return true;
    }

    /// <summary>Makes a name refer to another inode (rename over it, exchange); false when there is none.</summary>
    public bool Replace(InodeNumber parent, ReadOnlySpan<byte> name, InodeNumber inode, int mode)
    {
        if (!TryFind(parent, name, out Entry entry, out long born))
            return false;
        Keep(parent, entry.Cookie, born);
        _retarget.Bind(1, parent.Value).Bind(2, entry.Cookie).Bind(3, Pack(inode, mode)).Bind(4, _state.Epoch)
            .Execute();
        return true;
    }

    /// <summary>Whether a directory has no names.</summary>
    public bool IsEmpty(InodeNumber parent)
    {
        using Statement.Rows rows = _any.Bind(1, parent.Value).Query();
        return !rows.Next();
    }

    /// <summary>
    /// Lists a directory in ascending order of cookies. The cursor must be disposed before names change or another
    /// listing begins.
    /// </summary>
    /// <param name="afterCookie">0 for the start, otherwise the cookie of the last entry taken.</param>
    public EntryCursor List(InodeNumber parent, long afterCookie) =>
        new(_list.Bind(1, parent.Value).Bind(2, afterCookie).Query());

    internal static Entry Unpack(long target, long cookie) =>
        new(new InodeNumber(target >> TypeBits), (int)(target & ((1 << TypeBits) - 1)) << TypeShift, cookie);

    // Picks a name among the rows (target, cookie, name) of one hash.
    internal static bool FindFolded(in Statement.Rows rows, ReadOnlySpan<byte> name, ReadOnlySpan<byte> folded,
        Span<byte> spelling, out int spellingLength, out Entry entry)
    {
        Span<byte> other = stackalloc byte[NameFolding.FoldedBytesMax];
        entry = default;
        spellingLength = 0;
        while (rows.Next())
        {
            ReadOnlySpan<byte> candidate = rows.Bytes(2);
            bool exact = candidate.SequenceEqual(name);
            if (!exact && (spellingLength != 0 || !other[..NameFolding.Fold(candidate, other)].SequenceEqual(folded)))
                continue;
            entry = Unpack(rows.Int64(0), rows.Int64(1));
            candidate.CopyTo(spelling);
            spellingLength = candidate.Length;
            if (exact)
                break;
        }
        return spellingLength != 0;
    }

    private static Statement BindRange(Statement statement, InodeNumber parent, long first) =>
        statement.Bind(1, parent.Value).Bind(2, first).Bind(3, first + NameCookie.SequenceCount - 1);

    private static long Pack(InodeNumber inode, int mode) =>
        (inode.Value << TypeBits) | (long)((mode & InodeMode.TypeMask) >> TypeShift);

    private bool TryFind(InodeNumber parent, ReadOnlySpan<byte> name, out Entry entry, out long born)
    {
        using Statement.Rows rows = BindRange(_find, parent, NameCookie.First(name)).Bind(4, name).Query();
        entry = default;
        born = 0;
        if (!rows.Next())
            return false;
        entry = Unpack(rows.Int64(0), rows.Int64(1));
        born = rows.Int64(2);
        return true;
    }

    private bool Insert(InodeNumber parent, long cookie, ReadOnlySpan<byte> name, InodeNumber inode, int mode) =>
        _insert.Bind(1, parent.Value).Bind(2, cookie).Bind(3, _state.Epoch).Bind(4, Pack(inode, mode)).Bind(5, name)
            .Execute() != 0;

    // The first place behind the names of a hash, or a gap between them; -1 when there is neither.
    private long FreeCookie(InodeNumber parent, long first)
    {
        using (Statement.Rows last = BindRange(_last, parent, first).Query())
        {
            if (!last.Next())
                return first;
            if (last.Int64(0) < first + NameCookie.SequenceCount - 1)
                return last.Int64(0) + 1;
        }

        using Statement.Rows rows = BindRange(_range, parent, first).Query();
        long free = first;
        while (rows.Next() && rows.Int64(1) == free)
            free++;
        return free < first + NameCookie.SequenceCount ? free : -1;
    }

    private void Keep(InodeNumber parent, long cookie, long born)
    {
        if (born <= _state.KeptEpoch)
            _keep.Bind(1, parent.Value).Bind(2, cookie).Bind(3, _state.Epoch).Execute();
    }
}
