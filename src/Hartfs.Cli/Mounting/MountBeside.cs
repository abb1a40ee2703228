using System.Runtime.InteropServices;
using Hartfs.Cli.Commands;
using Hartfs.Cli.Control;
using Hartfs.Cli.Output;

namespace Hartfs.Cli.Mounting;

/// <summary>
/// A mount of a volume of which something is mounted already, the live tree or snapshots: the process behind that has
/// the volume open, and serves it as well.
/// </summary>
internal static class MountBeside
{
    /// <summary>Mounts; false when no process serves the volume.</summary>
    /// <param name="isForeground">Return when the mount is gone, and unmount at SIGINT and SIGTERM.</param>
    public static bool TryRun(CommandContext context, MountPlan plan, bool isForeground, bool json)
    {
        using ControlClient? client = ControlClient.TryConnect(plan.Volume);
        if (client is null)
            return false;
        if (plan.IsTraced)
        {
            throw new CommandFailure(ExitCode.InUse, $"{plan.Volume} is mounted already, and only the first mount can "
                + "print its requests. Next: hartfs unmount it first, or leave -d out.");
        }

        if (!isForeground)
        {
            Mount(context, plan, client, json);
            return true;
        }

        using var signals = new Signals(context, plan);
        Mount(context, plan, client, json);
        signals.Attach();
        ServiceNotice.TellReady();
        client.TryAsk(Request(ControlVerbs.AwaitUnmount, plan), mayTakeLong: true);
        return true;
    }

    private static void Mount(CommandContext context, MountPlan plan, ControlClient client, bool json)
    {
        ControlRequest request = Request(ControlVerbs.Mount, plan);
        int processId = client.Ask(request, mayTakeLong: true).Status?.ProcessId ?? 0;
        if (!json)
            return;
        var report = new MountedReport(plan.Volume, plan.MountPoint, processId, null) { Snapshot = plan.Snapshot };
        context.Output.WriteLine(JsonText.Indented(report, JsonText.Pretty.MountedReport));
    }

    private static ControlRequest Request(string verb, MountPlan plan) => new(ControlProtocol.Version, verb)
    {
        Mount = new MountRequest(plan.MountPoint, plan.Snapshot, plan.OptionTexts),
    };

    /// <summary>A signal unmounts, a second one although files are in use; one that comes early waits.</summary>
    private sealed class Signals : IDisposable
    {
        private readonly CommandContext _context;
        private readonly MountPlan _plan;
        private readonly ManualResetEventSlim _isMounted = new();
        private readonly PosixSignalRegistration[] _registrations;
        private int _count;

        public Signals(CommandContext context, MountPlan plan)
        {
            _context = context;
            _plan = plan;
            _registrations =
            [
                PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
                PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
                PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
            ];
        }

        public void Attach() => _isMounted.Set();

        public void Dispose()
        {
            foreach (PosixSignalRegistration registration in _registrations)
                registration.Dispose();
        }

        private void Handle(PosixSignalContext signal)
        {
            signal.Cancel = true;
            bool isLazy = Interlocked.Increment(ref _count) > 1;
            _isMounted.Wait();
            try
            {
                using ControlClient? client = ControlClient.TryConnect(_plan.Volume);
                client?.TryAsk(Request(ControlVerbs.Unmount, _plan) with { Lazy = isLazy }, mayTakeLong: true);
            }
            catch (CommandFailure failure)
            {
                _context.Error.WriteLine("hartfs: " + failure.Message);
            }
        }
    }
}
