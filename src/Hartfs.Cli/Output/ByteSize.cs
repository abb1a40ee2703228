using System.Buffers;
using System.Globalization;

namespace Hartfs.Cli.Output;

/// <summary>Sizes as people write and read them.</summary>
internal static class ByteSize
{
    private static readonly SearchValues<char> NumberLetters = SearchValues.Create("0123456789.");
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>
    /// Reads "512", "64K", "64KiB", "1.5G" (powers of 1024) or "64KB" (powers of 1000), any case.
    /// False for anything else, for negative numbers and for more than 2^63-1.
    /// </summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        int digits = rest.IndexOfAnyExcept(NumberLetters);
        ReadOnlySpan<char> number = digits < 0 ? rest : rest[..digits];
        ReadOnlySpan<char> unit = digits < 0 ? [] : rest[digits..].Trim();
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
            || !TryGetFactor(unit, out long factor) || value > long.MaxValue / factor)
            return false;
        decimal product = value * factor;
        if (product != decimal.Truncate(product))
            return false;
        bytes = (long)product;
        return true;
    }

    /// <summary>Three significant figures and a binary unit: "0 B", "1.50 KiB", "312 GiB".</summary>
    public static string Format(long bytes)
    {
        double value = Math.Abs((double)bytes);
        int unit = 0;
        while (unit < Units.Length - 1 && (unit == 0 ? value >= 1024 : value >= 999.5))
        {
            value /= 1024;
            unit++;
        }

        string figures = unit == 0 ? "0" : value switch { < 9.995 => "0.00", < 99.95 => "0.0", _ => "0" };
        string text = value.ToString(figures, CultureInfo.InvariantCulture) + " " + Units[unit];
        return bytes < 0 ? "-" + text : text;
    }

    private static bool TryGetFactor(ReadOnlySpan<char> unit, out long factor)
    {
        factor = 1;
        if (unit.IsEmpty || unit.Equals("B", StringComparison.OrdinalIgnoreCase))
            return true;
        int power = "KMGTPE".IndexOf(char.ToUpperInvariant(unit[0]), StringComparison.Ordinal) + 1;
        ReadOnlySpan<char> suffix = unit[1..];
        long step = suffix.IsEmpty || suffix.Equals("iB", StringComparison.OrdinalIgnoreCase) ? 1024
            : suffix.Equals("B", StringComparison.OrdinalIgnoreCase) ? 1000 : 0;
        if (power == 0 || step == 0)
            return false;
        for (int i = 0; i < power; i++)
            factor *= step;
        return true;
    }
}
