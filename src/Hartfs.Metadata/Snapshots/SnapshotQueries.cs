using Hartfs.Metadata.Sqlite;
using Hartfs.Metadata.Tables;

namespace Hartfs.Metadata.Snapshots;

/// <summary>
/// The statements that read at an epoch, shared by all readers. Parameter 1 is the epoch; every statement joins the
/// live rows that are old enough and the past rows that still were.
/// </summary>
internal sealed class SnapshotQueries
{
    private const string Live = "born <= ?1";
    private const string Past = "died > ?1 AND born <= ?1";

    public SnapshotQueries(Database database)
    {
        Inode = Union(database, InodeTable.RecordColumns, "inode", "number = ?2");
        Content = Union(database, "content_glyph, content_length", "inode", "number = ?2");
        const string Names = "target, cookie, name";
        const string Cookies = "parent = ?2 AND cookie BETWEEN ?3 AND ?4";
        Entry = Union(database, Names, "entry", Cookies + " AND name = ?5");
        Entries = Union(database, Names, "entry", Cookies, "ORDER BY cookie");
        const string Extents = "offset, length, kind, reference";
        ExtentsFrom = Union(
            database, Extents, "extent", "inode = ?2 AND offset >= ?3", "ORDER BY offset LIMIT ?4");
        ExtentBefore = Union(
            database, Extents, "extent", "inode = ?2 AND offset < ?3", "ORDER BY offset DESC LIMIT 1");
        Xattr = Union(database, "value", "xattr", "inode = ?2 AND name = ?3");
        Xattrs = Union(database, "name, value", "xattr", "inode = ?2", "ORDER BY name");
        Symlink = Union(database, "target", "symlink", "inode = ?2");
    }

    public Statement Inode { get; }

    public Statement Content { get; }

    public Statement Entry { get; }

    public Statement Entries { get; }

    public Statement ExtentsFrom { get; }

    public Statement ExtentBefore { get; }

    public Statement Xattr { get; }

    public Statement Xattrs { get; }

    public Statement Symlink { get; }

    private static Statement Union(
        Database database, string columns, string table, string where, string order = "") => database.Prepare(
        $"SELECT {columns} FROM {table} WHERE {where} AND {Live} " +
        $"UNION ALL SELECT {columns} FROM {table}_past WHERE {where} AND {Past} {order}");
}
