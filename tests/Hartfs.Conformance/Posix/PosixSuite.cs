using Hartfs.Conformance.Targets;

namespace Hartfs.Conformance.Posix;

/// <summary>
/// What POSIX and Linux promise of a file system, asked through real system calls. Each case works in a directory of
/// its own and needs root (owners, device nodes, trusted attributes).
/// </summary>
public abstract partial class PosixSuite(PosixTarget target)
{
    private readonly PosixPath _directory = target.NewDirectory();

    private PosixPath At(PosixPath name) => _directory / name;

    private PosixPath NewFile(PosixPath name, ReadOnlySpan<byte> content, uint mode = 0x1A4)
    {
        using Descriptor file = Sys.Open(At(name), Sys.O_CREAT | Sys.O_EXCL | Sys.O_RDWR, mode);
        file.Write(0, content);
        return At(name);
    }

    private static byte[] ReadFile(PosixPath path)
    {
        using Descriptor file = Sys.Open(path, Sys.O_RDONLY);
        return file.Read(0, (int)file.Stat().Size);
    }

    private static List<string> Names(PosixPath path) =>
        [.. DirectoryStream.ReadAll(path).Select(entry => System.Text.Encoding.UTF8.GetString(entry.Name)).Order()];

    private static byte[] Noise(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
