using System.Globalization;
using Hartfs.Conformance.Posix;

namespace Hartfs.Conformance.Targets;

/// <summary>A directory in which the suites run: on the host's file system or on a mount.</summary>
public abstract class PosixTarget : IDisposable
{
    private int _directoryCount;

    /// <summary>Where the suites may work, as a full path.</summary>
    public abstract string Root { get; }

    /// <summary>The largest file that can be made here.</summary>
    public abstract long FileSizeMax { get; }

    /// <summary>Whether a truncated or punched range is a hole to the byte, and copies share their data.</summary>
    public abstract bool IsHartfs { get; }

    /// <summary>A new empty directory.</summary>
    public string NewDirectory()
    {
        string path = Path.Combine(Root, "case-" + (++_directoryCount).ToString(CultureInfo.InvariantCulture));
        Sys.MkDir(path);
        return path;
    }

    public abstract void Dispose();
}
