using System.Runtime.InteropServices;
using Hartfs.Conformance.Interop;

namespace Hartfs.Conformance.Posix;

/// <summary>A directory being read (opendir(3)).</summary>
public sealed unsafe class DirectoryStream : IDisposable
{
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    private readonly nint _stream;

    public DirectoryStream(PosixPath path)
    {
        fixed (byte* bytes = path.Terminated) _stream = LibC.OpenDir(bytes);
        if (_stream == 0) throw new PosixException("opendir", Marshal.GetLastPInvokeError());
    }

    public long Position => LibC.TellDir(_stream);

    /// <summary>All names but "." and "..", with their types as d_type says them.</summary>
    public static List<(byte[] Name, byte Type)> ReadAll(PosixPath path)
    {
        using DirectoryStream stream = new(path);
        List<(byte[] Name, byte Type)> entries = [];
        while (stream.Next() is { } entry)
        {
            if (entry.Name is not ([(byte)'.'] or [(byte)'.', (byte)'.'])) entries.Add(entry);
        }

        return entries;
    }

    public (byte[] Name, byte Type)? Next()
    {
        byte* entry = LibC.ReadDir(_stream);
        if (entry == null) return null;
        return (MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset).ToArray(), entry[TypeOffset]);
    }

    public void Seek(long position) => LibC.SeekDir(_stream, position);

    public void Dispose() => _ = LibC.CloseDir(_stream);
}
