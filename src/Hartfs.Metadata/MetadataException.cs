namespace Hartfs.Metadata;

/// <summary>The metadata could not be opened, read or written. The message says what happened.</summary>
public sealed class MetadataException : Exception
{
    public MetadataException(MetadataFailure kind, int code, string message)
        : base(message)
    {
        Kind = kind;
        Code = code;
    }

    /// <summary>What the caller can act on.</summary>
    public MetadataFailure Kind { get; }

    /// <summary>SQLite's extended result code (https://www.sqlite.org/rescode.html); 0: Hartfs refused.</summary>
    public int Code { get; }
}

/// <summary>Why the metadata could not be opened, read or written.</summary>
public enum MetadataFailure
{
    Other = 0,

    /// <summary>There is no such file.</summary>
    NotFound = 1,

    /// <summary>The file is not a database, is not Hartfs's, or contradicts itself.</summary>
    Damaged = 2,

    /// <summary>Another process has it open.</summary>
    Locked = 3,

    /// <summary>The backing disk, or the owner's quota on it, is full.</summary>
    DiskFull = 4,

    /// <summary>The backing disk failed.</summary>
    Io = 5,

    /// <summary>No right to open or write the file.</summary>
    NotPermitted = 6,

    /// <summary>Written by a newer version, with features this one does not know.</summary>
    NewerSchema = 7,

    /// <summary>An earlier failure left the open transaction in an unknown state: reopen.</summary>
    Failed = 8,

    /// <summary>Opened for reading, but a crash left changes behind that only a writable opening can take in.</summary>
    NeedsRecovery = 9,
}
