using System.Globalization;
using System.Text;

namespace Hartfs.Cli.Copying;

/// <summary>Names of any bytes, shown to people.</summary>
internal static class ByteName
{
    /// <summary>UTF-8 as it is; bytes that are none, and control characters, as \xNN.</summary>
    public static string Show(byte[] name)
    {
        var text = new StringBuilder(name.Length);
        for (ReadOnlySpan<byte> rest = name; rest.Length > 0;)
        {
            bool isRune = Rune.DecodeFromUtf8(rest, out Rune rune, out int length)
                == System.Buffers.OperationStatus.Done && !Rune.IsControl(rune);
            if (isRune)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte value in rest[..length])
                    text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            }

            rest = rest[length..];
        }

        return text.ToString();
    }
}
