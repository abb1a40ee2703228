namespace Hartfs.Core;

/// <summary>What lies where in a volume's directory (<c>native-notes/format.md</c>).</summary>
public static class VolumeLayout
{
    /// <summary>The metadata: one SQLite file, with its write-ahead log beside it while open.</summary>
    public const string MetadataName = "metadata.sqlite";

    /// <summary>Held locked by the process that has the volume open.</summary>
    public const string LockName = "lock";

    /// <summary>Who that process is, for those it refuses.</summary>
    public const string HolderName = "lock.holder";

    public static string MetadataPath(string directory) => Path.Combine(directory, MetadataName);
}
