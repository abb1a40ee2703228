using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Hartfs.Format;

namespace Hartfs.Core.Snapshots;

/// <summary>What a snapshot may be called, and what it is called when nobody says.</summary>
public static class SnapshotName
{
    /// <summary>The word for the live tree where a snapshot's name can stand.</summary>
    public const string Now = "now";

    /// <summary>The name of a snapshot made at a moment, with a word in front.</summary>
    public static string Of(DateTimeOffset moment, string prefix = "") =>
        prefix + moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm-ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A name as people read it.</summary>
    public static string Describe(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    /// <summary>Why a name cannot be a snapshot's, or null.</summary>
    public static string? FindFault(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return "the name is empty";
        if (name.Length > Limits.NameBytesMax)
            return $"the name has {name.Length} bytes, {Limits.NameBytesMax} are possible";
        if (name.Contains((byte)'/'))
            return "the name has a slash";
        if (name.IndexOfAnyInRange((byte)0, (byte)0x1F) >= 0 || name.Contains((byte)0x7F))
            return "the name has a control character";
        // What is not UTF-8 comes out of a command line as replacement characters.
        if (!Utf8.IsValid(name) || name.IndexOf("\uFFFD"u8) >= 0)
            return "the name is not UTF-8";
        if (name[0] == (byte)'.')
            return "names that begin with a dot are reserved";
        return name.SequenceEqual("now"u8) ? "the name 'now' is reserved: it means the live tree" : null;
    }
}
