using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Tools;

/// <summary>
/// Ends the process even if libc's exit does not return. exit waits for the loader's lock, and a thread whose dlopen never finishes
/// holds that lock.
/// </summary>
public static unsafe class ProcessEnd
{
    // Nomad kills a plugin that lives longer than 2 s after Shutdown.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static delegate* unmanaged[Cdecl]<int, void> _leave;
    private static Timer? _guard;

    /// <summary>Call at startup: symbols cannot be looked up while another thread holds the loader's lock.</summary>
    public static void Prepare()
    {
        if (OperatingSystem.IsLinux()
            && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "_exit", out var function))
        {
            _leave = (delegate* unmanaged[Cdecl]<int, void>)function;
        }
    }

    /// <summary>Call last: if the process has not ended in half a second, ends it with this exit code.</summary>
    public static int Guard(int exitCode)
    {
        if (_leave != null)
        {
            _guard = new Timer(_ => _leave(exitCode), state: null, Patience, Timeout.InfiniteTimeSpan);
        }

        return exitCode;
    }
}
