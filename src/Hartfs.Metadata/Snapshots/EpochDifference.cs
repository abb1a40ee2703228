using Hartfs.Format;
using Hartfs.Metadata.Sqlite;
using Hartfs.Metadata.Tables;

namespace Hartfs.Metadata.Snapshots;

/// <summary>A name that only one of two epochs has, or that leads elsewhere there.</summary>
/// <param name="Parent">The directory.</param>
/// <param name="Name">The name's bytes.</param>
/// <param name="Target">What it refers to.</param>
/// <param name="IsNewer">Whether the newer of the two epochs sees it.</param>
public sealed record NameDifference(InodeNumber Parent, byte[] Name, Entry Target, bool IsNewer);

/// <summary>
/// Finds by rows what differs between two epochs, in steps that look at a bounded number of rows: live rows first, so
/// that one that becomes past meanwhile is met again. Both epochs must be kept by snapshots. Under the store's lock.
/// </summary>
public sealed class EpochDifference
{
    private readonly Statement _inodes;
    private readonly Statement _inodesPast;
    private readonly Statement _entries;
    private readonly Statement _entriesPast;

    internal EpochDifference(Database database)
    {
        _inodes = database.Prepare(
            "SELECT number, 0, 0, born FROM inode WHERE number > ?1 ORDER BY number LIMIT ?2");
        _inodesPast = database.Prepare("SELECT number, 0, died, born FROM inode_past " +
            "WHERE (number, died) > (?1, ?2) ORDER BY number, died LIMIT ?3");
        _entries = database.Prepare("SELECT parent, cookie, 0, born, target, name FROM entry " +
            "WHERE (parent, cookie) > (?1, ?2) ORDER BY parent, cookie LIMIT ?3");
        _entriesPast = database.Prepare("SELECT parent, cookie, died, born, target, name FROM entry_past " +
            "WHERE (parent, cookie, died) > (?1, ?2, ?3) ORDER BY parent, cookie, died LIMIT ?4");
    }

    /// <summary>Adds inodes of which the two epochs see different rows.</summary>
    /// <returns>False: everything has been looked at.</returns>
    public bool FindInodes(ref DifferenceCursor cursor, long older, long newer, HashSet<long> result, int rowsMax)
    {
        Statement page = cursor.IsPast ? _inodesPast : _inodes;
        page.Bind(1, cursor.First);
        if (cursor.IsPast)
            page.Bind(2, cursor.Third);
        page.Bind(cursor.IsPast ? 3 : 2, rowsMax);
        int count = 0;
        using (Statement.Rows rows = page.Query())
            for (; rows.Next(); count++)
            {
                cursor = cursor with { First = rows.Int64(0), Third = rows.Int64(2) };
                if (Sees(cursor, rows.Int64(3), older) != Sees(cursor, rows.Int64(3), newer))
                    result.Add(cursor.First);
            }
        return Advance(ref cursor, count < rowsMax);
    }

    /// <summary>
    /// Adds names that only one of the epochs sees, and names seen by the newer one of the inodes wanted.
    /// </summary>
    /// <param name="places">Receives the names of wanted inodes.</param>
    /// <returns>False: everything has been looked at.</returns>
    public bool FindNames(ref DifferenceCursor cursor, long older, long newer, HashSet<long> wanted,
        List<NameDifference> result, List<NameDifference> places, int rowsMax)
    {
        Statement page = cursor.IsPast ? _entriesPast : _entries;
        page.Bind(1, cursor.First).Bind(2, cursor.Second);
        if (cursor.IsPast)
            page.Bind(3, cursor.Third);
        page.Bind(cursor.IsPast ? 4 : 3, rowsMax);
        int count = 0;
        using (Statement.Rows rows = page.Query())
            for (; rows.Next(); count++)
            {
                cursor = cursor with { First = rows.Int64(0), Second = rows.Int64(1), Third = rows.Int64(2) };
                bool inOlder = Sees(cursor, rows.Int64(3), older);
                bool inNewer = Sees(cursor, rows.Int64(3), newer);
                Entry target = EntryTable.Unpack(rows.Int64(4), cursor.Second);
                bool isWanted = inNewer && wanted.Contains(target.Inode.Value);
                if (inOlder == inNewer && !isWanted)
                    continue;
                var difference = new NameDifference(new InodeNumber(cursor.First), rows.Bytes(5).ToArray(), target,
                    inNewer);
                if (inOlder != inNewer)
                    result.Add(difference);
                if (isWanted)
                    places.Add(difference);
            }
        return Advance(ref cursor, count < rowsMax);
    }

    private static bool Sees(in DifferenceCursor cursor, long born, long epoch) =>
        born <= epoch && (!cursor.IsPast || epoch < cursor.Third);

    private static bool Advance(ref DifferenceCursor cursor, bool isEnd)
    {
        if (!isEnd)
            return true;
        bool wasPast = cursor.IsPast;
        cursor = new DifferenceCursor(IsPast: true, 0, 0, 0);
        return !wasPast;
    }
}

/// <summary>How far a search for differences has come.</summary>
/// <param name="IsPast">Whether it is at the past rows.</param>
/// <param name="First">The last row's key.</param>
/// <param name="Second">Its second part.</param>
/// <param name="Third">The epoch the row died.</param>
public readonly record struct DifferenceCursor(bool IsPast, long First, long Second, long Third);
