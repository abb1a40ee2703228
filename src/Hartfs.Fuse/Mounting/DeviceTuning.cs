using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Hartfs.Fuse.Mounting;

/// <summary>
/// Lifts the limits the kernel sets for every FUSE mount: 128 KiB of read-ahead, one percent of the dirty memory.
/// Root's work; an ordinary mount does without.
/// </summary>
internal static class DeviceTuning
{
    /// <param name="device">The mount's device: "0:57".</param>
    /// <param name="readAheadKib">Read-ahead of the mount, KiB.</param>
    public static void Apply(string device, int readAheadKib, ILogger logger)
    {
        string directory = Path.Combine("/sys/class/bdi", device);
        if (device.Length == 0 || !Directory.Exists(directory))
            return;
        Set(directory, "read_ahead_kb", readAheadKib, logger);
        Set(directory, "max_ratio", 100, logger);
        Set(directory, "strict_limit", 0, logger);
    }

    private static void Set(string directory, string setting, int value, ILogger logger)
    {
        try
        {
            using var file = new FileStream(Path.Combine(directory, setting), FileMode.Open, FileAccess.Write);
            file.Write(Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotTuned(logger, setting, exception.Message);
        }
    }
}
