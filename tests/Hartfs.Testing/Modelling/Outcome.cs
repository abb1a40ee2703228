using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>What an operation answered, in a form that is the same for the product and the model.</summary>
/// <param name="Error">The error.</param>
/// <param name="Text">Attributes and names, printed.</param>
/// <param name="Bytes">Bytes that were read.</param>
/// <param name="Number">A count or a position.</param>
public sealed record Outcome(FsError Error, string Text = "", byte[]? Bytes = null, long Number = 0)
{
    /// <summary>Says how two outcomes differ; null when they are the same.</summary>
    public static string? Difference(Outcome expected, Outcome actual)
    {
        if (expected.Error != actual.Error) return $"expected {expected.Error}, got {actual.Error}";
        if (expected.Text != actual.Text) return $"\n  expected {expected.Text}\n  got      {actual.Text}";
        if (expected.Number != actual.Number) return $"expected {expected.Number}, got {actual.Number}";
        return BytesDifference(expected.Bytes ?? [], actual.Bytes ?? []);
    }

    public static string? BytesDifference(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        int same = expected.CommonPrefixLength(actual);
        if (same == expected.Length && same == actual.Length) return null;
        if (same == expected.Length || same == actual.Length)
            return $"expected {expected.Length} bytes, got {actual.Length}";
        int last = same;
        for (int i = same; i < Math.Min(expected.Length, actual.Length); i++)
        {
            if (expected[i] != actual[i]) last = i;
        }

        return $"bytes {same}..{last} of {expected.Length} differ: expected {Sample(expected[same..])}, " +
            $"got {Sample(actual[same..])}";
    }

    /// <summary>
    /// Attributes as the model compares them: no inode numbers, no allocation, and no access time, which a volume may
    /// leave behind while it commits.
    /// </summary>
    public static string Describe(in InodeRecord record) =>
        $"{Convert.ToString(record.Mode, 8)} {record.Uid}:{record.Gid} links={record.LinkCount} " +
        $"size={record.Size} dev={record.Device} m={record.ModifyTime} c={record.ChangeTime} b={record.BirthTime}";

    private static string Sample(ReadOnlySpan<byte> bytes) =>
        Convert.ToHexStringLower(bytes[..Math.Min(bytes.Length, 12)]) + (bytes.Length > 12 ? "…" : "");
}
