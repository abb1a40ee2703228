using System.Diagnostics;
using System.Text;
using Hartfs.Benchmarks.Machine;
using Hartfs.Core;
using Hartfs.Format;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.Benchmarks.Ladder;

/// <summary>Core in this process: everything a mount does, but the kernel.</summary>
internal sealed class FileSystemRung : IFileRung
{
    /// <summary>What the kernel hands over at most.</summary>
    private const int TransferBytes = 1 << 20;
    private const int PieceBytes = 4096;
    private const int FileMode = InodeMode.RegularFile | 0x1A4;
    private const int DirectoryMode = InodeMode.Directory | 0x1ED;

    private readonly string _directory;
    private readonly byte[] _buffer = new byte[TransferBytes];
    private readonly Dictionary<string, InodeNumber> _directories = [];
    private Volume _volume;
    private InodeNumber _folder;
    private int _repetition;

    public FileSystemRung(Scratch scratch)
    {
        _directory = scratch.NewPath("file-system-volume");
        Volume.Create(_directory, new VolumeParameters());
        _volume = Open();
        _folder = NewFolder();
    }

    public string Name => LadderRungs.FileSystem;

    private FileSystem FileSystem => _volume.FileSystem;

    public void WriteFile(string name, ReadOnlyMemory<byte> content)
    {
        InodeNumber inode = Create(_folder, name);
        for (int at = 0; at < content.Length; at += TransferBytes)
        {
            ReadOnlySpan<byte> bytes = content.Span[at..int.Min(at + TransferBytes, content.Length)];
            Check(FileSystem.Write(inode, at, bytes, killPrivileges: false, stampTimes: false));
        }

        Check(FileSystem.Synchronize(inode));
        FileSystem.Forget(inode, 1);
    }

    public void ReadFile(string name, long length)
    {
        InodeNumber inode = Find(_folder, name);
        for (long at = 0; at < length;)
        {
            Check(FileSystem.Read(inode, at, _buffer, out int count));
            if (count == 0) throw new BenchmarkException($"{Name}: {name} ends at {at} of {length} bytes.");
            at += count;
        }

        FileSystem.Forget(inode, 1);
    }

    public void ReadRandomly(string name, ReadOnlySpan<long> offsets, Span<long> ticks)
    {
        InodeNumber inode = Find(_folder, name);
        for (int index = 0; index < offsets.Length; index++)
        {
            long begin = Stopwatch.GetTimestamp();
            Check(FileSystem.Read(inode, offsets[index], _buffer.AsSpan(0, PieceBytes), out _));
            ticks[index] = Stopwatch.GetTimestamp() - begin;
        }

        FileSystem.Forget(inode, 1);
    }

    public void WriteDurably(string name, ReadOnlySpan<byte> piece, Span<long> ticks)
    {
        InodeNumber inode = Find(_folder, name);
        for (int index = 0; index < ticks.Length; index++)
        {
            long begin = Stopwatch.GetTimestamp();
            Check(FileSystem.Write(inode, (long)index * piece.Length, piece, killPrivileges: false, stampTimes: true));
            Check(FileSystem.Synchronize(inode));
            ticks[index] = Stopwatch.GetTimestamp() - begin;
        }

        FileSystem.Forget(inode, 1);
    }

    public void CreateDirectory(string name) => _directories[name] = MakeDirectory(_folder, name);

    public void CreateSmall(string directory, string name, ReadOnlySpan<byte> content)
    {
        InodeNumber inode = Create(_directories[directory], name);
        Check(FileSystem.Write(inode, 0, content, killPrivileges: false, stampTimes: true));
        Check(FileSystem.Flush(inode));
        FileSystem.Forget(inode, 1);
    }

    public void Stat(string directory, string name)
    {
        InodeNumber inode = Find(_directories[directory], name);
        Check(FileSystem.GetAttributes(inode, out _));
        FileSystem.Forget(inode, 1);
    }

    public void ReadSmall(string directory, string name, Span<byte> buffer)
    {
        InodeNumber inode = Find(_directories[directory], name);
        Check(FileSystem.Read(inode, 0, buffer, out _));
        FileSystem.Forget(inode, 1);
    }

    public void Unlink(string directory, string name) =>
        Check(FileSystem.Unlink(_directories[directory], Encoding.UTF8.GetBytes(name)));

    public void Settle() => Check(_volume.Commit());

    public void MakeCold()
    {
        _volume.Dispose();
        Disk.DropCaches();
        _volume = Open();
        _folder = Find(InodeNumber.Root, FolderName());
    }

    public void Clear()
    {
        foreach (string name in (string[])["unique", "duplicate"])
            Check(FileSystem.Unlink(_folder, Encoding.UTF8.GetBytes(name)));
        _directories.Clear();
        _repetition++;
        _folder = NewFolder();
        Settle();
    }

    public void Dispose()
    {
        _volume.Dispose();
        Scratch.RemoveTree(_directory);
    }

    private Volume Open() => Volume.Open(_directory, new VolumeSettings(), NullLoggerFactory.Instance);

    private InodeNumber NewFolder() => MakeDirectory(InodeNumber.Root, FolderName());

    private string FolderName() => $"repetition-{_repetition}";

    private InodeNumber MakeDirectory(InodeNumber parent, string name)
    {
        Check(FileSystem.MakeDirectory(parent, Encoding.UTF8.GetBytes(name), DirectoryMode, umask: 0, default,
            out InodeRecord inode));
        return inode.Number;
    }

    private InodeNumber Create(InodeNumber parent, string name)
    {
        Check(FileSystem.Create(parent, Encoding.UTF8.GetBytes(name), FileMode, umask: 0, device: 0, default,
            out InodeRecord inode));
        return inode.Number;
    }

    private InodeNumber Find(InodeNumber parent, string name)
    {
        Check(FileSystem.Lookup(parent, Encoding.UTF8.GetBytes(name), out InodeRecord inode));
        return inode.Number;
    }

    private void Check(FsError error)
    {
        if (error != FsError.None) throw new BenchmarkException($"{Name}: {error}");
    }
}
