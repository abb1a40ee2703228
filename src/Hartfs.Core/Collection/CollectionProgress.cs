namespace Hartfs.Core.Collection;

/// <summary>How far a collection is; told to whoever waits for it at every step.</summary>
internal sealed class CollectionProgress(IProgress<MaintenanceProgress>? listener)
{
    private string _stage = "waiting";
    private long _done;
    private long _total;
    private bool _isBytes;

    /// <summary>Bytes of the packs deleted.</summary>
    public long FreedBytes { get; set; }

    /// <summary>Begins a stage.</summary>
    /// <param name="stage">What is done, for people.</param>
    /// <param name="total">How much there is to do; 0: not known.</param>
    /// <param name="isBytes">Whether bytes are counted, not rows.</param>
    public void Begin(string stage, long total = 0, bool isBytes = false) =>
        (_stage, _done, _total, _isBytes) = (stage, 0, total, isBytes);

    public void Add(long done) => _done += done;

    /// <summary>Tells.</summary>
    public void Report() => listener?.Report(new MaintenanceProgress(_stage, _done, _total, _isBytes, 0));
}
