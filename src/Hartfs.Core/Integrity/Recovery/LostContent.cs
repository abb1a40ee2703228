using System.Globalization;
using System.Text;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Hartfs.Storage;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Integrity;

/// <summary>
/// Gives stored content that no file refers to a name below <c>/lost+found</c>: one file for each run of adjoining
/// glyphs in a pack, with an ending that its first bytes suggest.
/// </summary>
internal sealed class LostContent(MetadataStore metadata, PackStore packs, long now)
{
    private const int StepRows = 4096;
    private const int Octal700 = 0x1C0;
    private const int Octal600 = 0x180;

    /// <summary>Files in one folder; then the next is begun.</summary>
    private const int FilesPerFolderMax = 10_000;

    /// <summary>Parts of files that no region holds, or only one whose pack is gone.</summary>
    public List<GlyphUse> Missing { get; } = [];

    public long FileCount { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Where the files are; null when there are none.</summary>
    public string? Folder { get; private set; }

    /// <summary>Finds and names what is lost.</summary>
    /// <param name="packsThere">The packs that exist.</param>
    public void Run(IReadOnlySet<PackId> packsThere, CancellationToken cancel)
    {
        List<GlyphUse> uses = LoadUses(cancel);
        var used = new GlyphRuns();
        foreach (GlyphUse use in uses)
            used.Add(use.Start, use.Start + use.Length);
        var stored = new GlyphRuns();
        List<Region> lost = [];
        foreach (Region region in Regions())
        {
            cancel.ThrowIfCancellationRequested();
            if (!packsThere.Contains(region.Block.Pack))
                continue;
            stored.Add(region.Start, region.End);
            foreach ((Glyph from, Glyph to) in used.Gaps(region.Start, region.End))
                AddRun(lost, region, from, to);
        }

        foreach (GlyphUse use in uses)
        {
            foreach ((Glyph from, Glyph to) in stored.Gaps(use.Start, use.Start + use.Length))
                Missing.Add(use with { Offset = use.Offset + (from - use.Start), Length = to - from, Start = from });
        }

        NameAll(lost, cancel);
    }

    private static void AddRun(List<Region> runs, in Region region, Glyph from, Glyph to)
    {
        var run = new Region(from, (int)(to - from), region.Block, region.OffsetInBlock + (int)(from - region.Start));
        if (runs.Count > 0 && runs[^1] is var last && last.End == from && last.Block.Pack == run.Block.Pack
            && (long)last.Length + run.Length <= int.MaxValue)
            runs[^1] = last with { Length = last.Length + run.Length };
        else
            runs.Add(run);
    }

    private List<GlyphUse> LoadUses(CancellationToken cancel)
    {
        List<GlyphUse> uses = [];
        GlyphPosition position = default;
        while (metadata.Uses.Next(ref position, StepRows, uses))
            cancel.ThrowIfCancellationRequested();
        uses.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        return uses;
    }

    private IEnumerable<Region> Regions()
    {
        List<Region> step = [];
        Glyph from = default;
        do
        {
            step.Clear();
            metadata.Regions.Load(from, step, StepRows);
            foreach (Region region in step)
                yield return region;
            if (step.Count > 0)
                from = step[^1].Start + 1;
        }
        while (step.Count == StepRows);
    }

    private void NameAll(List<Region> runs, CancellationToken cancel)
    {
        if (runs.Count == 0)
            return;
        string day = DateTime.UnixEpoch.AddTicks(now / 100)
            .ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        InodeNumber lost = FolderIn(InodeNumber.Root, "lost+found");
        InodeNumber top = FolderIn(lost, day);
        Folder = $"/lost+found/{day}";
        InodeNumber folder = default;
        using var decoder = new BlockDecoder();
        byte[] plain = new byte[Limits.BlockBytesMax];
        foreach (Region run in runs)
        {
            cancel.ThrowIfCancellationRequested();
            if (FileCount % FilesPerFolderMax == 0)
                folder = FolderIn(top, (FileCount / FilesPerFolderMax).ToString("0000", CultureInfo.InvariantCulture));
            string ending = EndingOf(run, decoder, plain);
            AddFile(folder, $"pack-{run.Block.Pack.Value:x}-{run.Block.Offset}-{run.Start.Value}.{ending}", run);
            FileCount++;
            Bytes += run.Length;
        }
    }

    private InodeNumber FolderIn(InodeNumber parent, string name)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        if (metadata.Entries.TryFind(parent, bytes, out Entry entry) && InodeMode.IsDirectory(entry.Type))
            return entry.Inode;
        for (int number = 1; metadata.Entries.TryFind(parent, bytes, out _); number++)
            bytes = Encoding.ASCII.GetBytes($"{name}.{number}");
        InodeRecord record = NewRecord(InodeMode.Directory | Octal700);
        record.LinkCount = 2;
        record.Parent = parent;
        metadata.Inodes.Insert(record);
        metadata.Entries.Insert(parent, bytes, record.Number, record.Mode);
        if (metadata.Inodes.TryGet(parent, out InodeRecord above))
        {
            above.LinkCount++;
            metadata.Inodes.Update(above);
        }

        return record.Number;
    }

    private void AddFile(InodeNumber folder, string name, in Region run)
    {
        InodeRecord record = NewRecord(InodeMode.RegularFile | Octal600);
        record.LinkCount = 1;
        record.Size = run.Length;
        record.AllocatedBytes = run.Length;
        metadata.Inodes.Insert(record);
        metadata.Extents.Replace(record.Number, 0, run.Length,
            [new Extent(0, run.Length, ExtentKind.Data, run.Start.Value)]);
        metadata.Entries.Insert(folder, Encoding.ASCII.GetBytes(name), record.Number, record.Mode);
    }

    private InodeRecord NewRecord(int mode)
    {
        metadata.Inodes.TryGet(InodeNumber.Root, out InodeRecord root);
        return new InodeRecord
        {
            Number = metadata.Inodes.Allocate(),
            Mode = mode,
            Uid = root.Uid,
            Gid = root.Gid,
            AccessTime = now,
            ModifyTime = now,
            ChangeTime = now,
            BirthTime = now,
        };
    }

    private string EndingOf(in Region run, BlockDecoder decoder, byte[] plain)
    {
        try
        {
            int length = packs.ReadPlain(run.Block, decoder, plain);
            int available = Math.Min(length - run.OffsetInBlock, run.Length);
            return available > 0 ? FileEnding.Of(plain.AsSpan(run.OffsetInBlock, Math.Min(available, 4096))) : "bin";
        }
        catch (Exception failure) when (failure is CorruptDataException or IOException)
        {
            return "damaged";
        }
    }
}
