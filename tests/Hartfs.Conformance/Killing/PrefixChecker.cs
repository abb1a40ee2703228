namespace Hartfs.Conformance.Killing;

/// <summary>
/// Whether what a volume shows after a crash is its state at one moment: each writer's directory a state that it went
/// through, all of them at one time, and none before an fsync that came back.
/// </summary>
public static class PrefixChecker
{
    /// <summary>Says what is wrong; null when nothing is.</summary>
    public static string? Check(IReadOnlyList<Writer> writers, IReadOnlyList<Dictionary<string, string>> found)
    {
        long synchronized = writers.Max(writer => writer.LastSyncStarted);
        List<List<(long From, long To)>> candidates = [];
        for (int i = 0; i < writers.Count; i++)
        {
            List<(long From, long To)> moments = Moments(writers[i].Steps, found[i]);
            if (moments.Count == 0)
                return $"writer {i}: its directory was never in that state: {Nearest(writers[i].Steps, found[i])}";
            moments.RemoveAll(moment => moment.To < synchronized);
            if (moments.Count == 0) return $"writer {i}: its directory is in a state from before the last fsync";
            candidates.Add(moments);
        }

        IEnumerable<long> starts = candidates.SelectMany(moments => moments).Select(moment => moment.From).Distinct();
        bool oneMoment = starts.Any(at => candidates.TrueForAll(moments =>
            moments.Exists(moment => moment.From <= at && at <= moment.To)));
        return oneMoment ? null : "the writers' directories are in states of different moments";
    }

    /// <summary>The spans of time in which the directory may have shown what was found.</summary>
    private static List<(long From, long To)> Moments(IReadOnlyList<WriterStep> steps,
        Dictionary<string, string> found)
    {
        List<(long From, long To)> moments = [];
        for (int i = 0; i < steps.Count; i++)
        {
            for (int state = 0; state < steps[i].States.Count; state++)
            {
                if (!Same(steps[i].States[state], found)) continue;
                bool isLast = state == steps[i].States.Count - 1;
                long until = !isLast ? steps[i].Ended : i + 1 < steps.Count ? steps[i + 1].Ended : long.MaxValue;
                moments.Add((steps[i].Started, until));
            }
        }

        return moments;
    }

    private static bool Same(IReadOnlyDictionary<string, string> state, Dictionary<string, string> found) =>
        state.Count == found.Count &&
        state.All(entry => found.TryGetValue(entry.Key, out string? hash) && hash == entry.Value);

    private static string Nearest(IReadOnlyList<WriterStep> steps, Dictionary<string, string> found)
    {
        (WriterStep step, IReadOnlyDictionary<string, string> state) = steps
            .SelectMany(step => step.States.Select(state => (step, state)))
            .MinBy(pair => Wrong(pair.state, found).Count());
        return $"nearest is «{step.What}», there differ " + string.Join(", ", Wrong(state, found));
    }

    private static IEnumerable<string> Wrong(IReadOnlyDictionary<string, string> state,
        Dictionary<string, string> found) => state.Keys.Union(found.Keys)
        .Where(name => state.GetValueOrDefault(name) != found.GetValueOrDefault(name));
}
