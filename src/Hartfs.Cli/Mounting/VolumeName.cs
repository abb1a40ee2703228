namespace Hartfs.Cli.Mounting;

/// <summary>A volume, or one of its snapshots, as VOLUME or VOLUME@NAME.</summary>
/// <param name="Volume">The directory.</param>
/// <param name="Snapshot">The snapshot's name; null: the live tree.</param>
internal sealed record VolumeName(string Volume, string? Snapshot)
{
    /// <summary>
    /// Takes a text apart: a directory that exists is a volume, whatever its name; otherwise the last '@' behind a
    /// directory begins the snapshot's name.
    /// </summary>
    public static VolumeName Parse(string text)
    {
        if (Directory.Exists(text))
            return new VolumeName(text, null);
        for (int at = text.LastIndexOf('@'); at > 0; at = text.LastIndexOf('@', at - 1))
        {
            if (Directory.Exists(text[..at]))
                return new VolumeName(text[..at], text[(at + 1)..]);
        }

        return new VolumeName(text, null);
    }

    /// <summary>As a whole path of the volume, without symbolic links.</summary>
    public VolumeName Real() => this with { Volume = HostPath.Real(Volume) };

    public override string ToString() => Snapshot is null ? Volume : $"{Volume}@{Snapshot}";
}
