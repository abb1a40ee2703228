namespace Hartfs.Storage.Packs;

/// <summary>Habits of a <see cref="PackStore"/>. None of them is persisted.</summary>
public sealed record PackStoreSettings
{
    /// <summary>A pack that has reached so many bytes is sealed, and another begun.</summary>
    public long PackBytesTarget { get; init; } = 64 << 20;

    /// <summary>The folder that holds the packs.</summary>
    public string Folder { get; init; } = "packs";

    /// <summary>What their names end in, without the dot.</summary>
    public string Extension { get; init; } = "pack";
}
