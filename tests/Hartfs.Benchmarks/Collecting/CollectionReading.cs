namespace Hartfs.Benchmarks.Collecting;

/// <summary>One measured piece of work.</summary>
/// <param name="What">What was done.</param>
/// <param name="Amount">How much of it.</param>
/// <param name="Unit">Of what.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record CollectionReading(string What, double Amount, string Unit, double Seconds);
