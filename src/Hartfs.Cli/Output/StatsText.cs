using System.Globalization;

namespace Hartfs.Cli.Output;

/// <summary>Statistics for people: the savings waterfall with bars, the content classes, the counts.</summary>
internal static class StatsText
{
    private const int BarColumns = 40;
    private const char FullBar = '█';
    private const char EmptyBar = '·';

    public static void Write(TextWriter output, StatsReport report)
    {
        output.WriteLine(report.MountPoint is { } mountPoint
            ? $"{report.Volume}, mounted on {mountPoint}"
            : $"{report.Volume}, not mounted");
        output.WriteLine();
        WriteWaterfall(output, report);
        output.WriteLine();
        WriteClasses(output, report);
        WriteCounts(output, report);
    }

    private static void WriteWaterfall(TextWriter output, StatsReport report)
    {
        long scale = Math.Max(report.LogicalBytes, report.StoredBytes);
        WriteStep(output, "files", report.LogicalBytes, scale, null);
        WriteStep(output, "without holes", report.AfterHolesBytes, scale, report.LogicalBytes);
        WriteStep(output, "deduplicated", report.AfterDedupBytes, scale, report.AfterHolesBytes);
        WriteStep(output, "compressed", report.AfterCompressionBytes, scale, report.AfterDedupBytes);
        WriteStep(output, "stored in all", report.StoredBytes, scale, null);
        output.WriteLine(Invariant($"  {"",-15}{"",10}  of it metadata {ByteSize.Format(report.MetadataBytes)}, index ")
            + $"{ByteSize.Format(report.IndexBytes)}, pack overhead {ByteSize.Format(report.PackOverheadBytes)}");
        if (report.ParityBytes > 0 || report.MetadataCopyBytes > 0)
        {
            output.WriteLine($"  {"",-15}{"",10}  and copies of the metadata "
                + ByteSize.Format(report.MetadataCopyBytes)
                + (report.ParityBytes > 0 ? $", parity {ByteSize.Format(report.ParityBytes)}" : ""));
        }

        if (report.MetadataLogBytes > 0)
        {
            output.WriteLine($"  {"",-15}{"",10}  and the metadata's log {ByteSize.Format(report.MetadataLogBytes)}, "
                + "given back by unmounting");
        }

        output.WriteLine();
        if (report.LogicalBytes > 0 && report.StoredBytes > 0)
        {
            double ratio = (double)report.LogicalBytes / report.StoredBytes;
            double saved = 1 - (1 / ratio);
            output.WriteLine(Invariant($"  {ByteSize.Format(report.LogicalBytes)} of files in ")
                + Invariant($"{ByteSize.Format(report.StoredBytes)}: {ratio:0.00} to 1, ")
                + (saved >= 0 ? Invariant($"{saved * 100:0.0} % saved") : "no saving"));
        }

        if (report.DirtyBytes > 0)
            output.WriteLine($"  {ByteSize.Format(report.DirtyBytes)} written but not stored yet");
        if (report.DeadBytes is > 0 and { } dead)
            output.WriteLine($"  {ByteSize.Format(dead)} that nothing refers to any more: hartfs gc brings it back");
        if (report.CorruptReads > 0)
            output.WriteLine($"  {Count(report.CorruptReads)} reads failed their checksum: the log names the places");
        if (report.MetadataCopied is { } copied)
            output.WriteLine($"  metadata copied {copied}");
        if (report.ScrubFinished is { } scrubbed)
        {
            output.WriteLine($"  scrubbed {scrubbed[..10]}: "
                + (report.ScrubDamaged == 0 ? "no damage" : $"{Count(report.ScrubDamaged)} blocks damaged"));
        }

        if (report.ScrubDoneBytes is { } done)
            output.WriteLine($"  a scrub has verified {ByteSize.Format(done)} so far; the next one goes on there");
        if (report.DamagedBlocks > 0)
            output.WriteLine($"  {Count(report.DamagedBlocks)} blocks are damaged: hartfs repair lists the files");
    }

    private static void WriteStep(TextWriter output, string name, long bytes, long scale, long? before)
    {
        int filled = scale > 0 ? (int)Math.Round(BarColumns * (double)Math.Clamp(bytes, 0, scale) / scale) : 0;
        if (bytes > 0 && filled == 0)
            filled = 1;
        string change = before is { } previous && previous != bytes
            ? "  " + (bytes < previous ? "-" : "+") + ByteSize.Format(Math.Abs(previous - bytes))
            : "";
        output.WriteLine($"  {name,-15}{ByteSize.Format(bytes),10}  "
            + (new string(FullBar, filled) + new string(EmptyBar, BarColumns - filled) + change).TrimEnd());
    }

    private static void WriteClasses(TextWriter output, StatsReport report)
    {
        if (report.Classes.Count == 0)
            return;
        output.WriteLine($"  {"content class",-17}{"chunks",12}{"unique",12}{"compressed",12}{"ratio",8}");
        foreach (ClassReport row in report.Classes)
        {
            string ratio = row.CompressedBytes > 0
                ? Invariant($"{(double)row.UniqueBytes / row.CompressedBytes:0.00}")
                : "-";
            output.WriteLine($"  {row.Class,-17}{Count(row.Chunks),12}{ByteSize.Format(row.UniqueBytes),12}"
                + $"{ByteSize.Format(row.CompressedBytes),12}{ratio,8}");
        }

        output.WriteLine();
    }

    private static void WriteCounts(TextWriter output, StatsReport report)
    {
        CountsReport counts = report.Counts;
        output.WriteLine($"  {Count(counts.Files)} files, {Count(counts.Directories)} directories, "
            + $"{Count(counts.Others)} others");
        output.WriteLine($"  {Count(counts.Chunks)} chunks in {Count(counts.Packs)} packs");
        long asked = report.Cache.Hits + report.Cache.Misses;
        if (asked > 0)
        {
            output.WriteLine(Invariant($"  {100.0 * report.Cache.Hits / asked:0.0} % of {Count(asked)} block reads ")
                + "came from the cache");
        }

        if (report.DuplicateChunks > 0)
            output.WriteLine($"  {Count(report.DuplicateChunks)} chunks written were there already");
        if (report.Requests is { Count: > 0 } requests)
            output.WriteLine($"  {Count(requests.Values.Sum())} requests answered since the mount");
    }

    private static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
