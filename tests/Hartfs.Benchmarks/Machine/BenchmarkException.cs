namespace Hartfs.Benchmarks.Machine;

/// <summary>A run cannot go on; the message says why and what to do next.</summary>
internal sealed class BenchmarkException : Exception
{
    public BenchmarkException(string message)
        : base(message)
    {
    }

    public BenchmarkException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
