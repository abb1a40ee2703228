using Hartfs.Metadata;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>
/// What a mounted volume does for its own safety from time to time, on a thread of its own with a low priority: parity,
/// copies of its metadata, a scrub.
/// </summary>
internal sealed class Upkeep : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);

    // After a failure, such as a full disk, not again at once.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(30);

    private readonly Volume _volume;
    private readonly VolumeSettings _settings;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread? _thread;
    private long? _failedAt;

    public Upkeep(Volume volume, ILogger logger)
    {
        _volume = volume;
        _settings = volume.Settings;
        _logger = logger;
        if (_settings is { MetadataCopyInterval: null, ScrubInterval: null })
            return;
        _thread = new Thread(Run)
        {
            IsBackground = true,
            Name = "hartfs-upkeep",
            Priority = ThreadPriority.BelowNormal,
        };
        _thread.Start();
    }

    /// <summary>Ends the thread; a scrub under way goes on at the next mount.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _thread?.Join();
        _stop.Dispose();
    }

    /// <summary>Does what is due now.</summary>
    public void DoWhatIsDue()
    {
        if (_failedAt is { } failed && _settings.Time.GetElapsedTime(failed) < RetryInterval)
            return;
        try
        {
            _volume.Integrity.WriteMissingParity(_stop.Token);
            if (_volume.Integrity.IsCopyDue())
                _volume.Integrity.CopyMetadata(_stop.Token);
            if (_volume.Integrity.IsScrubDue)
            {
                var options = new ScrubOptions { BytesPerSecondMax = _settings.ScrubBytesPerSecondMax };
                if (_volume.Integrity.ScrubByItself(options, _stop.Token) is { } report)
                    Log.Scrubbed(_logger, report.IsComplete ? "to its end" : "in part", report.BlockCount,
                        report.DamagedCount);
            }

            _failedAt = null;
        }
        catch (Exception failure) when (failure is IOException or MetadataException or VolumeException)
        {
            _failedAt = _settings.Time.GetTimestamp();
            Log.UpkeepFailed(_logger, failure);
        }
    }

    private void Run()
    {
        while (!_stop.Token.WaitHandle.WaitOne(LookInterval))
        {
            try
            {
                DoWhatIsDue();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception failure)
            {
                // A bug here must not end a mount.
                Log.UpkeepFailed(_logger, failure);
                return;
            }
        }
    }
}
