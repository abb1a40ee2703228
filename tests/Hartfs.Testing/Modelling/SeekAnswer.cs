using Hartfs.Core;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// Compares where a file is said to have data and holes, as exactly as is promised: a range of zeros may be called
/// data, because it lies in memory still or is too short for a hole; anything else called a hole would lose data.
/// </summary>
public static class SeekAnswer
{
    /// <summary>Says why an answer is not allowed; null when it is.</summary>
    /// <param name="operation">The seek.</param>
    /// <param name="model">Holds the same file.</param>
    /// <param name="tightest">The model's answer: data is what is not zero.</param>
    /// <param name="actual">The product's.</param>
    public static string? Difference(Operation operation, TreeRunner model, Outcome tightest, Outcome actual)
    {
        bool data = operation.Mode != 0;
        bool isFile = tightest.Error is FsError.None or FsError.NoMoreData;
        bool isInside = isFile && model.ReadByte(operation, operation.Offset) >= 0;
        // Zeros up to the end of the file: the only case in which both answers are true.
        bool mayDiffer = data && isInside && tightest.Error == FsError.NoMoreData && actual.Error == FsError.None;
        if (tightest.Error != actual.Error && !mayDiffer) return $"expected {tightest.Error}, got {actual.Error}";
        if (actual.Error != FsError.None) return null;
        long position = actual.Number;
        if (position < operation.Offset) return $"position {position} is before the offset";
        int found = model.ReadByte(operation, position);
        if (!data)
        {
            if (found > 0) return $"no hole at {position}";
            return found < 0 && model.ReadByte(operation, position - 1) < 0 ? $"{position} is behind the end" : null;
        }

        if (tightest.Error == FsError.None && position > tightest.Number)
            return $"data at {tightest.Number} was skipped, got {position}";
        return found < 0 ? $"{position} is outside the file" : null;
    }
}
