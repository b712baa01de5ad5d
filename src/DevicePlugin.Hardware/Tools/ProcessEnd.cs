using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Tools;

/// <summary>
/// The end of the process where libc's exit does not return: it waits for the loader's lock, which a thread keeps for good when a
/// library that it opened never finishes loading.
/// </summary>
public static unsafe class ProcessEnd
{
    // Nomad kills a plugin that lives longer than 2 s after Shutdown.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static delegate* unmanaged[Cdecl]<int, void> _leave;
    private static Timer? _guard;

    /// <summary>To be called at the start: with the loader's lock taken, nothing can be looked up.</summary>
    public static void Prepare()
    {
        if (OperatingSystem.IsLinux()
            && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "_exit", out var function))
        {
            _leave = (delegate* unmanaged[Cdecl]<int, void>)function;
        }
    }

    /// <summary>The last thing before the end, which comes with this code sooner or later.</summary>
    public static int Guard(int exitCode)
    {
        if (_leave != null)
        {
            _guard = new Timer(_ => _leave(exitCode), state: null, Patience, Timeout.InfiniteTimeSpan);
        }

        return exitCode;
    }
}
