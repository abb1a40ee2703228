namespace Hartfs.Core.Integrity;

/// <summary>One part of a check. Its number and name are permanent.</summary>
/// <param name="Id">Never used again for another pass.</param>
/// <param name="Name">For people and scripts.</param>
/// <param name="Statement">What it verifies, in one sentence.</param>
/// <param name="Repair">What <c>--repair</c> does about it; empty: nothing, and why is said in operations.md.</param>
/// <param name="DependsOn">The passes whose findings make its own doubtful.</param>
public sealed record CheckPass(int Id, string Name, string Statement, string Repair, params int[] DependsOn)
{
    public const int SuperblockId = 1;
    public const int PagesId = 2;
    public const int NamesId = 3;
    public const int ExtentsId = 4;
    public const int AttributesId = 5;
    public const int ReferencesId = 6;
    public const int CodexId = 7;
    public const int HistoryId = 8;
    public const int CountsId = 9;
    public const int PacksId = 10;
    public const int BlocksId = 11;
    public const int IndexId = 12;
    public const int CopiesId = 13;
    public const int ParityId = 14;

    /// <summary>Every pass, in the order in which they run.</summary>
    public static IReadOnlyList<CheckPass> All { get; } =
    [
        new(SuperblockId, "superblock", "Both copies of the superblock are whole and of one generation.",
            "the whole one is written over the other"),
        new(PagesId, "metadata-pages", "Every page of the metadata fits its checksum, and SQLite finds it whole.", ""),
        new(NamesId, "names", "Names, directories and link counts agree, and everything can be reached.",
            "names of nothing go, link counts are counted anew, what has no name goes under /lost+found", PagesId),
        new(ExtentsId, "extents", "The runs of every file are possible and add up.",
            "bytes of holes are counted anew", PagesId),
        new(AttributesId, "attributes", "Extended attributes and link targets belong to inodes that say so.",
            "flags are set anew", PagesId),
        new(ReferencesId, "references", "All data that files and snapshots refer to is somewhere.", "",
            PagesId, CodexId),
        new(CodexId, "codex", "Regions are possible, do not overlap, and lie in known packs.", "", PagesId),
        new(HistoryId, "history", "Epochs and numbers ascend.", "", PagesId),
        new(CountsId, "counts", "Totals are the sums of what they count.", "they are counted anew", PagesId),
        new(PacksId, "packs", "Every pack is there, has its length, its header and its list.",
            "what is in use moves to other packs, and the damaged one goes", CodexId),
        new(BlocksId, "blocks", "Every region lies where its block's own directory says.",
            "blocks whose directory alone is damaged are stored anew, others are noted as damaged", PacksId),
        new(IndexId, "index", "Every page of the fingerprint index is whole.",
            "damaged runs go; the next mount reads the packs' directories again"),
        new(CopiesId, "copies", "Every byte of the copies of the metadata is whole.", "new copies are made"),
        new(ParityId, "parity", "Every byte of the packs' parity is whole.", "it is computed anew", PacksId),
    ];

    /// <summary>The pass that an invariant of the metadata belongs to.</summary>
    public static int OfInvariant(string invariant) => invariant switch
    {
        "root" or "entry-target" or "entry-parent" or "entry-name" or "link-count" or "directory-links"
            or "directory-parent" or "reachable" or "name-at-its-hash" => NamesId,
        "extent-form" or "extent-overlap" or "extent-size" or "content" or "hole-bytes" => ExtentsId,
        "xattr-owner" or "symlink-target" => AttributesId,
        "data-stored" or "inline-stored" => ReferencesId,
        "region-form" or "region-overlap" or "region-pack" => CodexId,
        "inline-bytes" or "inode-counts" or "logical-bytes" or "data-bytes" => CountsId,
        _ => HistoryId,
    };
}
