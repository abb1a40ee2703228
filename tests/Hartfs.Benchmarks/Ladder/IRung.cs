namespace Hartfs.Benchmarks.Ladder;

/// <summary>One step between the bare disk and the mounted filesystem, or a peer beside it.</summary>
internal interface IRung : IDisposable
{
    /// <summary>How tables call it.</summary>
    string Name { get; }

    /// <summary>Writes a new file from its start to its end; durable on return.</summary>
    void WriteFile(string name, ReadOnlyMemory<byte> content);

    /// <summary>Reads a file from its start to its end.</summary>
    void ReadFile(string name, long length);

    /// <summary>Reads 4 KiB at each offset and notes what each took, in Stopwatch ticks.</summary>
    void ReadRandomly(string name, ReadOnlySpan<long> offsets, Span<long> ticks);

    /// <summary>Forgets everything held in memory.</summary>
    void MakeCold();

    /// <summary>Removes what a repetition left; not timed.</summary>
    void Clear();
}

/// <summary>A rung that knows names.</summary>
internal interface IFileRung : IRung
{
    /// <summary>Overwrites 4 KiB pieces of a file, in order, each made durable; notes what each took.</summary>
    void WriteDurably(string name, ReadOnlySpan<byte> piece, Span<long> ticks);

    void CreateDirectory(string name);

    /// <summary>Creates a file with this content and closes it.</summary>
    void CreateSmall(string directory, string name, ReadOnlySpan<byte> content);

    void Stat(string directory, string name);

    void ReadSmall(string directory, string name, Span<byte> buffer);

    void Unlink(string directory, string name);

    /// <summary>Makes everything written so far durable.</summary>
    void Settle();
}
