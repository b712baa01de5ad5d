using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Mps;

/// <summary>The program that is the daemon, its launcher and its front end.</summary>
internal sealed class MpsTool(DriverTools tools, TimeSpan answerLimit, TimeProvider timeProvider)
{
    public const string Name = DriverTools.MpsControl;

    private const string Missing = Name + " was not found under driver_root; install the driver's MPS programs";

    /// <summary>Null with what to say when it is not there, or not to be run.</summary>
    public MpsControl? ControlOf(string pipeDirectory, string logDirectory, out string problem)
    {
        // A server that is not trusted is not on the daemon's path either: the daemon would fail at its first client.
        var program = tools.Find(Name, out var distrust);
        distrust ??= tools.FindDistrust(DriverTools.MpsServer);
        problem = distrust ?? (program is null ? Missing : "");
        return program is null || distrust is not null
            ? null
            : new MpsControl(
                program.With("CUDA_MPS_PIPE_DIRECTORY", pipeDirectory).With("CUDA_MPS_LOG_DIRECTORY", logDirectory),
                logDirectory, answerLimit, timeProvider);
    }
}
