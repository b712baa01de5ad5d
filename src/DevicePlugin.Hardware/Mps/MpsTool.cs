using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Mps;

/// <summary>The program that is the daemon, its launcher and its front end.</summary>
internal sealed class MpsTool(DriverTools tools, TimeSpan answerLimit, TimeProvider timeProvider)
{
    public const string Name = "nvidia-cuda-mps-control";

    /// <summary>What to say when it is not there.</summary>
    public const string Missing = Name + " was not found under driver_root; install the driver's MPS programs";

    /// <summary>Null when the driver root does not have it.</summary>
    public MpsControl? ControlOf(string pipeDirectory, string logDirectory)
    {
        if (tools.Find(Name) is not { } tool)
        {
            return null;
        }

        var environment = tools.CreateEnvironment();
        environment["CUDA_MPS_PIPE_DIRECTORY"] = pipeDirectory;
        environment["CUDA_MPS_LOG_DIRECTORY"] = logDirectory;
        return new MpsControl(tool, environment, logDirectory, answerLimit, timeProvider);
    }
}
