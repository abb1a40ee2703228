namespace Hartfs.CrashTests.Runs;

/// <summary>A volume did not come back as promised.</summary>
internal sealed class CrashViolation : Exception
{
    public CrashViolation(string message)
        : base(message)
    {
    }

    public CrashViolation(string message, Exception inner)
        : base(message, inner)
    {
    }
}
