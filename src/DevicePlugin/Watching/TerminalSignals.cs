using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace DevicePlugin.Watching;

/// <summary>
/// What the system tells the owner of a terminal. SIGINT and SIGTERM are the command line's: they cancel the command.
/// Without the others the process would end, or stop, on the alternate screen and without a cursor.
/// </summary>
internal sealed class TerminalSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TerminalScreen _screen;

    public TerminalSignals(TerminalScreen screen, ChannelWriter<WatchInput> inputs)
    {
        _screen = screen;
        AppDomain.CurrentDomain.UnhandledException += OnEnd;
        AppDomain.CurrentDomain.ProcessExit += OnEnd;
        Register(PosixSignal.SIGHUP, context => Quit(context, inputs));
        Register(PosixSignal.SIGQUIT, context => Quit(context, inputs));
        if (!OperatingSystem.IsWindows())
        {
            Register(PosixSignal.SIGWINCH, _ => inputs.TryWrite(WatchInput.Resize));
            // Ctrl-Z has no effect: .NET has no way to stop its own process once the terminal is tidied up.
            Register(PosixSignal.SIGTSTP, context => context.Cancel = true);
            Register(PosixSignal.SIGCONT, _ => inputs.TryWrite(WatchInput.Redraw));
        }
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.UnhandledException -= OnEnd;
        AppDomain.CurrentDomain.ProcessExit -= OnEnd;
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private static void Quit(PosixSignalContext context, ChannelWriter<WatchInput> inputs)
    {
        context.Cancel = true;
        inputs.TryWrite(WatchInput.Quit);
    }

    private void Register(PosixSignal signal, Action<PosixSignalContext> handler) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, handler));

    private void OnEnd(object? sender, EventArgs arguments) => _screen.Dispose();
}
