using System.Text;

namespace Hartfs.Conformance.Posix;

/// <summary>A path of any bytes.</summary>
public readonly record struct PosixPath(byte[] Bytes)
{
    public static implicit operator PosixPath(string path) => new(Encoding.UTF8.GetBytes(path));

    public static implicit operator PosixPath(byte[] path) => new(path);

    public static PosixPath operator /(PosixPath parent, PosixPath name) =>
        new([.. parent.Bytes, (byte)'/', .. name.Bytes]);

    public override string ToString() => Encoding.UTF8.GetString(Bytes);

    internal byte[] Terminated => [.. Bytes, 0];
}
