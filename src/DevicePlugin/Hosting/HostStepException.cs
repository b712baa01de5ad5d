namespace DevicePlugin.Hosting;

/// <summary>A step failed and was reported; the run ends with this code.</summary>
internal sealed class HostStepException(int exitCode) : Exception("A step of the host failed.")
{
    public int ExitCode { get; } = exitCode;
}
