using System.Diagnostics;

namespace Hartfs.Testing.Modelling;

/// <summary>Looks for a short list of operations that still fails: leaves out ever smaller pieces.</summary>
public static class OperationShrinker
{
    /// <param name="operations">A list that fails.</param>
    /// <param name="execute">Runs a list; null when it does not fail.</param>
    /// <param name="budget">How long to search.</param>
    public static (IReadOnlyList<Operation> Operations, ModelFailure Failure) Shrink(
        IReadOnlyList<Operation> operations, ModelFailure failure,
        Func<IReadOnlyList<Operation>, ModelFailure?> execute, TimeSpan budget)
    {
        long start = Stopwatch.GetTimestamp();
        List<Operation> current = Prefix(operations, failure);
        for (int piece = Math.Max(current.Count / 2, 1); piece >= 1; piece /= 2)
        {
            for (int at = Math.Max(current.Count - piece, 0); at >= 0; at -= piece)
            {
                if (Stopwatch.GetElapsedTime(start) > budget) return (current, failure);
                if (at + piece > current.Count) continue;
                List<Operation> candidate = [.. current];
                candidate.RemoveRange(at, piece);
                if (candidate.Count == 0 || execute(candidate) is not { } again) continue;
                failure = again;
                current = Prefix(candidate, again);
            }
        }

        return (current, failure);
    }

    /// <summary>What comes behind the failing operation played no part.</summary>
    private static List<Operation> Prefix(IReadOnlyList<Operation> operations, ModelFailure failure) =>
        failure.Index < 0 || failure.Index >= operations.Count
            ? [.. operations]
            : [.. operations.Take(failure.Index + 1)];
}
