namespace Hartfs.Cli.Copying;

/// <summary>Lists of attribute names as the kernel writes them: each with a NUL behind it.</summary>
internal static class XattrNames
{
    public static IReadOnlyList<byte[]> Split(ReadOnlySpan<byte> names)
    {
        var result = new List<byte[]>();
        while (names.IndexOf((byte)0) is >= 0 and int length)
        {
            if (length > 0)
                result.Add(names[..length].ToArray());
            names = names[(length + 1)..];
        }

        return result;
    }
}
