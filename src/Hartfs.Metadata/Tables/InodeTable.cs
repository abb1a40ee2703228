using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>The live inodes. Keeps the counts of files and their sizes in <see cref="VolumeState"/>.</summary>
public sealed class InodeTable
{
    internal const string RecordColumns =
        "mode, link_count, size, hole_bytes, uid, gid, modify_time, change_delta, birth_delta, access_delta, " +
        "flags, parent, device, windows_attributes";

    private const string AllColumns = "born, " + RecordColumns + ", content_glyph, content_length";

    private readonly VolumeState _state;
    private readonly Statement _find;
    private readonly Statement _findOld;
    private readonly Statement _insert;
    private readonly Statement _update;
    private readonly Statement _delete;
    private readonly Statement _keep;
    private readonly Statement _orphans;
    private readonly Statement _findContent;
    private readonly Statement _updateContent;

    internal InodeTable(Database database, VolumeState state)
    {
        _state = state;
        _find = database.Prepare($"SELECT {RecordColumns} FROM inode WHERE number = ?");
        _findOld = database.Prepare("SELECT born, mode, size FROM inode WHERE number = ?");
        _insert = database.Prepare(
            $"INSERT INTO inode (number, born, {RecordColumns}, content_glyph, content_length) " +
            "VALUES (?15, ?16, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, 0)");
        _update = database.Prepare(
            $"UPDATE inode SET ({RecordColumns}, born) = " +
            "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?16) WHERE number = ?15");
        _delete = database.Prepare("DELETE FROM inode WHERE number = ?");
        _keep = database.Prepare(
            $"INSERT INTO inode_past (number, died, {AllColumns}) " +
            $"SELECT number, ?2, {AllColumns} FROM inode WHERE number = ?1 AND born <= ?3");
        _orphans = database.Prepare("SELECT number FROM inode WHERE link_count = 0 ORDER BY number");
        _findContent = database.Prepare("SELECT content_glyph, content_length, born FROM inode WHERE number = ?");
        _updateContent = database.Prepare(
            "UPDATE inode SET content_glyph = ?2, content_length = ?3, born = ?4 WHERE number = ?1");
    }

    /// <summary>Reads an inode; false when there is none of that number.</summary>
    public bool TryGet(InodeNumber number, out InodeRecord inode)
    {
        using Statement.Rows rows = _find.Bind(1, number.Value).Query();
        inode = default;
        if (!rows.Next())
            return false;
        Read(rows, ref inode);
        inode.Number = number;
        return true;
    }

    /// <summary>A number never used before.</summary>
    public InodeNumber Allocate() => new(_state.NextInode++);

    /// <summary>Adds an inode with an allocated number.</summary>
    public void Insert(in InodeRecord inode)
    {
        Bind(_insert, inode).Execute();
        Count(inode.Mode, 1, inode.Size);
    }

    /// <summary>Writes every field of an inode that exists.</summary>
    public void Update(in InodeRecord inode)
    {
        (long born, int mode, long size) = Old(inode.Number);
        if (born <= _state.KeptEpoch)
            Keep(inode.Number);
        Bind(_update, inode).Execute();
        Count(mode, -1, -size);
        Count(inode.Mode, 1, inode.Size);
    }

    /// <summary>
    /// Removes an inode that exists. Its names, extents, attributes and target are removed before, by their tables.
    /// </summary>
    public void Delete(InodeNumber number)
    {
        (long born, int mode, long size) = Old(number);
        if (born <= _state.KeptEpoch)
            Keep(number);
        _delete.Bind(1, number.Value).Execute();
        Count(mode, -1, -size);
    }

    /// <summary>Every inode with link count 0, in ascending order.</summary>
    public IReadOnlyList<InodeNumber> ListOrphans()
    {
        var orphans = new List<InodeNumber>();
        using Statement.Rows rows = _orphans.Query();
        while (rows.Next())
            orphans.Add(new InodeNumber(rows.Int64(0)));
        return orphans;
    }

    /// <summary>The data extent that is the whole content; false when the extents, if any, are rows.</summary>
    internal bool TryGetContent(InodeNumber number, out Extent content)
    {
        using Statement.Rows rows = _findContent.Bind(1, number.Value).Query();
        if (!rows.Next())
            throw Missing(number);
        long length = rows.Int64(1);
        content = new Extent(0, length, ExtentKind.Data, rows.Int64(0));
        return length != 0;
    }

    /// <summary>Sets the content; a length of 0 for none.</summary>
    internal void SetContent(InodeNumber number, in Extent content)
    {
        // The copy's own condition on born makes this cheap enough: content changes once per flush of a file.
        if (_state.KeptEpoch > 0)
            Keep(number);
        _updateContent.Bind(1, number.Value).Bind(2, content.Reference).Bind(3, content.Length)
            .Bind(4, _state.Epoch).Execute();
    }

    internal static void Read(in Statement.Rows rows, ref InodeRecord inode)
    {
        inode.Mode = (int)rows.Int64(0);
        inode.LinkCount = (uint)rows.Int64(1);
        inode.Size = rows.Int64(2);
        inode.AllocatedBytes = unchecked(inode.Size - rows.Int64(3));
        inode.Uid = (uint)rows.Int64(4);
        inode.Gid = (uint)rows.Int64(5);
        inode.ModifyTime = rows.Int64(6);
        inode.ChangeTime = unchecked(inode.ModifyTime + rows.Int64(7));
        inode.BirthTime = unchecked(inode.ChangeTime + rows.Int64(8));
        inode.AccessTime = unchecked(inode.BirthTime + rows.Int64(9));
        inode.Flags = (InodeFlags)rows.Int64(10);
        inode.Parent = new InodeNumber(rows.Int64(11));
        inode.Device = (uint)rows.Int64(12);
        inode.WindowsAttributes = (uint)rows.Int64(13);
    }

    private static InvalidOperationException Missing(InodeNumber number) => new($"No inode {number}");

    private Statement Bind(Statement statement, in InodeRecord inode) => statement
        .Bind(1, inode.Mode)
        .Bind(2, inode.LinkCount)
        .Bind(3, inode.Size)
        .Bind(4, unchecked(inode.Size - inode.AllocatedBytes))
        .Bind(5, inode.Uid)
        .Bind(6, inode.Gid)
        .Bind(7, inode.ModifyTime)
        .Bind(8, unchecked(inode.ChangeTime - inode.ModifyTime))
        .Bind(9, unchecked(inode.BirthTime - inode.ChangeTime))
        .Bind(10, unchecked(inode.AccessTime - inode.BirthTime))
        .Bind(11, (long)inode.Flags)
        .Bind(12, inode.Parent.Value)
        .Bind(13, inode.Device)
        .Bind(14, inode.WindowsAttributes)
        .Bind(15, inode.Number.Value)
        .Bind(16, _state.Epoch);

    private (long Born, int Mode, long Size) Old(InodeNumber number)
    {
        using Statement.Rows rows = _findOld.Bind(1, number.Value).Query();
        return rows.Next() ? (rows.Int64(0), (int)rows.Int64(1), rows.Int64(2)) : throw Missing(number);
    }

    private void Keep(InodeNumber number) =>
        _keep.Bind(1, number.Value).Bind(2, _state.Epoch).Bind(3, _state.KeptEpoch).Execute();

    /// <summary>Counts inodes that came or went.</summary>
    internal void Count(int mode, int sign, long sizeDifference)
    {
        switch (mode & InodeMode.TypeMask)
        {
            case InodeMode.RegularFile:
                _state.FileCount += sign;
                _state.LogicalBytes = unchecked(_state.LogicalBytes + sizeDifference);
                break;
            case InodeMode.Directory:
                _state.DirectoryCount += sign;
                break;
            default:
                _state.OtherCount += sign;
                break;
        }
    }
}
