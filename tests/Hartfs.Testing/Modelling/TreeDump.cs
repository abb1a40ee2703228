using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// A whole tree as sorted lines of text, one per name: attributes, which names are one inode, extended attributes
/// and, where asked for, a hash over the data. Two trees are the same when their lines are.
/// </summary>
public static class TreeDump
{
    /// <summary>Above this a file is read where it has data only; generated files of that size are sparse.</summary>
    private const long WholeReadMax = 16 << 20;

    private const int PageSize = 4096;
    private const int BufferSize = 1 << 20;

    /// <param name="tree">The tree.</param>
    /// <param name="withData">Read and hash every file.</param>
    public static List<string> Take(IFileTree tree, bool withData)
    {
        Dump dump = new(tree, withData);
        Check(tree.GetAttributes(InodeNumber.Root, out InodeRecord root), "root");
        dump.Add("/", root);
        return dump.Lines;
    }

    /// <summary>The lines that only one of two dumps has, "-" before the first's, "+" before the second's.</summary>
    public static string Difference(List<string> expected, List<string> actual)
    {
        HashSet<string> inExpected = [.. expected];
        HashSet<string> inActual = [.. actual];
        IEnumerable<string> lines = expected.Where(line => !inActual.Contains(line)).Select(line => "- " + line)
            .Concat(actual.Where(line => !inExpected.Contains(line)).Select(line => "+ " + line))
            .OrderBy(line => line[2..], StringComparer.Ordinal);
        return string.Join('\n', lines.Take(40));
    }

    /// <summary>Where the bytes of files in the root differ, for those that are small enough to read whole.</summary>
    public static string DataDifference(IFileTree expected, IFileTree actual)
    {
        StringBuilder text = new();
        Check(expected.List(InodeNumber.Root, out List<(byte[] Name, InodeRecord Inode)> entries), "list");
        foreach ((byte[] name, InodeRecord inode) in entries.Where(entry => entry.Inode.IsRegularFile))
        {
            if (inode.Size > WholeReadMax ||
                actual.Lookup(InodeNumber.Root, name, out InodeRecord other) != FsError.None)
                continue;
            byte[] wanted = new byte[inode.Size];
            byte[] found = new byte[Math.Clamp(other.Size, 0, WholeReadMax)];
            expected.Read(inode.Number, 0, wanted, out _);
            actual.Read(other.Number, 0, found, out _);
            actual.Forget(other.Number, 1);
            if (Outcome.BytesDifference(wanted, found) is { } difference)
                text.Append(CultureInfo.InvariantCulture, $"\n  {Encoding.Latin1.GetString(name)}: {difference}");
        }

        return text.ToString();
    }

    /// <summary>
    /// A hash over every byte that is not zero and the size; reads sparse files where they have data.
    /// </summary>
    public static string HashData(IFileTree tree, InodeNumber inode, long size)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[Math.Min(BufferSize, size)];
        long offset = 0;
        while (offset < size)
        {
            if (size > WholeReadMax)
            {
                FsError sought = tree.Seek(inode, offset, data: true, out long position);
                if (sought == FsError.NoMoreData) break;
                Check(sought, "seek");
                offset = Math.Max(offset, position / PageSize * PageSize);
            }

            int wanted = (int)Math.Min(buffer.Length, size - offset);
            Check(tree.Read(inode, offset, buffer.AsSpan(0, wanted), out int count), "read");
            if (count != wanted)
                throw new ModelMismatchException($"short read: {count} of {wanted} bytes at {offset} of {size}");
            HashPages(hash, offset, buffer.AsSpan(0, count));
            offset += count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static void HashPages(IncrementalHash hash, long offset, ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += PageSize)
        {
            ReadOnlySpan<byte> page = bytes.Slice(at, Math.Min(PageSize, bytes.Length - at));
            if (!page.ContainsAnyExcept((byte)0)) continue;
            hash.AppendData(BitConverter.GetBytes(offset + at));
            hash.AppendData(page);
        }
    }

    private static void Check(FsError error, string what)
    {
        if (error != FsError.None) throw new ModelMismatchException($"{what} failed: {error}");
    }

    private sealed class Dump(IFileTree tree, bool withData)
    {
        private readonly Dictionary<long, string> _firstNames = [];

        public List<string> Lines { get; } = [];

        public void Add(string path, InodeRecord record)
        {
            string label = string.Concat(path.Select(c => c is < ' ' or > '~' ? $"\\x{(int)c:x2}" : c.ToString()));
            if (_firstNames.TryGetValue(record.Number.Value, out string? first))
            {
                Lines.Add($"{label} is {first}");
                return;
            }

            _firstNames.Add(record.Number.Value, label);
            Lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{label} {Outcome.Describe(record)}{Xattrs(record.Number)}{Content(record, label)}"));
            if (!record.IsDirectory) return;
            Check(tree.List(record.Number, out List<(byte[] Name, InodeRecord Inode)> entries), "list " + label);
            foreach ((byte[] name, InodeRecord _) in entries.OrderBy(entry => Encoding.Latin1.GetString(entry.Name),
                StringComparer.Ordinal))
            {
                string child = path.TrimEnd('/') + "/" + Encoding.Latin1.GetString(name);
                Check(tree.Lookup(record.Number, name, out InodeRecord inode), "look-up of a listed name, " + child);
                Add(child, inode);
                tree.Forget(inode.Number, 1);
            }
        }

        private string Xattrs(InodeNumber inode)
        {
            Check(tree.ListXattrs(inode, out List<byte[]> names), "list of attributes");
            StringBuilder text = new();
            foreach (byte[] name in names.OrderBy(Encoding.Latin1.GetString, StringComparer.Ordinal))
            {
                Check(tree.GetXattr(inode, name, out byte[] value), "a listed attribute");
                string hash = Convert.ToHexStringLower(SHA256.HashData(value))[..8];
                text.Append(CultureInfo.InvariantCulture, $" {Encoding.Latin1.GetString(name)}={value.Length}:{hash}");
            }

            return text.ToString();
        }

        private string Content(in InodeRecord record, string label)
        {
            if (InodeMode.IsSymbolicLink(record.Mode))
            {
                Check(tree.ReadSymbolicLink(record.Number, out byte[] target), "target of " + label);
                return " → " + Encoding.Latin1.GetString(target);
            }

            return withData && record.IsRegularFile ? " data=" + HashData(tree, record.Number, record.Size) : "";
        }
    }
}
