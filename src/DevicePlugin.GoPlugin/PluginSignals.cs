using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin;

/// <summary>What the process does about signals while it serves a plugin.</summary>
internal sealed class PluginSignals : IDisposable
{
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public PluginSignals(PluginLifetime lifetime, ILogger logger)
    {
        // Ctrl-C on a host in the foreground reaches the whole process group; a plugin that obeyed it would be gone
        // before the host could end it in order (server.go, Serve).
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            logger.InterruptIgnored();
        });
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            lifetime.RequestStop("SIGTERM came");
        });
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }
}
