using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.Format;

namespace Hartfs.Metadata.Sqlite.Interop;

/// <summary>
/// What is known of an open database file: its pages get their checksums when they are written to it, which is when
/// the log is moved into it, and are verified when they are read from it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DatabaseFile
{
    /// <summary>Reads up to here look at the file's header alone; its page is read before it is believed.</summary>
    private const int ProbeBytesMax = 100;

    private Sealing _sealing;
    private uint _tag;
    private uint _pageCount;
    private bool _isTagKnown;

    private enum Sealing
    {
        /// <summary>The first page has not been seen.</summary>
        Unknown,

        /// <summary>No page has a checksum: a volume from before there were any, or somebody else's database.</summary>
        None,

        /// <summary>Every page has one.</summary>
        All,
    }

    /// <summary>Whether pages have checksums, as far as the file has been looked at.</summary>
    public readonly bool IsSealed => _sealing == Sealing.All;

    /// <summary>From now on every page that is read must have, and every page written gets a checksum.</summary>
    public void Seal(uint tag) => (_sealing, _tag, _isTagKnown) = (Sealing.All, tag, true);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Read(SqliteFile* file, byte* buffer, int length, long offset)
    {
        ChecksumVfs.Table* beneath = ChecksumVfs.TableOf(file);
        int result = beneath->Read(file, buffer, length, offset);
        DatabaseFile* state = ChecksumVfs.StateOf(file);
        if (state->_sealing == Sealing.None || offset + length <= ProbeBytesMax)
            return result;
        if (result != Sqlite3.Ok)
            return result == Sqlite3.ShortRead ? state->AfterEnd(offset) : result;
        if (length == MetadataPage.Size && offset % MetadataPage.Size == 0)
            return state->Verify(new ReadOnlySpan<byte>(buffer, length), offset);
        return state->VerifyAround(file, beneath, new ReadOnlySpan<byte>(buffer, length), offset);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Write(SqliteFile* file, byte* buffer, int length, long offset)
    {
        DatabaseFile* state = ChecksumVfs.StateOf(file);
        if (state->_sealing == Sealing.All)
        {
            // SQLite writes whole pages, and gives no meaning to the bytes that are changed here.
            if (length != MetadataPage.Size || offset % MetadataPage.Size != 0)
                return ChecksumVfs.Refuse("a part of a page was to be written");
            Span<byte> page = new(buffer, length);
            if (offset == 0)
                state->_pageCount = MetadataPage.ReadPageCount(page);
            MetadataPage.Seal(page, NumberAt(offset), state->_tag);
        }

        return ChecksumVfs.TableOf(file)->Write(file, buffer, length, offset);
    }

    private static long NumberAt(long offset) => offset / MetadataPage.Size + 1;

    // SQLite takes zeros for what is behind the end, which is right only for pages that were never written.
    private readonly int AfterEnd(long offset) => _sealing == Sealing.All && NumberAt(offset) <= _pageCount
        ? ChecksumVfs.Refuse($"page {NumberAt(offset)} is missing")
        : Sqlite3.ShortRead;

    private int Verify(ReadOnlySpan<byte> page, long offset)
    {
        long number = NumberAt(offset);
        if (number == 1)
        {
            if (_sealing == Sealing.Unknown && !Recognize(page))
                return Sqlite3.Ok;
            if (!_isTagKnown)
                (_tag, _isTagKnown) = (MetadataPage.ReadTag(page), true);
        }
        else if (_sealing == Sealing.Unknown)
        {
            return Sqlite3.Ok;
        }

        if (!MetadataPage.IsWhole(page, number, _tag))
        {
            // A page that was given back before it was ever written.
            if (number > _pageCount && number > 1 && !page.ContainsAnyExcept((byte)0))
                return Sqlite3.Ok;
            string fault = MetadataPage.IsWhole(page, number) ? "is another volume's" : "does not fit its checksum";
            return ChecksumVfs.Refuse($"page {number} {fault}");
        }

        if (number == 1)
            _pageCount = MetadataPage.ReadPageCount(page);
        return Sqlite3.Ok;
    }

    // The first page says itself whether there are checksums, unless that was known before.
    private bool Recognize(ReadOnlySpan<byte> firstPage)
    {
        _sealing = MetadataPage.IsBeginOfSealed(firstPage) || MetadataPage.IsSealedBeneath(firstPage)
            ? Sealing.All
            : Sealing.None;
        return _sealing == Sealing.All;
    }

    // A part of a page (SQLite reads long rows so), or what a damaged header makes of the length of a page.
    private int VerifyAround(SqliteFile* file, ChecksumVfs.Table* beneath, ReadOnlySpan<byte> part, long offset)
    {
        long begin = offset - offset % MetadataPage.Size;
        if (_sealing == Sealing.Unknown && offset == 0 && part.Length > MetadataPage.Size)
            return Recognize(part[..MetadataPage.Size])
                ? ChecksumVfs.Refuse("its pages have an impossible length")
                : Sqlite3.Ok;
        Span<byte> page = stackalloc byte[MetadataPage.Size];
        int result;
        fixed (byte* bytes = page)
            result = beneath->Read(file, bytes, page.Length, begin);
        if (result != Sqlite3.Ok)
            return _sealing == Sealing.All ? result : Sqlite3.Ok;
        result = Verify(page, begin);
        if (result != Sqlite3.Ok || _sealing != Sealing.All)
            return result;
        int at = (int)(offset - begin);
        return at + part.Length <= page.Length && part.SequenceEqual(page.Slice(at, part.Length))
            ? Sqlite3.Ok
            : ChecksumVfs.Refuse($"page {NumberAt(begin)} changed while it was read, or has an impossible length");
    }
}
