using Hartfs.Conformance.Posix;

namespace Hartfs.Conformance.Workloads;

/// <summary>
/// Random operations on one file against the bytes it should have, in the manner of fsx: reads, writes, truncations,
/// holes, mappings, copies, closing and opening again, all seeded.
/// </summary>
public sealed class RandomFile : IDisposable
{
    private const int SizeMax = 1 << 20;
    private const int LengthMax = 1 << 16;

    private readonly PosixPath _path;
    private readonly Random _random;
    private readonly byte[] _expected = new byte[SizeMax];
    private readonly Queue<string> _history = new();
    private Descriptor _file;
    private int _size;

    public RandomFile(PosixPath path, int seed)
    {
        _path = path;
        _random = new Random(seed);
        _file = Sys.Open(path, Sys.O_CREAT | Sys.O_EXCL | Sys.O_RDWR);
    }

    /// <summary>
    /// Carries out one operation and compares what it touches; throws with the last operations on a difference.
    /// </summary>
    public void Step()
    {
        switch (_random.Next(20))
        {
            case < 6: Write(); break;
            case < 11: Read(); break;
            case 11: Truncate(); break;
            case 12: Allocate(); break;
            case 13: Punch(); break;
            case 14: Zero(); break;
            case 15 or 16: Map(); break;
            case 17: Copy(); break;
            case 18: Reopen(); break;
            default: Synchronize(); break;
        }

        long size = _file.Stat().Size;
        if (size != _size) throw Failure($"size {size}, expected {_size}");
    }

    /// <summary>Compares every byte.</summary>
    public void Verify() => Compare(0, _file.Read(0, SizeMax + 1), _size);

    public void Dispose() => _file.Dispose();

    private void Write()
    {
        (int offset, int length) = Range(SizeMax);
        Note($"write {offset}+{length}");
        Fill(_expected.AsSpan(offset, length));
        _file.Write(offset, _expected.AsSpan(offset, length));
        _size = Math.Max(_size, offset + length);
    }

    private void Read()
    {
        (int offset, int length) = Range(SizeMax);
        Note($"read {offset}+{length}");
        Compare(offset, _file.Read(offset, length), Math.Clamp(_size - offset, 0, length));
    }

    private void Truncate()
    {
        int size = _random.Next(4) == 0
            ? _random.Next(SizeMax)
            : Math.Clamp(_size + _random.Next(-LengthMax, LengthMax), 0, SizeMax);
        Note($"truncate {size}");
        _file.Truncate(size);
        if (size < _size) _expected.AsSpan(size, _size - size).Clear();
        _size = size;
    }

    private void Allocate()
    {
        (int offset, int length) = Range(SizeMax);
        bool keepSize = _random.Next(2) == 0;
        Note($"allocate {offset}+{length} keep={keepSize}");
        _file.Allocate(keepSize ? Sys.FALLOC_KEEP_SIZE : 0, offset, length);
        if (!keepSize) _size = Math.Max(_size, offset + length);
    }

    private void Punch()
    {
        (int offset, int length) = Range(SizeMax);
        Note($"punch {offset}+{length}");
        _file.Allocate(Sys.FALLOC_PUNCH_HOLE | Sys.FALLOC_KEEP_SIZE, offset, length);
        _expected.AsSpan(offset, length).Clear();
    }

    private void Zero()
    {
        (int offset, int length) = Range(SizeMax);
        bool keepSize = _random.Next(2) == 0;
        Note($"zero {offset}+{length} keep={keepSize}");
        _file.Allocate(Sys.FALLOC_ZERO_RANGE | (keepSize ? Sys.FALLOC_KEEP_SIZE : 0), offset, length);
        _expected.AsSpan(offset, length).Clear();
        if (!keepSize) _size = Math.Max(_size, offset + length);
    }

    private void Map()
    {
        if (_size == 0) return;
        (int offset, int length) = Range(_size);
        bool write = _random.Next(2) == 0;
        Note($"map {(write ? "write" : "read")} {offset}+{length}");
        using SharedMapping mapping = _file.Map(_size);
        if (write)
        {
            Fill(_expected.AsSpan(offset, length));
            _expected.AsSpan(offset, length).CopyTo(mapping.Bytes[offset..]);
            if (_random.Next(2) == 0) mapping.Sync();
        }
        else Compare(offset, mapping.Bytes.Slice(offset, length), length);
    }

    private void Copy()
    {
        (int source, int length) = Range(_size);
        int offset = _random.Next(SizeMax - length + 1);
        if (length == 0 || Math.Abs(source - offset) < length) return;
        Note($"copy {source}+{length} to {offset}");
        for (int done = 0; done < length;)
        {
            long copied = _file.CopyTo(source + done, _file, offset + done, length - done);
            if (copied <= 0) throw Failure($"copied {done} of {length}");
            done += (int)copied;
        }

        _expected.AsSpan(source, length).CopyTo(_expected.AsSpan(offset));
        _size = Math.Max(_size, offset + length);
    }

    private void Reopen()
    {
        Note("reopen");
        _file.Close();
        _file = Sys.Open(_path, Sys.O_RDWR);
    }

    private void Synchronize()
    {
        Note("fsync");
        _file.Sync();
    }

    private (int Offset, int Length) Range(int end)
    {
        int length = Math.Min(_random.Next(3) == 0 ? 1 + _random.Next(LengthMax) : 1 + _random.Next(5000), end);
        int offset = _random.Next(end - length + 1);
        return _random.Next(4) == 0 ? (offset / 4096 * 4096, length) : (offset, length);
    }

    private void Fill(Span<byte> bytes)
    {
        switch (_random.Next(4))
        {
            case 0: bytes.Fill((byte)_random.Next(256)); break;
            case 1: bytes.Clear(); break;
            default: _random.NextBytes(bytes); break;
        }
    }

    private void Compare(int offset, ReadOnlySpan<byte> actual, int length)
    {
        if (actual.Length != length) throw Failure($"{actual.Length} bytes at {offset}, expected {length}");
        int same = actual.CommonPrefixLength(_expected.AsSpan(offset, length));
        if (same < length)
            throw Failure($"byte {offset + same} is {actual[same]}, expected {_expected[offset + same]}");
    }

    private void Note(string operation)
    {
        _history.Enqueue(operation);
        if (_history.Count > 60) _history.Dequeue();
    }

    private InvalidOperationException Failure(string what) =>
        new($"{_path}: {what}, after\n" + string.Join('\n', _history));
}
