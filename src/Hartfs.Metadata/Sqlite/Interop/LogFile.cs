using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hartfs.Metadata.Sqlite.Interop;

/// <summary>
/// What is known of an open write-ahead log. SQLite verifies the checksums of its frames only after a crash; here it
/// happens whenever a page is read from a frame, so also before the page gets its own checksum in the database
/// (https://www.sqlite.org/fileformat2.html#walformat).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LogFile
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;
    private const int ChecksumBytes = 8;
    private const uint MagicOfLittleEndianSums = 0x377F0682;

    private int _pageBytes;
    private bool _sumsBigEndian;
    private ulong _salts;
    private ulong _firstSums;

    // Frames from this one on belong to the open transaction and get their checksums when it is committed; 0: none.
    private long _unsummedFrom;
    private long _frameBegunAt;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Read(SqliteFile* file, byte* buffer, int length, long offset)
    {
        ChecksumVfs.Table* beneath = ChecksumVfs.TableOf(file);
        int result = beneath->Read(file, buffer, length, offset);
        if (result != Sqlite3.Ok)
            return result;
        LogFile* state = (LogFile*)ChecksumVfs.StateOf(file);
        if (offset == 0 && length == HeaderBytes)
            state->LearnHeader(buffer);
        long frame = state->FrameOfPage(length, offset);
        if (frame == 0 || (state->_unsummedFrom != 0 && frame >= state->_unsummedFrom))
            return Sqlite3.Ok;
        return state->Verify(file, beneath, buffer, frame)
            ? Sqlite3.Ok
            : ChecksumVfs.Refuse($"frame {frame} of the log does not fit its checksum");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Write(SqliteFile* file, byte* buffer, int length, long offset)
    {
        LogFile* state = (LogFile*)ChecksumVfs.StateOf(file);
        if (offset == 0 && length == HeaderBytes)
            state->LearnHeader(buffer);
        else if (length == FrameHeaderBytes)
            state->NoteFrameHeader(buffer, offset);
        else
            state->NotePage(length, offset);
        return ChecksumVfs.TableOf(file)->Write(file, buffer, length, offset);
    }

    private void LearnHeader(byte* header)
    {
        _sumsBigEndian = BigEndian32(header) != MagicOfLittleEndianSums;
        _pageBytes = (int)BigEndian32(header + 8);
        _salts = *(ulong*)(header + 16);
        _firstSums = *(ulong*)(header + 24);
        (_unsummedFrom, _frameBegunAt) = (0, 0);
    }

    // A header without checksums, or an earlier page overwritten, means: they come with the commit, which then writes
    // all headers from there on again. The transaction may also be rolled back: the frames after it begin before there.
    private void NoteFrameHeader(byte* header, long offset)
    {
        if (_pageBytes == 0 || (offset - HeaderBytes) % (_pageBytes + FrameHeaderBytes) != 0)
            return;
        long frame = (offset - HeaderBytes) / (_pageBytes + FrameHeaderBytes) + 1;
        bool isUnsummed = *(ulong*)(header + 8) == 0 && *(ulong*)(header + 16) == 0;
        if (isUnsummed)
            _unsummedFrom = _unsummedFrom == 0 ? frame : Math.Min(frame, _unsummedFrom);
        else if (frame <= _unsummedFrom)
            _unsummedFrom = 0;
        _frameBegunAt = offset;
    }

    private void NotePage(int length, long offset)
    {
        long frame = FrameOfPage(length, offset);
        if (frame != 0 && _frameBegunAt != offset - FrameHeaderBytes)
            _unsummedFrom = _unsummedFrom == 0 ? frame : Math.Min(frame, _unsummedFrom);
        _frameBegunAt = 0;
    }

    // The number of the frame, from 1, whose page begins here; 0: none does.
    private readonly long FrameOfPage(int length, long offset)
    {
        if (length != _pageBytes || length == 0)
            return 0;
        (long frame, long rest) = Math.DivRem(offset - HeaderBytes - FrameHeaderBytes, _pageBytes + FrameHeaderBytes);
        return offset >= HeaderBytes && rest == 0 ? frame + 1 : 0;
    }

    private readonly bool Verify(SqliteFile* file, ChecksumVfs.Table* beneath, byte* page, long frame)
    {
        byte* header = stackalloc byte[FrameHeaderBytes];
        long offset = HeaderBytes + (frame - 1) * (_pageBytes + FrameHeaderBytes);
        if (beneath->Read(file, header, FrameHeaderBytes, offset) != Sqlite3.Ok || *(ulong*)(header + 8) != _salts)
            return false;
        ulong before = _firstSums;
        if (frame > 1 && beneath->Read(file, (byte*)&before, ChecksumBytes,
            offset - _pageBytes - ChecksumBytes) != Sqlite3.Ok)
            return false;
        uint first = BigEndian32((byte*)&before);
        uint second = BigEndian32((byte*)&before + 4);
        Sum(header, 8, ref first, ref second);
        Sum(page, _pageBytes, ref first, ref second);
        return first == BigEndian32(header + 16) && second == BigEndian32(header + 20);
    }

    private readonly void Sum(byte* bytes, int length, ref uint first, ref uint second)
    {
        bool isReversed = _sumsBigEndian == BitConverter.IsLittleEndian;
        (uint one, uint two) = (first, second);
        for (uint* word = (uint*)bytes, end = (uint*)(bytes + length); word < end; word += 2)
        {
            one += (isReversed ? BinaryPrimitives.ReverseEndianness(word[0]) : word[0]) + two;
            two += (isReversed ? BinaryPrimitives.ReverseEndianness(word[1]) : word[1]) + one;
        }

        (first, second) = (one, two);
    }

    private static uint BigEndian32(byte* bytes) =>
        BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(bytes, 4));
}
