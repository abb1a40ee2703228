using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Ingest;

/// <summary>The pack store's and the index's word for the same place.</summary>
internal static class PackPositions
{
    /// <summary>The place behind the last block appended.</summary>
    public static IndexPosition ToIndexPosition(this PackPosition position) =>
        position.OpenPack.Value > 0
            ? new IndexPosition(position.OpenPack, position.Length)
            : new IndexPosition(position.NextPack, 0);
}
