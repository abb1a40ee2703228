namespace Hartfs.Conformance.Killing;

/// <summary>One operation of a writer and every state that the volume may show while it goes on.</summary>
/// <param name="States">
/// Names with their contents after each message that the operation sends: the last is the state when it is done.
/// </param>
public sealed record WriterStep(string What, IReadOnlyList<IReadOnlyDictionary<string, string>> States)
{
    /// <summary>Moments on one clock; MaxValue for what never happened.</summary>
    public long Started { get; set; } = long.MaxValue;

    public long Ended { get; set; } = long.MaxValue;
}
