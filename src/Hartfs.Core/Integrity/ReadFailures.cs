using Hartfs.Core.Reading;
using Hartfs.Format;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>Names the file, the pack and the places in both when a read fails: once for each block of a file.</summary>
internal sealed class ReadFailures(Codex codex, PathSearch paths, ILogger logger)
{
    // A program that reads a damaged disk through must not fill the log, or the memory, with it.
    private const int ToldCountMax = 4096;

    // guards: itself; what the log has said already
    private readonly HashSet<(InodeNumber Inode, PackId Pack, long Offset)> _told = [];

    // Finding a path looks through all names: once for each file, not for each damaged block of it.
    private readonly Dictionary<InodeNumber, string> _paths = [];

    /// <summary>Tells of a read that found <paramref name="length"/> bytes from a glyph on unreadable.</summary>
    public void Tell(InodeNumber inode, long fileOffset, Glyph glyph, int length, FsError error)
    {
        if (error == FsError.CorruptMetadata)
            Log.GlyphUnknown(logger, glyph);
        // In a snapshot the upper bits are the snapshot's.
        inode = new InodeNumber(inode.Value & ((1L << 40) - 1));
        Region region = FindCulprit(glyph, length, out long distance);
        lock (_told)
        {
            if (_told.Count >= ToldCountMax || !_told.Add((inode, region.Block.Pack, region.Block.Offset)))
                return;
        }

        Log.FileDamaged(logger, PathOf(inode), inode, fileOffset + distance, error, region.Block.Pack,
            region.Block.Offset);
    }

    private string PathOf(InodeNumber inode)
    {
        lock (_told)
        {
            if (_paths.TryGetValue(inode, out string? known))
                return known;
        }

        string path = paths.Find(inode);
        lock (_told)
            _paths[inode] = path;
        return path;
    }

    // The first damaged block of those that were to be read.
    private Region FindCulprit(Glyph glyph, int length, out long distance)
    {
        Glyph at = glyph;
        while (at < glyph + length && codex.TryFind(at, out Region region))
        {
            distance = at - glyph;
            if (codex.IsDamaged(region))
                return region;
            at = region.End;
        }

        distance = 0;
        return default;
    }
}
