using System.Diagnostics;
using Hartfs.Benchmarks.Filesystems;
using Hartfs.Benchmarks.Machine;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Benchmarks.Ladder;

/// <summary>A mounted filesystem, reached through system calls like any program's.</summary>
internal sealed class PathRung : IFileRung
{
    /// <summary>What cp(1) reads and writes at a time.</summary>
    private const int TransferBytes = 128 << 10;
    private const int PieceBytes = 4096;

    private readonly MountedFilesystem _filesystem;
    private readonly byte[] _buffer = new byte[TransferBytes];
    private string _folder;

    public PathRung(MountedFilesystem filesystem)
    {
        _filesystem = filesystem;
        _filesystem.Mount();
        _folder = NewFolder();
    }

    public string Name => _filesystem.Name;

    /// <summary>Where this repetition's files are.</summary>
    public string Folder => _folder;

    public void WriteFile(string name, ReadOnlyMemory<byte> content)
    {
        using SafeFileHandle file = File.OpenHandle(PathOf(name), FileMode.CreateNew, FileAccess.Write);
        for (int at = 0; at < content.Length; at += TransferBytes)
            RandomAccess.Write(file, content.Span[at..int.Min(at + TransferBytes, content.Length)], at);
        RandomAccess.FlushToDisk(file);
    }

    public void ReadFile(string name, long length)
    {
        using SafeFileHandle file = File.OpenHandle(PathOf(name));
        long at = 0;
        while (at < length)
        {
            int count = RandomAccess.Read(file, _buffer, at);
            if (count == 0) throw new BenchmarkException($"{Name}: {name} ends at {at} of {length} bytes.");
            at += count;
        }
    }

    public void ReadRandomly(string name, ReadOnlySpan<long> offsets, Span<long> ticks)
    {
        using SafeFileHandle file = File.OpenHandle(PathOf(name));
        Span<byte> piece = _buffer.AsSpan(0, PieceBytes);
        for (int index = 0; index < offsets.Length; index++)
        {
            long begin = Stopwatch.GetTimestamp();
            int count = RandomAccess.Read(file, piece, offsets[index]);
            ticks[index] = Stopwatch.GetTimestamp() - begin;
            if (count != PieceBytes) throw new BenchmarkException($"{Name}: a short read of {name}.");
        }
    }

    public void WriteDurably(string name, ReadOnlySpan<byte> piece, Span<long> ticks)
    {
        using SafeFileHandle file = File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.Write);
        for (int index = 0; index < ticks.Length; index++)
        {
            long begin = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, piece, (long)index * piece.Length);
            RandomAccess.FlushToDisk(file);
            ticks[index] = Stopwatch.GetTimestamp() - begin;
        }
    }

    public void CreateDirectory(string name) => Directory.CreateDirectory(PathOf(name));

    public void CreateSmall(string directory, string name, ReadOnlySpan<byte> content)
    {
        using SafeFileHandle file =
            File.OpenHandle($"{_folder}/{directory}/{name}", FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, content, 0);
    }

    public void Stat(string directory, string name)
    {
        if (new FileInfo($"{_folder}/{directory}/{name}").Length < 0) throw new UnreachableException();
    }

    public void ReadSmall(string directory, string name, Span<byte> buffer)
    {
        using SafeFileHandle file = File.OpenHandle($"{_folder}/{directory}/{name}");
        if (RandomAccess.Read(file, buffer, 0) == 0) throw new BenchmarkException($"{Name}: {name} is empty.");
    }

    public void Unlink(string directory, string name) => File.Delete($"{_folder}/{directory}/{name}");

    public void Settle()
    {
        ExternalProgram.Run("sync", ["-f", _filesystem.Root]);

        // Not every FUSE filesystem hears of syncfs; an fsync reaches all of them.
        using SafeFileHandle file = File.OpenHandle(PathOf("settle"), FileMode.OpenOrCreate, FileAccess.Write);
        RandomAccess.Write(file, "."u8, 0);
        RandomAccess.FlushToDisk(file);
    }

    public void MakeCold() => _filesystem.MakeCold();

    public void Clear()
    {
        Scratch.RemoveTree(_folder);
        _folder = NewFolder();
        Settle();
    }

    public void Dispose() => _filesystem.Dispose();

    private string NewFolder()
    {
        string folder = Path.Combine(_filesystem.Root, "repetition");
        Directory.CreateDirectory(folder);
        return folder;
    }

    private string PathOf(string name) => $"{_folder}/{name}";
}
