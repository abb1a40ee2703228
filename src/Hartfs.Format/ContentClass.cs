namespace Hartfs.Format;

/// <summary>What a run of bytes is, as far as it decides how it is stored. The numbers are persisted.</summary>
public enum ContentClass : byte
{
    /// <summary>Nothing else fitted.</summary>
    Other = 0,

    /// <summary>Prose, markup, logs, tables: mostly printable bytes.</summary>
    Text = 1,

    /// <summary>Bytes a general coder cannot shrink: media, archives, encrypted data.</summary>
    Incompressible = 2,

    /// <summary>Machine code: ELF and PE images, object files.</summary>
    Executable = 3,
}
