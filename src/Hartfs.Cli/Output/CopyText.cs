using System.Globalization;
using Hartfs.Cli.Copying;

namespace Hartfs.Cli.Output;

/// <summary>The end of a copy, for people.</summary>
internal static class CopyText
{
    public static void Write(TextWriter output, TextWriter error, CopyReport report)
    {
        foreach (CopyError each in report.Errors)
            error.WriteLine($"hartfs: {each.Path}: {each.Reason}");
        if (report.ErrorCount > report.Errors.Count)
            error.WriteLine($"hartfs: and {report.ErrorCount - report.Errors.Count} more");
        double rate = report.Seconds > 0 ? report.Bytes / report.Seconds : 0;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Source} → {report.Target}: {report.Items:#,0} items, {ByteSize.Format(report.Bytes)} in ")
            + string.Create(CultureInfo.InvariantCulture,
                $"{report.Seconds:0.0} s ({ByteSize.Format((long)rate)}/s)"));
        if (report.SkippedItems > 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{report.SkippedItems:#,0} items ({ByteSize.Format(report.SkippedBytes)}) were there already."));
        }
    }
}
