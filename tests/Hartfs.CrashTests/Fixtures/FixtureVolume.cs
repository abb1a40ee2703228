using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Hartfs.Core;
using Hartfs.CrashTests.Runs;
using Hartfs.Format;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.CrashTests.Fixtures;

/// <summary>
/// The small volume of a format version under <c>tests/fixtures</c>: an archive of its directory, and the lines of its
/// tree. Written once when a version is published, or a feature comes to it, and never again.
/// </summary>
internal static class FixtureVolume
{
    public const string OneChunkFile = "random";

    /// <summary>What a program of this version makes: the format version, and features since.</summary>
    public const string Current = "1-checksums";

    public static string Archive(string version) => Path.Combine(Folder(), $"volume-{version}.tar.gz");

    public static List<string> Tree(string version) =>
        [.. File.ReadAllLines(Path.Combine(Folder(), $"volume-{version}.tree"))];

    /// <summary>Unpacks the volume into a new directory.</summary>
    public static void Unpack(string version, string directory)
    {
        Directory.CreateDirectory(directory);
        using GZipStream stream = new(File.OpenRead(Archive(version)), CompressionMode.Decompress);
        TarFile.ExtractToDirectory(stream, directory, overwriteFiles: false);
    }

    /// <summary>Makes the fixture of the current version anew.</summary>
    public static void Make(string directory)
    {
        ManualTime time = new();
        Volume.Create(directory, new VolumeParameters { ChunkBytesAverage = 1 << 10, BlockBytes = 64 << 10 }, time);
        Fill(directory, time, First(), "before");
        // Opened again: a pack that is continued, an index of several runs, a log taken in.
        Fill(directory, time, Second(), "between");
        Directory.CreateDirectory(Folder());
        using (Volume volume = Open(directory, time, isReadOnly: true))
            File.WriteAllLines(Path.Combine(Folder(), $"volume-{Current}.tree"),
                CrashModel.Dump(volume));
        using FileStream archive = File.Create(Archive(Current));
        using GZipStream stream = new(archive, CompressionLevel.SmallestSize);
        TarFile.CreateFromDirectory(directory, stream, includeBaseDirectory: false);
    }

    public static Volume Open(string directory, TimeProvider time, bool isReadOnly) => Volume.Open(directory,
        new VolumeSettings
        {
            CommitInterval = TimeSpan.FromDays(1), ReservedBytes = 0, WorkerCount = 1, ReadOnly = isReadOnly,
            Time = time,
        }, NullLoggerFactory.Instance);

    private static void Fill(string directory, ManualTime time, List<Operation> operations, string snapshot)
    {
        using Volume volume = Open(directory, time, isReadOnly: false);
        TreeRunner runner = new(new ProductTree(volume.FileSystem));
        for (int index = 0; index < operations.Count; index++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            FsError error = CrashModel.Apply(volume, runner, operations[index]).Error;
            if (error != FsError.None) throw new InvalidOperationException($"{operations[index]}: {error}");
            if (index == operations.Count / 2) volume.Snapshots.Create(Encoding.UTF8.GetBytes(snapshot));
        }

        runner.CloseAll();
    }

    private static List<Operation> First() =>
    [
        new(OperationKind.MakeDirectory) { Path = "/d", Mode = 0x1ED },
        Create("/" + OneChunkFile), Write("/" + OneChunkFile, ContentKind.Random, 0, 20_000),
        Create("/text"), Write("/text", ContentKind.Text, 0, 40_000),
        new(OperationKind.Commit),
        Create("/d/holes"), Write("/d/holes", ContentKind.Text, 1 << 20, 5000),
        Create("/d/fill"), Write("/d/fill", ContentKind.Pattern, 0, 30_000),
        Create("/d/inline"), Write("/d/inline", ContentKind.Random, 0, 900),
        new(OperationKind.Synchronize) { Path = "/d/inline" },
        new(OperationKind.Link) { Path = "/text", Path2 = "/d/other name of text" },
        new(OperationKind.MakeSymbolicLink) { Path = "/d/link", Path2 = "../text" },
        new(OperationKind.SetXattr)
        {
            Path = "/text", XattrName = "user.note", Content = new Content(ContentKind.Text, 1, 60),
        },
        new(OperationKind.MakeNode) { Path = "/d/fifo", Mode = InodeMode.Fifo | 0x1A4 },
        new(OperationKind.CopyRange) { Path = "/text", Path2 = "/d/inline", Offset2 = 4096, Length = 10_000 },
    ];

    private static List<Operation> Second() =>
    [
        Write("/text", ContentKind.Text, 10_000, 3000),
        Create("/later \u00ff\u0001"), Write("/later \u00ff\u0001", ContentKind.Duplicate, 0, 20_000),
        new(OperationKind.Commit),
        new(OperationKind.Unlink) { Path = "/d/fill" },
        new(OperationKind.Truncate) { Path = "/d/holes", Length = 1_050_000 },
        new(OperationKind.CloneTree) { Path = "/d", Path2 = "/clone" },
        new(OperationKind.Commit),
    ];

    private static Operation Create(string path) => new(OperationKind.Create) { Path = path, Mode = 0x1A4 };

    private static Operation Write(string path, ContentKind kind, long offset, int length) =>
        new(OperationKind.Write) { Path = path, Offset = offset, Content = new Content(kind, 7, length) };

    private static string Folder([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "fixtures"));
}
