using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Testing;

namespace Hartfs.Tests.Core.Integrity;

/// <summary>A volume whose files tests damage; its packs are small, and nothing happens by itself.</summary>
public abstract class DamageTest(VolumeParameters? parameters = null) : VolumeTest(Settings, parameters)
{
    protected static VolumeSettings Settings { get; } = TempVolume.Quiet with { PackBytesTarget = 1 << 20 };

    /// <summary>Pack files in ascending order.</summary>
    protected string[] Packs() =>
        [.. Directory.GetFiles(Path.Combine(Temp.Path, "packs"), "*.pack", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)];

    protected static void Flip(string path, long offset, int count = 1)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        for (long at = offset; at < offset + count; at++)
        {
            file.Position = at;
            int value = file.ReadByte();
            file.Position = at;
            file.WriteByte((byte)(value ^ 0x5A));
        }
    }

    /// <summary>Damages the middle of the payload of the block that holds a byte of a file; returns where.</summary>
    protected BlockLocation DamageFile(InodeNumber inode, long offset = 0)
    {
        Region region = RegionOf(inode, offset);
        Flip(PackPath(region.Block.Pack), region.Block.Offset + region.Block.StoredLength - 20, 8);
        return region.Block;
    }

    protected string PackPath(PackId pack) =>
        Path.Combine(Temp.Path, "packs", $"{(pack.Value >> 8) & 0xFF:x2}", $"{pack}.pack");

    /// <summary>The region that holds a byte of a file, which must have been committed into packs.</summary>
    protected Region RegionOf(InodeNumber inode, long offset)
    {
        List<Extent> extents = [];
        lock (Temp.Volume.TreeLock)
        {
            Temp.Volume.Metadata.Extents.Load(inode, offset, extents, 1);
            Extent extent = extents[0];
            if (extent.Kind != ExtentKind.Data
                || !Temp.Volume.Metadata.Regions.TryFind(new Glyph(extent.Reference + (offset - extent.Offset)),
                    out Region region))
                throw new InvalidOperationException($"{inode} has no stored data at {offset}");
            return region;
        }
    }

    protected FsError TryRead(InodeNumber inode, out byte[] content)
    {
        content = new byte[Attributes(inode).Size];
        return Fs.Read(inode, 0, content, out _);
    }
}
